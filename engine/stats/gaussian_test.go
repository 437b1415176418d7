package stats

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func anyNormal() *rapid.Generator[Normal] {
	return rapid.Custom(func(t *rapid.T) Normal {
		return Normal{rapid.Float64Range(-5, 5).Draw(t, "mean"), math.Pow(10, rapid.Float64Range(-4, 1).Draw(t, "log variance"))}
	})
}

// Two arms have the closed form Φ((μ_b-μ_a)/√(V_a+V_b)).
func TestNormalBestOfTwo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyNormal().Draw(t, "a"), anyNormal().Draw(t, "b")
		prob, loss := NormalBest([]Normal{a, b})
		diff := Normal{b.Mean - a.Mean, a.Variance + b.Variance}
		if math.Abs(prob[1]-diff.ProbPositive()) > 1e-10 {
			t.Fatalf("P(b best) = %v, want %v", prob[1], diff.ProbPositive())
		}
		if math.Abs(loss[0]-diff.Surplus()) > 1e-9 || math.Abs(loss[1]-diff.Shortfall()) > 1e-9 {
			t.Fatalf("losses %v, want %v and %v", loss, diff.Surplus(), diff.Shortfall())
		}
	})
}

func TestNormalBestIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		arms := rapid.SliceOfN(anyNormal(), 2, 10).Draw(t, "arms")
		unit := rapid.Float64Range(0.01, 1e6).Draw(t, "unit")
		scaled := make([]Normal, len(arms))
		for i, arm := range arms {
			scaled[i] = Normal{arm.Mean * unit, arm.Variance * unit * unit}
		}
		prob, loss := NormalBest(arms)
		again, scaledLoss := NormalBest(scaled)
		var sum float64
		for i := range prob {
			sum += prob[i]
			if math.Abs(prob[i]-again[i]) > 1e-9 || math.Abs(loss[i]*unit-scaledLoss[i]) > 1e-8*unit {
				t.Fatalf("the unit changed %v, %v to %v, %v", prob[i], loss[i]*unit, again[i], scaledLoss[i])
			}
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Fatalf("probabilities sum to %v", sum)
		}
	})
	prob, _ := NormalBest(slices.Repeat([]Normal{{3, 2}}, 64))
	near(t, "64 equal arms", prob[17], 1.0/64, 1e-12, 0)
}

// Updating is commutative and with a flat prior repeats the estimate.
func TestNormalUpdate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prior, x, y := anyNormal().Draw(t, "prior"), Estimate(anyNormal().Draw(t, "x")), Estimate(anyNormal().Draw(t, "y"))
		xy, yx := prior.Update(x).Update(y), prior.Update(y).Update(x)
		if math.Abs(xy.Mean-yx.Mean) > 1e-9 || math.Abs(xy.Variance-yx.Variance) > 1e-9*xy.Variance {
			t.Fatalf("order changed %+v to %+v", xy, yx)
		}
		if flat := FlatNormal.Update(x); flat != Normal(x) {
			t.Fatalf("flat prior: got %+v, want %+v", flat, x)
		}
		n := prior.Update(x)
		if math.Abs(n.Surplus()-n.Shortfall()-n.Mean) > 1e-9*(1+math.Abs(n.Mean)) {
			t.Fatalf("surplus %v less shortfall %v is not the mean %v", n.Surplus(), n.Shortfall(), n.Mean)
		}
		low, high := n.Interval(0.95)
		if math.Abs(NormalTail((high-n.Mean)/n.SD())-0.025) > 1e-12 || math.Abs(low+high-2*n.Mean) > 1e-9 {
			t.Fatalf("interval (%v, %v) of %+v", low, high, n)
		}
	})
}

func TestNormalNeutral(t *testing.T) {
	t.Parallel()
	if p := FlatNormal.ProbPositive(); p != 0.5 {
		t.Errorf("flat: got %v", p)
	}
	prob, loss := NormalBest([]Normal{{1, 1}, FlatNormal})
	if prob[0] != 0.5 || loss[0] != 0 {
		t.Errorf("a flat arm: got %v, %v", prob, loss)
	}
	if prob, _ := NormalBest([]Normal{{1, 1}}); prob[0] != 1 {
		t.Errorf("one arm: got %v", prob)
	}
}
