package stats

import "gonum.org/v1/gonum/mathext"

// ChiSquareTail returns P(X > x) for a chi-square variable with df degrees of
// freedom, the regularised upper incomplete gamma function Q(df/2, x/2). Nothing
// to test (df not positive, x NaN or not positive) gives 1.
func ChiSquareTail(x, df float64) float64 {
	if !(x >= tiny) || !positive(df) {
		return 1
	}
	if x > huge {
		return 0
	}
	return mathext.GammaIncRegComp(df/2, x/2)
}
