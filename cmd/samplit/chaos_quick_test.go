//go:build !slow

package main

// What the tests of a chaos go through unless there is time.
const (
	chaosEvents   = 100_000
	chaosKills    = 8
	knownVisitors = 20_000
	outageTime    = 0 // of each fault; once through everything
)
