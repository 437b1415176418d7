package stats

import "math"

// ConcentrationEvidence returns the logarithm of the probability of the rates
// when each comes from Beta(κ m_i, κ (1-m_i)) around its mean m_i,
//
//	Σ ln B(κ m + x, κ (1-m) + n - x) - ln B(κ m, κ (1-m)),
//
// up to the binomial coefficients, which do not depend on κ. Unknown rates and
// means outside (0, 1) add nothing; a κ that is not positive gives -Inf. It
// panics on different lengths.
func ConcentrationEvidence(means []float64, rates []Rate, kappa float64) float64 {
	if len(means) != len(rates) {
		panic("stats: one mean per rate")
	}
	if !positive(kappa) {
		return math.Inf(-1)
	}
	sum := 0.0
	for i, m := range means {
		r, ok := rates[i].sane()
		if !ok || !(m > 0 && m < 1) {
			continue
		}
		sum += logRising(kappa*m, r.Successes) + logRising(kappa*(1-m), r.Trials-r.Successes) - logRising(kappa, r.Trials)
	}
	return sum
}

// logRising returns ln Γ(a+n) - ln Γ(a).
func logRising(a, n float64) float64 {
	if n == 0 {
		return 0
	}
	x, _ := math.Lgamma(a + n)
	y, _ := math.Lgamma(a)
	return x - y
}

// How closely rates keep to their expected means, in visitors.
const (
	// DefaultConcentration is that of a funnel's paths around the products of their
	// step rates.
	DefaultConcentration = 1600
	// MinConcentration and MaxConcentration bound the estimates.
	MinConcentration, MaxConcentration = 10, 1e6
	// concentrationSpread is how unsure the prior of an estimate is: a factor of 4.
	concentrationSpread = 2 * math.Ln2
)

// EstimateConcentration returns the κ between MinConcentration and
// MaxConcentration with the largest marginal likelihood, ConcentrationEvidence,
// times a log-normal prior with the median DefaultConcentration and a factor of 4
// for its standard deviation. Without known rates it is the median; rates that
// agree with their means better than chance would raise it only slowly.
func EstimateConcentration(means []float64, rates []Rate) float64 {
	value := func(l float64) float64 {
		z := (l - math.Log(DefaultConcentration)) / concentrationSpread
		return ConcentrationEvidence(means, rates, math.Exp(l)) - z*z/2
	}
	const steps = 46
	low, step := math.Log(MinConcentration), math.Log(MaxConcentration/MinConcentration)/steps
	best, most := math.Log(DefaultConcentration), math.Inf(-1)
	for i := range steps + 1 {
		if v := value(low + float64(i)*step); v > most {
			best, most = low+float64(i)*step, v
		}
	}
	return clamp(math.Exp(maximum(value, best-step, best+step)), MinConcentration, MaxConcentration)
}

// maximum returns where f, with one maximum between lo and hi, has it, by the
// golden section to a part in 10⁸.
func maximum(f func(float64) float64, lo, hi float64) float64 {
	const golden = 0.6180339887498949
	a, b := hi-golden*(hi-lo), lo+golden*(hi-lo)
	fa, fb := f(a), f(b)
	for range 40 {
		if fa >= fb {
			hi, b, fb = b, a, fa
			a = hi - golden*(hi-lo)
			fa = f(a)
		} else {
			lo, a, fa = a, b, fb
			b = lo + golden*(hi-lo)
			fb = f(b)
		}
	}
	return (lo + hi) / 2
}
