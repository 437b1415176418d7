package simulate

import (
	"strconv"

	"github.com/samplit/samplit/engine"
)

// trial is one experiment under way as the engine runs it: visitors come under the weights of its epoch, its allocator
// opens new ones, and its analysis is looked at every day.
type trial struct {
	allocator engine.Allocator
	data      engine.Data
	facts     engine.Facts
	since     int64 // exposures since the epoch opened
}

// newTrial starts with an even split of k arms.
func newTrial(a engine.Allocator, adaptive bool, k int, planned, daily float64) *trial {
	keys := make([]string, k)
	for i := range keys {
		keys[i] = "arm" + strconv.Itoa(i)
	}
	t := &trial{allocator: a}
	t.data = engine.Data{Arms: keys, Adaptive: adaptive, Planned: planned, DailyVisitors: daily}
	t.data.Epochs = []engine.Epoch{{Number: 1, Weights: engine.EqualWeights(keys)}}
	t.facts.Arms = make([]engine.Arm, k)
	for i, key := range keys {
		t.facts.Arms[i] = engine.Arm{Key: key, Periods: []engine.Count{{}}}
	}
	return t
}

func (t *trial) epoch() engine.Epoch { return t.data.Epochs[len(t.data.Epochs)-1] }

// record adds what the visitors of a part of a day did under the weights of now.
func (t *trial) record(day int, visitors, converters []int) {
	k, cells := len(t.data.Arms), t.data.Cells
	if at := len(cells) - k; at < 0 || cells[at].Day != day || cells[at].Epoch != t.epoch().Number {
		for arm := range k {
			cells = append(cells, engine.Cell{Epoch: t.epoch().Number, Day: day, Arm: arm})
		}
		t.data.Cells = cells
	}
	today := cells[len(cells)-k:]
	for arm := range k {
		n, x := int64(visitors[arm]), int64(converters[arm])
		today[arm].Visitors += n
		today[arm].Converters += x
		a := &t.facts.Arms[arm]
		a.Exposures += n
		a.Periods[0].Trials += float64(n)
		a.Periods[0].Successes += float64(x)
		t.since += n
	}
}

// learn opens a new epoch if it is time.
func (t *trial) learn() {
	last := t.epoch()
	if next := engine.NextEpoch(t.allocator, t.facts, last.Weights, t.since); next.Open {
		t.data.Epochs = append(t.data.Epochs, engine.Epoch{Number: last.Number + 1, Weights: next.Weights})
		t.since = 0
	}
}

// look is a look at the results page; the next one knows the p-values of this.
func (t *trial) look() engine.Analysis {
	a := engine.Analyze(t.data)
	past := make([]float64, len(a.Arms))
	for i, arm := range a.Arms {
		past[i] = arm.MinP
	}
	t.data.PastP = past
	return a
}

// trialCost is the CPU time of one trial in seconds, as measured: a look costs something for every arm, its integrals for
// every pair of arms, and its sums for every arm in every day of an epoch; learning costs the integrals at every step.
func trialCost(arms, days, steps int, learns bool) float64 {
	k, n := float64(arms), float64(days)
	strata, learning := n/2, 0.0
	if learns {
		strata += min(n*float64(steps-1), 120) / 2
		learning = n * float64(steps) * (4e-6 + 6e-6*k*k)
	}
	return n*(60e-6*k+1.5e-6*k*k+0.5e-6*k*strata) + learning + n*float64(steps)*1e-6*k
}
