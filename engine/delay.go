package engine

import "slices"

// Delayed returns the facts for outcomes that take time: of the visitors of period p, first exposed ages[p] ago, the
// part reached(arm, ages[p]) of the final conversions is in by now. Learning then divides by the effective number of
// visitors Σ n F(age) instead of by all of them, so that young visitors do not count as failures and an arm whose
// conversions take longer does not look worse than it is: give every arm its own F, such as its stats.KaplanMeier
// curve (Chapelle 2014; Vernade, Cappé & Perchet 2017). The facts given are left as they are. It panics when an arm
// has another number of periods.
func (f Facts) Delayed(ages []float64, reached func(arm int, age float64) float64) Facts {
	f.Arms = slices.Clone(f.Arms)
	for i := range f.Arms {
		if len(f.Arms[i].Periods) != len(ages) {
			panic("engine: one age for each period")
		}
		f.Arms[i].Periods = slices.Clone(f.Arms[i].Periods)
		for p, age := range ages {
			f.Arms[i].Periods[p].Pending = 1 - reached(i, age)
		}
	}
	return f
}
