//go:build slow

package engine

import "testing"

// TestDailyLooksSlow is TestDailyLooks over more settings and more runs. With 2,000 of each, 0.7 to 1.5 % of fixed splits
// and 0.6 to 4 % of learning ones were decided falsely.
func TestDailyLooksSlow(t *testing.T) {
	const runs = 500
	for _, x := range []trial{
		{rates: []float64{.1, .1}, daily: 1000, days: 20, learns: "sequential"},
		{rates: []float64{.005, .005}, daily: 400, days: 40, learns: "sequential"},
		{rates: []float64{.1, .1}, daily: 60, days: 30, learns: "sequential", planned: 500},
		{rates: []float64{.1, .1, .1, .1}, daily: 400, days: 20, learns: "sequential", planned: 1000},
		{rates: []float64{.1, .1}, daily: 500, days: 20, learns: "adaptive"},
		{rates: []float64{.05, .05}, daily: 500, days: 30, learns: "adaptive", planned: 2000},
		{rates: []float64{.02, .02}, daily: 200, days: 40, learns: "adaptive", planned: 2000},
		{rates: []float64{.005, .005}, daily: 400, days: 40, learns: "adaptive"},
		{rates: []float64{.05, .05}, daily: 500, days: 30, learns: "lowest floor", planned: 2000},
		{rates: []float64{.1, .1, .1, .1}, daily: 400, days: 30, learns: "adaptive", planned: 1000},
		{rates: []float64{.1, .1, .1}, daily: 400, days: 30, learns: "fast learning", planned: 1000},
		{rates: []float64{.1, .1}, daily: 500, days: 20, learns: "ucb1"},
		{rates: []float64{.1, .1}, daily: 500, days: 30, learns: "adaptive", trend: .5},
		{rates: []float64{.02, .02}, daily: 1000, days: 28, learns: "adaptive", values: 1},
		{rates: []float64{.02, .02, .02, .02}, daily: 1000, days: 28, learns: "orders", values: 1.5},
		{rates: []float64{.05, .05}, daily: 400, days: 28, learns: "sequential", values: 1},
	} {
		decided, _, covered := x.decisions(t, runs)
		atMost(t, "false decisions", decided, 0.05, runs)
		atMost(t, "intervals that miss", 1-covered, 0.05, runs)
	}
}

// TestPowerSlow keeps what a decision costs: a fixed split finds 10 % against 12 % as in the published table of peeking
// rules (0.95 within 10,000 visitors per arm), a learning one half as often, for it starves the control.
func TestPowerSlow(t *testing.T) {
	const runs = 500
	for learns, want := range map[string]float64{"sequential": 0.93, "adaptive": 0.45} {
		x := trial{rates: []float64{.1, .12}, daily: 500, days: 40, learns: learns}
		if _, better, _ := x.decisions(t, runs); better < want {
			t.Errorf("%s: got %.3f, want at least %.2f", learns, better, want)
		}
	}
}

// TestEqualIsEqualSlow: a variant that is better by a little more than the margin is hardly ever called practically equal,
// or not better by the margin, at any of the looks.
func TestEqualIsEqualSlow(t *testing.T) {
	const runs = 300
	for _, learns := range []string{"sequential", "adaptive"} {
		x := trial{rates: []float64{.3, .3153}, daily: 8000, days: 40, learns: learns}
		wrong := 0.0
		for seed := range runs {
			called := false
			x.watch(uint64(seed), func(a Analysis) {
				called = called || a.Verdict.Reason == ReasonEqual || a.Verdict.Reason == ReasonNotBetter
			})
			if called {
				wrong++
			}
		}
		t.Logf("%s: called equal %.3f", learns, wrong/runs)
		atMost(t, learns+" called equal", wrong/runs, 0.05, runs)
	}
}
