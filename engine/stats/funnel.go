package stats

// Path is a way through a funnel: the posteriors of its step rates, each
// estimated among those who reached the step, and independent. Its value is
// their product, the part of entrants who get through.
type Path []Beta

// Value returns the posterior mean ∏ E[θ_s] and variance
// ∏ E[θ_s²] - ∏ E[θ_s]² of the product; no steps give 1 and 0.
func (p Path) Value() Estimate {
	mean, spread := 1.0, 0.0
	for _, step := range p {
		mean *= step.Mean()
		// Relative variances compound as (1+r)(1+s) - 1.
		r := step.Variance() / step.Mean() / step.Mean()
		spread += r + spread*r
	}
	return Estimate{mean, mean * mean * spread}
}

// ProbPathBeats returns P(∏ θ_b > ∏ θ_a) for any numbers of steps, from the
// characteristic function of the difference of the logarithms,
// Γ(α+iu)Γ(α+β)/(Γ(α)Γ(α+β+iu)) for each ln θ. The absolute error is below 1e-8.
// Two paths without steps give 0.5.
func ProbPathBeats(a, b Path) float64 {
	var d logSum
	for _, step := range b {
		d.addBeta(1, step)
	}
	for _, step := range a {
		d.addBeta(-1, step)
	}
	return d.probPositive()
}
