package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// NormalTail returns P(Z > z) for a standard normal Z as erfc(z/√2)/2, which
// keeps its relative precision to z = 37. NaN gives 0.5.
func NormalTail(z float64) float64 {
	if math.IsNaN(z) {
		return 0.5
	}
	return 0.5 * math.Erfc(z/math.Sqrt2)
}

// NormalTwoSided returns P(|Z| > |z|), the two-sided p-value of z. NaN gives 1.
func NormalTwoSided(z float64) float64 {
	if math.IsNaN(z) {
		return 1
	}
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

// NormalQuantile returns the z with P(Z <= z) = p for p in (0, 1). p outside is
// read as the nearest number inside, NaN as 0.5.
func NormalQuantile(p float64) float64 {
	if math.IsNaN(p) {
		return 0
	}
	return mathext.NormalQuantile(clamp(p, math.SmallestNonzeroFloat64, math.Nextafter(1, 0)))
}

// critical returns the z that a standard normal exceeds in absolute value with
// probability 1 - level.
func critical(level float64) float64 {
	return -NormalQuantile((1 - saneLevel(level)) / 2)
}

// saneAlpha returns alpha if it is an error rate in (0, 1), else 0.05.
func saneAlpha(alpha float64) float64 {
	if alpha > 0 && alpha < 1 {
		return alpha
	}
	return 0.05
}

// huge is the largest number that is read as finite, tiny the smallest as
// positive.
const huge, tiny = 1e100, 1e-100

// finite reports whether none of the values is NaN, infinite or huge.
func finite(values ...float64) bool {
	for _, x := range values {
		if !(math.Abs(x) <= huge) {
			return false
		}
	}
	return true
}

// positive reports whether all of the values are finite and above 0.
func positive(values ...float64) bool {
	for _, x := range values {
		if !(x >= tiny && x <= huge) {
			return false
		}
	}
	return true
}
