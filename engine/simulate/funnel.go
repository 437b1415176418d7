package simulate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
)

// Ways to learn a funnel, all by Thompson's rule, visitor by visitor.
const (
	FunnelHierarchical = "hierarchical" // the multi_step strategy: paths around products of step rates
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
	known := []string{FunnelHierarchical, FunnelFactored, FunnelEndCredit, FunnelFlat, FunnelUniform}
	c.that(slices.Contains(known, s.Learn), "learn", "hierarchical, factored, end_credit, flat or uniform")
	c.that(s.Learn == FunnelHierarchical || s.Kappa == 0 && !s.EstimateKappa, "kappa", "left out unless learn is hierarchical")
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
	switch s.Learn {
	case FunnelHierarchical:
		perVisit += 60e-9 * paths
		if s.EstimateKappa {
			perPeriod += 40e-6 * paths
		}
	case FunnelFlat:
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

// funnelTruth is a funnel with the true rates of its paths.
type funnelTruth struct {
	*engine.Funnel
	last   []float64 // the rate of the last step by path
	values []float64
}

func (s *Funnel) truth() (*funnelTruth, error) {
	f, err := s.model()
	if err != nil {
		return nil, err
	}
	t := &funnelTruth{Funnel: f, last: make([]float64, f.Paths()), values: make([]float64, f.Paths())}
	for path := range f.Paths() {
		t.values[path] = 1
		for step, option := range f.Path(path) {
			t.last[path] = s.Steps[step][option]
			if step < len(s.Steps)-1 {
				t.values[path] *= t.last[path]
			}
		}
	}
	for _, x := range s.Interactions {
		t.last[f.Number(x.Path...)] *= x.Factor
	}
	for path := range t.values {
		t.values[path] *= t.last[path]
	}
	return t, nil
}

func (s *Funnel) run(ctx context.Context, random *rand.Rand, t *funnelTruth) (search, error) {
	r, facts := newSearch(s.Visits, t.values), t.NewFacts()
	for r.seen < s.Visits {
		if err := ctx.Err(); err != nil {
			return search{}, err
		}
		choose := s.chooser(t, facts)
		for range min(s.VisitsPerPeriod, s.Visits-r.seen) {
			path := choose(random)
			t.Add(&facts, path, s.walk(random, t, path))
			r.see(path)
		}
	}
	return r, nil
}

// walk returns how many steps a visitor gets through.
func (s *Funnel) walk(random *rand.Rand, t *funnelTruth, path int) int {
	last := len(s.Steps) - 1
	for step, option := range t.Path(path) {
		p := s.Steps[step][option]
		if step == last {
			p = t.last[path]
		}
		if random.Float64() >= p {
			return step
		}
	}
	return last + 1
}

// chooser returns how visitors of a period are given paths by what is known before it.
func (s *Funnel) chooser(t *funnelTruth, facts engine.FunnelFacts) func(*rand.Rand) int {
	switch s.Learn {
	case FunnelHierarchical:
		return t.Model(facts).Draw
	case FunnelFactored:
		return t.bySteps(posteriors(facts.Steps))
	case FunnelEndCredit:
		return t.bySteps(posteriors(t.credit(facts)))
	case FunnelFlat:
		arms := posteriors([][]engine.Count{facts.Paths})[0]
		return func(r *rand.Rand) int { return engine.Pick(arms, r) }
	}
	return func(r *rand.Rand) int { return r.IntN(t.Paths()) }
}

// bySteps draws an option at every step by itself.
func (t *funnelTruth) bySteps(steps [][]stats.Beta) func(*rand.Rand) int {
	options := make([]int, len(steps))
	return func(r *rand.Rand) int {
		for step, posterior := range steps {
			options[step] = engine.Pick(posterior, r)
		}
		return t.Number(options...)
	}
}

// credit counts for every option the visitors of all paths with it, and those who reached the goal.
func (t *funnelTruth) credit(facts engine.FunnelFacts) [][]engine.Count {
	counts := t.NewFacts().Steps
	for path, c := range facts.Paths {
		for step, option := range t.Path(path) {
			counts[step][option].Trials += c.Trials
			counts[step][option].Successes += c.Successes
		}
	}
	return counts
}

func posteriors(counts [][]engine.Count) [][]stats.Beta {
	all := make([][]stats.Beta, len(counts))
	for step, options := range counts {
		for _, c := range options {
			all[step] = append(all[step], stats.Flat.Update(c.Successes, c.Trials))
		}
	}
	return all
}
