package simulate

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
)

// Verdict plays one experiment as the engine runs it, with a look every day, and tells how good its promises are: false
// decisions, coverage of the intervals, alarms about the split, and what a decision costs beside a fixed-horizon test.
type Verdict struct {
	Kind  string    `json:"kind"`
	Seed  uint64    `json:"seed"`
	Runs  int       `json:"runs"`
	Rates []float64 `json:"rates"` // the first is the control's
	Daily int       `json:"daily"`
	Days  int       `json:"days"`
	// Allocator, Strategy and Params are those of engine.New; empty is a fixed split.
	Allocator string         `json:"allocator"`
	Strategy  string         `json:"strategy"`
	Params    map[string]any `json:"params"`
	Steps     int            `json:"steps"`   // how often a day weights may change; 0 = 4
	Planned   float64        `json:"planned"` // visitors per arm that the deciding test is tuned for; 0 = default
	// Weekly multiplies all rates by 1 + Weekly·sin(2π day/7), as when weekends differ.
	Weekly float64 `json:"weekly"`
}

// VerdictAnswer is the answer, in shares of runs but for Coverage and Days.
type VerdictAnswer struct {
	// Decided says that at some look the deciding test told a variant and the control apart, False that it did so
	// although they are equal or the other way round.
	Decided float64 `json:"decided"`
	False   float64 `json:"false"`
	// The first verdict other than to keep running.
	Shipped   float64 `json:"shipped"`
	Stopped   float64 `json:"stopped"`
	GaveUp    float64 `json:"gave_up"`
	Fix       float64 `json:"fix"`
	Undecided float64 `json:"undecided"`
	// Wrong is a verdict that contradicts the rates, as in Side.
	Wrong float64 `json:"wrong"`
	Days  Mean    `json:"days"` // until that verdict, all days without one
	// Coverage is the share of lift intervals of the last look that hold the true lift; Always that all intervals of a
	// run did at all looks.
	Coverage float64 `json:"coverage"`
	Always   float64 `json:"coverage_always"`
	// SRM says that the check of the split behind the verdict raised an alarm at some look, ChiSquare that the p-value of
	// one look fell below 0.001 at some look.
	SRM       float64 `json:"srm"`
	ChiSquare float64 `json:"srm_chi_square"`
	// FixedHorizon is what a pooled z-test of the last variant against the control finds at 5 % when as many visitors are
	// split evenly and looked at once, at the end.
	FixedHorizon float64 `json:"fixed_horizon"`
}

func (s *Verdict) steps() int {
	if s.Steps == 0 {
		return 4
	}
	return s.Steps
}

func (s *Verdict) allocator() (engine.Allocator, error) {
	name := s.Allocator
	if name == "" {
		name = engine.Sequential
	}
	return engine.New(name, s.Strategy, s.Params)
}

// Check implements Scenario.
func (s *Verdict) Check() error {
	var c checks
	c.between("runs", float64(s.Runs), 1, maxRuns)
	c.between("number of rates", float64(len(s.Rates)), 2, 10)
	for i, p := range s.Rates {
		c.between(indexed("rates", i), p, 0, 1)
	}
	c.between("daily", float64(s.Daily), 1, 1e6)
	c.between("days", float64(s.Days), 1, 365)
	c.between("steps", float64(s.steps()), 1, 24)
	c.between("planned", s.Planned, 0, 1e9)
	c.between("weekly", s.Weekly, 0, 1)
	var bad *engine.ParamError
	if _, err := s.allocator(); errors.As(err, &bad) {
		c.that(false, bad.Field, "one the engine knows ("+bad.Code+")")
	}
	return c.err
}

// Cost implements Scenario.
func (s *Verdict) Cost() float64 {
	learns := s.Allocator != "" && s.Allocator != engine.Sequential
	return float64(s.Runs) * trialCost(len(s.Rates), s.Days, s.steps(), learns)
}

// Run implements Scenario.
func (s *Verdict) Run(ctx context.Context, o Options) (any, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := o.admit(s.Cost()); err != nil {
		return nil, err
	}
	var sum verdictSum
	if err := replicate(ctx, o, s.Seed, s.Runs, s.run, sum.add); err != nil {
		return nil, err
	}
	return sum.answer(), nil
}

// verdictRun is one run.
type verdictRun struct {
	decided, wrongly, fixed, wrong bool
	srm, chiSquare                 bool
	verdict                        engine.Verdict
	days                           int
	covered, intervals             int // at the last look
	missed                         bool
}

func (s *Verdict) run(ctx context.Context, random *rand.Rand) (verdictRun, error) {
	a, err := s.allocator()
	if err != nil {
		return verdictRun{}, err
	}
	k := len(s.Rates)
	learns := s.Allocator != "" && s.Allocator != engine.Sequential
	t := newTrial(a, learns, k, s.Planned, float64(s.Daily))
	r := verdictRun{days: s.Days}
	visitors, hits := make([]int, k), make([]int, k)
	for day := range s.Days {
		if err := ctx.Err(); err != nil {
			return verdictRun{}, err
		}
		for step := range s.steps() {
			multinomial(random, part(s.Daily, step, s.steps()), t.epoch().Weights.Shares(), visitors)
			for i, n := range visitors {
				hits[i] = binomial(random, n, s.rate(i, day))
			}
			t.record(day, visitors, hits)
			t.learn()
		}
		r.look(s, t, day)
	}
	r.fixed = s.fixedHorizon(random)
	return r, nil
}

// part is the share of step in n visitors of a day.
func part(n, step, steps int) int { return n*(step+1)/steps - n*step/steps }

func (s *Verdict) rate(arm, day int) float64 {
	return min(1, s.Rates[arm]*(1+s.Weekly*math.Sin(2*math.Pi*float64(day)/7)))
}

// look is the look at the end of a day.
func (r *verdictRun) look(s *Verdict, t *trial, day int) {
	a := t.look()
	if q := a.Sequential; a.Enough && q.Decided && !r.decided {
		r.decided = true
		lift := s.Rates[q.Arm] - s.Rates[0]
		up := a.Arms[q.Arm].Lift != nil && a.Arms[q.Arm].Lift.Mean > 0
		r.wrongly = lift == 0 || up != (lift > 0)
	}
	r.covered, r.intervals = 0, 0
	for i, arm := range a.Arms[1:] {
		if arm.Lift == nil || s.Rates[0] == 0 {
			continue
		}
		truth := s.Rates[i+1]/s.Rates[0] - 1
		r.intervals++
		if arm.Lift.Low <= truth && truth <= arm.Lift.High {
			r.covered++
		} else if a.Enough {
			r.missed = true
		}
	}
	if r.verdict.Action == "" && a.Verdict.Action != engine.KeepRunning {
		r.verdict, r.days = a.Verdict, day+1
		r.wrong = contradicts(a.Verdict, s.Rates)
	}
	r.srm = r.srm || !a.SRM.OK
	r.chiSquare = r.chiSquare || a.SRM.P < 0.001
}

// fixedHorizon is the classical test of another experiment with as many visitors.
func (s *Verdict) fixedHorizon(random *rand.Rand) bool {
	k, last := len(s.Rates), len(s.Rates)-1
	var of [2]stats.Rate
	for i, arm := range []int{0, last} {
		for day := range s.Days {
			n := part(s.Daily, arm, k)
			of[i].Trials += float64(n)
			of[i].Successes += float64(binomial(random, n, s.rate(arm, day)))
		}
	}
	return stats.TwoProportion(of[0], of[1], 0.95).P < 0.05
}
