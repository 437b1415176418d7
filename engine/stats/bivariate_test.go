package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func drawPairs(t *rapid.T, label string) (x, y []float64) {
	n := rapid.IntRange(3, 40).Draw(t, label+" n")
	return rapid.SliceOfN(rapid.Float64Range(-50, 50), n, n).Draw(t, label+" x"),
		rapid.SliceOfN(rapid.Float64Range(1, 20), n, n).Draw(t, label+" y")
}

func closeBivariate(a, b Bivariate, tol float64) bool {
	for _, d := range []float64{a.N - b.N, a.MeanX - b.MeanX, a.MeanY - b.MeanY, a.VarX - b.VarX, a.VarY - b.VarY, a.Cov - b.Cov} {
		if !(math.Abs(d) <= tol) {
			return false
		}
	}
	return true
}

func TestBivariateSummaries(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawPairs(t, "a")
		u, v := drawPairs(t, "b")
		all := BivariateOf(append(append([]float64{}, x...), u...), append(append([]float64{}, y...), v...))
		if merged := BivariateOf(x, y).Merge(BivariateOf(u, v)); !closeBivariate(merged, all, 1e-8) {
			t.Fatalf("merged %+v, together %+v", merged, all)
		}
		if got := (Bivariate{}).Merge(all); got != all {
			t.Fatalf("merged with nothing: %+v", got)
		}
		var sums [5]float64
		for i := range x {
			for j, term := range []float64{x[i], x[i] * x[i], y[i], y[i] * y[i], x[i] * y[i]} {
				sums[j] += term
			}
		}
		summed := BivariateFromSums(float64(len(x)), sums[0], sums[1], sums[2], sums[3], sums[4])
		if !closeBivariate(summed, BivariateOf(x, y), 1e-7) {
			t.Fatalf("from sums %+v, from values %+v", summed, BivariateOf(x, y))
		}
	})
}

// A ratio to a constant is a mean; a ratio to itself is 1 without error; its
// variance is that of the linearised values.
func TestRatioIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawPairs(t, "a")
		twos := make([]float64, len(x))
		linear := make([]float64, len(x))
		r := BivariateOf(x, y).Ratio()
		for i := range x {
			twos[i] = 2
			linear[i] = (x[i] - r.Mean*y[i]) / SampleOf(y).Mean
		}
		half, mean := BivariateOf(x, twos).Ratio(), SampleOf(x).Estimate()
		if math.Abs(half.Mean-mean.Mean/2) > 1e-9 || math.Abs(half.Variance-mean.Variance/4) > 1e-8*(1+mean.Variance) {
			t.Fatalf("ratio to 2: %+v, mean %+v", half, mean)
		}
		if self := BivariateOf(y, y).Ratio(); math.Abs(self.Mean-1) > 1e-12 || self.Variance > 1e-12 {
			t.Fatalf("ratio to itself: %+v", self)
		}
		if want := SampleOf(linear).Estimate().Variance; math.Abs(r.Variance-want) > 1e-8*(1+want) {
			t.Fatalf("variance %v, of linearised values %v", r.Variance, want)
		}
		if s := BivariateOf(x, y).RatioSample(); s.Estimate() != r {
			t.Fatalf("sample %+v, estimate %+v", s, r)
		}
	})
}

// The adjustment removes a covariate's part and nothing else: a covariate that
// explains everything leaves no variance, a constant one leaves all, and the
// joint mean never moves.
func TestCUPEDIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawPairs(t, "a")
		u, v := drawPairs(t, "b")
		a, b := BivariateOf(x, y), BivariateOf(u, v)
		adjusted := CUPED(a, b)
		before := (a.N*a.MeanX + b.N*b.MeanX) / (a.N + b.N)
		after := (a.N*adjusted[0].Mean + b.N*adjusted[1].Mean) / (a.N + b.N)
		if math.Abs(before-after) > 1e-8 {
			t.Fatalf("joint mean %v became %v", before, after)
		}
		scale := rapid.Float64Range(0.1, 10).Draw(t, "scale")
		scaled := func(b Bivariate) Bivariate {
			return Bivariate{b.N, b.MeanX, b.MeanY * scale, b.VarX, b.VarY * scale * scale, b.Cov * scale}
		}
		if again := CUPED(scaled(a), scaled(b)); math.Abs(again[0].Mean-adjusted[0].Mean) > 1e-7 || math.Abs(again[1].Variance-adjusted[1].Variance) > 1e-6*(1+adjusted[1].Variance) {
			t.Fatalf("the covariate's unit changed %+v to %+v", adjusted, again)
		}
		explained := CUPED(BivariateOf(y, y), BivariateOf(v, v))
		if explained[0].Variance > 1e-9*(1+a.VarY) || math.Abs(explained[0].Mean-explained[1].Mean) > 1e-9 {
			t.Fatalf("fully explained outcomes left %+v", explained)
		}
		constant := Bivariate{a.N, a.MeanX, 3, a.VarX, 0, 0}
		if got := CUPED(constant)[0]; got != (Sample{a.N, a.MeanX, a.VarX}) || Theta(constant) != 0 {
			t.Fatalf("a constant covariate changed %+v to %+v", constant, got)
		}
	})
}

// Without a useful covariate the relative effect is RelativeDiff.
func TestCUPEDRelative(t *testing.T) {
	t.Parallel()
	a, b := Bivariate{100, 5, 2, 4, 1, 0}, Bivariate{120, 5.5, 2, 5, 1, 0}
	got, want := CUPEDRelative(a, b), RelativeDiff(Estimate{5, 0.04}, Estimate{5.5, 5.0 / 120})
	near(t, "mean", got.Mean, want.Mean, 0, 1e-12)
	near(t, "variance", got.Variance, want.Variance, 0, 1e-12)
	negative := CUPEDRelative(Bivariate{100, -5, 2, 4, 1, 0}, Bivariate{120, -5.5, 2, 5, 1, 0})
	near(t, "of a negative control", negative.Mean, -want.Mean, 0, 1e-12)
	if e := CUPEDRelative(Bivariate{}, b); e != (Estimate{}) {
		t.Errorf("empty control: got %+v", e)
	}
}

func TestBivariatePanicsOnDifferentLengths(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("did not panic")
		}
	}()
	BivariateOf([]float64{1}, nil)
}
