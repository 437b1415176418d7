package engine

import "github.com/samplit/samplit/engine/stats"

// Count is what the visitors of a period did. Discounting and delay make both numbers fractional: while conversions
// are still coming in, Trials is the effective number stats.DelayedRate gives.
type Count = stats.Rate

// accumulate adds up periods, oldest first, after multiplying what was known by gamma at the turn of each:
// S ← γS + s, N ← γN + n. The prior is not discounted (Raj & Kalyani 2017).
func accumulate(periods []Count, gamma float64) Count {
	var sum Count
	for _, p := range periods {
		sum.Trials = gamma*sum.Trials + p.Trials
		sum.Successes = gamma*sum.Successes + p.Successes
	}
	return sum
}
