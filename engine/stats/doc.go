// Package stats computes what an experiment's numbers mean: posteriors,
// intervals, tests, sample sizes, sequential tests, sample ratio checks and
// inference after adaptive allocation.
//
// The package is pure. It reads no clock and no files and holds no state that
// changes. Every integral is a deterministic quadrature, so the same input gives
// the same bits on the same platform; the only random numbers are those that the
// Draw methods take from a source passed in.
//
// # Conventions
//
// Rates and probabilities are fractions in [0, 1]; relative lifts are fractions
// too, 0.12 meaning 12 %. Arm 0 is the control. "a" is the control or baseline
// and "b" the variation, and every difference is b - a. level is the coverage
// of an interval, such as 0.95; alpha is 1 - level. Variances named "of an
// estimate" are already divided by the sample size.
//
// # Degenerate input
//
// Data can be degenerate: nobody has come yet, an event arrived twice, a sum
// overflowed. Functions answer with a neutral result, one that claims nothing:
// a p-value of 1, an interval over everything possible, a chance of 1/k to be
// the best of k arms. They never return NaN. Each function documents its own
// neutral result; results that can have none say so by a false OK and zeros, so
// that every result can be written as JSON. Numbers beyond 10¹⁰⁰ are read as
// infinite, and where a positive number is needed those below 10⁻¹⁰⁰ as 0. A
// caller that breaks the contract of a function, such as by slices of different
// lengths, is a bug and panics with the prefix "stats: ".
package stats
