package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// anyPosterior has at least a few successes and failures.
func anyPosterior() *rapid.Generator[Beta] {
	return rapid.Custom(func(t *rapid.T) Beta {
		n := math.Pow(10, rapid.Float64Range(1, 6).Draw(t, "log n"))
		p := rapid.Float64Range(0.02, 0.98).Draw(t, "rate")
		return Beta{2 + n*p, 2 + n*(1-p)}
	})
}

// The interval holds its level, is not longer than the equal-tailed one, and
// mirrors with successes and failures.
func TestHDIIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, level := anyPosterior().Draw(t, "posterior"), rapid.Float64Range(0.2, 0.99).Draw(t, "level")
		low, high := b.HDI(level)
		if got := b.CDF(high) - b.CDF(low); math.Abs(got-level) > 1e-9 {
			t.Fatalf("(%v, %v) holds %v, want %v", low, high, got, level)
		}
		if l, h := b.Interval(level); high-low > (h-l)*(1+1e-9) {
			t.Fatalf("length %v, of the equal-tailed interval %v", high-low, h-l)
		}
		if l, h := (Beta{b.Beta, b.Alpha}).HDI(level); math.Abs(low-1+h) > 1e-7 || math.Abs(high-1+l) > 1e-7 {
			t.Fatalf("(%v, %v) mirrors to (%v, %v)", low, high, l, h)
		}
	})
}

// Densities that are monotone, flat or least in the middle have no two ends of
// equal density.
func TestHDIOfMonotoneDensities(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		b         Beta
		low, high float64
	}{
		{Beta{1, 2}, 0, 1 - math.Sqrt(0.1)}, {Beta{3, 1}, math.Cbrt(0.1), 1}, {Flat, 0.05, 0.95}, {Beta{0.5, 0.5}, 0.0061558297, 0.9938441703},
	} {
		low, high := c.b.HDI(0.9)
		near(t, "low", low, c.low, 1e-9, 0)
		near(t, "high", high, c.high, 1e-9, 0)
	}
}

// Quantiles of the ratio and of the difference agree with P(B > A) at 0, and
// those of the ratio swap to reciprocals.
func TestUpliftIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyPosterior().Draw(t, "a"), anyPosterior().Draw(t, "b")
		below := 1 - ProbBeats(a, b)
		if below > 0.001 && below < 0.999 {
			if u := UpliftQuantile(a, b, below); math.Abs(u) > 1e-7 {
				t.Fatalf("uplift at P(B <= A) = %v is %v, want 0", below, u)
			}
			if d := DiffQuantile(a, b, below); math.Abs(d) > 1e-8 {
				t.Fatalf("difference at P(B <= A) = %v is %v, want 0", below, d)
			}
		}
		there, back := UpliftQuantile(a, b, 0.1), UpliftQuantile(b, a, 0.9)
		if math.Abs((1+there)*(1+back)-1) > 1e-8 {
			t.Fatalf("uplift %v, swapped %v: not reciprocal", there, back)
		}
		if d, e := DiffQuantile(a, b, 0.1), DiffQuantile(b, a, 0.9); math.Abs(d+e) > 1e-8 {
			t.Fatalf("difference %v, swapped %v", d, e)
		}
		l := Uplift(a, b, 0.8)
		if mean, ok := MeanUplift(a, b); !ok || mean != l.Mean || math.Abs(l.Low-there) > 1e-9*(1+math.Abs(there)) {
			t.Fatalf("%+v, mean %v, 10 %% quantile %v", l, mean, there)
		}
	})
	if _, ok := MeanUplift(Beta{1, 5}, Flat); ok {
		t.Error("the mean of 1/θ is finite for one success")
	}
}

// At v = 0 the value remaining has the champion's probability; from there the
// quantile rises with q, and two arms give the ratio's quantile.
func TestValueRemainingIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		arms := rapid.SliceOfN(anyPosterior(), 2, 6).Draw(t, "arms")
		r, more := ValueRemaining(arms, 0.9), ValueRemaining(arms, 0.99)
		prob := ProbBest(arms)
		for i, p := range prob {
			if p > r.Prob || (i == r.Champion && p != r.Prob) {
				t.Fatalf("champion %d with %v, but probabilities are %v", r.Champion, r.Prob, prob)
			}
		}
		if more.Quantile < r.Quantile {
			t.Fatalf("the 90 %% quantile is %v, the 99 %% quantile %v", r.Quantile, more.Quantile)
		}
		if (r.Prob >= 0.9) != (r.Quantile == 0) {
			t.Fatalf("champion with %v leaves %v", r.Prob, r.Quantile)
		}
		// The integral and its root agree; without a lead to make up it is the chance of the champion.
		if got := RemainingBelow(arms, r.Champion, r.Quantile); r.Quantile > 0 && math.Abs(got-0.9) > 1e-6 {
			t.Fatalf("got %v for the value remaining to be below its 90 %% quantile %v", got, r.Quantile)
		}
		if got := RemainingBelow(arms, r.Champion, 0); math.Abs(got-r.Prob) > 1e-6 {
			t.Fatalf("got %v for nothing to remain, want the chance of the champion, %v", got, r.Prob)
		}
		two := ValueRemaining(arms[:2], 0.9)
		c, other := arms[two.Champion], arms[1-two.Champion]
		if want := max(0, UpliftQuantile(c, other, 0.9)); math.Abs(two.Quantile-want) > 1e-6 {
			t.Fatalf("value remaining %v, uplift quantile %v", two.Quantile, want)
		}
	})
	if r := ValueRemaining(nil, 0.95); r.Champion != -1 || r.Quantile != 0 {
		t.Errorf("no arms: got %+v", r)
	}
	if r := ValueRemaining([]Beta{Flat}, 0.95); r.Champion != 0 || r.Prob != 1 || r.Quantile != 0 {
		t.Errorf("one arm: got %+v", r)
	}
}

// A path of one step is a rate; steps that both paths share in distribution do
// not prefer either; a product of Betas that telescopes is a Beta:
// Beta(a, b) Beta(a+b, c) ~ Beta(a, b+c).
func TestPathIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyPosterior().Draw(t, "a"), anyPosterior().Draw(t, "b"), anyPosterior().Draw(t, "c")
		if p, want := ProbPathBeats(Path{a}, Path{b}), ProbBeats(a, b); math.Abs(p-want) > 1e-8 {
			t.Fatalf("one step: %v, want %v", p, want)
		}
		if p := ProbPathBeats(Path{a, b, c}, Path{c, b, a}); math.Abs(p-0.5) > 1e-8 {
			t.Fatalf("the order of steps matters: %v", p)
		}
		split := Path{a, {a.Alpha + a.Beta, c.Beta}}
		whole := Beta{a.Alpha, a.Beta + c.Beta}
		if p, want := ProbPathBeats(split, Path{b}), ProbBeats(whole, b); math.Abs(p-want) > 1e-8 {
			t.Fatalf("telescoped: %v, want %v", p, want)
		}
		v := split.Value()
		if math.Abs(v.Mean-whole.Mean()) > 1e-12 || math.Abs(v.Variance/whole.Variance()-1) > 1e-6 {
			t.Fatalf("value %+v, want %v and %v", v, whole.Mean(), whole.Variance())
		}
	})
	// Uniform rates: P(U₁ > U₂ U₃) = 3/4, P(U₁U₂ > U₃U₄U₅) = 11/16.
	near(t, "one against two uniforms", ProbPathBeats(Path{Flat, Flat}, Path{Flat}), 0.75, 1e-9, 0)
	near(t, "two against three uniforms", ProbPathBeats(Path{Flat, Flat, Flat}, Path{Flat, Flat}), 11.0/16, 1e-9, 0)
	if p := ProbPathBeats(nil, nil); p != 0.5 {
		t.Errorf("no steps: got %v", p)
	}
	if v := Path(nil).Value(); v != (Estimate{1, 0}) {
		t.Errorf("no steps: got %+v", v)
	}
}
