package stats

import (
	"math"
	"math/rand/v2"
)

// Draw returns a random rate of the posterior from r, as G_α/(G_α + G_β) of two
// Gamma variables (Marsaglia & Tsang 2000), directly where a shape is 1, and in
// logarithms where one is below 1, since there either variable can underflow. It
// does not allocate. Shapes are read as documented at Beta.
func (b Beta) Draw(r *rand.Rand) float64 {
	if !(b.Alpha >= minShape && b.Alpha <= maxShape && b.Beta >= minShape && b.Beta <= maxShape) {
		b = b.sane()
	}
	switch {
	case b.Alpha == 1 && b.Beta == 1:
		return r.Float64()
	case b.Alpha == 1:
		return -math.Expm1(-r.ExpFloat64() / b.Beta)
	case b.Beta == 1:
		return math.Exp(-r.ExpFloat64() / b.Alpha)
	case b.Alpha < 1 || b.Beta < 1:
		return 1 / (1 + math.Exp(logGammaDraw(b.Beta, r)-logGammaDraw(b.Alpha, r)))
	}
	x := gammaDraw(b.Alpha, r)
	return x / (x + gammaDraw(b.Beta, r))
}

// gammaDraw returns a draw of the Gamma distribution with a shape of at least 1
// and rate 1: with d = shape - 1/3, a normal z and y = z/√(9d), d(1+y)³ is accepted
// with the probability exp(-d g), g = (1+y)³ - 1 - 3 ln(1+y) - 4.5 y². From y = -½
// on g is at most 1.3 y⁴ (its series starts 0.75 y⁴ - 0.6 y⁵), which nearly always
// decides without a logarithm.
func gammaDraw(shape float64, r *rand.Rand) float64 {
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		y := c * r.NormFloat64()
		if y <= -1 {
			continue
		}
		u, yy, v := r.Float64(), y*y, 1+y
		v *= v * v
		if y > -0.5 && u < 1-1.3*d*yy*yy || math.Log(u) < -d*(v-1-3*math.Log1p(y)-4.5*yy) {
			return d * v
		}
	}
}

// logGammaDraw returns the logarithm of a Gamma draw of any shape; below 1 it is
// a draw of shape+1 times U^(1/shape).
func logGammaDraw(shape float64, r *rand.Rand) float64 {
	if shape >= 1 {
		return math.Log(gammaDraw(shape, r))
	}
	return math.Log(gammaDraw(shape+1, r)) - r.ExpFloat64()/shape
}

// Draw returns a random rate of the posterior from r; 0 if it is not proper.
func (g Gamma) Draw(r *rand.Rand) float64 {
	if !g.OK() {
		return 0
	}
	return math.Exp(logGammaDraw(clamp(g.Shape, minShape, maxShape), r)) / g.Rate
}

// Draw returns a random mean of the belief from r; the mean itself if the belief
// is not proper.
func (n Normal) Draw(r *rand.Rand) float64 {
	if !n.OK() {
		return n.Mean
	}
	return n.Mean + n.SD()*r.NormFloat64()
}
