package engine

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/samplit/samplit/engine/stats"
)

func TestTopTwoVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, allocation, "top_two_thompson_alloc") {
		var in struct {
			Arms [][2]float64
			Beta float64
		}
		var out struct{ Alloc []float64 }
		v.decode(t, &in, &out)
		var arms []stats.Beta
		for _, a := range in.Arms {
			arms = append(arms, stats.Beta{Alpha: a[0], Beta: a[1]})
		}
		v.nearAll(t, "alloc", stats.TopTwo(probBest(arms), in.Beta), out.Alloc)
	}
}

func TestDiscountVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, allocation, "discounted_beta_state") {
		var in struct {
			Gamma   float64
			Prior   [2]float64
			Batches [][2]float64 `json:"batches_success_trials"`
		}
		var out struct {
			After [][2]float64 `json:"alpha_beta_after_each"`
		}
		v.decode(t, &in, &out)
		var periods []Count
		for i, b := range in.Batches {
			periods = append(periods, Count{Successes: b[0], Trials: b[1]})
			got := accumulate(periods, in.Gamma).Rate().Posterior(stats.Beta{Alpha: in.Prior[0], Beta: in.Prior[1]})
			v.nearAll(t, indexed("after", i), []float64{got.Alpha, got.Beta}, out.After[i][:])
		}
	}
}

// every is one allocator of each kind with its defaults and with everything switched on.
var every = map[string]Allocator{
	"sequential":    must(New(Sequential, "", nil)),
	"adaptive":      must(New(Thompson, "", nil)),
	"adaptive all":  must(New(Thompson, Adaptive, map[string]any{"floor": 0.02, "control_floor": true, "discount": 0.9, "prior_beta": 20})),
	"lowest floor":  must(New(Thompson, "", map[string]any{"floor": 0.01})),
	"fast learning": must(New(Thompson, FastLearning, nil)),
	"epsilon":       must(New(Explore, "", nil)),
	"ucb1":          must(New(Explore, "", map[string]any{"policy": "ucb1"})),
	"orders":        must(New(Thompson, "", map[string]any{"value_model": "orders"})),
	"kl_ucb":        must(New(Explore, "", map[string]any{"policy": "kl_ucb", "control_floor": true})),
}

func must(a Allocator, err error) Allocator {
	if err != nil {
		panic(err)
	}
	return a
}

func TestAllocationIdentities(t *testing.T) {
	t.Parallel()
	for name, a := range every {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				f := drawFacts(t)
				got := a.Allocate(f)
				sum := 0.0
				for i, share := range got.Shares {
					sum += share
					if !(share >= 0.01-1e-12) {
						t.Fatalf("arm %d gets %v, under the floor", i, share)
					}
				}
				if math.Abs(sum-1) > 1e-9 {
					t.Fatalf("shares sum to %v", sum)
				}
				if !reflect.DeepEqual(a.Allocate(f), got) {
					t.Fatal("the same facts gave another answer")
				}

				perm := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Perm(len(f.Arms))
				turned := Facts{Control: slices.Index(perm, f.Control), Revenue: f.Revenue}
				for _, from := range perm {
					turned.Arms = append(turned.Arms, f.Arms[from])
				}
				want := Round(got.Shares, f.keys())
				for i, w := range Round(a.Allocate(turned).Shares, turned.keys()) {
					if w != want[perm[i]] {
						t.Fatalf("order of the arms matters: got %v, want %v at %d", w, want[perm[i]], i)
					}
				}
			})
		})
	}
}

// TestMoreSuccessesNeverHurt: one more conversion never lowers the share of a learning allocator that matches
// probabilities or follows the leader.
func TestMoreSuccessesNeverHurt(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"adaptive", "epsilon"} {
		rapid.Check(t, func(t *rapid.T) {
			f := drawFacts(t)
			f.Revenue = false
			arm := rapid.IntRange(0, len(f.Arms)-1).Draw(t, "arm")
			before := every[name].Allocate(f).Shares[arm]
			last := &f.Arms[arm].Periods[len(f.Arms[arm].Periods)-1]
			if last.Successes+1 > last.Trials {
				return
			}
			last.Successes++
			if after := every[name].Allocate(f).Shares[arm]; after < before-1e-9 {
				t.Fatalf("%s: share fell from %v to %v", name, before, after)
			}
		})
	}
}

func TestWarmUp(t *testing.T) {
	t.Parallel()
	f := facts([2]float64{99, 1}, [2]float64{1000, 900}, [2]float64{1000, 10})
	f.Initial = Weights{6000, 2000, 2000}
	for name, a := range every {
		if got := a.Allocate(f).Shares; !slices.Equal(got, []float64{0.6, 0.2, 0.2}) {
			t.Errorf("%s: got %v before the warm-up ended, want the initial split", name, got)
		}
	}
	f.Arms[0].Exposures = 100
	for name, a := range every {
		if got := a.Allocate(f); name != "sequential" && got.Shares[1] < 0.4 {
			t.Errorf("%s: got %v after the warm-up, want the better arm ahead", name, got)
		}
	}
}

func TestEqualArmsGetEqualShares(t *testing.T) {
	t.Parallel()
	f := facts([2]float64{500, 50}, [2]float64{500, 50}, [2]float64{500, 50})
	for name, a := range every {
		got := a.Allocate(f).Shares
		if got[0] != got[1] || got[1] != got[2] {
			t.Errorf("%s: got %v, want equal shares", name, got)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		allocator, strategy string
		params              map[string]any
		field, code         string
	}{
		{"random", "", nil, "allocator", CodeUnknown},
		{Sequential, Adaptive, nil, "strategy", CodeUnknown},
		{Thompson, MultiStep, nil, "strategy", CodeUnknown},
		{Explore, FastLearning, nil, "strategy", CodeUnknown},
		{Sequential, "", map[string]any{"floor": 0.1}, "floor", CodeUnknown},
		{Thompson, Adaptive, map[string]any{"top_two": 0.5}, "top_two", CodeUnknown},
		{Thompson, FastLearning, map[string]any{"top_two": 1.0}, "top_two", CodeRange},
		{Thompson, "", map[string]any{"floor": 0.001}, "floor", CodeRange},
		{Thompson, "", map[string]any{"floor": math.NaN()}, "floor", CodeRange},
		{Thompson, "", map[string]any{"floor": "0.1"}, "floor", CodeType},
		{Thompson, "", map[string]any{"control_floor": 1.0}, "control_floor", CodeType},
		{Thompson, "", map[string]any{"discount": 0.0}, "discount", CodeRange},
		{Explore, "", map[string]any{"policy": "greedy"}, "policy", CodeUnknown},
		{Explore, "", map[string]any{"policy": "ucb1", "epsilon": 0.1}, "epsilon", CodeUnknown},
		{Thompson, "", map[string]any{"model": "pairs"}, "model", CodeUnknown},
		{Thompson, "", map[string]any{"value_model": 1.0}, "value_model", CodeType},
		{Explore, "", map[string]any{"model": "arms"}, "model", CodeUnknown},
		{Explore, "", map[string]any{"decay": -1.0}, "decay", CodeRange},
	} {
		_, err := New(c.allocator, c.strategy, c.params)
		var bad *ParamError
		if !errors.As(err, &bad) || bad.Field != c.field || bad.Code != c.code {
			t.Errorf("%s/%s %v: got %v, want %s %s", c.allocator, c.strategy, c.params, err, c.field, c.code)
		}
	}
}

// facts builds arms a, b … from exposures and conversions of one period.
func facts(counts ...[2]float64) Facts {
	var f Facts
	for i, c := range counts {
		f.Arms = append(f.Arms, Arm{
			Key: fmt.Sprintf("%c", 'a'+i), Exposures: int64(c[0]),
			Periods: []Count{{Trials: c[0], Successes: c[1]}},
		})
	}
	return f
}

func drawFacts(t *rapid.T) Facts {
	f := Facts{Revenue: rapid.Bool().Draw(t, "revenue")}
	k := rapid.IntRange(2, 8).Draw(t, "arms")
	periods := rapid.IntRange(1, 4).Draw(t, "periods")
	for i := range k {
		a := Arm{Key: fmt.Sprintf("%c", 'a'+i)}
		for range periods {
			n := rapid.IntRange(0, 3000).Draw(t, "n")
			s := rapid.IntRange(0, n).Draw(t, "s")
			value := rapid.Float64Range(1, 100).Draw(t, "value")
			a.Exposures += int64(n)
			a.Periods = append(a.Periods, Count{Trials: float64(n), Successes: float64(s), Value: float64(s) * value,
				ValueSq: float64(s) * value * value * rapid.Float64Range(1, 3).Draw(t, "spread"), Pending: rapid.SampledFrom([]float64{0, 0, 0.3}).Draw(t, "pending")})
		}
		f.Arms = append(f.Arms, a)
	}
	f.Control = rapid.IntRange(0, k-1).Draw(t, "control")
	return f
}
