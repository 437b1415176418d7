package stats

import "math"

// Density returns the density of the posterior at x,
//
//	x^(α-1) (1-x)^(β-1) / B(α, β),
//
// with about as many correct digits as are left of 16 when α+β is subtracted from them: 8 at 10⁸ counts. It is 0 outside (0, 1), at the
// ends too, and for NaN.
func (b Beta) Density(x float64) float64 {
	b = b.sane()
	if !(x > 0 && x < 1) {
		return 0
	}
	all, _ := math.Lgamma(b.Alpha + b.Beta)
	alpha, _ := math.Lgamma(b.Alpha)
	beta, _ := math.Lgamma(b.Beta)
	return math.Exp((b.Alpha-1)*math.Log(x) + (b.Beta-1)*math.Log1p(-x) + all - alpha - beta)
}

// Density returns exp(-(x-μ)²/2σ²) / σ√2π, 0 for a belief that is not OK and for NaN.
func (n Normal) Density(x float64) float64 {
	if !n.OK() || math.IsNaN(x) {
		return 0
	}
	z := (x - n.Mean) / n.SD()
	return math.Exp(-z*z/2) / (n.SD() * math.Sqrt(2*math.Pi))
}
