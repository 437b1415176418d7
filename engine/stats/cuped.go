package stats

import "math"

// Theta returns the regression coefficient of CUPED over the units of all arms
// together, cov(X, Y)/var(Y), where X is the outcome and Y the covariate, which
// must be known before the first exposure. It is 0 when the covariate is
// constant. Deng, Xu, Kohavi, Walker 2013.
func Theta(arms ...Bivariate) float64 {
	var joint Bivariate
	for _, arm := range arms {
		joint = joint.Merge(arm)
	}
	theta := joint.Cov / joint.VarY
	if !positive(joint.VarY) || !finite(theta) {
		return 0
	}
	return theta
}

// CUPED returns each arm's outcome adjusted for the covariate,
// x - θ (y - ȳ), with θ and ȳ over all arms: means on the scale of the outcome
// and variances reduced by the part that the covariate explains. An arm that is
// not finite gives the zero Sample.
func CUPED(arms ...Bivariate) []Sample {
	theta := Theta(arms...)
	var joint Bivariate
	for _, arm := range arms {
		joint = joint.Merge(arm)
	}
	adjusted := make([]Sample, len(arms))
	for i, arm := range arms {
		adjusted[i] = arm.adjust(theta, joint.MeanY)
	}
	return adjusted
}

func (b Bivariate) adjust(theta, centre float64) Sample {
	s := Sample{
		N:        b.N,
		Mean:     b.MeanX - theta*(b.MeanY-centre),
		Variance: max(0, b.VarX-2*theta*b.Cov+theta*theta*b.VarY),
	}
	if !finite(s.N, s.Mean, s.Variance) {
		return Sample{}
	}
	return s
}

// CUPEDRelative returns the adjusted difference as a part of the unadjusted
// control mean, with the delta-method variance in which the covariate has the
// same mean in both arms, as randomisation makes it. The zero Estimate when the
// control mean is 0 or either arm is empty.
func CUPEDRelative(a, b Bivariate) Estimate {
	if !positive(a.N, b.N, math.Abs(a.MeanX)) {
		return Estimate{}
	}
	theta := Theta(a, b)
	diff := b.adjust(theta, 0).Mean - a.adjust(theta, 0).Mean
	ratio := b.MeanX / a.MeanX
	va := a.VarX*ratio*ratio - 2*theta*ratio*a.Cov + theta*theta*a.VarY
	vb := b.adjust(theta, 0).Variance
	e := Estimate{diff / a.MeanX, (va/a.N + vb/b.N) / a.MeanX / a.MeanX}
	if a.MeanX < 0 {
		e.Mean = -e.Mean
	}
	if !finite(e.Mean, e.Variance) {
		return Estimate{}
	}
	return e
}
