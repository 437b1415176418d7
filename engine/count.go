package engine

import (
	"math"

	"github.com/samplit/samplit/engine/stats"
)

// Count is what the visitors of a period did.
type Count struct {
	// Trials is the number of visitors and Successes how many of them converted.
	Trials, Successes float64
	// Value and ValueSq are the sums of the visitors' values and of their squares, where the goal has values.
	Value, ValueSq float64
	// Pending is the part of the final conversions that have not come yet, 1 - F(age) for visitors of an age and a
	// distribution function F of the delay: 0 when all are in. See Facts.Delayed.
	Pending float64
}

// effective is the number of visitors whose outcome is in, in effect: n F(age) (Chapelle 2014; Vernade, Cappé &
// Perchet 2017).
func (c Count) effective() float64 {
	if c.Pending > 0 {
		return c.Trials * (1 - min(c.Pending, 1))
	}
	return c.Trials
}

// successes limits what cannot be.
func (c Count) successes() float64 { return min(max(c.Successes, 0), c.Trials) }

// Rate returns the successes of the effective trials, of which there are at least as many.
func (c Count) Rate() stats.Rate {
	x := c.successes()
	return stats.Rate{Successes: x, Trials: math.Max(c.effective(), x)}
}

// Sums returns the totals of the values of the effective trials.
func (c Count) Sums() stats.Sums {
	return stats.Sums{N: c.Rate().Trials, Sum: c.Value, Squares: c.ValueSq}
}

// accumulate adds up periods, oldest first, after multiplying what was known by gamma at the turn of each:
// S ← γS + s, N ← γN + n. The prior is not discounted (Raj & Kalyani 2017).
func accumulate(periods []Count, gamma float64) Count {
	var sum Count
	for _, p := range periods {
		sum.Trials = gamma*sum.Trials + p.effective()
		sum.Successes = gamma*sum.Successes + p.successes()
		sum.Value = gamma*sum.Value + p.Value
		sum.ValueSq = gamma*sum.ValueSq + p.ValueSq
	}
	sum.Trials = math.Max(sum.Trials, sum.Successes)
	return sum
}

func rates(counts []Count) []stats.Rate {
	rates := make([]stats.Rate, len(counts))
	for i, c := range counts {
		rates[i] = c.Rate()
	}
	return rates
}
