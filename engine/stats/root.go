package stats

import "math"

// root returns a zero of the continuous f between lo and hi, to the precision of
// float64, by the method of Chandrupatla (1997): inverse quadratic interpolation
// where it is safe, bisection elsewhere. Without a change of sign it returns the
// end at which f is nearer to 0.
func root(f func(float64) float64, lo, hi float64) float64 {
	b, a := lo, hi
	fb, fa := f(b), f(a)
	if fa == 0 || fb == 0 || math.Signbit(fa) == math.Signbit(fb) {
		if math.Abs(fa) < math.Abs(fb) {
			return a
		}
		return b
	}
	c, fc := a, fa
	t := 0.5
	for range 200 {
		x := a + t*(b-a)
		fx := f(x)
		if math.Signbit(fx) == math.Signbit(fa) {
			c, fc = a, fa
		} else {
			c, b, fc, fb = b, a, fb, fa
		}
		a, fa = x, fx
		best := a
		if math.Abs(fb) < math.Abs(fa) {
			best = b
		}
		tolerance := 2*epsilon*math.Abs(best) + math.SmallestNonzeroFloat64
		limit := tolerance / math.Abs(b-c)
		if limit > 0.5 || fa == 0 {
			return best
		}
		t = max(limit, min(1-limit, step(a, b, c, fa, fb, fc)))
	}
	return a
}

const epsilon = 0x1p-52

// step returns the next position between a (0) and b (1): that of the inverse
// quadratic through the three points if it is monotone between them, else 1/2.
func step(a, b, c, fa, fb, fc float64) float64 {
	xi, phi := (a-b)/(c-b), (fa-fb)/(fc-fb)
	if !(phi*phi < xi && (1-phi)*(1-phi) < 1-xi) {
		return 0.5
	}
	return fa/(fb-fa)*fc/(fb-fc) + (c-a)/(b-a)*fa/(fc-fa)*fb/(fc-fb)
}
