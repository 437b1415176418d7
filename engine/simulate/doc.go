// Package simulate plays experiments with known rates through the engine, many times over: what a policy costs, how
// often a rule is wrong, what learning gains over a fixed split.
//
// It is pure: no input or output, no clock. Run i of a scenario draws from the PCG generator seeded with (seed, i) and
// results are added up in the order of the runs, so an answer depends on the scenario alone, not on the number of
// goroutines. Everything checks its context between periods and stops early with the context's error.
package simulate
