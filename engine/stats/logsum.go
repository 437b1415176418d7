package stats

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/mathext"
)

// logSum is a sum of independent ± ln θ of Beta and ± ln G of Gamma variables and
// a constant: the logarithm of a ratio of products.
type logSum struct {
	terms    []logTerm
	constant float64
}

// logTerm is sign·ln X, where E[X^(iu)] = Γ(top+iu)/Γ(top), for a Beta variable
// divided by the same of bottom.
type logTerm struct{ sign, top, bottom float64 }

func (s *logSum) addBeta(sign float64, b Beta) {
	b = b.sane()
	s.terms = append(s.terms, logTerm{sign, b.Alpha, b.Alpha + b.Beta})
}

// addGamma adds the logarithm of a Gamma variable with rate 1.
func (s *logSum) addGamma(sign, shape float64) {
	s.terms = append(s.terms, logTerm{sign: sign, top: clamp(shape, minShape, maxShape)})
}

// moments returns the mean and the standard deviation.
func (s *logSum) moments() (mean, sd float64) {
	mean = s.constant
	var variance float64
	for _, t := range s.terms {
		m, v := mathext.Digamma(t.top), trigamma(t.top)
		if t.bottom > 0 {
			m -= mathext.Digamma(t.bottom)
			// ψ'(a) - ψ'(a+b), without the cancellation of its main part.
			v = (t.bottom-t.top)/t.top/t.bottom + (v - 1/t.top) - (trigamma(t.bottom) - 1/t.bottom)
		}
		mean += t.sign * m
		variance += max(v, 0)
	}
	return mean, math.Sqrt(variance)
}

// trigamma returns ψ'(x) = Σ 1/(x+k)², to 10⁻⁹.
func trigamma(x float64) (sum float64) {
	for ; x < 10; x++ {
		sum += 1 / (x * x)
	}
	xx := x * x
	return sum + 1/x + 0.5/xx + (1.0/6-(1.0/30-1.0/42/xx)/xx)/xx/x
}

// probPositive returns P(sum > 0) by inverting the characteristic function φ
// (Gil-Pelaez 1951),
//
//	½ + (1/π) ∫_0^∞ Im φ(u)/u du.
func (s *logSum) probPositive() float64 {
	mean, sd := s.moments()
	const far = 40
	switch {
	case !(sd > 0):
		return 0.5
	case mean > far*sd:
		// No tail that matters is left, and the integrand would turn too often.
		return 1
	case mean < -far*sd:
		return 0
	}
	return clamp(0.5+s.invert(sd)/math.Pi, 0, 1)
}

const (
	// maxPanels bounds the work of an inversion.
	maxPanels = 4000
	// turn is the phase that twelve nodes follow to 10⁻¹².
	turn = 6
)

// invert integrates Im φ(u)/u over panels of a sixth of 1/sd while a normal
// variable's would matter. Small shapes leave a tail that falls like a power, over
// which panels grow as far as the turning of φ allows.
func (s *logSum) invert(sd float64) (sum float64) {
	least := 1 / (6 * sd)
	from, width := 0.0, least
	for range maxPanels {
		size := 0.0
		var phase [order]float64
		for k := range order {
			u := from + width*gauss.x[k]
			l := s.logChar(u)
			size = max(size, math.Exp(real(l)))
			phase[k] = imag(l)
			sum += width * gauss.w[k] * imag(cmplx.Exp(l)) / u
		}
		from += width
		speed := math.Abs(phase[order-1]-phase[0]) / width
		if size < 1e-12*max(1, speed*from) {
			break
		}
		if from > 12/sd {
			width = clamp(turn/speed, least, from/2)
		}
	}
	return sum
}

// logChar returns the logarithm of the characteristic function at u.
func (s *logSum) logChar(u float64) complex128 {
	sum := complex(0, u*s.constant)
	for _, t := range s.terms {
		sum += logGammaRatio(t.top, t.sign*u)
		if t.bottom > 0 {
			sum -= logGammaRatio(t.bottom, t.sign*u)
		}
	}
	return sum
}

// logGammaRatio returns ln Γ(x+iu) - ln Γ(x) for x > 0, by Stirling's formula
// above 16 and the recurrence Γ(z+1) = z Γ(z) below. The main parts are
// subtracted in the form (x-½) ln(1+iu/x) + iu (ln(x+iu) - 1), which keeps the
// digits of 10⁷ counts.
func logGammaRatio(x, u float64) complex128 {
	var shift complex128
	for x < 16 {
		shift -= logOnePlus(u / x)
		x++
	}
	step := logOnePlus(u / x)
	main := complex(x-0.5, 0)*step + complex(0, u)*(step+complex(math.Log(x)-1, 0))
	z := complex(x, u)
	zz := z * z
	rest := (1.0/12 - (1.0/360-(1.0/1260-1.0/1680/zz)/zz)/zz) / z
	return shift + main + rest - complex(stirlingRest(x), 0)
}

// logOnePlus returns ln(1+iy).
func logOnePlus(y float64) complex128 {
	if math.Abs(y) < 1 {
		return complex(math.Log1p(y*y)/2, math.Atan(y))
	}
	return complex(math.Log(math.Hypot(1, y)), math.Atan(y))
}
