package engine

import "github.com/samplit/samplit/engine/stats"

// Count is a number of trials and how many of them succeeded. Discounting and delay make both fractional.
type Count struct{ Trials, Successes float64 }

// Accumulate adds up periods, oldest first, after multiplying what was known by gamma at the turn of each:
// S ← γS + s, N ← γN + n. gamma is in (0, 1]; 1 is the plain sum. The prior is not discounted
// (Raj & Kalyani 2017).
func Accumulate(periods []Count, gamma float64) Count {
	var sum Count
	for _, p := range periods {
		sum.Trials = gamma*sum.Trials + p.Trials
		sum.Successes = gamma*sum.Successes + p.Successes
	}
	return sum
}

// Cohort is a group of visitors of one age: the time since first exposure, in the unit of the delay distribution.
type Cohort struct{ Age, Visitors, Converters float64 }

// Delayed returns the effective count of cohorts whose conversions are still coming in: Σ n·F(age) trials, where
// reached is F, the share of eventual conversions that have happened by an age (Vernade, Cappé & Perchet 2017).
func Delayed(cohorts []Cohort, reached func(age float64) float64) Count {
	var sum Count
	for _, c := range cohorts {
		sum.Trials += c.Visitors * reached(c.Age)
		sum.Successes += c.Converters
	}
	return sum
}

// positive returns x, or 0 when it is not a usable count.
func positive(x float64) float64 {
	if x > 0 && x < 1e15 {
		return x
	}
	return 0
}

// posterior is Beta(a+S, b+max(0, N-S)): delay can leave fewer effective trials than successes.
func (c Count) posterior(prior stats.Beta) stats.Beta {
	return stats.Beta{
		Alpha: prior.Alpha + positive(c.Successes),
		Beta:  prior.Beta + positive(c.Trials-c.Successes),
	}
}
