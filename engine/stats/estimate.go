package stats

import "math"

// Estimate is an estimated mean with the variance of the estimate, that is the
// square of its standard error. The estimators of this package hand their
// results to the intervals and tests in this form.
type Estimate struct{ Mean, Variance float64 }

// OK reports whether the estimate is finite and has a positive variance.
func (e Estimate) OK() bool { return finite(e.Mean) && positive(e.Variance) }

// Interval returns the normal interval mean ± z √variance; (mean, mean) if the
// estimate is not OK, with 0 for a mean that is not finite.
func (e Estimate) Interval(level float64) (low, high float64) {
	if !e.OK() {
		if !finite(e.Mean) {
			return 0, 0
		}
		return e.Mean, e.Mean
	}
	return around(e.Mean, critical(level), e.Variance)
}

// Minus returns e - f for independent estimates.
func (e Estimate) Minus(f Estimate) Estimate {
	return Estimate{e.Mean - f.Mean, e.Variance + f.Variance}
}

// around returns mean ± width √variance.
func around(mean, width, variance float64) (low, high float64) {
	h := width * math.Sqrt(variance)
	return mean - h, mean + h
}

// SE returns the standard error, 0 for a variance that is not positive and
// finite.
func (e Estimate) SE() float64 {
	if !positive(e.Variance) {
		return 0
	}
	return math.Sqrt(e.Variance)
}
