package simulate

import (
	"context"
	"slices"
)

// maxPeriods bounds the periods of a run.
const maxPeriods = 1_000_000

// Bandit plays arms of known rates by a policy: what it loses against the best arm (regret), when its stop rules end
// it, and what that saves against a classical test of fixed size.
type Bandit struct {
	Kind            string     `json:"kind"`
	Seed            uint64     `json:"seed"`
	Runs            int        `json:"runs"`
	Arms            []TrueArm  `json:"arms"`
	VisitsPerPeriod int        `json:"visits_per_period"`
	Policy          Policy     `json:"policy"`
	Stop            *Stop      `json:"stop"`
	Classical       *Classical `json:"classical"`
	// ReportAt lists numbers of visits at which regret is reported; after a stop everybody sees the chosen arm.
	ReportAt []int `json:"report_at"`
	// Stops adds to the answer which rule ended the runs.
	Stops bool `json:"report_stops"`
}

// TrueArm is an arm as it is, unknown to the policy.
type TrueArm struct {
	Rate Rates `json:"rate"`
}

// Classical is the test of fixed size with an even split that a bandit is compared with.
type Classical struct {
	PerArm int `json:"per_arm"`
}

// BanditAnswer is the answer. Regret is the expected number of conversions lost against the best arm of each period.
type BanditAnswer struct {
	Regret  map[string]Mean `json:"regret"`
	Periods Mean            `json:"periods"`
	// Saved is what the classical test loses less the regret until the stop.
	Saved *Mean `json:"conversions_saved,omitempty"`
	// Right is the share of runs that end with the best arm as the one most likely to be best.
	Right float64 `json:"right_arm"`
	// Longer is the share of runs that last longer than the classical test.
	Longer *float64 `json:"longer_than_classical,omitempty"`
	// Share is the part of all visitors until the end that saw each arm, averaged over the runs.
	Share []float64 `json:"share"`
	// Stopped is the share of runs that each rule ended.
	Stopped map[string]float64 `json:"stopped,omitempty"`
}

// Check implements Scenario.
func (b *Bandit) Check() error {
	var c checks
	k := len(b.Arms)
	c.between("runs", float64(b.Runs), 1, maxRuns)
	c.between("number of arms", float64(k), 1, 64)
	for i, arm := range b.Arms {
		arm.Rate.check(&c, indexed("arms", i)+".rate")
	}
	c.between("visits_per_period", float64(b.VisitsPerPeriod), 1, 1e9)
	b.Policy.check(&c, max(k, 1))
	c.that(b.Stop != nil || len(b.ReportAt) > 0, "stop or report_at", "given, or a run would have no end")
	if b.Stop != nil {
		b.Stop.check(&c)
	}
	if b.Classical != nil {
		c.between("classical.per_arm", float64(b.Classical.PerArm), 1, 1e12)
	}
	c.between("number of report_at", float64(len(b.ReportAt)), 0, 1000)
	for i, at := range b.ReportAt {
		c.between(indexed("report_at", i), float64(at), 1, 1e9)
	}
	if c.err == nil && b.Stop == nil {
		c.between("periods until the last report_at", float64(b.mostPeriods()), 1, maxPeriods)
	}
	return c.err
}

// mostPeriods is the number of periods after which a run ends in any case.
func (b *Bandit) mostPeriods() int {
	if b.Stop != nil {
		return b.Stop.most()
	}
	last := slices.Max(b.ReportAt)
	return (last + b.VisitsPerPeriod - 1) / b.VisitsPerPeriod
}

// Cost implements Scenario. With stop rules it is the cost of runs that never stop early.
func (b *Bandit) Cost() float64 { return float64(b.Runs) * b.runCost(float64(b.mostPeriods())) }

// runCost is the CPU time of a run of so many periods, from measurements.
func (b *Bandit) runCost(periods float64) float64 {
	k, visits := float64(len(b.Arms)), float64(b.VisitsPerPeriod)
	integral := 1e-6 + 6e-6*k*k // of the chances to be best
	period := 0.2e-6 + 0.1e-6*k
	switch b.Policy.Select {
	case SelectMatch, SelectTopTwo:
		period += integral
	case SelectDraw:
		period += visits * k * 60e-9
	case SelectKLUCB:
		period += k * 2e-6
	}
	if b.Stop != nil {
		period += b.Stop.cost(integral)
	}
	return periods * period
}

// Run implements Scenario. Where stop rules may end runs early, the first runs tell how long they last before a
// scenario is refused.
func (b *Bandit) Run(ctx context.Context, o Options) (any, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	if err := b.admit(ctx, o); err != nil {
		return nil, err
	}
	sum := b.newSum()
	err := replicate(ctx, o, b.Seed, b.Runs, b.run, sum.add)
	if err != nil {
		return nil, err
	}
	return sum.answer(), nil
}

// pilots is how many runs are tried, and pilotCost the CPU time they may take.
const (
	pilots    = 16
	pilotCost = 5.0
)

func (b *Bandit) admit(ctx context.Context, o Options) error {
	err := o.admit(b.Cost())
	if err == nil || b.Stop == nil || b.runCost(float64(b.mostPeriods()))*pilots > pilotCost {
		return err
	}
	var periods running
	quiet := Options{Workers: o.Workers}
	if err := replicate(ctx, quiet, b.Seed, min(pilots, b.Runs), b.run, func(r banditRun) { periods.add(float64(r.periods)) }); err != nil {
		return err
	}
	return o.admit(float64(b.Runs) * b.runCost(periods.mean))
}
