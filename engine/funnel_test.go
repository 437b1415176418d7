package engine

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/samplit/samplit/engine/stats"
)

func funnel(t testing.TB, params map[string]any, options ...int) *Funnel {
	t.Helper()
	f, err := NewFunnel(options, params)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNewFunnelRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options     []int
		params      map[string]any
		field, code string
	}{
		{nil, nil, "options", CodeLength},
		{[]int{2, 0}, nil, "options", CodeRange},
		{[]int{20, 20}, nil, "options", CodeRange},
		{[]int{60, 5}, nil, "options", CodeRange},
		{[]int{2, 2}, map[string]any{"kappa": 1.0}, "kappa", CodeRange},
		{[]int{2, 2}, map[string]any{"kappa": 100.0, "estimate_kappa": true}, "kappa", CodeUnknown},
		{[]int{2, 2}, map[string]any{"discount": 0.9}, "discount", CodeUnknown},
		{[]int{2, 2}, map[string]any{"floor": true}, "floor", CodeType},
	} {
		_, err := NewFunnel(c.options, c.params)
		var bad *ParamError
		if !errors.As(err, &bad) || bad.Field != c.field || bad.Code != c.code {
			t.Errorf("%v %v: got %v, want %s %s", c.options, c.params, err, c.field, c.code)
		}
	}
}

// drawFunnel draws a funnel with visitors on its paths.
func drawFunnel(t *rapid.T) (*Funnel, FunnelFacts) {
	options := rapid.SliceOfN(rapid.IntRange(1, 4), 1, 4).Draw(t, "options")
	f, err := NewFunnel(options, map[string]any{"estimate_kappa": rapid.Bool().Draw(t, "estimate")})
	if err != nil {
		t.Fatal(err)
	}
	facts := f.NewFacts()
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for range rapid.IntRange(0, 3000).Draw(t, "visitors") {
		f.Add(&facts, r.IntN(f.Paths()), r.IntN(len(options)+1))
	}
	return f, facts
}

func TestFunnelIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, facts := drawFunnel(t)
		for path := range f.Paths() {
			if got := f.Number(f.Path(path)...); got != path {
				t.Fatalf("path %d has the options %v of path %d", path, f.Path(path), got)
			}
		}
		// Those who go on from a step reach the next, and those who go on from the last reach the goal.
		for step, options := range append(facts.Steps, facts.Paths) {
			if step > 0 && trialsOrGoal(options, step == len(facts.Steps)) != successes(facts.Steps[step-1]) {
				t.Fatalf("%+v: visitors are lost between the steps", facts)
			}
		}

		w := f.Model(facts).Weights(7, 500)
		if !reflect.DeepEqual(w, f.Model(facts).Weights(7, 500)) {
			t.Fatal("the same facts and seed gave other weights")
		}
		sum := 0.0
		for path, share := range w.Shares {
			sum += share
			if least := min(0.05, 0.5/float64(f.Paths())); share < least-1e-12 {
				t.Fatalf("path %d gets %v, under the floor", path, share)
			}
			// The shares of the steps multiply to that of the path.
			chain := 1.0
			for step, option := range f.Path(path) {
				chain *= w.Step(f.Path(path)[:step]...)[option]
			}
			if math.Abs(chain-share) > 1e-9 {
				t.Fatalf("path %d: steps give %v, want %v", path, chain, share)
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("shares sum to %v", sum)
		}
	})
}

func successes(counts []Count) (sum float64) {
	for _, c := range counts {
		sum += c.Successes
	}
	return sum
}

func trialsOrGoal(counts []Count, goal bool) (sum float64) {
	if goal {
		return successes(counts)
	}
	for _, c := range counts {
		sum += c.Trials
	}
	return sum
}

// TestFunnelOfOneStep: with one step and independent steps a path is worth its step rate, and the draw is Pick.
func TestFunnelOfOneStep(t *testing.T) {
	t.Parallel()
	f := funnel(t, map[string]any{"kappa": stats.MaxConcentration}, 3)
	facts := f.NewFacts()
	copy(facts.Steps[0], []Count{{Trials: 500, Successes: 50}, {Trials: 400, Successes: 46}, {Trials: 300, Successes: 28}})
	copy(facts.Paths, facts.Steps[0])
	m := f.Model(facts)
	got := frequencies(3, 40_000, m.Draw)
	agree(t, "draws", got, stats.ProbBest(m.Steps()[0]))
}

// TestFunnelDraw compares the draws of a funnel whose steps are known exactly with the integral over its paths, which are
// then independent Beta variables.
func TestFunnelDraw(t *testing.T) {
	t.Parallel()
	f := funnel(t, map[string]any{"kappa": 200.0}, 2, 2)
	facts := f.NewFacts()
	for step, p := range [][]float64{{0.3, 0.32}, {0.5, 0.45}} {
		for option := range p {
			facts.Steps[step][option] = Count{Trials: 1e12, Successes: p[option] * 1e12}
		}
	}
	copy(facts.Paths, []Count{{Trials: 300, Successes: 40}, {Trials: 400, Successes: 55}, {Trials: 500, Successes: 82}, {Trials: 200, Successes: 33}})
	m := f.Model(facts)
	arms := make([]stats.Beta, 4)
	for path, mu := range []float64{0.15, 0.135, 0.16, 0.144} {
		arms[path] = stats.Beta{Alpha: 200 * mu, Beta: 200 * (1 - mu)}.Update(facts.Paths[path].Successes, facts.Paths[path].Trials)
	}
	want := stats.ProbBest(arms)
	agree(t, "draws", frequencies(4, 40_000, m.Draw), want)
	w := m.Weights(1, 20_000)
	for path := range want {
		if math.Abs(w.Best[path]-want[path]) > 4*w.Error[path] || w.Error[path] > 0.005 {
			t.Errorf("path %d: got %v ± %v, want %v", path, w.Best[path], w.Error[path], want[path])
		}
	}
}

// walk sends visitors in batches through a funnel with the given step rates, the end rates multiplied by the factors
// of their paths, and returns the last weights.
func walk(f *Funnel, rates [][]float64, factor map[int]float64, batches int, seed uint64) (PathWeights, *FunnelModel) {
	r, facts := rand.New(rand.NewPCG(seed, 2)), f.NewFacts()
	for batch := range batches {
		w := f.Model(facts).Weights(seed+uint64(batch), 500)
		for range 200 {
			path := PickShare(w.Shares, r)
			passed := 0
			for step, option := range f.Path(path) {
				p := rates[step][option]
				if x, ok := factor[path]; ok && step == len(rates)-1 {
					p *= x
				}
				if r.Float64() >= p {
					break
				}
				passed++
			}
			f.Add(&facts, path, passed)
		}
	}
	m := f.Model(facts)
	return m.Weights(seed, 2000), m
}

// TestFunnelTakesNoBait: the option that most visitors of the first step like brings people who leave at the second. Its
// own step says 40 % against 25 %; at the end it loses 0.08 to 0.125.
func TestFunnelTakesNoBait(t *testing.T) {
	t.Parallel()
	f := funnel(t, map[string]any{"estimate_kappa": true}, 2, 2)
	rates := [][]float64{{0.25, 0.4}, {0.5, 0.4}}
	bait := map[int]float64{f.Number(1, 0): 0.4, f.Number(1, 1): 0.5}
	for seed := range 5 {
		w, m := walk(f, rates, bait, 100, uint64(seed))
		if best := slices.Index(w.Best, slices.Max(w.Best)); best != f.Number(0, 0) || w.Best[best] < 0.9 {
			t.Errorf("seed %d: got %v, want the first path", seed, w.Best)
		}
		if m.Kappa() > stats.DefaultConcentration {
			t.Errorf("seed %d: estimated kappa %v, want less where the options interact", seed, m.Kappa())
		}
	}
}

// TestFunnelLearnsSteps: without interaction the best of 27 paths leads after 6,000 visitors, some 60 of whom took each
// of the others.
func TestFunnelLearnsSteps(t *testing.T) {
	t.Parallel()
	f := funnel(t, nil, 3, 3, 3)
	rates := [][]float64{{0.3, 0.4, 0.3}, {0.4, 0.4, 0.5}, {0.5, 0.4, 0.4}}
	right := 0.0
	for seed := range 10 {
		w, _ := walk(f, rates, nil, 30, uint64(seed))
		right += w.Best[f.Number(1, 2, 0)] / 10
	}
	if right < 0.6 {
		t.Errorf("got an average chance of %.2f for the best path, want at least 0.6", right)
	}
}

func TestFunnelInteraction(t *testing.T) {
	t.Parallel()
	f := funnel(t, nil, 2, 2)
	facts := f.NewFacts()
	if got := f.Model(facts).Interaction(); got.OK || got.P != 1 {
		t.Errorf("got %+v without visitors, want nothing", got)
	}
	copy(facts.Paths, []Count{{Trials: 1000, Successes: 100}, {Trials: 1000, Successes: 120}, {Trials: 1000, Successes: 150}, {Trials: 1000, Successes: 90}})
	// The odds do not enter: the model says 100/120 = 150/180, and 90 is half of that.
	if got := f.Model(facts).Interaction(); !got.OK || got.DF != 1 || got.P > 1e-3 {
		t.Errorf("got %+v, want a clear interaction on one degree of freedom", got)
	}
}

func TestFunnelDegenerate(t *testing.T) {
	t.Parallel()
	f := funnel(t, map[string]any{"estimate_kappa": true}, 2, 2)
	for _, x := range []float64{0, 1e12, math.NaN(), math.Inf(1), -5} {
		facts := f.NewFacts()
		for i := range facts.Paths {
			facts.Paths[i] = Count{Trials: x, Successes: 2 * x}
		}
		for _, options := range facts.Steps {
			options[0], options[1] = Count{Trials: x, Successes: x}, Count{Trials: 2 * x}
		}
		m := f.Model(facts)
		w := m.Weights(1, 200)
		sum := 0.0
		for _, share := range w.Shares {
			sum += share
		}
		if !(math.Abs(sum-1) < 1e-9) || !(m.Kappa() >= stats.MinConcentration) || !(m.Interaction().P >= 0) {
			t.Errorf("%v: got %+v with kappa %v", x, w, m.Kappa())
		}
	}
}

func BenchmarkFunnel(b *testing.B) {
	f := funnel(b, nil, 3, 3, 3)
	facts, r := f.NewFacts(), rand.New(rand.NewPCG(1, 1))
	for i := range 27_000 {
		f.Add(&facts, i%27, r.IntN(4))
	}
	m := f.Model(facts)
	b.Run("draw of 27 paths", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink += m.Draw(r)
		}
	})
	b.Run("weights", func(b *testing.B) {
		for b.Loop() {
			sink += len(f.Model(facts).Weights(1, DefaultDraws).Shares)
		}
	})
}
