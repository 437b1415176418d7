package simulate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
)

// Ways to learn a factorial experiment, all by Thompson's rule, visitor by visitor.
const (
	FactorialEffects = "effects" // main effects and pairwise interactions
	FactorialArms    = "arms"    // every combination an arm of its own
	FactorialUniform = "uniform" // any combination
)

// Factorial shows visitors one variant of each element. The logit of a combination's rate is that of the base plus the
// effects of its variants, plus what its interactions add.
type Factorial struct {
	Kind            string        `json:"kind"`
	Seed            uint64        `json:"seed"`
	Runs            int           `json:"runs"`
	Base            float64       `json:"base"`
	Effects         [][]float64   `json:"effects"` // on the logit scale, by element and variant
	Interactions    []JointEffect `json:"interactions"`
	Visits          int           `json:"visits"`
	VisitsPerPeriod int           `json:"visits_per_period"` // between two updates
	Learn           string        `json:"learn"`
}

// JointEffect is added where all its variants meet: -1 stands for any variant of an element.
type JointEffect struct {
	Variants []int   `json:"variants"`
	Effect   float64 `json:"effect"`
}

// Check implements Scenario.
func (s *Factorial) Check() error {
	var c checks
	c.between("runs", float64(s.Runs), 1, maxRuns)
	c.that(s.Base > 0 && s.Base < 1, "base", "between 0 and 1")
	c.between("number of effects", float64(len(s.Effects)), 1, 6)
	arms := 1
	for i, variants := range s.Effects {
		c.between("number of "+indexed("effects", i), float64(len(variants)), 1, engine.MaxArms)
		arms = min(arms*len(variants), 1000)
		for j, x := range variants {
			c.between(fmt.Sprintf("effects[%d][%d]", i, j), x, -20, 20)
		}
	}
	c.between("combinations", float64(arms), 2, engine.MaxArms)
	for i, x := range s.Interactions {
		field := indexed("interactions", i)
		c.that(len(x.Variants) == len(s.Effects), field+".variants", "one for each element")
		for e, v := range x.Variants {
			c.that(e < len(s.Effects) && v >= -1 && v < len(s.Effects[e]), field+".variants", "counted from 0, or -1 for any")
		}
		c.between(field+".effect", x.Effect, -20, 20)
	}
	c.between("visits", float64(s.Visits), 10, 1e7)
	c.between("visits_per_period", float64(s.VisitsPerPeriod), 1, 1e7)
	c.that(slices.Contains([]string{FactorialEffects, FactorialArms, FactorialUniform}, s.Learn), "learn", "effects, arms or uniform")
	return c.err
}

// Cost implements Scenario.
func (s *Factorial) Cost() float64 {
	k := 1.0
	for _, variants := range s.Effects {
		k *= float64(len(variants))
	}
	perVisit, perPeriod := 50e-9*k, 1e-6*k
	if s.Learn == FactorialEffects {
		perVisit, perPeriod = 10e-9*k+2e-9*k*k, 0.4e-6*k*k*k
	}
	return float64(s.Runs) * (float64(s.Visits)*perVisit + float64(s.Visits)/float64(max(1, s.VisitsPerPeriod))*perPeriod)
}

// Run implements Scenario.
func (s *Factorial) Run(ctx context.Context, o Options) (any, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := o.admit(s.Cost()); err != nil {
		return nil, err
	}
	levels := s.combinations()
	rates := make([]float64, len(levels))
	for i := range levels {
		rates[i] = s.rate(levels[i])
	}
	sum := searchSum{}
	run := func(ctx context.Context, random *rand.Rand) (search, error) { return s.run(ctx, random, levels, rates) }
	if err := replicate(ctx, o, s.Seed, s.Runs, run, sum.add); err != nil {
		return nil, err
	}
	return sum.answer(levels[largest(rates)]), nil
}

// combinations lists the variants of every arm like an odometer, the last element fastest.
func (s *Factorial) combinations() [][]int {
	all := [][]int{{}}
	for _, variants := range s.Effects {
		var longer [][]int
		for _, levels := range all {
			for v := range variants {
				longer = append(longer, append(slices.Clone(levels), v))
			}
		}
		all = longer
	}
	return all
}

func (s *Factorial) rate(levels []int) float64 {
	logit := math.Log(s.Base / (1 - s.Base))
	for element, v := range levels {
		logit += s.Effects[element][v]
	}
	for _, x := range s.Interactions {
		meets := true
		for element, v := range x.Variants {
			meets = meets && (v < 0 || v == levels[element])
		}
		if meets {
			logit += x.Effect
		}
	}
	return 1 / (1 + math.Exp(-logit))
}

func (s *Factorial) run(ctx context.Context, random *rand.Rand, levels [][]int, rates []float64) (search, error) {
	r := newSearch(s.Visits, rates)
	facts := engine.Facts{Arms: make([]engine.Arm, len(levels))}
	for i, l := range levels {
		facts.Arms[i] = engine.Arm{Key: fmt.Sprint(l), Levels: l, Periods: []engine.Count{{}}}
	}
	for r.seen < s.Visits {
		if err := ctx.Err(); err != nil {
			return search{}, err
		}
		choose := s.chooser(facts)
		for range min(s.VisitsPerPeriod, s.Visits-r.seen) {
			arm := choose(random)
			a := &facts.Arms[arm]
			a.Exposures++
			a.Periods[0].Trials++
			a.Periods[0].Successes += float64(binomial(random, 1, rates[arm]))
			r.see(arm)
		}
	}
	return r, nil
}

// chooser returns how visitors of a period are given arms by what is known before it.
func (s *Factorial) chooser(facts engine.Facts) func(*rand.Rand) int {
	switch s.Learn {
	case FactorialEffects:
		return engine.NewCombinations(facts).Draw
	case FactorialArms:
		arms := make([]stats.Beta, len(facts.Arms))
		for i, a := range facts.Arms {
			arms[i] = a.Periods[0].Rate().Posterior(stats.Flat)
		}
		return func(r *rand.Rand) int { return engine.Pick(arms, r) }
	}
	return func(r *rand.Rand) int { return r.IntN(len(facts.Arms)) }
}
