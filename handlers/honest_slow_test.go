//go:build slow

package handlers

func init() { fairTests, fairDays = 200, 28 }
