package stats

import "math"

// Gamma is the posterior of a rate of events per unit of exposure, or of the
// rate (the reciprocal of the mean) of exponential order values: density
// proportional to λ^(Shape-1) e^(-Rate λ).
type Gamma struct{ Shape, Rate float64 }

// UnitGamma is a weak prior: one event in one unit of exposure. Its Rate has a
// unit, so for order values scale it to the currency.
var UnitGamma = Gamma{1, 1}

// OK reports whether the posterior is proper: finite with both positive.
func (g Gamma) OK() bool { return positive(g.Shape, g.Rate) }

// Update returns Gamma(shape + events, rate + exposure): events over the
// exposure (visitors, days) of a Poisson process, or orders and their revenue.
// Negative or non-finite data add nothing.
func (g Gamma) Update(events, exposure float64) Gamma {
	if !finite(events, exposure) || events < 0 || exposure < 0 {
		return g
	}
	return Gamma{g.Shape + events, g.Rate + exposure}
}

// Mean returns Shape/Rate; 0 if not proper.
func (g Gamma) Mean() float64 {
	if !g.OK() {
		return 0
	}
	return g.Shape / g.Rate
}

// ProbRateBeats returns P(λ_b > λ_a). With G ~ Gamma(shape), λ_b > λ_a is
// G_b/(G_a + G_b) > r_b/(r_a + r_b), and that ratio is Beta(shape_b, shape_a).
// 0.5 if a posterior is not proper.
func ProbRateBeats(a, b Gamma) float64 {
	if !a.OK() || !b.OK() {
		return 0.5
	}
	return Beta{b.Shape, a.Shape}.Survival(1 / (1 + a.Rate/b.Rate))
}

// Revenue is the posterior of revenue per visitor when a visitor orders with
// probability θ ~ Conversion and an order's value is exponential with rate
// λ ~ Order: their product θ/λ.
type Revenue struct {
	Conversion Beta
	Order      Gamma
}

// Update returns the posterior after orders by so many of the visitors, worth
// revenue in all.
func (r Revenue) Update(orders, visitors, revenue float64) Revenue {
	return Revenue{r.Conversion.Update(orders, visitors), r.Order.Update(orders, revenue)}
}

// PerVisitor returns the posterior mean and variance of revenue per visitor from
// those of θ and of the order value, E[1/λ] = rate/(shape-1) and
// E[1/λ²] = rate²/((shape-1)(shape-2)). A shape of at most 2 has no variance,
// one of at most 1 no mean: both are then 0.
func (r Revenue) PerVisitor() Estimate {
	if !r.Order.OK() || r.Order.Shape <= 1 {
		return Estimate{}
	}
	theta, value := r.Conversion.Mean(), r.Order.Rate/(r.Order.Shape-1)
	e := Estimate{Mean: theta * value}
	if r.Order.Shape > 2 {
		// With relative variances c, d of the factors the product has c + d + cd.
		c := r.Conversion.Variance() / theta / theta
		d := 1 / (r.Order.Shape - 2)
		e.Variance = e.Mean * e.Mean * (c + d + c*d)
	}
	if !finite(e.Mean, e.Variance) {
		return Estimate{}
	}
	return e
}

// Log returns the mean and the variance of the logarithm ln θ - ln λ,
// ψ(α) - ψ(α+β) + ln rate - ψ(shape) and ψ'(α) - ψ'(α+β) + ψ'(shape); the zero
// Normal, which is not OK, if the posterior of λ is not proper.
func (r Revenue) Log() Normal {
	if !r.Order.OK() {
		return Normal{}
	}
	s := logSum{constant: math.Log(r.Order.Rate)}
	s.addBeta(1, r.Conversion)
	s.addGamma(-1, r.Order.Shape)
	mean, sd := s.moments()
	return Normal{mean, sd * sd}
}

// ProbOrderValueBeats returns P(1/λ_b > 1/λ_a), the chance that orders under b
// are worth more.
func ProbOrderValueBeats(a, b Revenue) float64 { return ProbRateBeats(b.Order, a.Order) }

// ProbRevenueBeats returns P(θ_b/λ_b > θ_a/λ_a), the chance that b earns more per
// visitor, from the characteristic function of the difference of the logarithms
// like ProbPathBeats; that of ln G for a Gamma variable is Γ(shape+iu)/Γ(shape).
// The absolute error is below 1e-8. 0.5 if a posterior is not proper.
func ProbRevenueBeats(a, b Revenue) float64 {
	if !a.Order.OK() || !b.Order.OK() {
		return 0.5
	}
	d := logSum{constant: math.Log(b.Order.Rate) - math.Log(a.Order.Rate)}
	d.addBeta(1, b.Conversion)
	d.addGamma(-1, b.Order.Shape)
	d.addBeta(-1, a.Conversion)
	d.addGamma(1, a.Order.Shape)
	return d.probPositive()
}
