package stats

import "math"

// Sample summarises the values of N independent units, such as the revenue of
// each visitor: their mean and their variance Σ(x-mean)²/(N-1), in the square of
// the unit of the mean.
type Sample struct{ N, Mean, Variance float64 }

// SampleOf summarises the values that are finite; none give the zero Sample, one
// has variance 0.
func SampleOf(values []float64) Sample {
	var s Sample
	var squares float64
	for _, x := range values {
		if !finite(x) {
			continue
		}
		s.N++
		d := x - s.Mean
		s.Mean += d / s.N
		squares += d * (x - s.Mean)
	}
	if s.N > 1 {
		s.Variance = squares / (s.N - 1)
	}
	return s
}

// SampleFromSums summarises n values given by their sum and sum of squares, as
// (Σx² - (Σx)²/n)/(n-1), at least 0. The subtraction loses as many digits as the
// mean is large against the standard deviation, squared. Without a positive,
// finite n and finite sums it returns the zero Sample.
func SampleFromSums(n, sum, squares float64) Sample {
	if !positive(n) || !finite(sum, squares) {
		return Sample{}
	}
	s := Sample{N: n, Mean: sum / n}
	if n > 1 {
		s.Variance = max(0, (squares-sum*s.Mean)/(n-1))
	}
	if !finite(s.Mean, s.Variance) {
		return Sample{}
	}
	return s
}

// Capped summarises the values with those above limit set to it: winsorising
// the few very large orders that would decide a comparison of means. limit is in
// the unit of the values; the capped mean is a mean of min(x, limit), which is
// what a lift then speaks of.
func Capped(values []float64, limit float64) Sample {
	capped := make([]float64, len(values))
	for i, x := range values {
		capped[i] = math.Min(x, limit)
	}
	return SampleOf(capped)
}

// Estimate returns the mean with the variance s²/n of its estimate.
func (s Sample) Estimate() Estimate {
	if !positive(s.N) || !finite(s.Mean, s.Variance) {
		return Estimate{}
	}
	return Estimate{s.Mean, s.Variance / s.N}
}

// Comparison is the test of a difference with 0 and its interval.
type Comparison struct {
	Diff, SE  float64 // the difference and its standard error
	Low, High float64 // the confidence interval
	Statistic float64 // z, or t on DF degrees of freedom
	DF        float64 // 0 for a normal test
	P         float64 // two-sided
	OK        bool    // false when nothing can be tested: then P is 1 and the rest 0
}

// neutral is the comparison that claims nothing.
var neutral = Comparison{P: 1}

// CompareZ tests an estimated difference with the normal distribution; level is
// the coverage of the interval.
func CompareZ(diff Estimate, level float64) Comparison {
	if !diff.OK() {
		return neutral
	}
	c := Comparison{Diff: diff.Mean, SE: math.Sqrt(diff.Variance), OK: true}
	c.Low, c.High = diff.Interval(level)
	c.Statistic = c.Diff / c.SE
	c.P = NormalTwoSided(c.Statistic)
	return c
}

// CompareT is CompareZ with Student's t on df degrees of freedom.
func CompareT(diff Estimate, df, level float64) Comparison {
	if !diff.OK() || !positive(df) {
		return neutral
	}
	c := Comparison{Diff: diff.Mean, SE: math.Sqrt(diff.Variance), DF: df, OK: true}
	c.Low, c.High = around(c.Diff, -StudentQuantile((1-saneLevel(level))/2, df), diff.Variance)
	c.Statistic = c.Diff / c.SE
	c.P = StudentTwoSided(c.Statistic, df)
	return c
}

// OneSided returns the p-value of the test in one direction and the end of its
// one-sided interval: for greater the evidence that the difference is above 0 and
// a lower bound, else that it is below 0 and an upper bound.
func (c Comparison) OneSided(greater bool, level float64) (p, bound float64) {
	if !c.OK {
		return 1, 0
	}
	df := c.DF
	if df == 0 {
		df = math.Inf(1)
	}
	width := -StudentQuantile(1-saneLevel(level), df) * c.SE
	if greater {
		return StudentTail(c.Statistic, df), c.Diff - width
	}
	return StudentTail(-c.Statistic, df), c.Diff + width
}

// Welch compares the means of two samples without assuming equal variances:
// t = (b - a)/√(s_a²/n_a + s_b²/n_b) on WelchDF degrees of freedom. It is
// neutral when either sample has fewer than two values or both are constant.
// Welch 1947.
func Welch(a, b Sample, level float64) Comparison {
	if !(a.N > 1 && b.N > 1) {
		return neutral
	}
	return CompareT(b.Estimate().Minus(a.Estimate()), WelchDF(a, b), level)
}

// WelchDF returns the Welch-Satterthwaite degrees of freedom,
// (v_a + v_b)²/(v_a²/(n_a-1) + v_b²/(n_b-1)) with v = s²/n; 0 if undefined.
func WelchDF(a, b Sample) float64 {
	va, vb := a.Estimate().Variance, b.Estimate().Variance
	if !(va >= 0 && vb >= 0) || !positive(va+vb) || !(a.N > 1 && b.N > 1) {
		return 0
	}
	// Only the ratio matters, and its terms cannot overflow.
	ra := va / (va + vb)
	rb := 1 - ra
	return 1 / (ra*ra/(a.N-1) + rb*rb/(b.N-1))
}
