package services

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/simulate"
)

// Simulation is a test to play through before it is run. The same one always has the same outcome.
type Simulation struct {
	Rates    []float64 `json:"rates" doc:"True conversion rates, the original's first"`
	Daily    int       `json:"daily" doc:"Visitors a day"`
	Days     int       `json:"days"`
	Seed     int64     `json:"seed" doc:"Of the random numbers"`
	Strategy string    `json:"strategy" enum:"adaptive,fast_learning" doc:"Of smart traffic"`

	Most int `json:"-"` // runs; 0: mostRuns
}

// Limits of a simulation.
const (
	MinSimulatedRates, MaxSimulatedRates = 2, 8
	maxSimulatedDaily                    = 1_000_000
	maxSimulatedSeed                     = 1<<53 - 1 // what every client's numbers hold
)

const (
	// simulationCost is how many seconds of CPU one simulation may take by estimate; the runs are as many as fit.
	simulationCost = 6
	mostRuns       = 200
	fewestRuns     = 30
)

// Simulator plays tests through with a fixed split and with smart traffic. It is open to everybody, so few simulations run at
// once, each on one core and with bounded work; when it is busy it says so.
type Simulator struct {
	places      chan struct{}
	patience    time.Duration // that a simulation waits for its place
	known       *otter.Cache[string, Comparison]
	experiments *Experiments
	analytics   *Analytics

	running, finished, cancelled, refused atomic.Int64
}

// NewSimulator makes the service with places for half of the cores. The other services tell an account's own traffic.
func NewSimulator(e *Experiments, a *Analytics) *Simulator {
	return &Simulator{
		places: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), patience: 3 * time.Second,
		known:       otter.Must(&otter.Options[string, Comparison]{MaximumSize: 100}),
		experiments: e, analytics: a,
	}
}

// SimulatorLoad counts simulations: those that run now, and what became of the others.
type SimulatorLoad struct{ Running, Finished, Cancelled, Refused int64 }

// Load says what the simulator did and does.
func (s *Simulator) Load() SimulatorLoad {
	return SimulatorLoad{s.running.Load(), s.finished.Load(), s.cancelled.Load(), s.refused.Load()}
}

// Compare plays the test through, with sentences in the language of ctx; progress, if any, hears after each run. It stops at once
// when ctx ends. Anybody may. Invalid names the field; Unavailable, with the reason busy, means that others are first.
func (s *Simulator) Compare(ctx context.Context, in Simulation, progress func(done, total int)) (Comparison, error) {
	if err := in.check(); err != nil {
		return Comparison{}, err
	}
	key := fmt.Sprint(in)
	c, known := s.known.GetIfPresent(key)
	if !known {
		var err error
		if c, err = s.compare(ctx, in, progress); err != nil {
			return Comparison{}, err
		}
		s.known.Set(key, c)
	}
	c.Headline, c.Advice = c.headline(ctx), c.advice(ctx)
	return c, nil
}

func (s *Simulator) compare(ctx context.Context, in Simulation, progress func(done, total int)) (Comparison, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return Comparison{}, err
	}
	defer leave()
	r, err := simulate.Compare(ctx, in.input(), simulate.Options{Workers: 1, Progress: progress, Limit: 2 * simulationCost})
	switch {
	case ctx.Err() != nil:
		s.cancelled.Add(1)
		return Comparison{}, ctx.Err()
	case err != nil:
		return Comparison{}, fmt.Errorf("simulate: %w", err)
	}
	s.finished.Add(1)
	return newComparison(in, r), nil
}

// enter waits a moment for a place.
func (s *Simulator) enter(ctx context.Context) (leave func(), err error) {
	patience := time.NewTimer(s.patience)
	defer patience.Stop()
	select {
	case s.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-patience.C:
		s.refused.Add(1)
		return nil, &Error{Code: CodeUnavailable, Reason: "busy", Message: "The simulator is busy with others. Try again in a moment."}
	}
	s.running.Add(1)
	return func() { s.running.Add(-1); <-s.places }, nil
}

func (in Simulation) check() error {
	f := Fields{}
	f.rates("rates", len(in.Rates))
	for i, r := range in.Rates {
		if !(r >= 0 && r <= 1) {
			f.add(fmt.Sprintf("rates[%d]", i), "percent", "Must be a rate between 0 and 1.")
		}
	}
	if in.Daily < 1 || in.Daily > maxSimulatedDaily {
		f.add("daily", "daily", fmt.Sprintf("Must be 1 to %d visitors a day.", maxSimulatedDaily))
	}
	if in.Days < 1 || in.Days > longestTest {
		f.add("days", "days", fmt.Sprintf("Must be 1 to %d days.", longestTest))
	}
	if in.Seed < 0 || in.Seed > maxSimulatedSeed {
		f.add("seed", "seed", "Must be a whole number from 0 to 2^53-1.")
	}
	if in.Strategy != engine.Adaptive && in.Strategy != engine.FastLearning {
		f.add("strategy", "choose", "Must be adaptive or fast_learning.")
	}
	return f.err()
}

// rates checks how many there are.
func (f Fields) rates(path string, n int) {
	if n < MinSimulatedRates || n > MaxSimulatedRates {
		f.add(path, "rates", fmt.Sprintf("Must be %d to %d rates.", MinSimulatedRates, MaxSimulatedRates))
	}
}

// input chooses how closely to look: smart traffic learns more often in a short test, and as many runs are made as fit.
func (in Simulation) input() simulate.CompareInput {
	x := simulate.CompareInput{Seed: uint64(in.Seed), Runs: 1, Rates: in.Rates, Daily: in.Daily, Days: in.Days, Strategy: in.Strategy, Steps: 4}
	switch {
	case in.Days > 45:
		x.Steps = 1
	case in.Days > 21:
		x.Steps = 2
	}
	x.Runs = min(max(int(simulationCost/x.Cost()), fewestRuns), cmp.Or(in.Most, mostRuns))
	return x
}

// mostSimulatedVisitors bounds the visitors of a file that rates are taken from.
const mostSimulatedVisitors = 500_000

// Rates are the conversion rates that a file of visitors or counts shows, the control's first, see ReadTally; the file is not
// kept. Invalid says what is wrong with it; Unavailable is as with Compare.
func (s *Simulator) Rates(ctx context.Context, file io.Reader) ([]float64, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	t, err := ReadTally(ctx, file, "", mostSimulatedVisitors)
	var wrong *TallyError
	switch {
	case errors.As(err, &wrong):
		return nil, (Fields{"csv": {"file", wrong.Message}}).err()
	case err != nil:
		return nil, err
	}
	f := Fields{}
	f.rates("csv", len(t.Arms))
	var rates []float64
	for _, i := range t.order() {
		rates = append(rates, float64(t.Arms[i].Conversions)/float64(max(t.Arms[i].Visitors, 1)))
	}
	return rates, f.err()
}
