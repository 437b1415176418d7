package stats

import "math"

// Beta is the posterior of a rate: the distribution with density proportional
// to θ^(Alpha-1) (1-θ)^(Beta-1) on [0, 1]. Alpha counts successes and Beta
// failures, both including the prior.
//
// Shapes outside [10⁻³, 10¹⁵] are read as the nearest shape inside, keeping the
// mean for the large ones; a posterior with a shape that is not positive and
// finite is read as the flat Beta(1, 1).
type Beta struct{ Alpha, Beta float64 }

// Flat is the uniform prior, one success and one failure.
var Flat = Beta{1, 1}

const minShape, maxShape = 1e-3, 1e15

// sane returns the posterior as it is read.
func (b Beta) sane() Beta {
	if !(b.Alpha > 0 && b.Beta > 0) || !finite(b.Alpha, b.Beta) {
		return Flat
	}
	if m := max(b.Alpha, b.Beta); m > maxShape {
		b.Alpha, b.Beta = b.Alpha/m*maxShape, b.Beta/m*maxShape
	}
	return Beta{max(b.Alpha, minShape), max(b.Beta, minShape)}
}

// Update returns the posterior after successes out of trials, with b as the
// prior: Beta(α + x, β + n - x). Successes are limited to [0, trials]; trials
// that are not positive and finite add nothing.
func (b Beta) Update(successes, trials float64) Beta {
	b = b.sane()
	if !positive(trials) || math.IsNaN(successes) {
		return b
	}
	x := clamp(successes, 0, trials)
	return Beta{b.Alpha + x, b.Beta + (trials - x)}
}

// Mean returns α/(α+β).
func (b Beta) Mean() float64 {
	b = b.sane()
	return b.Alpha / (b.Alpha + b.Beta)
}

// Variance returns αβ/((α+β)²(α+β+1)).
func (b Beta) Variance() float64 {
	b = b.sane()
	n := b.Alpha + b.Beta
	return b.Alpha / n * (b.Beta / n) / (n + 1)
}

// SD returns the standard deviation, the square root of Variance.
func (b Beta) SD() float64 { return math.Sqrt(b.Variance()) }

// CDF returns P(θ <= x), to about 1e-11. x outside [0, 1] is on its side of all
// of the mass; NaN is read as the mean.
func (b Beta) CDF(x float64) float64 {
	lower, _ := b.split(x)
	return lower
}

// Survival returns P(θ > x) = 1 - CDF(x) without the cancellation.
func (b Beta) Survival(x float64) float64 {
	_, upper := b.split(x)
	return upper
}

func (b Beta) split(x float64) (lower, upper float64) {
	if math.IsNaN(x) {
		x = b.Mean()
	}
	if x <= 0 {
		return 0, 1
	}
	if x >= 1 {
		return 1, 0
	}
	return newMass(b).split(x)
}

// Quantile returns the x with P(θ <= x) = p. p is limited to [0, 1]; NaN gives
// the median.
func (b Beta) Quantile(p float64) float64 {
	switch {
	case math.IsNaN(p):
		p = 0.5
	case p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	b = b.sane()
	// The smaller tail decides, and its angle is kept from both ends: neither
	// 1-p nor 1-x is ever formed from a rounded number.
	if p <= 0.5 {
		x := newMass(b).quantile(p)
		return share(x.sin, x.cos)
	}
	x := newMass(Beta{b.Beta, b.Alpha}).quantile(1 - p)
	return share(x.cos, x.sin)
}

// share returns u² of u² + v² = 1 to the last digit also where it is close to
// 1 and the density may be steep.
func share(u, v float64) float64 {
	if u > v {
		return 1 - v*v
	}
	return u * u
}

// Interval returns the equal-tailed credible interval: the quantiles at
// (1-level)/2 and (1+level)/2. A level outside (0, 1) is read as 0.95.
func (b Beta) Interval(level float64) (low, high float64) {
	tail := (1 - saneLevel(level)) / 2
	m := b.sane()
	return m.Quantile(tail), m.Quantile(1 - tail)
}

// saneLevel returns level if it is a coverage, else 0.95.
func saneLevel(level float64) float64 {
	if level > 0 && level < 1 {
		return level
	}
	return 0.95
}
