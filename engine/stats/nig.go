package stats

import "math"

// NIG is the Normal-Inverse-Gamma posterior of the mean μ and the variance σ² of
// values: σ² ~ InvGamma(Alpha, Beta) and μ | σ² ~ N(M, σ²/Kappa). For values of
// revenue or time; applied to logarithms it is the lognormal model.
type NIG struct{ M, Kappa, Alpha, Beta float64 }

// VagueNIG is a prior worth a thousandth of an observation.
var VagueNIG = NIG{M: 0, Kappa: 0.001, Alpha: 1, Beta: 1}

// OK reports whether the posterior is proper: finite, with positive Kappa, Alpha
// and Beta.
func (g NIG) OK() bool {
	return finite(g.M) && positive(g.Kappa, g.Alpha, g.Beta)
}

// Update returns the posterior after the sample,
//
//	κ' = κ + n,  m' = (κ m + n x̄)/κ',  α' = α + n/2,
//	β' = β + (n-1)s²/2 + κ n (x̄ - m)²/(2κ').
//
// A sample that is empty or not finite adds nothing.
func (g NIG) Update(s Sample) NIG {
	if !positive(s.N) || !finite(s.Mean, s.Variance) || s.Variance < 0 {
		return g
	}
	kappa := g.Kappa + s.N
	share := s.N / kappa
	d := s.Mean - g.M
	return NIG{
		M: g.M + share*d, Kappa: kappa, Alpha: g.Alpha + s.N/2,
		Beta: g.Beta + max(0, s.N-1)*s.Variance/2 + g.Kappa*share*d*d/2,
	}
}

// Mean returns the marginal posterior of μ as a mean and a variance
// β/(κ(α-1)), which needs Alpha > 1 and is 0 otherwise; the zero Estimate if the
// posterior is not proper.
func (g NIG) Mean() Estimate {
	if !g.OK() {
		return Estimate{}
	}
	v := g.Beta / g.Kappa / (g.Alpha - 1)
	if !(g.Alpha > 1) || !finite(v) {
		v = 0
	}
	return Estimate{g.M, v}
}

// Interval returns the equal-tailed credible interval of μ, Student's t with 2α
// degrees of freedom scaled by √(β/(ακ)); (0, 0) if the posterior is not proper.
func (g NIG) Interval(level float64) (low, high float64) {
	if !g.OK() {
		return 0, 0
	}
	return around(g.M, -StudentQuantile((1-saneLevel(level))/2, 2*g.Alpha), g.Beta/g.Alpha/g.Kappa)
}

// ProbMeanBeats returns P(μ_b > μ_a) for independent posteriors, by quadrature
// over both variances, given which the difference is normal. 0.5 if a posterior
// is not proper.
func ProbMeanBeats(a, b NIG) float64 { return probNIG(a, b, 0) }

// ProbLogMeanBeats returns P(mean_b > mean_a) for lognormal values, whose
// logarithms have the posteriors a and b: the mean of such values is
// exp(μ + σ²/2). 0.5 if a posterior is not proper.
func ProbLogMeanBeats(a, b NIG) float64 { return probNIG(a, b, 0.5) }

// probNIG returns P(μ_b + part σ_b² > μ_a + part σ_a²).
func probNIG(a, b NIG, part float64) float64 {
	if !a.OK() || !b.OK() {
		return 0.5
	}
	as, bs := gammaNodes(a.Alpha), gammaNodes(b.Alpha)
	var p float64
	for _, x := range as {
		va := a.Beta / x.x
		for _, y := range bs {
			if w := x.w * y.w; w > 1e-18 {
				vb := b.Beta / y.x
				z := (b.M - a.M + part*(vb-va)) / math.Sqrt(va/a.Kappa+vb/b.Kappa)
				p += w * NormalTail(-z)
			}
		}
	}
	return clamp(p, 0, 1)
}

// CoxInterval returns the mean exp(x̄ + s²/2) of lognormal values from the sample
// of their logarithms, with Cox's interval
// exp(x̄ + s²/2 ± z √(s²/n + s⁴/(2(n-1)))). ok is false for fewer than two values
// or when it overflows. Land 1972; Olsson 2005.
func CoxInterval(logs Sample, level float64) (mean, low, high float64, ok bool) {
	if !(logs.N > 1) || !(logs.Variance >= 0) || !finite(logs.N) {
		return 0, 0, 0, false
	}
	v := logs.Variance
	centre := logs.Mean + v/2
	h := critical(level) * math.Sqrt(v/logs.N+v*v/(2*(logs.N-1)))
	mean, low, high = math.Exp(centre), math.Exp(centre-h), math.Exp(centre+h)
	if !finite(mean, low, high) {
		return 0, 0, 0, false
	}
	return mean, low, high, true
}
