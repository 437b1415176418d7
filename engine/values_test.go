package engine

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/samplit/samplit/engine/stats"
)

// valued are arms of 1,000 visitors: most conversions, most value, neither.
func valued() Facts {
	f := facts([2]float64{1000, 60}, [2]float64{1000, 90}, [2]float64{1000, 75})
	for i, order := range []float64{40, 20, 45} {
		c := &f.Arms[i].Periods[0]
		c.Value, c.ValueSq = c.Successes*order, c.Successes*order*order*1.5
	}
	f.Revenue = true
	return f
}

func TestValueGoalsFollowValue(t *testing.T) {
	t.Parallel()
	for name, a := range every {
		if name == "sequential" {
			continue
		}
		f := valued()
		f.Control = 2 // a floor for the control leaves it ahead where it is best
		got := a.Allocate(f).Shares
		if slices.Index(got, slices.Max(got)) != 2 {
			t.Errorf("%s: got %v, want the arm with the highest value ahead", name, got)
		}
		f.Revenue, f.Control = false, 1
		got = a.Allocate(f).Shares
		if slices.Index(got, slices.Max(got)) != 1 {
			t.Errorf("%s: got %v, want the arm with most conversions ahead", name, got)
		}
	}
}

// TestScalingValues: in another currency the shares are the same.
func TestScalingValues(t *testing.T) {
	t.Parallel()
	for name, a := range every {
		rapid.Check(t, func(t *rapid.T) {
			f := drawFacts(t)
			f.Revenue = true
			want := a.Allocate(f).Shares
			scale := rapid.SampledFrom([]float64{0.001, 3, 117, 1e6}).Draw(t, "scale")
			for i := range f.Arms {
				for p := range f.Arms[i].Periods {
					f.Arms[i].Periods[p].Value *= scale
					f.Arms[i].Periods[p].ValueSq *= scale * scale
				}
			}
			for i, got := range a.Allocate(f).Shares {
				if math.Abs(got-want[i]) > 1e-6 {
					t.Fatalf("%s: arm %d gets %v, want %v", name, i, got, want[i])
				}
			}
		})
	}
}

// TestValueModelsAgainstIntegrals: of two arms the exact probabilities are known, from Student's posteriors and from the
// product of rate and order value.
func TestValueModelsAgainstIntegrals(t *testing.T) {
	t.Parallel()
	f := valued()
	counts := []Count{f.Arms[0].Periods[0], f.Arms[2].Periods[0]}
	all := pool(counts).Sums().Sample()
	prior := stats.NIG{M: all.Mean, Kappa: 1, Alpha: 1 + varianceStrength/2, Beta: all.Variance * varianceStrength / 2}
	want := stats.ProbMeanBeats(prior.Update(counts[0].Sums().Sample()), prior.Update(counts[1].Sums().Sample()))
	near(t, "normal", normalBest(normalValues(counts))[1], want, 1e-4)

	orders := pool(counts)
	revenue := stats.Revenue{Conversion: stats.Flat, Order: stats.Gamma{Shape: 1, Rate: orders.Value / orders.Successes}}
	want = stats.ProbRevenueBeats(revenue.Update(60, 1000, 60*40), revenue.Update(75, 1000, 75*45))
	near(t, "orders", normalBest(orderValues(counts, stats.Flat))[1], want, 1e-3)
}

// TestNoOrderIsNotWorthless: an arm whose few visitors bought nothing keeps a chance.
func TestNoOrderIsNotWorthless(t *testing.T) {
	t.Parallel()
	counts := []Count{{Trials: 100}, {Trials: 100, Successes: 2, Value: 100, ValueSq: 6000}, {Trials: 100, Successes: 1, Value: 40, ValueSq: 1600}}
	for name, p := range map[string][]float64{"normal": normalBest(normalValues(counts)), "orders": normalBest(orderValues(counts, stats.Flat))} {
		if p[0] < 0.03 || p[0] > 0.3 || p[1] < p[2] {
			t.Errorf("%s: got %v, want some chance for the first arm", name, p)
		}
	}
}

// TestDegenerateCounts: whatever was counted, shares are shares.
func TestDegenerateCounts(t *testing.T) {
	t.Parallel()
	odd := []float64{0, 1, 1e12, 1e300, math.NaN(), math.Inf(1), math.Inf(-1), -3}
	r := rand.New(rand.NewPCG(1, 1))
	pick := func() float64 { return odd[r.IntN(len(odd))] }
	for run := range 2000 {
		f := Facts{Revenue: run%2 == 0}
		for i := range 3 {
			f.Arms = append(f.Arms, Arm{Key: string(rune('a' + i)), Exposures: 200,
				Periods: []Count{{pick(), pick(), pick(), pick(), pick()}}})
		}
		for name, a := range every {
			sum := 0.0
			for _, share := range a.Allocate(f).Shares {
				sum += share
			}
			if !(math.Abs(sum-1) < 1e-9) {
				t.Fatalf("%s: shares of %+v sum to %v", name, f, sum)
			}
		}
	}
	nothing := facts([2]float64{500, 0}, [2]float64{400, 0})
	nothing.Revenue = true
	if got := every["adaptive"].Allocate(nothing).Shares; got[0] != 0.5 {
		t.Errorf("got %v without any value, want nobody ahead", got)
	}
}
