package stats

import "math"

// MSPRT is one look at the mixture sequential probability ratio test.
type MSPRT struct {
	LogLR     float64 // ln of the likelihood ratio of the mixture against no difference
	P         float64 // min(1, 1/LR) at this look
	Halfwidth float64 // of the confidence sequence: the |diff| that would just be significant
	OK        bool    // false when there is nothing to test: then P is 1 and the rest 0
}

// MixtureSPRT returns a look at the two-sided test of a difference with the
// normal mixture N(0, tau²) over its size,
//
//	ln LR = ½ ln(V/(V+τ²)) + τ² d²/(2V(V+τ²)),
//
// for the variance V of the estimated difference. tau is in units of the
// difference and fixed before the first look. The always-valid p-value is the
// minimum of P over all looks so far. Johari, Koomen, Pekelis, Walsh 2017, 2022.
func MixtureSPRT(diff Estimate, tau, alpha float64) MSPRT {
	t2 := tau * tau
	if !diff.OK() || !(t2 > 0) || math.IsInf(t2, 1) {
		return MSPRT{P: 1}
	}
	v := diff.Variance
	spread := math.Log1p(t2/v) / 2
	m := MSPRT{LogLR: diff.Mean/v*diff.Mean/2*(t2/(v+t2)) - spread, OK: true}
	m.P = math.Min(1, math.Exp(-m.LogLR))
	m.Halfwidth = math.Sqrt(2 * v * ((v + t2) / t2) * (spread - math.Log(saneAlpha(alpha))))
	if !finite(m.LogLR, m.Halfwidth) {
		return MSPRT{P: 1}
	}
	return m
}
