//go:build slow

package main

const (
	chaosEvents = 1_000_000
	chaosKills  = 60
)
