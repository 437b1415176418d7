package stats

import "math"

// Rate is an observed proportion: Successes out of Trials, such as visitors who
// converted out of visitors. Successes are limited to [0, Trials] wherever they
// are read; without a positive, finite number of trials the rate is unknown.
type Rate struct{ Successes, Trials float64 }

// sane returns the rate as it is read, and whether it is known.
func (r Rate) sane() (Rate, bool) {
	if !positive(r.Trials) || math.IsNaN(r.Successes) {
		return Rate{}, false
	}
	return Rate{clamp(r.Successes, 0, r.Trials), r.Trials}, true
}

// Value returns Successes/Trials, 0 if unknown.
func (r Rate) Value() float64 {
	s, ok := r.sane()
	if !ok {
		return 0
	}
	return s.Successes / s.Trials
}

// Posterior returns the Beta posterior of the rate under the prior.
func (r Rate) Posterior(prior Beta) Beta { return prior.Update(r.Successes, r.Trials) }

// Estimate returns the rate with the variance p(1-p)/n of its estimate; an
// unknown rate gives the zero Estimate, which is not OK.
func (r Rate) Estimate() Estimate {
	s, ok := r.sane()
	if !ok {
		return Estimate{}
	}
	p := s.Successes / s.Trials
	return Estimate{Mean: p, Variance: p * (1 - p) / s.Trials}
}

// Wilson returns the score interval of a proportion of x successes out of n
// trials,
//
//	(p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n),
//
// which stays inside [0, 1] and covers well from the first visitor on. Without
// trials it is (0, 1). Wilson 1927.
func Wilson(x, n, level float64) (low, high float64) {
	r, ok := Rate{x, n}.sane()
	if !ok {
		return 0, 1
	}
	z := critical(level)
	low = wilsonLow(r.Successes, r.Trials, z)
	high = 1 - wilsonLow(r.Trials-r.Successes, r.Trials, z)
	return low, high
}

// wilsonLow solves the score equation for the lower end in the form
// x²/n over its conjugate, which has no cancellation.
func wilsonLow(x, n, z float64) float64 {
	if x == 0 {
		return 0
	}
	zz := z * z
	root := z * math.Sqrt(x/n*(n-x)+zz/4)
	return clamp(x*(x/n)/(x+zz/2+root), 0, 1)
}
