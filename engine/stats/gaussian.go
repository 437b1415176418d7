package stats

import "math"

// Normal is the posterior of a mean or of an effect, or a prior for one.
// Variance is that of the belief, not of single observations; an infinite
// variance is the flat prior.
type Normal struct{ Mean, Variance float64 }

// FlatNormal is the prior that knows nothing: with it every posterior repeats
// the frequentist answer.
var FlatNormal = Normal{Variance: math.Inf(1)}

// OK reports whether the belief is proper: finite, with positive variance.
func (n Normal) OK() bool { return Estimate(n).OK() }

// Update returns the posterior after an estimate with known variance: precisions
// add, means are weighted with them. An estimate that is not OK adds nothing; a
// prior that is neither proper nor flat is read as flat.
func (n Normal) Update(e Estimate) Normal {
	if !n.OK() {
		n = FlatNormal
	}
	if !e.OK() {
		return n
	}
	if math.IsInf(n.Variance, 1) {
		return Normal(e)
	}
	share := n.Variance / (n.Variance + e.Variance)
	return Normal{n.Mean + share*(e.Mean-n.Mean), share * e.Variance}
}

// SD returns the standard deviation.
func (n Normal) SD() float64 { return math.Sqrt(n.Variance) }

// ProbPositive returns P(X > 0); 0.5 for a belief that is not proper.
func (n Normal) ProbPositive() float64 {
	if !n.OK() {
		return 0.5
	}
	return NormalTail(-n.Mean / n.SD())
}

// Shortfall returns E[max(-X, 0)], what it is expected to cost to act as if X
// were positive: the risk of shipping an effect X. Surplus is E[max(X, 0)], that
// of not shipping it; Surplus - Shortfall is the mean. Both are 0 for a belief
// that is not proper.
func (n Normal) Shortfall() float64 {
	if !n.OK() {
		return 0
	}
	return n.SD() * unitLoss(n.Mean/n.SD())
}

// Surplus returns E[max(X, 0)], see Shortfall.
func (n Normal) Surplus() float64 { return Normal{-n.Mean, n.Variance}.Shortfall() }

// Interval returns the equal-tailed credible interval; (0, 0) for a belief that
// is not proper.
func (n Normal) Interval(level float64) (low, high float64) {
	if !n.OK() {
		return 0, 0
	}
	return Estimate(n).Interval(level)
}

// unitLoss returns E[max(Z - z, 0)] = φ(z) - z Q(z) for a standard normal Z. From
// z = 10 on, where the difference cancels, it uses the asymptotic series
// φ(z)/z² Σ (-1)^k (2k+1)!!/z^2k.
func unitLoss(z float64) float64 {
	phi := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
	if z < 10 {
		return phi - z*NormalTail(z)
	}
	sum, term := 1.0, 1.0
	for k := 1.0; k <= 20; k++ {
		term *= -(2*k + 1) / (z * z)
		sum += term
	}
	return phi / (z * z) * sum
}

// NormalBest returns for each arm the probability that its mean is the highest,
// ∫ φ_i ∏_{j≠i} Φ_j, and the expected loss E[max_j μ_j] - E[μ_i], for independent
// normal posteriors, by the quadrature of ProbBest. One arm is best; unless all
// arms are proper nobody is ahead: 1/k each and no loss.
func NormalBest(arms []Normal) (prob, loss []float64) {
	prob, loss = make([]float64, len(arms)), make([]float64, len(arms))
	ok := true
	centres := make([]centre, len(arms))
	for i := range arms {
		prob[i] = 1 / float64(len(arms))
		ok = ok && arms[i].OK()
		centres[i] = centre{arms[i].Mean, -arms[i].Mean, arms[i].SD()}
	}
	if !ok || len(arms) < 2 {
		return prob, loss
	}
	among := contenders(centres)
	curves := make([]curve, len(among))
	for at, i := range among {
		centres[at] = centres[i]
		curves[at] = bell(centres[at])
	}
	ps := cover(edges(centres[:len(among)], func(t, s float64) edge { return edge{t, s} }), 0, 0)
	for i := range ps {
		ps[i].linear = true
	}
	prob, loss = best(curves, ps)
	return behind(among, prob, loss, len(arms), func(i int) float64 { return arms[i].Mean })
}

// bell is a normal density on linear panels.
type bell centre

func (b bell) density(x *point) float64 {
	z := (x.t - b.t) / b.sd
	return x.scale * math.Exp(-z*z/2)
}

func (b bell) misses(p *panel) bool {
	const far = 15 // exp(-15²/2) ≈ 10⁻⁴⁹
	return p.t-b.t > far*b.sd || b.t-p.t-p.width > far*b.sd
}
