package simulate

import (
	"context"
	"math/rand/v2"

	"github.com/samplit/samplit/engine"
)

// CompareInput asks what one experiment would bring with a fixed split and with one that learns.
type CompareInput struct {
	Kind  string    `json:"kind,omitempty"`
	Seed  uint64    `json:"seed"`
	Runs  int       `json:"runs"`  // 1 to 2,000
	Rates []float64 `json:"rates"` // true conversion rates, 2 to 10; the first is the control's
	Daily int       `json:"daily"` // visitors a day, 1 to 1,000,000
	Days  int       `json:"days"`  // 1 to 365
	// Strategy of the learning side, engine.Adaptive or engine.FastLearning; empty is Adaptive.
	Strategy string `json:"strategy,omitempty"`
	// Steps is how often a day the learning side may change its weights, 1 to 24; 0 = 4.
	Steps int `json:"steps,omitempty"`
	// Planned visitors per arm that the deciding test is tuned for; 0 = the engine's default.
	Planned float64 `json:"planned,omitempty"`
	// RunOn goes on testing for all days. Otherwise, from the day after a side's verdict, all its visitors see the arm
	// it chose, the control when it stopped without a winner.
	RunOn bool `json:"run_on,omitempty"`
}

// CompareResult is the answer: averages over the runs.
type CompareResult struct {
	Runs     int  `json:"runs"`
	Fixed    Side `json:"fixed"`
	Adaptive Side `json:"adaptive"`
	// Extra conversions of the learning side over the fixed one, from the same visitors; negative when it lost some.
	Extra Mean `json:"extra"`
	// Fewer is the share of runs in which the learning side had fewer conversions.
	Fewer float64 `json:"fewer"`
}

// Side is what happened on one side.
type Side struct {
	Conversions Mean `json:"conversions"` // in all days
	// Shipped, Stopped, GaveUp and Undecided share the runs by their verdict when the days were over: a variant is
	// better; nothing is to be gained; deciding would take too long at this traffic; none yet.
	Shipped   float64 `json:"shipped"`
	Stopped   float64 `json:"stopped"`
	GaveUp    float64 `json:"gave_up"`
	Undecided float64 `json:"undecided"`
	// Wrong is the share of runs with a wrong call: a variant shipped that is no better than the control, or a stop
	// that names the control the best or all arms equal although some variant is better by the margin that matters.
	Wrong float64 `json:"wrong"`
	// Best is the share of runs whose verdict chose the best arm.
	Best float64 `json:"best"`
	// Days until the verdict, an undecided run counted with all days.
	Days Mean `json:"days"`
	// MedianDays is the day by which half of all runs had a verdict; nil when fewer had.
	MedianDays *int `json:"median_days"`
	// Lost is the mean number of conversions lost by the end of each day against showing everybody the best arm, in
	// expectation: the regret curve.
	Lost []float64 `json:"lost"`
	// Share is the mean part of each day's visitors that saw each arm, by day, then arm.
	Share [][]float64 `json:"share"`
}

// margin is the relative lift that matters, the default of engine.Data.
const margin = 0.05

func (in CompareInput) withDefaults() CompareInput {
	if in.Strategy == "" {
		in.Strategy = engine.Adaptive
	}
	if in.Steps == 0 {
		in.Steps = 4
	}
	return in
}

// Check returns a *FieldError for the first field that is out of bounds.
func (in CompareInput) Check() error {
	in = in.withDefaults()
	var c checks
	c.between("runs", float64(in.Runs), 1, 2000)
	c.between("number of rates", float64(len(in.Rates)), 2, 10)
	for i, p := range in.Rates {
		c.between(indexed("rates", i), p, 0, 1)
	}
	c.between("daily", float64(in.Daily), 1, 1e6)
	c.between("days", float64(in.Days), 1, 365)
	c.that(in.Strategy == engine.Adaptive || in.Strategy == engine.FastLearning, "strategy", "adaptive or fast_learning")
	c.between("steps", float64(in.Steps), 1, 24)
	c.between("planned", in.Planned, 0, 1e9)
	return c.err
}

// Cost estimates the seconds of CPU that Compare takes at most; Compare refuses more than Options.Limit.
func (in CompareInput) Cost() float64 {
	in = in.withDefaults()
	k := len(in.Rates)
	return float64(in.Runs) * (trialCost(k, in.Days, in.Steps, false) + trialCost(k, in.Days, in.Steps, true))
}

// Compare plays both sides with the same visitors: each would convert or not under each arm, whichever side it is on,
// and has the same place in the split. Both are judged every day by the engine's default verdict. The error is a
// *FieldError, a *CostError or that of the context.
//
// A visitor converts under arm i when its own uniform number is below the rate of i, so the sides differ only where
// they show different arms. Visitors of a step who see the same pair of arms are drawn together as a multinomial of the
// overlaps of both splits, which has the same distribution as drawing them one by one.
func Compare(ctx context.Context, in CompareInput, o Options) (CompareResult, error) {
	in = in.withDefaults()
	if err := in.Check(); err != nil {
		return CompareResult{}, err
	}
	if err := o.admit(in.Cost()); err != nil {
		return CompareResult{}, err
	}
	fixed, adaptive := newSideSum(in), newSideSum(in)
	var extra running
	var fewer share
	err := replicate(ctx, o, in.Seed, in.Runs, in.run, func(p pair) {
		fixed.add(p.fixed)
		adaptive.add(p.adaptive)
		gain := p.adaptive.conversions - p.fixed.conversions
		extra.add(float64(gain))
		fewer.add(gain < 0)
	})
	if err != nil {
		return CompareResult{}, err
	}
	return CompareResult{
		Runs: in.Runs, Fixed: fixed.result(), Adaptive: adaptive.result(), Extra: extra.result(), Fewer: fewer.value(),
	}, nil
}

// Run implements Scenario.
func (in CompareInput) Run(ctx context.Context, o Options) (any, error) { return Compare(ctx, in, o) }

// pair is one run.
type pair struct{ fixed, adaptive *side }

func (in CompareInput) run(ctx context.Context, random *rand.Rand) (pair, error) {
	p := pair{fixed: newSide(in, engine.Sequential, ""), adaptive: newSide(in, engine.Thompson, in.Strategy)}
	for day := range in.Days {
		if err := ctx.Err(); err != nil {
			return pair{}, err
		}
		for step := range in.Steps {
			p.step(random, in.Rates, day, part(in.Daily, step, in.Steps))
		}
		p.fixed.close(day)
		p.adaptive.close(day)
	}
	return p, nil
}
