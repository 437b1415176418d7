package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// binomial draws successes for every path.
func binomial(r *rand.Rand, n float64, p []float64) []Rate {
	rates := make([]Rate, len(p))
	for i := range p {
		rates[i] = Rate{distuv.Binomial{N: n, P: p[i], Src: r}.Rand(), n}
	}
	return rates
}

// twoByThree are products of the factors of two steps.
func twoByThree(interaction float64) []float64 {
	var p []float64
	for _, a := range []float64{0.2, 0.3} {
		for _, b := range []float64{0.5, 0.6, 0.4} {
			p = append(p, a*b)
		}
	}
	p[4] *= interaction
	return p
}

// TestProductFitsProducts: data that are exact products fit without remainder.
func TestProductFitsProducts(t *testing.T) {
	t.Parallel()
	p := twoByThree(1)
	rates := make([]Rate, len(p))
	for i := range p {
		rates[i] = Rate{p[i] * 10_000, 10_000}
	}
	got := TestProduct([]int{2, 3}, rates)
	if !got.OK || got.DF != 2 || got.G > 1e-6 || got.P < 0.999 {
		t.Errorf("got %+v, want a perfect fit on 2 degrees of freedom", got)
	}
	for i := range p {
		near(t, "rate", got.Rate[i], p[i], 0, 1e-6)
	}
}

// TestProductOfOneStep: where only one step has a choice, every rate is a product and nothing is left to test.
func TestProductOfOneStep(t *testing.T) {
	t.Parallel()
	rates := []Rate{{50, 100}, {60, 100}}
	for _, options := range [][]int{{2}, {2, 1}, {1, 2}} {
		if got := TestProduct(options, rates); got.OK || got.P != 1 {
			t.Errorf("%v: got %+v, want nothing to test", options, got)
		}
	}
}

// TestProductLevel: p-values are uniform when there is no interaction, by Kolmogorov and Smirnov at 0.001, and small
// when there is.
func TestProductLevel(t *testing.T) {
	t.Parallel()
	const runs = 1000
	r := rand.New(rand.NewPCG(3, 3))
	var none, some []float64
	for range runs {
		none = append(none, TestProduct([]int{2, 3}, binomial(r, 2000, twoByThree(1))).P)
		some = append(some, TestProduct([]int{2, 3}, binomial(r, 2000, twoByThree(1.5))).P)
	}
	if d := kolmogorov(none, func(p float64) float64 { return p }); d > 1.95 {
		t.Errorf("got a distance of %.2f from uniform without interaction", d)
	}
	slices.Sort(some)
	if some[runs/2] > 0.01 {
		t.Errorf("got the median p %.3f with interaction, want it small", some[runs/2])
	}
}

func TestProductDegenerate(t *testing.T) {
	t.Parallel()
	for name, paths := range map[string][]Rate{
		"nobody":     make([]Rate, 6),
		"nothing":    slices.Repeat([]Rate{{0, 100}}, 6),
		"everything": slices.Repeat([]Rate{{100, 100}}, 6),
		"not finite": slices.Repeat([]Rate{{math.NaN(), math.Inf(1)}}, 6),
		"few":        slices.Repeat([]Rate{{2, 9}}, 6),
		"one path":   {{50, 100}, {}, {}, {}, {}, {}},
		"huge":       slices.Repeat([]Rate{{1e99, 1e100}}, 6),
	} {
		got := TestProduct([]int{2, 3}, paths)
		if got.OK && name != "huge" || !(got.P >= 0 && got.P <= 1) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestConcentrationEvidence(t *testing.T) {
	t.Parallel()
	// One success in two trials under Beta(3, 2): B(4, 3)/B(3, 2) = (1/60)/(1/12).
	got := ConcentrationEvidence([]float64{0.6}, []Rate{{1, 2}}, 5)
	near(t, "evidence", got, math.Log(12.0/60), 1e-12, 0)
	// As κ grows the rate keeps to its mean.
	got = ConcentrationEvidence([]float64{0.6}, []Rate{{1, 2}}, 1e9)
	near(t, "limit", got, math.Log(0.6*0.4), 1e-6, 0)
	if got := ConcentrationEvidence([]float64{0.5}, []Rate{{1, 2}}, 0); !math.IsInf(got, -1) {
		t.Errorf("got %v for κ = 0, want -Inf", got)
	}
}

// TestEstimateConcentration recovers the κ that made the rates, within a factor of two, and stays at the default when
// there is nothing to learn from.
func TestEstimateConcentration(t *testing.T) {
	t.Parallel()
	if got := EstimateConcentration([]float64{0.1}, []Rate{{}}); math.Abs(got/DefaultConcentration-1) > 1e-3 {
		t.Errorf("got %v without data, want the default", got)
	}
	for _, kappa := range []float64{100, 1000, 10_000} {
		r := rand.New(rand.NewPCG(uint64(kappa), 3))
		var means []float64
		var rates []Rate
		for i := range 64 {
			m := 0.05 + 0.005*float64(i%8)
			p := Beta{kappa * m, kappa * (1 - m)}.Draw(r)
			means = append(means, m)
			rates = append(rates, Rate{distuv.Binomial{N: 50_000, P: p, Src: r}.Rand(), 50_000})
		}
		if got := EstimateConcentration(means, rates); got < kappa/2 || got > kappa*2 {
			t.Errorf("got %v, want about %v", got, kappa)
		}
	}
	all := slices.Repeat([]Rate{{500, 5000}}, 20)
	if got := EstimateConcentration(slices.Repeat([]float64{0.1}, 20), all); got < 1e4 || got > MaxConcentration {
		t.Errorf("got %v for rates at their means, want more", got)
	}
}
