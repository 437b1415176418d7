package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"github.com/samplit/samplit/engine/stats"
)

// factorial lists the combinations of elements with so many variants each, like an odometer.
func factorial(sizes ...int) Facts {
	f := Facts{Arms: []Arm{{}}}
	for _, n := range sizes {
		var arms []Arm
		for _, a := range f.Arms {
			for level := range n {
				arms = append(arms, Arm{Key: fmt.Sprintf("%s.%d", a.Key, level), Levels: append(slices.Clone(a.Levels), level), Periods: []Count{{}}})
			}
		}
		f.Arms = arms
	}
	return f
}

// visit adds visitors to an arm.
func (f Facts) visit(arm int, n, conversions float64) {
	a := &f.Arms[arm]
	a.Exposures += int64(n)
	a.Periods[0].Trials += n
	a.Periods[0].Successes += conversions
	a.Periods[0].Value += conversions * 20
	a.Periods[0].ValueSq += conversions * 500
}

// mainEffects has the logits of additive effects: the last combination is best.
func mainEffects(levels []int, effect float64) float64 {
	x := -2.5
	for _, l := range levels {
		x += effect * float64(l)
	}
	return 1 / (1 + math.Exp(-x))
}

// TestEffectsAreFound: with many visitors the estimates are those that made the data, and the intervals cover them.
func TestEffectsAreFound(t *testing.T) {
	t.Parallel()
	for _, revenue := range []bool{false, true} {
		f := factorial(3, 2)
		f.Revenue = revenue
		for i, a := range f.Arms {
			f.visit(i, 100_000, math.Round(100_000*mainEffects(a.Levels, 0.2)))
		}
		c := NewCombinations(f)
		effects := c.Effects(0.95)
		if len(effects) != 3 {
			t.Fatalf("got %+v, want the effects of two and one variants", effects)
		}
		for _, e := range effects {
			// The lift in rates that a shift of the logit makes, over the other element's variants.
			want, others := 0.0, []int{0, 1, 2}[:3-e.Element]
			if e.Element == 0 {
				others = []int{0, 1}
			}
			for _, other := range others {
				with, without := []int{e.Level, other}, []int{0, other}
				if e.Element == 1 {
					with, without = []int{other, e.Level}, []int{other, 0}
				}
				want += math.Log(mainEffects(with, 0.2)/mainEffects(without, 0.2)) / float64(len(others))
			}
			want = math.Expm1(want)
			if !e.Lift.OK || e.Lift.Low > want || e.Lift.High < want || math.Abs(e.Lift.Mean-want) > 0.02 || e.ProbPositive < 0.99 {
				t.Errorf("revenue %v: got %+v, want a lift of %.3f", revenue, e, want)
			}
		}
		estimates := c.Arms(0.95)
		unit := 1.0
		if revenue {
			unit = 20
		}
		for i, a := range f.Arms {
			want := unit * mainEffects(a.Levels, 0.2)
			if e := estimates[i]; e.Low > want || e.High < want || math.Abs(e.Mean/want-1) > 0.02 || e.Lift.OK == (i == 0) {
				t.Errorf("revenue %v arm %d: got %+v, want %v", revenue, i, e, want)
			}
		}
	}
}

// TestEffectsBorrow: an arm that nobody has seen is expected to do what its variants do elsewhere, and an interaction
// is followed once the data show it.
func TestEffectsBorrow(t *testing.T) {
	t.Parallel()
	f := factorial(2, 2, 2)
	for i, a := range f.Arms[:7] {
		f.visit(i, 20_000, math.Round(20_000*mainEffects(a.Levels, 0.3)))
	}
	p, _ := NewCombinations(f).ProbBest(1, 4000)
	if p[7] < 0.9 {
		t.Errorf("got %v, want the unseen combination of the best variants ahead", p)
	}

	f = factorial(2, 2)
	for i, rate := range []float64{0.10, 0.12, 0.12, 0.10} {
		f.visit(i, 20_000, 20_000*rate)
	}
	p, _ = NewCombinations(f).ProbBest(1, 4000)
	if p[3] > 0.01 || math.Abs(p[1]-0.5) > 0.1 {
		t.Errorf("got %v, want the two variants that do not go together apart", p)
	}
}

// TestCombinationsOfOneElement: the shrinking aside, with many visitors the chances are those of independent arms.
func TestCombinationsOfOneElement(t *testing.T) {
	t.Parallel()
	f := factorial(3)
	var arms []stats.Beta
	for i, x := range []float64{10_000, 10_200, 10_250} {
		f.visit(i, 100_000, x)
		arms = append(arms, stats.Flat.Update(x, 100_000))
	}
	p, se := NewCombinations(f).ProbBest(1, 20_000)
	for i, want := range stats.ProbBest(arms) {
		if math.Abs(p[i]-want) > 0.04 || !(se[i] <= 0.005) {
			t.Errorf("arm %d: got %v ± %v, want about %v", i, p[i], se[i], want)
		}
	}
}

// TestCombinationIdentities: the listing of the arms does not matter, nor does the order in which visitors came, and
// arms in a degenerate state give probabilities.
func TestCombinationIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := factorial(rapid.SliceOfN(rapid.IntRange(1, 3), 1, 3).Draw(t, "sizes")...)
		f.Revenue = rapid.Bool().Draw(t, "revenue")
		number := rapid.SampledFrom([]float64{0, 1, 100, 5000, 1e12, math.Inf(1), math.NaN(), -1})
		for i := range f.Arms {
			f.Arms[i].Periods[0] = Count{Trials: number.Draw(t, "n"), Successes: number.Draw(t, "x"), Value: number.Draw(t, "v"), ValueSq: number.Draw(t, "vv")}
		}
		if len(f.Arms) > 2 && rapid.Bool().Draw(t, "excluded") {
			f.Arms = slices.Delete(f.Arms, 1, 2)
		}
		c := NewCombinations(f)
		p, _ := c.ProbBest(3, 200)
		sum := 0.0
		for _, x := range p {
			sum += x
		}
		if !(math.Abs(sum-1) < 1e-9) {
			t.Fatalf("probabilities sum to %v", sum)
		}
		for _, e := range c.Effects(0.95) {
			if !(e.ProbPositive >= 0 && e.ProbPositive <= 1) || math.IsNaN(e.Lift.Mean+e.Lift.Low+e.Lift.High) {
				t.Fatalf("got %+v", e)
			}
		}
		for _, e := range c.Arms(0.95) {
			if math.IsNaN(e.Mean + e.Low + e.High + e.Lift.Mean + e.Lift.Low + e.Lift.High) {
				t.Fatalf("got %+v", e)
			}
		}

		perm := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Perm(len(f.Arms))
		turned := Facts{Control: slices.Index(perm, 0), Revenue: f.Revenue}
		for _, from := range perm {
			turned.Arms = append(turned.Arms, f.Arms[from])
		}
		q, _ := NewCombinations(turned).ProbBest(3, 200)
		for at, from := range perm {
			if q[at] != p[from] {
				t.Fatalf("order of the arms matters: got %v and %v", q, p)
			}
		}
	})
}

// learn runs batches of visitors through an allocator and returns the regret in conversions.
func learn(a Allocator, f Facts, batches, size int, rate func(levels []int) float64, seed uint64) float64 {
	r := rand.New(rand.NewPCG(seed, 4))
	best := 0.0
	for _, arm := range f.Arms {
		best = max(best, rate(arm.Levels))
	}
	regret := 0.0
	for range batches {
		shares := a.Allocate(f).Shares
		chosen := make([]float64, len(shares))
		for range size {
			chosen[PickShare(shares, r)]++
		}
		for i, n := range chosen {
			p := rate(f.Arms[i].Levels)
			regret += n * (best - p)
			if n > 0 {
				f.visit(i, n, distuv.Binomial{N: n, P: p, Src: r}.Rand())
			}
		}
	}
	return regret
}

// TestEffectsBeatArms: with main effects only, 3×3×3 combinations learned together cost less than 27 arms.
func TestEffectsBeatArms(t *testing.T) {
	t.Parallel()
	rate := func(levels []int) float64 { return mainEffects(levels, 0.25) }
	var effects, arms float64
	for seed := range 4 {
		effects += learn(must(New(Thompson, "", map[string]any{"floor": 0.01})), factorial(3, 3, 3), 30, 500, rate, uint64(seed))
		arms += learn(must(New(Thompson, "", map[string]any{"floor": 0.01, "model": "arms"})), factorial(3, 3, 3), 30, 500, rate, uint64(seed))
	}
	t.Logf("regret over 15,000 visitors: effects %.0f, arms %.0f", effects/4, arms/4)
	if effects > 0.8*arms {
		t.Errorf("got a regret of %.0f with effects and %.0f without, want a good part less", effects/4, arms/4)
	}
}

func TestFactorialWarmUp(t *testing.T) {
	t.Parallel()
	f := factorial(2, 2, 2)
	for i := range f.Arms {
		f.visit(i, 24, 3)
	}
	effects, arms := must(New(Thompson, "", nil)), must(New(Thompson, "", map[string]any{"model": "arms"}))
	if got := effects.Allocate(f).Reason; got != ReasonWarmUp {
		t.Errorf("got %s with 96 visitors of each variant", got)
	}
	for i := range f.Arms {
		f.visit(i, 1, 0)
	}
	if got := effects.Allocate(f); got.Reason != ReasonLearned || !(got.Error > 0 && got.Error <= 0.005) {
		t.Errorf("got %+v with 100 visitors of each variant", got)
	}
	if got := arms.Allocate(f); got.Reason != ReasonWarmUp || got.Error != 0 {
		t.Errorf("got %+v with 25 visitors of each arm", got)
	}
}

// TestFactorialAllocation: shares are shares, none is under the floor, and the listing of the arms does not matter.
func TestFactorialAllocation(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 2))
		f := factorial(2, 3)
		for i := range f.Arms {
			n := float64(50 + r.IntN(2000))
			f.visit(i, n, math.Floor(n*0.2*r.Float64()))
		}
		f.Revenue = seed%2 == 0
		perm := r.Perm(len(f.Arms))
		turned := Facts{Control: slices.Index(perm, 0), Revenue: f.Revenue}
		for _, from := range perm {
			turned.Arms = append(turned.Arms, f.Arms[from])
		}
		for _, name := range []string{"adaptive", "adaptive all", "fast learning"} {
			got, again := every[name].Allocate(f), every[name].Allocate(turned)
			sum := 0.0
			for i, share := range got.Shares {
				sum += share
				if share < 0.02-1e-12 {
					t.Errorf("%s: arm %d gets %v", name, i, share)
				}
			}
			if math.Abs(sum-1) > 1e-9 || got.Reason != ReasonLearned {
				t.Errorf("%s: got %+v", name, got)
			}
			want := Round(got.Shares, f.keys())
			for at, w := range Round(again.Shares, turned.keys()) {
				if w != want[perm[at]] {
					t.Errorf("%s: order of the arms matters: %v and %v", name, got.Shares, again.Shares)
					break
				}
			}
		}
	}
}

func BenchmarkCombinations(b *testing.B) {
	for _, sizes := range [][]int{{2, 2}, {3, 3, 3}, {4, 4, 4}} {
		f := factorial(sizes...)
		for i, a := range f.Arms {
			f.visit(i, 1000, math.Round(1000*mainEffects(a.Levels, 0.1)))
		}
		b.Run(fmt.Sprint(sizes), func(b *testing.B) {
			for b.Loop() {
				sink += len(every["adaptive"].Allocate(f).Shares)
			}
		})
		c, r := NewCombinations(f), rand.New(rand.NewPCG(1, 1))
		b.Run(fmt.Sprint(sizes, " draw"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink += c.Draw(r)
			}
		})
	}
}

// TestInteractionsAreFound: the ratio of lifts that made the data is found, whatever the third element shows, and none where effects
// only add up.
func TestInteractionsAreFound(t *testing.T) {
	t.Parallel()
	for _, together := range []float64{0, 0.3} {
		f := factorial(2, 3, 2)
		for i, a := range f.Arms {
			x := -2.5 + 0.2*float64(a.Levels[0]) + 0.1*float64(a.Levels[1])
			if a.Levels[0] == 1 && a.Levels[1] == 2 {
				x += together
			}
			f.visit(i, 200_000, math.Round(200_000/(1+math.Exp(-x))))
		}
		list := NewCombinations(f).Interactions(0.95)
		if len(list) != 5 {
			t.Fatalf("got %d interactions, want those of 1×2, 1×1 and 2×1 variants", len(list))
		}
		for _, in := range list {
			named := in.Elements == [2]int{0, 1} && in.Levels == [2]int{1, 2}
			if !in.Lift.OK || (in.Lift.Low > 0) != (named && together > 0) {
				t.Errorf("together %v: got %+v", together, in)
			}
		}
	}
	f := factorial(2, 2)
	f.Arms = f.Arms[:3]
	f.visit(0, 1000, 100)
	if in := NewCombinations(f).Interactions(0.95); in[0].Lift.OK || in[0].ProbPositive != 0.5 {
		t.Errorf("without the pair: got %+v", in)
	}
}
