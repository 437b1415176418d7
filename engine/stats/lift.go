package stats

import "math"

// Lift is a relative difference b/a - 1 with its interval; 0.12 means 12 %
// more than the control.
type Lift struct {
	Mean, Low, High float64
	OK              bool // false when the lift is undefined: then the rest is 0
}

// Katz returns the lift of b over a with the log-ratio interval
//
//	exp(ln(p_b/p_a) ± z √((1-p_a)/x_a + (1-p_b)/x_b)) - 1.
//
// It is undefined without successes in both. Katz 1978.
func Katz(a, b Rate, level float64) Lift {
	return LogLift(a.Estimate(), b.Estimate(), critical(level))
}

// LogLift returns the lift of b over a, estimated independently, with the
// interval exp(ln(b/a) ± width √(V_a/a² + V_b/b²)) - 1 of width standard errors
// to each side. It respects that a ratio of positive means is positive and is
// skewed as it should be. Both means must be positive, and one variance.
func LogLift(a, b Estimate, width float64) Lift {
	if !finite(a.Mean, a.Variance, b.Mean, b.Variance, width) || !(a.Mean > 0 && b.Mean > 0) {
		return Lift{}
	}
	v := a.Variance/a.Mean/a.Mean + b.Variance/b.Mean/b.Mean
	if !positive(v) {
		return Lift{}
	}
	l, h := math.Log(b.Mean/a.Mean), width*math.Sqrt(v)
	return newLift(b.Mean/a.Mean-1, math.Expm1(l-h), math.Expm1(l+h))
}

// LiftCS returns the lift of b over a with an interval that stays valid however
// often one looks: LogLift with the width of AsymptoticCS after n observations.
func LiftCS(a, b Estimate, n, rho, alpha float64) Lift {
	if !finite(n, rho) || !(n > 0 && rho > 0) {
		return Lift{}
	}
	return LogLift(a, b, csMultiplier(n, rho, alpha))
}

// DeltaLift returns the lift of b over a with the normal interval of the delta
// method, (b-a)/|a| ± z √(V_b/a² + V_a b²/a⁴), for large samples only. a must
// not be 0.
func DeltaLift(a, b Estimate, level float64) Lift {
	e := RelativeDiff(a, b)
	if !e.OK() {
		return Lift{}
	}
	low, high := e.Interval(level)
	return newLift(e.Mean, low, high)
}

// RelativeDiff returns (b-a)/|a| with the delta-method variance
// V_b/a² + V_a b²/a⁴; the zero Estimate, which is not OK, when a is 0 or
// anything is not finite.
func RelativeDiff(a, b Estimate) Estimate {
	if !finite(a.Mean, a.Variance, b.Mean, b.Variance) || a.Mean == 0 {
		return Estimate{}
	}
	ratio := b.Mean / a.Mean
	e := Estimate{(b.Mean - a.Mean) / math.Abs(a.Mean), (b.Variance + a.Variance*ratio*ratio) / a.Mean / a.Mean}
	if !finite(e.Mean, e.Variance) {
		return Estimate{}
	}
	return e
}

// FiellerLift returns the lift of b over a with Fieller's interval, the set of
// ratios r for which (b - r a)² <= z² (V_b + r² V_a), minus 1. It is exact for
// normal estimates. It is undefined unless a differs from 0 at the level: then
// the set is unbounded. Fieller 1954.
func FiellerLift(a, b Estimate, level float64) Lift {
	if !finite(a.Mean, a.Variance, b.Mean, b.Variance) {
		return Lift{}
	}
	zz := critical(level) * critical(level)
	quad := a.Mean*a.Mean - zz*a.Variance
	if !(quad > 0) || !(a.Variance+b.Variance > 0) {
		return Lift{}
	}
	mid := a.Mean * b.Mean
	root := math.Sqrt(max(0, mid*mid-quad*(b.Mean*b.Mean-zz*b.Variance)))
	return newLift(b.Mean/a.Mean-1, (mid-root)/quad-1, (mid+root)/quad-1)
}

// newLift returns the lift if all of it is finite.
func newLift(mean, low, high float64) Lift {
	if !finite(mean, low, high) {
		return Lift{}
	}
	return Lift{mean, low, high, true}
}
