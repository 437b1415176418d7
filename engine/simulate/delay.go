package simulate

import (
	"context"
	"math"
	"math/rand/v2"
)

// Delay is a bandit whose conversions arrive late: those of an arm wait an exponential time. A visitor whose conversion
// has not come looks like one without, unless the policy allows for the delay.
type Delay struct {
	Kind            string    `json:"kind"`
	Seed            uint64    `json:"seed"`
	Runs            int       `json:"runs"`
	Arms            []LateArm `json:"arms"`
	Periods         int       `json:"periods"`
	VisitsPerPeriod int       `json:"visits_per_period"`
	Policy          Policy    `json:"policy"` // without discount and window
	// Adjusted counts a visitor of age a as the part F(a) of a trial, F being the true distribution of the arm's delay.
	Adjusted bool `json:"adjusted"`
}

// LateArm is an arm whose conversions come a mean number of periods after the visit.
type LateArm struct {
	Rate  float64 `json:"rate"`
	Delay float64 `json:"delay"`
}

// DelayAnswer is the answer: the expected conversions lost over all periods, and the part of visitors by arm.
type DelayAnswer struct {
	Regret Mean      `json:"regret"`
	Share  []float64 `json:"share"`
}

// Check implements Scenario.
func (s *Delay) Check() error {
	var c checks
	k := len(s.Arms)
	c.between("runs", float64(s.Runs), 1, maxRuns)
	c.between("number of arms", float64(k), 1, 64)
	for i, arm := range s.Arms {
		c.between(indexed("arms", i)+".rate", arm.Rate, 0, 1)
		c.between(indexed("arms", i)+".delay", arm.Delay, 0, 1e9)
	}
	c.between("periods", float64(s.Periods), 1, maxPeriods)
	c.between("visits_per_period", float64(s.VisitsPerPeriod), 1, 1e6)
	s.Policy.check(&c, max(k, 1))
	c.that(s.Policy.Discount == 0 || s.Policy.Discount == 1, "policy.discount", "1")
	c.that(s.Policy.Window == 0, "policy.window", "0")
	return c.err
}

// Cost implements Scenario.
func (s *Delay) Cost() float64 {
	b := Bandit{Arms: make([]TrueArm, len(s.Arms)), VisitsPerPeriod: s.VisitsPerPeriod, Policy: s.Policy}
	return float64(s.Runs) * (b.runCost(float64(s.Periods)) + float64(s.Periods*len(s.Arms))*0.2e-6)
}

// Run implements Scenario.
func (s *Delay) Run(ctx context.Context, o Options) (any, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := o.admit(s.Cost()); err != nil {
		return nil, err
	}
	var regret running
	shares := make([]running, len(s.Arms))
	err := replicate(ctx, o, s.Seed, s.Runs, s.run, func(visits []int) {
		lost := 0.0
		for i, n := range visits {
			lost += float64(n) * (s.best() - s.Arms[i].Rate)
			shares[i].add(float64(n) / float64(s.Periods*s.VisitsPerPeriod))
		}
		regret.add(lost)
	})
	if err != nil {
		return nil, err
	}
	a := DelayAnswer{Regret: regret.result()}
	for _, x := range shares {
		a.Share = append(a.Share, x.mean)
	}
	return a, nil
}

func (s *Delay) best() float64 {
	best := 0.0
	for _, arm := range s.Arms {
		best = max(best, arm.Rate)
	}
	return best
}

// run returns the visitors of each arm.
func (s *Delay) run(ctx context.Context, random *rand.Rand) ([]int, error) {
	k := len(s.Arms)
	l := newLearner(s.Policy, k, random)
	visits, today, waiting := make([]int, k), make([]int, k), make([]int, k)
	unripe := make([]float64, k) // visitors times the part of conversions still to come
	for range s.Periods {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		clear(today)
		l.choose(s.VisitsPerPeriod, today)
		for i, n := range today {
			arm := s.Arms[i]
			visits[i] += n
			// The delay has no memory: every period the same part of what waits arrives.
			stays := math.Exp(-1 / arm.Delay)
			waiting[i] += binomial(random, n, arm.Rate)
			arrived := binomial(random, waiting[i], 1-stays)
			waiting[i] -= arrived
			unripe[i] = (unripe[i] + float64(n)) * stays

			known := &l.known[i]
			known.Successes += float64(arrived)
			known.Trials = float64(visits[i])
			if s.Adjusted {
				known.Trials = max(known.Trials-unripe[i], known.Successes)
			}
		}
		l.conclude()
	}
	return visits, nil
}
