package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/samplit/samplit/engine/stats"
)

// frequencies counts what a pick returns.
func frequencies(k, n int, pick func(*rand.Rand) int) []float64 {
	r := rand.New(rand.NewPCG(uint64(k), 8))
	got := make([]float64, k)
	for range n {
		got[pick(r)]++
	}
	return got
}

// agree fails when counts are not those of the probabilities, by the chi-square test at 0.0001.
func agree(t *testing.T, what string, got, p []float64) {
	t.Helper()
	if chance, _, _ := stats.SRM(got, p); chance < 1e-4 {
		t.Errorf("%s: got %v for the probabilities %v, p %v", what, got, p, chance)
	}
}

func TestPickIsProbBest(t *testing.T) {
	t.Parallel()
	for _, arms := range [][]stats.Beta{
		{{Alpha: 1, Beta: 1}, {Alpha: 1, Beta: 1}, {Alpha: 1, Beta: 1}},
		{{Alpha: 41, Beta: 961}, {Alpha: 51, Beta: 951}, {Alpha: 46, Beta: 956}, {Alpha: 30, Beta: 700}},
		{{Alpha: 0.5, Beta: 2}, {Alpha: 1, Beta: 3}, {Alpha: 2.5, Beta: 9}},
	} {
		got := frequencies(len(arms), 100_000, func(r *rand.Rand) int { return Pick(arms, r) })
		agree(t, fmt.Sprint(arms), got, stats.ProbBest(arms))
	}
}

// TestPickBreaksTies: posteriors so certain that all draws are 1 leave a fair coin.
func TestPickBreaksTies(t *testing.T) {
	t.Parallel()
	sure := stats.Beta{Alpha: 1e15, Beta: 1e-3}
	got := frequencies(3, 30_000, func(r *rand.Rand) int { return Pick([]stats.Beta{sure, sure, sure}, r) })
	agree(t, "ties", got, EqualShares(3))
}

func TestPickByWeight(t *testing.T) {
	t.Parallel()
	w := Weights{6000, 100, 2900, 1000}
	agree(t, "weights", frequencies(4, 100_000, w.Pick), w.Shares())
	agree(t, "shares", frequencies(4, 100_000, func(r *rand.Rand) int { return PickShare(w.Shares(), r) }), w.Shares())
	got := frequencies(4, 20_000, func(r *rand.Rand) int { return PickShare([]float64{0, 0.3, 0.7 - 1e-9, 0}, r) })
	if got[0] != 0 || got[3] != 0 {
		t.Errorf("got %v, want nothing for shares of 0", got)
	}
}

func TestPicksDoNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	posterior, w := posteriors(1000), Weights{4000, 3000, 2000, 1000}
	shares := w.Shares()
	f := funnel(t, nil, 2, 3)
	model := f.Model(f.NewFacts())
	for name, pick := range map[string]func(){
		"Pick":         func() { sink += Pick(posterior, r) },
		"Weights.Pick": func() { sink += w.Pick(r) },
		"Funnel":       func() { sink += model.Draw(r) },
		"PickShare":    func() { sink += PickShare(shares, r) },
	} {
		if n := testing.AllocsPerRun(100, pick); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

// posteriors are four arms of n visitors each around 5 %; n = 0 is the flat prior.
func posteriors(n float64) []stats.Beta {
	arms := make([]stats.Beta, 4)
	for i := range arms {
		x := math.Round(n * (0.05 + 0.003*float64(i)))
		arms[i] = stats.Flat.Update(x, n)
	}
	return arms
}

// BenchmarkThompsonPick reports picks of four arms as parts of four bare draws of gonum's Beta, measured in the same run.
func BenchmarkThompsonPick(b *testing.B) {
	for _, n := range []float64{0, 100, 1e4, 1e7} {
		b.Run(fmt.Sprintf("n=%g", n), func(b *testing.B) {
			posterior := posteriors(n)
			src := rand.NewPCG(1, 2)
			r := rand.New(src)
			w := Weights{4000, 3000, 2000, 1000}
			c := costs(
				func() {
					for _, p := range posterior {
						floats += distuv.Beta{Alpha: p.Alpha, Beta: p.Beta, Src: src}.Rand()
					}
				},
				func() { sink += Pick(posterior, r) },
				func() { sink += w.Pick(r) },
			)
			b.ReportAllocs()
			for b.Loop() {
				sink += Pick(posterior, r)
			}
			b.ReportMetric(c[1]/c[0], "of-gonum")
			b.ReportMetric(c[2]/c[1], "weights-of-pick")
		})
	}
}

// costs returns the nanoseconds of one call of each function, measured in turns, the least of many.
func costs(functions ...func()) []float64 {
	const calls = 1000
	least := slices.Repeat([]float64{math.Inf(1)}, len(functions))
	for range 300 {
		for i, f := range functions {
			start := time.Now()
			for range calls {
				f()
			}
			least[i] = min(least[i], float64(time.Since(start).Nanoseconds())/calls)
		}
	}
	return least
}

var floats float64
