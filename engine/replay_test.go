package engine

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// visit is one line of a log: a visitor of an arm, by period, and what they brought.
type visit struct {
	period, arm int
	converted   bool
	value       float64
}

// replayLog folds a log batch by batch and returns the weights of all epochs.
func replayLog(a Allocator, f Facts, log [][]visit, periods int) []Weights {
	arms := make([]Arm, len(f.Arms))
	for i, arm := range f.Arms {
		arms[i] = Arm{Key: arm.Key, Levels: arm.Levels, Periods: make([]Count, periods)}
	}
	f.Arms = arms
	weights := []Weights{NextEpoch(a, f, nil, 0).Weights}
	since := int64(0)
	for _, batch := range log {
		for _, v := range batch {
			arms[v.arm].Exposures++
			c := &arms[v.arm].Periods[v.period]
			c.Trials++
			if v.converted {
				c.Successes++
				c.Value += v.value
				c.ValueSq += v.value * v.value
			}
			since++
		}
		if next := NextEpoch(a, f, weights[len(weights)-1], since); next.Open {
			weights, since = append(weights, next.Weights), 0
		}
	}
	return weights
}

// TestReplayLog: the same log gives the same epochs, bit for bit, in whatever order the events of a batch arrived.
func TestReplayLog(t *testing.T) {
	t.Parallel()
	for name, a := range every {
		epochs := 0
		rapid.Check(t, func(t *rapid.T) {
			f := facts([2]float64{}, [2]float64{}, [2]float64{})
			f.Revenue = rapid.Bool().Draw(t, "revenue")
			epochs = max(epochs, sameEpochs(t, a, f, rapid.Uint64().Draw(t, "seed")))
		})
		if name != "sequential" && epochs < 2 {
			t.Errorf("%s: no log ever opened a second epoch", name)
		}
	}
	for seed := range uint64(5) {
		if epochs := sameEpochs(t, every["adaptive"], factorial(2, 2), seed); epochs < 2 {
			t.Errorf("factorial: got %d epochs", epochs)
		}
	}
}

// sameEpochs makes a log and replays it, and returns how many epochs it has.
func sameEpochs(t interface{ Fatalf(string, ...any) }, a Allocator, f Facts, seed uint64) int {
	const periods, batches = 3, 6
	r := rand.New(rand.NewPCG(seed, 0))
	log := make([][]visit, batches)
	for b := range log {
		for range 100 + r.IntN(200) {
			arm := r.IntN(len(f.Arms))
			log[b] = append(log[b], visit{b * periods / batches, arm, r.Float64() < 0.1+0.05*float64(arm), float64(1 + r.IntN(9))})
		}
	}
	want := replayLog(a, f, log, periods)
	if got := replayLog(a, f, log, periods); !reflect.DeepEqual(got, want) {
		t.Fatalf("the same log gave %v, then %v", want, got)
	}
	for _, batch := range log {
		r.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	}
	if got := replayLog(a, f, log, periods); !reflect.DeepEqual(got, want) {
		t.Fatalf("another order of arrival gave %v, want %v", got, want)
	}
	return len(want)
}
