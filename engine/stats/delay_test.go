package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Without delay both estimates are the plain rate; the maximum likelihood
// estimate solves its equation; older cohorts count for more.
func TestDelayedRateIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var cohorts []Cohort
		var x, n float64
		for range rapid.IntRange(1, 6).Draw(t, "cohorts") {
			r := anyRate().Draw(t, "rate")
			cohorts = append(cohorts, Cohort{rapid.Float64Range(0.5, 10).Draw(t, "age"), r.Trials, math.Floor(r.Successes / 4)})
			x, n = x+math.Floor(r.Successes/4), n+r.Trials
		}
		all := DelayedRate(cohorts, func(float64) float64 { return 1 })
		if math.Abs(all.Ratio-x/n) > 1e-12 || math.Abs(all.MLE-x/n) > 1e-9 || all.Effective != n {
			t.Fatalf("no delay: %+v, want %v", all, x/n)
		}
		rate := rapid.Float64Range(0.3, 3).Draw(t, "rate of delay")
		d := DelayedRate(cohorts, ExponentialDelay(rate))
		if d.MLE > 0 && d.MLE < 1 {
			var score float64
			for _, c := range cohorts {
				f := ExponentialDelay(rate)(c.Age)
				score += c.Conversions/d.MLE - (c.N-c.Conversions)*f/(1-d.MLE*f)
			}
			if math.Abs(score) > 1e-6*(x/d.MLE) {
				t.Fatalf("score %v at %v", score, d.MLE)
			}
		}
		if d.Ratio < all.Ratio {
			t.Fatalf("the delay lowered the rate from %v to %v", all.Ratio, d.Ratio)
		}
		if post := d.Posterior(Flat); post.Alpha != 1+x || post.Beta < 1 {
			t.Fatalf("posterior %v after %v conversions", post, x)
		}
	})
	if d := DelayedRate(nil, ExponentialDelay(1)); d != (Delayed{}) {
		t.Errorf("no cohorts: got %+v", d)
	}
	if f := ExponentialDelay(-1)(3); f != 0 {
		t.Errorf("a negative rate: got %v", f)
	}
}

// Nobody censored gives the empirical distribution. The remission times of the
// 6-MP group (Gehan 1965) have the textbook values of the product-limit estimate
// .857 at 6, .690 at 13 and .448 at 23.
func TestKaplanMeier(t *testing.T) {
	t.Parallel()
	c := KaplanMeier([]Wait{{1, 2, true}, {3, 1, true}, {2, 1, true}, {9, 0, true}})
	for age, want := range map[float64]float64{0.5: 0, 1: 0.5, 1.5: 0.5, 2: 0.75, 3: 1, 99: 1} {
		near(t, "empirical", c.At(age), want, 1e-15, 0)
	}
	gehan := []Wait{{6, 3, true}, {6, 1, false}, {7, 1, true}, {9, 1, false}, {10, 1, true}, {10, 1, false}, {11, 1, false}, {13, 1, true},
		{16, 1, true}, {17, 1, false}, {19, 1, false}, {20, 1, false}, {22, 1, true}, {23, 1, true}, {25, 1, false}, {32, 2, false}, {34, 1, false}, {35, 1, false}}
	c = KaplanMeier(gehan)
	for age, surviving := range map[float64]float64{6: 0.857, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448} {
		near(t, "6-MP", c.At(age), (1-surviving)/(1-0.448), 1e-3, 0)
	}
	if got := KaplanMeier(nil).At(5); got != 0 {
		t.Errorf("no conversions: got %v", got)
	}
}

// Without forgetting the posterior is that of the totals; with it the trials tend
// to the effective window.
func TestDiscounted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rates := rapid.SliceOfN(anyRate(), 1, 10).Draw(t, "periods")
		prior := Jeffreys
		for i, post := range Discounted(prior, 1, rates) {
			prior = prior.Update(rates[i].Successes, rates[i].Trials)
			if math.Abs(post.Alpha-prior.Alpha) > 1e-9 || math.Abs(post.Beta-prior.Beta) > 1e-9 {
				t.Fatalf("period %d: %v, want %v", i, post, prior)
			}
		}
	})
	rates := make([]Rate, 400)
	for i := range rates {
		rates[i] = Rate{3, 10}
	}
	last := Discounted(Flat, 0.9, rates)[399]
	near(t, "trials", last.Alpha+last.Beta-2, 10*EffectiveWindow(0.9), 0, 1e-9)
	if !math.IsInf(EffectiveWindow(1), 1) {
		t.Errorf("window without forgetting: %v", EffectiveWindow(1))
	}
	if got := Discounted(Flat, math.NaN(), rates[:1])[0]; got != (Beta{4, 8}) {
		t.Errorf("NaN: got %v, want no forgetting", got)
	}
}

// Rates drawn from a Beta give it back; rates that agree give the limit.
func TestPriorFromHistory(t *testing.T) {
	t.Parallel()
	truth := Beta{20, 380}
	var rates []Rate
	for i := range 400 {
		p := truth.Quantile((float64(i) + 0.5) / 400)
		rates = append(rates, Rate{math.Round(p * 1e5), 1e5})
	}
	got := PriorFromHistory(rates, 1e6)
	near(t, "mean", got.Mean(), truth.Mean(), 0, 1e-3)
	near(t, "strength", got.Alpha+got.Beta, 400, 0, 0.03)
	same := PriorFromHistory([]Rate{{50, 1000}, {50, 1000}, {500, 10000}}, 200)
	near(t, "mean of equal rates", same.Mean(), 0.05, 0, 1e-12)
	near(t, "strength of equal rates", same.Alpha+same.Beta, 200, 0, 1e-12)
	for _, none := range [][]Rate{nil, {{5, 10}}, {{0, 10}, {0, 20}}, {{10, 10}, {5, 5}}} {
		if got := PriorFromHistory(none, 100); got != Flat {
			t.Errorf("%v: got %v, want flat", none, got)
		}
	}
	if got := PriorFromMean(0.2, 50); got != (Beta{10, 40}) {
		t.Errorf("got %v, want Beta(10, 40)", got)
	}
	for _, got := range []Beta{PriorFromMean(0, 5), PriorFromMean(1, 5), PriorFromMean(0.5, 0), PriorFromMean(math.NaN(), 5)} {
		if got != Flat {
			t.Errorf("got %v, want flat", got)
		}
	}
}
