//go:build slow

package main

import "time"

const (
	chaosEvents   = 1_000_000
	chaosKills    = 60
	knownVisitors = 100_000
	outageTime    = time.Minute
)
