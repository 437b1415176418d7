package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// hillFrom is the number of degrees of freedom from which StudentTail uses the
// expansion of Hill (1970), whose relative error is below 10⁻¹² there.
const hillFrom = 2000

// StudentTail returns P(T > t) for Student's t with df > 0 degrees of freedom,
// which need not be whole; an infinite df is the normal distribution. NaN, or a
// df that is not positive, gives 0.5.
func StudentTail(t, df float64) float64 {
	switch {
	case math.IsNaN(t) || !(df >= tiny):
		return 0.5
	case df > huge:
		return NormalTail(t)
	case df >= hillFrom:
		return NormalTail(hill(t, df))
	case t < 0:
		return 1 - StudentTail(-t, df)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Survival(t)
}

// StudentTwoSided returns P(|T| > |t|).
func StudentTwoSided(t, df float64) float64 {
	return math.Min(1, 2*StudentTail(math.Abs(t), df))
}

// hill returns the normal deviate with the tail probability of t (Hill 1970,
// ACM Algorithm 395).
func hill(t, df float64) float64 {
	a := df - 0.5
	b := 48 * a * a
	zz := a * math.Log1p(t*t/df)
	correction := (((-0.4*zz-3.3)*zz-24)*zz - 85.5) / (0.8*zz*zz + 100 + b)
	z := math.Sqrt(zz) * ((correction+zz+3)/b + 1)
	return math.Copysign(z, t)
}

// StudentQuantile returns the t with P(T <= t) = p for p in (0, 1). p outside is
// read as the nearest number inside, NaN as 0.5; a df that is not positive is
// read as infinite.
func StudentQuantile(p, df float64) float64 {
	z := NormalQuantile(p)
	if !positive(df) || z == 0 {
		return z
	}
	if z > 0 {
		return -studentLower(-z, 1-clamp(p, 0, math.Nextafter(1, 0)), df)
	}
	return studentLower(z, clamp(p, math.SmallestNonzeroFloat64, 1), df)
}

// studentLower returns the t <= z below which lies p < 1/2: tails of t are heavier than the
// normal ones, so the normal deviate z is one end of the bracket.
func studentLower(z, p, df float64) float64 {
	lo := 2 * z
	for StudentTail(-lo, df) > p && lo > -1e150 {
		lo *= 2
	}
	return root(func(t float64) float64 { return math.Log(StudentTail(-t, df) / p) }, lo, z)
}
