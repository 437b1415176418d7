package simulate

import (
	"context"
	"math/rand/v2"
	"slices"
)

// banditRun is one run.
type banditRun struct {
	periods int
	regret  float64   // until the stop
	reports []float64 // regret by place in ReportAt
	visits  []int     // by arm until the stop
	stopped string    // the rule
	right   bool
}

func (b *Bandit) run(ctx context.Context, random *rand.Rand) (banditRun, error) {
	g := b.newGame(random)
	for !g.over() {
		if err := ctx.Err(); err != nil {
			return banditRun{}, err
		}
		g.period()
	}
	return g.finish(), nil
}

// game is a run in progress.
type game struct {
	*Bandit
	*learner
	banditRun
	order    []int // places of ReportAt by number of visits
	seen     int   // visitors so far
	rates    []float64
	visitors []int // of this period by arm
	before   []int // the same when a part of it began
	hits     []int
}

func (b *Bandit) newGame(random *rand.Rand) *game {
	k := len(b.Arms)
	g := &game{
		Bandit: b, learner: newLearner(b.Policy, k, random), order: make([]int, len(b.ReportAt)),
		rates: make([]float64, k), visitors: make([]int, k), before: make([]int, k), hits: make([]int, k),
	}
	g.reports, g.visits = make([]float64, len(b.ReportAt)), make([]int, k)
	for i := range g.order {
		g.order[i] = i
	}
	slices.SortStableFunc(g.order, func(i, j int) int { return b.ReportAt[i] - b.ReportAt[j] })
	return g
}

func (g *game) over() bool {
	return g.stopped != "" || g.Stop == nil && len(g.order) == 0
}

// period lets the visitors of a period come, in parts that end where regret is reported.
func (g *game) period() {
	for i, arm := range g.Arms {
		g.rates[i] = arm.Rate.at(g.periods)
	}
	clear(g.visitors)
	for left := g.VisitsPerPeriod; left > 0 && (g.Stop != nil || len(g.order) > 0); {
		n := left
		if len(g.order) > 0 {
			n = min(left, g.ReportAt[g.order[0]]-g.seen)
		}
		g.serve(n)
		left -= n
		for len(g.order) > 0 && g.ReportAt[g.order[0]] == g.seen {
			g.reports[g.order[0]] = g.regret
			g.order = g.order[1:]
		}
	}
	for i, n := range g.visitors {
		g.visits[i] += n
		g.hits[i] = binomial(g.random, n, g.rates[i])
	}
	g.periods++
	g.update(g.visitors, g.hits)
	if g.Stop != nil {
		g.stopped = g.Stop.rule(g.periods, g.learner)
	}
}

// serve gives n visitors arms and counts what that loses.
func (g *game) serve(n int) {
	best := slices.Max(g.rates)
	copy(g.before, g.visitors)
	g.choose(n, g.visitors)
	for i, p := range g.rates {
		g.regret += float64(g.visitors[i]-g.before[i]) * (best - p)
	}
	g.seen += n
}

// finish chooses the arm most likely to be best and goes on with it to the last report.
func (g *game) finish() banditRun {
	chosen := largest(g.best())
	best := slices.Max(g.rates)
	g.right = g.rates[chosen] == best
	regret, seen := g.regret, g.seen
	for _, place := range g.order {
		for at := g.ReportAt[place]; seen < at; {
			period := seen / g.VisitsPerPeriod
			n := min(at, (period+1)*g.VisitsPerPeriod) - seen
			for i, arm := range g.Arms {
				g.rates[i] = arm.Rate.at(period)
			}
			regret += float64(n) * (slices.Max(g.rates) - g.rates[chosen])
			seen += n
		}
		g.reports[place] = regret
	}
	return g.banditRun
}
