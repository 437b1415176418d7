package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// kolmogorov returns √n times the largest distance of the draws from the
// distribution function, which exceeds 1.95 once in a thousand samples.
func kolmogorov(draws []float64, cdf func(float64) float64) float64 {
	slices.Sort(draws)
	most, n := 0.0, float64(len(draws))
	for i, x := range draws {
		p := cdf(x)
		most = max(most, p-float64(i)/n, float64(i+1)/n-p)
	}
	return most * math.Sqrt(n)
}

// TestBetaDraw compares draws with moments, within four standard errors, and with
// the distribution function, for shapes of every branch.
func TestBetaDraw(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for i, b := range []Beta{
		{1, 1}, {1, 7}, {7, 1}, {0.5, 0.5}, {0.02, 3}, {3, 0.3}, {0.3, 1}, {1.5, 1.2}, {2, 2}, {12, 90}, {401, 9601}, {1e6, 3e7}, {3e9, 5},
	} {
		t.Run(fmt.Sprint(b), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(i), 3))
			draws, sum, squares := make([]float64, n), 0.0, 0.0
			for j := range draws {
				x := b.Draw(r)
				d := x - b.Mean()
				draws[j], sum, squares = x, sum+d, squares+d*d
			}
			if z := sum / b.SD() / math.Sqrt(n); math.Abs(z) > 4 {
				t.Errorf("mean: %.2f standard errors off", z)
			}
			// The kurtosis of the distribution gives the standard error of a variance.
			a, c := b.Alpha, b.Beta
			s := a + c
			kurtosis := 3 + 6*((a-c)*(a-c)*(s+1)-a*c*(s+2))/(a*c*(s+2)*(s+3))
			if z := (squares/n/b.Variance() - 1) / math.Sqrt((kurtosis-1)/n); math.Abs(z) > 4 {
				t.Errorf("variance: %.2f standard errors off", z)
			}
			mass := newMass(b)
			cdf := func(x float64) float64 {
				if x <= 0 || x >= 1 {
					return x
				}
				lower, _ := mass.split(x)
				return lower
			}
			if d := kolmogorov(draws, cdf); d > 1.95 {
				t.Errorf("distance from the distribution function: got %.2f, want at most 1.95", d)
			}
		})
	}
}

func TestGammaAndNormalDraw(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for i, g := range []Gamma{{0.2, 3}, {1, 0.5}, {4, 10}, {900, 2}} {
		r := rand.New(rand.NewPCG(uint64(i), 4))
		draws := make([]float64, n)
		for j := range draws {
			draws[j] = g.Draw(r)
		}
		if d := kolmogorov(draws, func(x float64) float64 { return 1 - ChiSquareTail(2*g.Rate*x, 2*g.Shape) }); d > 1.95 {
			t.Errorf("%v: distance %.2f, want at most 1.95", g, d)
		}
	}
	r, belief := rand.New(rand.NewPCG(9, 4)), Normal{Mean: 3, Variance: 4}
	draws := make([]float64, n)
	for j := range draws {
		draws[j] = belief.Draw(r)
	}
	if d := kolmogorov(draws, func(x float64) float64 { return NormalTail((3 - x) / 2) }); d > 1.95 {
		t.Errorf("%v: distance %.2f, want at most 1.95", belief, d)
	}
}

func TestDrawDegenerate(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	odd := []float64{math.NaN(), math.Inf(1), -1, 0, 1e-300, 1e-3, 1, 1e15, 1e300}
	for _, a := range odd {
		for _, b := range odd {
			for range 20 {
				if x := (Beta{a, b}).Draw(r); !(x >= 0 && x <= 1) {
					t.Fatalf("Beta(%v, %v): drew %v", a, b, x)
				}
				if x := (Gamma{a, b}).Draw(r); !(x >= 0) {
					t.Fatalf("Gamma(%v, %v): drew %v", a, b, x)
				}
			}
		}
	}
	if x := (Normal{Mean: 2}).Draw(r); x != 2 {
		t.Errorf("got %v from a belief without variance, want its mean", x)
	}
}
