package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func anySample() *rapid.Generator[[]float64] {
	return rapid.Custom(func(t *rapid.T) []float64 {
		return rapid.SliceOfN(rapid.Float64Range(-100, 100), 3, 40).Draw(t, "values")
	})
}

func totals(values []float64) (n, sum, squares float64) {
	for _, x := range values {
		sum += x
		squares += x * x
	}
	return float64(len(values)), sum, squares
}

func TestSampleFromSumsAgreesWithValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := anySample().Draw(t, "values")
		n, sum, squares := totals(values)
		direct, summed := SampleOf(values), SampleFromSums(n, sum, squares)
		fromSums := Sums{n, sum, squares}.Sample()
		if fromSums != summed {
			t.Fatalf("Sums.Sample %+v, SampleFromSums %+v", fromSums, summed)
		}
		if math.Abs(direct.Mean-summed.Mean) > 1e-11 || math.Abs(direct.Variance-summed.Variance) > 1e-9*(1+direct.Variance) {
			t.Fatalf("from values %+v, from sums %+v", direct, summed)
		}
		if top := Capped(values, 1e9); top != direct {
			t.Fatalf("a cap above all values changed %+v to %+v", direct, top)
		}
		if flat := Capped(values, -100); flat.Mean != -100 || flat.Variance != 0 {
			t.Fatalf("a cap below all values gave %+v", flat)
		}
	})
}

// t does not depend on unit or origin and changes sign with the arms.
func TestWelchIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := SampleOf(anySample().Draw(t, "a")), SampleOf(anySample().Draw(t, "b"))
		if a.Variance < 1e-3 || b.Variance < 1e-3 {
			return
		}
		unit, origin := rapid.Float64Range(0.01, 100).Draw(t, "unit"), rapid.Float64Range(-50, 50).Draw(t, "origin")
		move := func(s Sample) Sample { return Sample{s.N, s.Mean*unit + origin, s.Variance * unit * unit} }
		one, moved, swapped := Welch(a, b, 0.9), Welch(move(a), move(b), 0.9), Welch(b, a, 0.9)
		if math.Abs(one.Statistic-moved.Statistic) > 1e-8*(1+math.Abs(one.Statistic)) || math.Abs(one.P-moved.P) > 1e-8 {
			t.Fatalf("unit and origin changed %+v to %+v", one, moved)
		}
		if one.Statistic != -swapped.Statistic || math.Abs(one.Low+swapped.High) > 1e-9 {
			t.Fatalf("%+v swapped is %+v", one, swapped)
		}
		if one.DF != WelchDF(a, b) {
			t.Fatalf("%v degrees of freedom, WelchDF %v", one.DF, WelchDF(a, b))
		}
		if low := min(a.N, b.N) - 1; one.DF < low-1e-9 || one.DF > a.N+b.N-2+1e-9 {
			t.Fatalf("%v degrees of freedom for samples of %v and %v", one.DF, a.N, b.N)
		}
		if excludes := one.Low > 0 || one.High < 0; excludes != (one.P < 0.1) && math.Abs(one.P-0.1) > 1e-9 {
			t.Fatalf("interval (%v, %v) but p %v", one.Low, one.High, one.P)
		}
		greater, low := one.OneSided(true, 0.95)
		less, high := one.OneSided(false, 0.95)
		if math.Abs(greater+less-1) > 1e-12 || math.Abs(min(greater, less)*2-one.P) > 1e-12 {
			t.Fatalf("one-sided %v and %v, two-sided %v", greater, less, one.P)
		}
		if math.Abs(low-one.Low) > 1e-9*(1+math.Abs(low)) || math.Abs(high-one.High) > 1e-9*(1+math.Abs(high)) {
			t.Fatalf("one-sided 95 %% bounds (%v, %v) are not the two-sided 90 %% (%v, %v)", low, high, one.Low, one.High)
		}
	})
}

// With infinite degrees of freedom t is z.
func TestCompareTTendsToZ(t *testing.T) {
	t.Parallel()
	e := Estimate{0.3, 0.02}
	z, student := CompareZ(e, 0.95), CompareT(e, 1e14, 0.95)
	near(t, "p", student.P, z.P, 0, 1e-10)
	near(t, "low", student.Low, z.Low, 1e-10, 0)
	near(t, "standard error", z.SE, e.SE(), 0, 0)
	if low, high := e.Interval(0.95); low != z.Low || high != z.High {
		t.Errorf("interval (%v, %v), want (%v, %v)", low, high, z.Low, z.High)
	}
}

func TestComparisonNeutral(t *testing.T) {
	t.Parallel()
	if df := WelchDF(Sample{5, 2, 0}, Sample{5, 3, 0}); df != 0 {
		t.Errorf("degrees of freedom of constants: got %v", df)
	}
	if (Sums{}).Known() || (Sums{1, math.NaN(), 1}).Known() || !(Sums{1, 0, 0}).Known() {
		t.Error("sums are known exactly when there are visitors and all is finite")
	}
	for name, c := range map[string]Comparison{
		"no values": Welch(Sample{}, Sample{}, 0.95), "one value": Welch(Sample{1, 2, 0}, Sample{1, 3, 0}, 0.95),
		"constant": Welch(Sample{5, 2, 0}, Sample{5, 3, 0}, 0.95), "no variance": CompareZ(Estimate{1, 0}, 0.95),
		"no degrees of freedom": CompareT(Estimate{1, 1}, 0, 0.95),
	} {
		if c != neutral {
			t.Errorf("%s: got %+v", name, c)
		}
	}
	if p, bound := neutral.OneSided(true, 0.95); p != 1 || bound != 0 {
		t.Errorf("one-sided neutral: got %v, %v", p, bound)
	}
}
