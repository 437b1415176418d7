package simulate

import (
	"context"
	"math/rand/v2"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
)

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
		choose := s.chooser(t, facts, random)
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
func (s *Funnel) chooser(t *funnelTruth, facts engine.FunnelFacts, random *rand.Rand) func(*rand.Rand) int {
	switch s.Learn {
	case FunnelMultiStep:
		shares := t.Model(facts).Weights(random.Uint64(), funnelDraws).Shares
		return func(r *rand.Rand) int { return engine.PickShare(shares, r) }
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
