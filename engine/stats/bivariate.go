package stats

import "math"

// Bivariate summarises N units with two values each: numerator and denominator
// of a ratio metric, or outcome and covariate. Variances and covariance divide
// by N-1.
type Bivariate struct{ N, MeanX, MeanY, VarX, VarY, Cov float64 }

// BivariateOf summarises pairs of values; pairs that are not finite are left out.
// It panics if the slices differ in length.
func BivariateOf(x, y []float64) Bivariate {
	if len(x) != len(y) {
		panic("stats: pairs of different lengths")
	}
	var b Bivariate
	var xx, yy, xy float64
	for i := range x {
		if !finite(x[i], y[i]) {
			continue
		}
		b.N++
		dx, dy := x[i]-b.MeanX, y[i]-b.MeanY
		b.MeanX += dx / b.N
		b.MeanY += dy / b.N
		xx += dx * (x[i] - b.MeanX)
		yy += dy * (y[i] - b.MeanY)
		xy += dx * (y[i] - b.MeanY)
	}
	if b.N > 1 {
		b.VarX, b.VarY, b.Cov = xx/(b.N-1), yy/(b.N-1), xy/(b.N-1)
	}
	return b
}

// BivariateFromSums summarises n units by Σx, Σx², Σy, Σy² and Σxy, with the
// loss of digits described at SampleFromSums. Without a positive, finite n and
// finite sums it returns the zero Bivariate.
func BivariateFromSums(n, sumX, squaresX, sumY, squaresY, products float64) Bivariate {
	x, y := SampleFromSums(n, sumX, squaresX), SampleFromSums(n, sumY, squaresY)
	if x.N == 0 || y.N == 0 || !finite(products) {
		return Bivariate{}
	}
	b := Bivariate{N: n, MeanX: x.Mean, MeanY: y.Mean, VarX: x.Variance, VarY: y.Variance}
	if n > 1 {
		b.Cov = (products - sumX*b.MeanY) / (n - 1)
	}
	if !finite(b.Cov) {
		return Bivariate{}
	}
	return b
}

// Merge returns the summary of the units of both together (Chan, Golub, LeVeque
// 1983).
func (b Bivariate) Merge(c Bivariate) Bivariate {
	if b.N == 0 {
		return c
	}
	if c.N == 0 {
		return b
	}
	n := b.N + c.N
	dx, dy := c.MeanX-b.MeanX, c.MeanY-b.MeanY
	between := b.N / n * c.N
	join := func(vb, vc, d float64) float64 { return (vb*(b.N-1) + vc*(c.N-1) + d*between) / (n - 1) }
	return Bivariate{
		N: n, MeanX: b.MeanX + dx*(c.N/n), MeanY: b.MeanY + dy*(c.N/n),
		VarX: join(b.VarX, c.VarX, dx*dx), VarY: join(b.VarY, c.VarY, dy*dy), Cov: join(b.Cov, c.Cov, dx*dy),
	}
}

// Ratio returns the ratio of the means R = x̄/ȳ with its delta-method variance
//
//	(s_x² - 2 R s_xy + R² s_y²)/(n ȳ²),
//
// for metrics whose denominator is random, such as clicks per page view when
// visitors are randomised. The zero Estimate when ȳ is 0 or nothing is known.
// Deng, Knoblich, Lu 2018.
func (b Bivariate) Ratio() Estimate {
	return b.RatioSample().Estimate()
}

// RatioSample returns the ratio metric as a Sample, for Welch, as if each unit
// had the linearised value R + (x - R y)/ȳ; the zero Sample when it is undefined.
func (b Bivariate) RatioSample() Sample {
	if !positive(b.N, math.Abs(b.MeanY)) {
		return Sample{}
	}
	r := b.MeanX / b.MeanY
	v := max(0, (b.VarX-2*r*b.Cov+r*r*b.VarY)/b.MeanY/b.MeanY)
	if !finite(r, v) {
		return Sample{}
	}
	return Sample{b.N, r, v}
}
