//go:build slow

package audit_test

func init() { mutations, seconded = 10_000, 2_000 }
