package simulate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/samplit/samplit/engine"
)

// Ways to learn a funnel. All but multi_step and uniform are Thompson's rule, visitor by visitor.
const (
	FunnelMultiStep    = "multi_step"   // the engine's strategy as it runs: its model's shares, with their warm-up and floor
	FunnelHierarchical = "hierarchical" // draws of its model alone: paths around products of step rates
	FunnelFactored     = "factored"     // the highest product of drawn step rates, which is the highest rate at every step
	FunnelEndCredit    = "end_credit"   // at every step the option with the highest drawn rate of conversion at the end
	FunnelFlat         = "flat"         // every path an arm of its own
	FunnelUniform      = "uniform"      // any path
)

// Funnel sends visitors on paths through steps whose rates are known. The rate of a path is the product of its steps',
// times the factor of an interaction at the last step.
type Funnel struct {
	Kind            string        `json:"kind"`
	Seed            uint64        `json:"seed"`
	Runs            int           `json:"runs"`
	Steps           [][]float64   `json:"steps"` // the rate of going on by step and option; from the last step, to the goal
	Interactions    []Interaction `json:"interactions"`
	Visits          int           `json:"visits"`
	VisitsPerPeriod int           `json:"visits_per_period"` // between two updates
	Learn           string        `json:"learn"`
	Kappa           float64       `json:"kappa"`          // of hierarchical; 0 = the engine's default
	EstimateKappa   bool          `json:"estimate_kappa"` // of hierarchical
}

// funnelDraws is the number of draws from which multi_step counts its shares.
const funnelDraws = 1000

// Interaction multiplies the last step's rate on one path.
type Interaction struct {
	Path   []int   `json:"path"` // options by step, from 0
	Factor float64 `json:"factor"`
}

func (s *Funnel) options() []int {
	var options []int
	for _, step := range s.Steps {
		options = append(options, len(step))
	}
	return options
}

func (s *Funnel) model() (*engine.Funnel, error) {
	params := map[string]any{}
	if s.Kappa > 0 {
		params["kappa"] = s.Kappa
	}
	if s.EstimateKappa {
		params["estimate_kappa"] = true
	}
	return engine.NewFunnel(s.options(), params)
}

func (s *Funnel) hierarchical() bool {
	return s.Learn == FunnelMultiStep || s.Learn == FunnelHierarchical
}

// Check implements Scenario.
func (s *Funnel) Check() error {
	var c checks
	c.between("runs", float64(s.Runs), 1, maxRuns)
	for i, step := range s.Steps {
		for j, p := range step {
			c.between(fmt.Sprintf("steps[%d][%d]", i, j), p, 0, 1)
		}
	}
	c.between("visits", float64(s.Visits), 10, 1e7)
	c.between("visits_per_period", float64(s.VisitsPerPeriod), 1, 1e7)
	known := []string{FunnelMultiStep, FunnelHierarchical, FunnelFactored, FunnelEndCredit, FunnelFlat, FunnelUniform}
	c.that(slices.Contains(known, s.Learn), "learn", "multi_step, hierarchical, factored, end_credit, flat or uniform")
	c.that(s.hierarchical() || s.Kappa == 0 && !s.EstimateKappa, "kappa", "left out unless learn is multi_step or hierarchical")
	if c.err != nil {
		return c.err
	}
	f, err := s.model()
	if err != nil {
		return &FieldError{Field: "steps, kappa", Want: fmt.Sprintf("what the engine takes (%v)", err)}
	}
	for i, x := range s.Interactions {
		field := indexed("interactions", i)
		c.that(len(x.Path) == len(s.Steps), field+".path", "one option for each step")
		for step, option := range x.Path {
			c.that(step < len(s.Steps) && option >= 0 && option < len(s.Steps[step]), field+".path", "options counted from 0")
		}
		if c.err == nil {
			last := s.Steps[len(s.Steps)-1][x.Path[len(x.Path)-1]]
			c.that(x.Factor >= 0 && last*x.Factor <= 1, field+".factor", "0 or more, leaving the last rate at most 1")
		}
	}
	c.between("paths", float64(f.Paths()), 1, engine.MaxPaths)
	return c.err
}

// Cost implements Scenario.
func (s *Funnel) Cost() float64 {
	paths, options := 1.0, 0.0
	for _, n := range s.options() {
		paths *= float64(n)
		options += float64(n)
	}
	perVisit := 60e-9 * (options + float64(len(s.Steps)))
	perPeriod := 1e-6 * (options + paths)
	if s.EstimateKappa {
		perPeriod += 40e-6 * paths
	}
	switch s.Learn {
	case FunnelMultiStep:
		perPeriod += funnelDraws * (perVisit + 60e-9*paths)
	case FunnelHierarchical, FunnelFlat:
		perVisit += 60e-9 * paths
	}
	return float64(s.Runs) * (float64(s.Visits)*perVisit + float64(s.Visits)/float64(max(1, s.VisitsPerPeriod))*perPeriod)
}

// Run implements Scenario.
func (s *Funnel) Run(ctx context.Context, o Options) (any, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := o.admit(s.Cost()); err != nil {
		return nil, err
	}
	truth, err := s.truth()
	if err != nil {
		return nil, err
	}
	var sum searchSum
	run := func(ctx context.Context, random *rand.Rand) (search, error) { return s.run(ctx, random, truth) }
	if err := replicate(ctx, o, s.Seed, s.Runs, run, sum.add); err != nil {
		return nil, err
	}
	return sum.answer(truth.Path(largest(truth.values))), nil
}
