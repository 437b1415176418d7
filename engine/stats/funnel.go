package stats

import (
	"math"
	"math/cmplx"
)

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

// ProbPathBeats returns P(∏ θ_b > ∏ θ_a) for any numbers of steps, by inverting
// the characteristic function of D = Σ ln θ_b - Σ ln θ_a (Gil-Pelaez 1951),
//
//	P(D > 0) = ½ + (1/π) ∫_0^∞ Im φ_D(u)/u du,  φ(u) = Γ(α+iu)Γ(α+β)/(Γ(α)Γ(α+β+iu))
//
// for each ln θ. The absolute error is below 1e-8. Two paths without steps give
// 0.5.
func ProbPathBeats(a, b Path) float64 {
	if len(a)+len(b) == 0 {
		return 0.5
	}
	var mean, variance float64
	add := func(p Path, sign float64) {
		for _, step := range p {
			m, v := step.logMoments()
			mean += sign * m
			variance += v
		}
	}
	add(b, 1)
	add(a, -1)
	sd := math.Sqrt(variance)
	if z := mean / sd; math.Abs(z) > 40 {
		// No tail that matters is left, and the integrand would turn too often.
		if z > 0 {
			return 1
		}
		return 0
	}
	logChar := func(u float64) complex128 {
		var sum complex128
		for _, step := range b {
			sum += step.logChar(u)
		}
		for _, step := range a {
			sum += step.logChar(-u)
		}
		return sum
	}
	return clamp(0.5+gilPelaez(logChar, sd)/math.Pi, 0, 1)
}

// gilPelaez returns ∫_0^∞ Im exp(logChar(u))/u du: panels of a sixth of 1/sd
// while a normal variable's would matter, growing ones over the tail that the
// small shapes leave.
func gilPelaez(logChar func(u float64) complex128, sd float64) (sum float64) {
	width := 1 / (6 * sd)
	for from := 0.0; from < 1e15/sd; {
		size := 0.0
		for k := range order {
			u := from + width*gauss.x[k]
			l := logChar(u)
			size = max(size, math.Exp(real(l)))
			sum += width * gauss.w[k] * imag(cmplx.Exp(l)) / u
		}
		if size < 1e-13 {
			break
		}
		if from += width; from > 12/sd {
			width = from / 2
		}
	}
	return sum
}

// logMoments returns E[ln θ] to first order and Var[ln θ] as ψ'(α) - ψ'(α+β), to
// a few percent: they only set scales.
func (b Beta) logMoments() (mean, variance float64) {
	b = b.sane()
	trigamma := func(x float64) float64 { return 1/x + 0.5/(x*x) + 1/(6*x*x*x+0.5*x*x) }
	n := b.Alpha + b.Beta
	return math.Log(b.Alpha / n), b.Beta/b.Alpha/n + max(0, trigamma(b.Alpha)-1/b.Alpha-(trigamma(n)-1/n))
}

// logChar returns ln E[exp(iu ln θ)].
func (b Beta) logChar(u float64) complex128 {
	b = b.sane()
	return logGammaRatio(b.Alpha, u) - logGammaRatio(b.Alpha+b.Beta, u)
}

// logGammaRatio returns ln Γ(x+iu) - ln Γ(x) for x > 0, by Stirling's formula
// above 16 and the recurrence Γ(z+1) = z Γ(z) below. The main parts are
// subtracted in the form (x-½) ln(1+iu/x) + iu ln(x+iu), which keeps the digits
// of 10⁷ counts.
func logGammaRatio(x, u float64) complex128 {
	var shift complex128
	for x < 16 {
		shift -= cmplx.Log(complex(1, u/x))
		x++
	}
	z := complex(x, u)
	step := logOnePlus(u / x)
	main := complex(x-0.5, 0)*step + complex(0, u)*(step+complex(math.Log(x), 0)-1)
	return shift + main + complexStirlingRest(z) - complex(stirlingRest(x), 0)
}

// logOnePlus returns ln(1+iy).
func logOnePlus(y float64) complex128 { return complex(math.Log1p(y*y)/2, math.Atan(y)) }

// complexStirlingRest is stirlingRest for a real part of at least 16.
func complexStirlingRest(z complex128) complex128 {
	zz := z * z
	return (1.0/12 - (1.0/360-(1.0/1260-1.0/1680/zz)/zz)/zz) / z
}
