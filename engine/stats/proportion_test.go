package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func anyRate() *rapid.Generator[Rate] {
	return rapid.Custom(func(t *rapid.T) Rate {
		n := rapid.IntRange(1, 5000).Draw(t, "n")
		return Rate{float64(rapid.IntRange(0, n).Draw(t, "x")), float64(n)}
	})
}

// The pooled z-test is Pearson's chi-square of the table, and the homogeneity
// test of two rates; swapping successes and failures changes the sign alone.
func TestTwoProportionIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyRate().Draw(t, "a"), anyRate().Draw(t, "b")
		test, h := TwoProportion(a, b, 0.95), TestHomogeneity([]Rate{a, b})
		if z := test.Statistic; math.Abs(z*z-h.Chi2) > 1e-8*(1+h.Chi2) || math.Abs(test.P-h.PChi2) > 1e-9 {
			t.Fatalf("z² = %v, p = %v; chi-square %v, p = %v", z*z, test.P, h.Chi2, h.PChi2)
		}
		flip := func(r Rate) Rate { return Rate{r.Trials - r.Successes, r.Trials} }
		flipped := TwoProportion(flip(a), flip(b), 0.95)
		if math.Abs(flipped.Statistic+test.Statistic) > 1e-9*(1+math.Abs(test.Statistic)) {
			t.Fatalf("z = %v, of failures %v", test.Statistic, flipped.Statistic)
		}
		if math.Abs(flipped.Low+test.High) > 1e-12 || !(test.Low >= -1 && test.Low <= test.Diff && test.Diff <= test.High && test.High <= 1) {
			t.Fatalf("interval (%v, %v) of %v, of failures (%v, %v)", test.Low, test.High, test.Diff, flipped.Low, flipped.High)
		}
		if low, high := Newcombe(a, b, 0.95); low != test.Low || high != test.High {
			t.Fatalf("Newcombe (%v, %v), test (%v, %v)", low, high, test.Low, test.High)
		}
	})
}

// Large samples make all intervals of a difference one.
func TestDifferenceIntervalsAgreeForLargeSamples(t *testing.T) {
	t.Parallel()
	a, b := Rate{3e8, 1e9}, Rate{3.0002e8, 1e9}
	waldLow, waldHigh := Wald(a, b, 0.95)
	low, high := Newcombe(a, b, 0.95)
	near(t, "low", low, waldLow, 0, 1e-4)
	near(t, "high", high, waldHigh, 0, 1e-4)
	if got := a.Value(); got != 0.3 {
		t.Errorf("value %v, want 0.3", got)
	}
	if got := a.Posterior(Flat); got != (Beta{3e8 + 1, 7e8 + 1}) {
		t.Errorf("posterior %v", got)
	}
}

// G and chi-square agree to second order near equality; three groups, one of
// them unknown, are two.
func TestHomogeneityOfRates(t *testing.T) {
	t.Parallel()
	h := homogeneityOf(Rate{5000, 10000}, Rate{5040, 10000}, Rate{4970, 10000})
	near(t, "G", h.G, h.Chi2, 0, 1e-4)
	if h.DF != 2 {
		t.Errorf("df %d, want 2", h.DF)
	}
	two, three := homogeneityOf(Rate{5, 10}, Rate{7, 12}), homogeneityOf(Rate{5, 10}, Rate{}, Rate{7, 12})
	if two != three {
		t.Errorf("an unknown rate changed %+v to %+v", two, three)
	}
	for _, none := range [][]Rate{nil, {{3, 5}}, {{0, 5}, {0, 9}}, {{5, 5}, {9, 9}}} {
		if h := homogeneityOf(none...); h.DF != 0 || h.PChi2 != 1 || h.PG != 1 {
			t.Errorf("%v: got %+v, want nothing to test", none, h)
		}
	}
}

func homogeneityOf(rates ...Rate) Homogeneity { return TestHomogeneity(rates) }

// Fisher's p-value does not depend on what is a row, a column, a success or a
// control; the lady tasting tea has 17/35.
func TestFisherIdentities(t *testing.T) {
	t.Parallel()
	near(t, "lady tasting tea", Fisher(Rate{3, 4}, Rate{1, 4}), 17.0/35, 0, 1e-13)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60)
		w, x, y, z := float64(n.Draw(t, "w")), float64(n.Draw(t, "x")), float64(n.Draw(t, "y")), float64(n.Draw(t, "z"))
		if w+x == 0 || y+z == 0 || w+y == 0 || x+z == 0 {
			return
		}
		p := Fisher(Rate{w, w + x}, Rate{y, y + z})
		for name, same := range map[string]float64{
			"arms swapped": Fisher(Rate{y, y + z}, Rate{w, w + x}), "failures": Fisher(Rate{x, w + x}, Rate{z, y + z}),
			"transposed": Fisher(Rate{w, w + y}, Rate{x, x + z}),
		} {
			if math.Abs(p-same) > 1e-9 {
				t.Fatalf("%s: %v became %v", name, p, same)
			}
		}
	})
}

func TestProportionNeutral(t *testing.T) {
	t.Parallel()
	if c := TwoProportion(Rate{}, Rate{1, 2}, 0.95); c != neutral {
		t.Errorf("unknown rate: got %+v", c)
	}
	if c := TwoProportion(Rate{0, 10}, Rate{0, 20}, 0.95); c.P != 1 || c.Statistic != 0 {
		t.Errorf("nobody converted: got %+v", c)
	}
	for _, f := range []func(a, b Rate, level float64) (low, high float64){Wald, Newcombe} {
		if low, high := f(Rate{}, Rate{1, 2}, 0.95); low != -1 || high != 1 {
			t.Errorf("unknown rate: got (%v, %v)", low, high)
		}
	}
	if p := Fisher(Rate{}, Rate{1, 2}); p != 1 {
		t.Errorf("Fisher of an unknown rate: got %v", p)
	}
}
