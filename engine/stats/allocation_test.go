package stats

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTopTwoIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prob := ProbBest(rapid.SliceOfN(anyArm(), 2, 8).Draw(t, "arms"))
		beta := rapid.Float64Range(0.1, 0.9).Draw(t, "beta")
		shares := TopTwo(prob, beta)
		var sum, direct float64
		for i := range shares {
			sum += shares[i]
			direct = prob[i] * beta
			for j, p := range prob {
				if j != i && p < 1-1e-9 {
					direct += (1 - beta) * p * prob[i] / (1 - p)
				}
			}
			if !slices.ContainsFunc(prob, func(p float64) bool { return p > 1-1e-9 }) && math.Abs(shares[i]-direct) > 1e-6 {
				t.Fatalf("share %v, by the formula %v", shares[i], direct)
			}
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Fatalf("shares sum to %v", sum)
		}
		lifted := FloorShares(shares, 0.05)
		if slices.Min(lifted) < 0.05-1e-12 {
			t.Fatalf("floor 0.05 left %v", lifted)
		}
	})
	if got := TopTwo([]float64{1, 0, 0}, 0.5); !slices.Equal(got, []float64{0.5, 0.25, 0.25}) {
		t.Errorf("one certain arm: got %v", got)
	}
	if got := TopTwo([]float64{1}, 0.5); got[0] != 1 {
		t.Errorf("one arm: got %v", got)
	}
	// A hundred parts of 0.01 sum to a little more than 1.
	if got := FloorShares([]float64{1.0000000000000007, 0}, 0.1); math.Abs(got[0]-0.9) > 1e-12 {
		t.Errorf("a rounded sum: got %v, want 0.9 and 0.1", got)
	}
	if got := FloorShares([]float64{math.NaN(), 0}, 0.1); !slices.Equal(got, []float64{0.5, 0.5}) {
		t.Errorf("NaN: got %v, want equal shares", got)
	}
	if got := FloorShares([]float64{0.9, 0.1}, 0.7); !slices.Equal(got, []float64{0.5, 0.5}) {
		t.Errorf("a floor for more than everybody: got %v", got)
	}
}

// KL-UCB uses up its budget exactly and is tighter than UCB1 by Pinsker's
// inequality.
func TestUpperConfidenceBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRate().Draw(t, "rate")
		n := rapid.Float64Range(2, 1e6).Draw(t, "t")
		kl, ucb := KLUCB(r, n), UCB1(r, n)
		if kl < r.Value() || kl > min(1, ucb)+1e-12 {
			t.Fatalf("mean %v, KL-UCB %v, UCB1 %v", r.Value(), kl, ucb)
		}
		if spent := r.Trials * divergence(r.Value(), kl); kl < 1-1e-9 && math.Abs(spent-math.Log(n)) > 1e-6*math.Log(n) {
			t.Fatalf("KL-UCB %v spends %v, want %v", kl, spent, math.Log(n))
		}
	})
	if !math.IsInf(UCB1(Rate{}, 5), 1) || KLUCB(Rate{}, 5) != 1 {
		t.Errorf("untried arm: got %v and %v", UCB1(Rate{}, 5), KLUCB(Rate{}, 5))
	}
}

// Near the best rate KL is the squared gap over twice the variance.
func TestLaiRobbins(t *testing.T) {
	t.Parallel()
	got, ok := LaiRobbins([]float64{0.3, 0.2999})
	if !ok {
		t.Fatal("no coefficient")
	}
	near(t, "small gap", got, 2*0.3*0.7/0.0001, 0, 1e-3)
	if _, ok := LaiRobbins([]float64{0.5, 1}); ok {
		t.Error("a sure arm has a coefficient")
	}
	if c, ok := LaiRobbins([]float64{0.5, 0.5}); !ok || c != 0 {
		t.Errorf("equal arms: got %v, %v", c, ok)
	}
}
