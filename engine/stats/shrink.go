package stats

// Population is the normal distribution that the true effects of experiments
// like each other come from: its mean, and the variance of the effects around it,
// each with the variance that it is known with.
type Population struct{ Mean, Spread Estimate }

// PopulationOf estimates the distribution that effects θ_i come from by estimates
// y_i with variances s_i² (empirical Bayes),
//
//	y_i | θ_i ~ N(θ_i, s_i²),  θ_i ~ N(μ, τ²),
//
// τ² being the root of Σ w_i (y_i - μ)² = k - 1, or 0 where the estimates agree
// better than chance would have it, with w_i = 1/(s_i² + τ²),
// μ = Σ w_i y_i / Σ w_i, Var μ = 1/Σ w_i and Var τ² = 2/Σ w_i². Estimates that
// are not OK are left out; with fewer than two the zero Population, whose Mean is
// not OK, is returned. Paule & Mandel 1982; Efron & Morris 1975; Morris 1983.
func PopulationOf(estimates []Estimate) Population {
	var known []Estimate
	var mean, most float64
	for _, e := range estimates {
		if e.OK() {
			known = append(known, e)
			mean += e.Mean
		}
	}
	if len(known) < 2 {
		return Population{}
	}
	mean /= float64(len(known))
	for _, e := range known {
		most += (e.Mean - mean) * (e.Mean - mean)
	}
	// With any weights Σ w (y - μ)² ≤ Σ (y - ȳ)²/τ², which is k - 1 or less at the
	// upper end.
	excess := func(spread float64) float64 {
		center := centerOf(known, spread)
		sum := -float64(len(known) - 1)
		for _, e := range known {
			sum += (e.Mean - center.Mean) * (e.Mean - center.Mean) / (e.Variance + spread)
		}
		return sum
	}
	p := Population{}
	if excess(0) > 0 {
		p.Spread.Mean = root(excess, 0, most/float64(len(known)-1))
	}
	p.Mean = centerOf(known, p.Spread.Mean)
	squares := 0.0
	for _, e := range known {
		squares += 1 / (e.Variance + p.Spread.Mean) / (e.Variance + p.Spread.Mean)
	}
	p.Spread.Variance = 2 / squares
	return p
}

// centerOf is the mean of estimates weighted by 1/(s² + τ²), and its variance.
func centerOf(estimates []Estimate, spread float64) (center Estimate) {
	all := 0.0
	for _, e := range estimates {
		w := 1 / (e.Variance + spread)
		all += w
		center.Mean += w * e.Mean
	}
	return Estimate{center.Mean / all, 1 / all}
}

// Sum returns what is believed of the sum of the true effects behind some of the
// estimates that the population was made of,
//
//	E Σ θ_i = Σ (B_i μ + (1 - B_i) y_i),  B_i = s_i²/(s_i² + τ²),
//	Var Σ θ_i = Σ (1 - B_i) s_i² + (Σ B_i)² Var μ + (Σ w_i² s_i² (y_i - μ))² Var τ².
//
// An estimate that was chosen because it is large is pulled to the mean by as much
// as it is uncertain, and so is the sum of such estimates. Estimates that are not
// OK are left out; the sum of none, or by a population whose Mean is not OK, is
// the zero Estimate.
func (p Population) Sum(estimates []Estimate) (sum Estimate) {
	if !p.Mean.OK() {
		return Estimate{}
	}
	var pulled, slope float64
	for _, e := range estimates {
		if !e.OK() {
			continue
		}
		w := 1 / (e.Variance + p.Spread.Mean)
		b := e.Variance * w
		sum.Mean += b*p.Mean.Mean + (1-b)*e.Mean
		sum.Variance += (1 - b) * e.Variance
		pulled += b
		slope += b * w * (e.Mean - p.Mean.Mean)
	}
	sum.Variance += pulled*pulled*p.Mean.Variance + slope*slope*p.Spread.Variance
	return sum
}
