package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestNextEpochRule(t *testing.T) {
	t.Parallel()
	even := Weights{5000, 5000}
	better := facts([2]float64{1000, 100}, [2]float64{1000, 130})
	moved := Round(every["adaptive"].Allocate(better).Shares, better.keys())
	for _, c := range []struct {
		name      string
		allocator string
		facts     Facts
		last      Weights
		since     int64
		open      bool
		weights   Weights
		reason    Reason
	}{
		{"first", "adaptive", better, nil, 0, true, even, ReasonInitial},
		{"first fixed", "sequential", better, nil, 0, true, even, ReasonInitial},
		{"warm-up", "adaptive", facts([2]float64{99, 0}, [2]float64{500, 90}), even, 599, false, even, ReasonWarmUp},
		{"enough", "adaptive", better, even, 30, true, moved, ReasonLearned},
		{"too few", "adaptive", better, even, 29, false, even, ReasonFewExposures},
		{"under 1 %", "adaptive", facts([2]float64{50000, 5000}, [2]float64{50000, 5500}), even, 999, false, even, ReasonFewExposures},
		{"small move", "adaptive", better, moved, 5000, false, moved, ReasonSmallMove},
		{"fixed stays", "sequential", better, even, 5000, false, even, ReasonFixed},
		{"fixed and changed", "sequential", better, Weights{6000, 4000}, 5000, false, Weights{6000, 4000}, ReasonFixed},
	} {
		got := NextEpoch(every[c.allocator], c.facts, c.last, c.since)
		if got.Open != c.open || got.Reason != c.reason || !slices.Equal(got.Weights, c.weights) {
			t.Errorf("%s: got %v %v %s, want %v %v %s", c.name, got.Open, got.Weights, got.Reason, c.open, c.weights, c.reason)
		}
	}
}

// TestReplay runs a day of visitors through hash, allocator and epochs twice: the weights are equal bit for bit, and
// no weight ever falls under the floor.
func TestReplay(t *testing.T) {
	t.Parallel()
	for name, a := range every {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := replay(a), replay(a)
			if !slices.EqualFunc(first, second, slices.Equal[Weights]) {
				t.Fatalf("got %v, then %v", first, second)
			}
			if name != "sequential" && len(first) < 2 {
				t.Errorf("got %d epochs, want the split to move", len(first))
			}
			for _, w := range first {
				if !w.Valid(3) {
					t.Errorf("not an epoch: %v", w)
				}
			}
		})
	}
}

func replay(a Allocator) []Weights {
	rates := []float64{0.05, 0.15, 0.02}
	random := rand.New(rand.NewPCG(7, 7))
	f := facts([2]float64{}, [2]float64{}, [2]float64{})
	epochs := []Weights{NextEpoch(a, f, nil, 0).Weights}
	since := int64(0)
	for i := range 5000 {
		last := epochs[len(epochs)-1]
		arm := Choose(Hash("replay", fmt.Sprint(i)), last.Cumulative())
		f.Arms[arm].Exposures++
		f.Arms[arm].Periods[0].Trials++
		if random.Float64() < rates[arm] {
			f.Arms[arm].Periods[0].Successes++
		}
		since++
		if i%50 == 49 {
			if next := NextEpoch(a, f, last, since); next.Open {
				epochs, since = append(epochs, next.Weights), 0
			}
		}
	}
	return epochs
}

func BenchmarkAllocate(b *testing.B) {
	f := facts([2]float64{5000, 500}, [2]float64{5000, 520}, [2]float64{5000, 540}, [2]float64{5000, 480})
	for _, name := range []string{"adaptive", "fast learning", "epsilon", "ucb1", "kl_ucb"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink += len(every[name].Allocate(f).Shares)
			}
		})
	}
}

// BenchmarkReweight1000 is one pass of the learning loop over a thousand splits of four arms.
func BenchmarkReweight1000(b *testing.B) {
	splits := make([]Facts, 1000)
	for i := range splits {
		x := float64(i)
		splits[i] = facts([2]float64{5000 + x, 500}, [2]float64{5000, 500 + x/10}, [2]float64{5000, 540}, [2]float64{5000 + 2*x, 480})
	}
	last := Weights{2500, 2500, 2500, 2500}
	for b.Loop() {
		for _, f := range splits {
			if NextEpoch(every["adaptive"], f, last, 5000).Open {
				sink++
			}
		}
	}
}
