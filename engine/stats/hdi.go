package stats

import "math"

// HDI returns the shortest interval that holds the level of the posterior, at
// whose ends the density is equal: one-sided when the density is monotone, the
// equal-tailed interval when it is flat or has its least in the middle (both
// shapes at most 1), where no single shortest interval exists. A level outside
// (0, 1) is read as 0.95.
func (b Beta) HDI(level float64) (low, high float64) {
	b = b.sane()
	level = saneLevel(level)
	switch {
	case b.Alpha <= 1 && b.Beta <= 1:
		return b.Interval(level)
	case b.Alpha <= 1:
		return 0, b.Quantile(level)
	case b.Beta <= 1:
		return b.Quantile(1 - level), 1
	}
	m := newMass(b)
	ends := func(tail float64) (from, to point) {
		return m.quantile(tail), m.quantile(tail + level)
	}
	// The difference of log densities falls from +∞ to -∞ as the interval moves
	// from the low end to the high one.
	tail := root(func(tail float64) float64 {
		from, to := ends(tail)
		fs, fc := from.logs()
		ts, tc := to.logs()
		return 2 * ((b.Alpha-1)*(ts-fs) + (b.Beta-1)*(tc-fc))
	}, (1-level)*1e-9, (1-level)*(1-1e-9))
	from, to := ends(tail)
	return square(from.sin), math.Min(1, square(to.sin))
}

func square(x float64) float64 { return x * x }
