package engine

import (
	"math"
	"slices"

	"github.com/samplit/samplit/engine/stats"
)

// Policies of the explore allocator.
const (
	PolicyEpsilon = "epsilon" // most visits to the best so far, a shrinking share to all alike
	PolicyUCB1    = "ucb1"    // most visits to the highest upper confidence bound, Auer et al. 2002
	PolicyKLUCB   = "kl_ucb"  // the same with the tighter bound of Garivier & Cappé 2011
)

// explore follows one of the classic bandit rules.
type explore struct {
	learning
	policy         string
	epsilon, decay float64
}

func newExplore(params map[string]any) (Allocator, error) {
	r := &reader{params: params}
	e := explore{learning: r.learning(), policy: r.choice("policy", PolicyEpsilon, PolicyUCB1, PolicyKLUCB)}
	if e.policy == PolicyEpsilon {
		e.epsilon = r.number("epsilon", 0.1, 0.01, 1)
		e.decay = r.number("decay", 0.001, 0, 1)
	}
	if err := r.done(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e explore) Allocate(f Facts) Allocation {
	initial := f.initial()
	counts, posterior := e.counts(f)
	total, _ := f.exposures()
	if !f.warm(false) {
		return Allocation{Shares: initial, Reason: ReasonWarmUp, Posterior: posterior}
	}
	var p []float64
	reward := e.rewards(f, counts, posterior)
	switch e.policy {
	case PolicyUCB1:
		p = reward.ahead(total, reward.ucb1)
	case PolicyKLUCB:
		p = reward.ahead(total, reward.klUCB)
	default:
		p = greedy(reward.posterior, ExploreRate(e.epsilon, e.decay, float64(total)/float64(len(f.Arms))))
	}
	return Allocation{Shares: e.lift(p, f.Control), Reason: ReasonLearned, Posterior: posterior}
}

// rewards is what the rules look at, by arm.
type rewards struct {
	mean, trials []float64
	posterior    []float64 // posterior means
	// sd is the standard deviation of a visitor's value over all arms; 0 for conversions.
	sd float64
}

func (e explore) rewards(f Facts, counts []Count, posterior []stats.Beta) rewards {
	k := len(counts)
	r := rewards{mean: make([]float64, k), trials: make([]float64, k), posterior: make([]float64, k)}
	for i, c := range counts {
		rate := c.Rate()
		r.mean[i], r.trials[i], r.posterior[i] = rate.Value(), rate.Trials, posterior[i].Mean()
	}
	if f.Revenue {
		r.sd = math.Sqrt(pool(counts).Sums().Sample().Variance)
		for i, value := range normalValues(counts) {
			r.mean[i], r.posterior[i] = counts[i].Sums().Sample().Mean, value.Mean
		}
	}
	return r
}

// ucb1 is the bound of an arm that has n of t trials. It assumes rewards in [0, 1], whose standard deviation is at most
// ½; those of values are put on that scale, mean + 2σ √(2 ln t/n).
func (r rewards) ucb1(i int, n, t float64) float64 {
	if r.sd > 0 {
		return r.mean[i] + 2*r.sd*stats.UCB1(stats.Rate{Trials: n}, t)
	}
	return stats.UCB1(stats.Rate{Successes: r.mean[i] * n, Trials: n}, t)
}

// klUCB is the tighter bound; between normal values of one variance the divergence is quadratic, which gives
// mean + σ √(2 ln t/n).
func (r rewards) klUCB(i int, n, t float64) float64 {
	if r.sd > 0 {
		return r.mean[i] + r.sd*stats.UCB1(stats.Rate{Trials: n}, t)
	}
	return stats.KLUCB(stats.Rate{Successes: r.mean[i] * n, Trials: n}, t)
}

// ExploreRate returns the share explored after n exposures per arm: epsilon/(1 + decay·n), which falls like 1/n as
// εₙ-greedy needs for logarithmic regret (Auer, Cesa-Bianchi & Fischer 2002).
func ExploreRate(epsilon, decay, n float64) float64 { return epsilon / (1 + decay*n) }

// greedy gives rate to all alike and the rest to the highest mean, shared when several are equal.
func greedy(means []float64, rate float64) []float64 {
	return stats.FloorShares(leaders(means), rate/float64(len(means)))
}

// leaders shares 1 evenly among the largest values.
func leaders(values []float64) []float64 {
	most, ties := math.Inf(-1), 0.0
	for _, v := range values {
		switch {
		case v > most:
			most, ties = v, 1
		case v == most:
			ties++
		}
	}
	p := make([]float64, len(values))
	for i, v := range values {
		if v == most {
			p[i] = 1 / ties
		}
	}
	return p
}

// ahead plays the next batch in thought: 100 equal parts of max(30, 1 % of all) visits go one after the other to
// the arm with the highest bound, whose count grows while its rate stays what it is. The shares of a batch are the
// parts each arm got. Playing a bound by itself would give one arm every visit of an epoch
// (Desautels, Krause & Burdick 2014).
func (r rewards) ahead(total int64, bound func(i int, n, t float64) float64) []float64 {
	const parts = 100
	part := max(MinBatch, float64(total)/100) / parts
	played, t := slices.Clone(r.trials), 0.0
	for _, n := range slices.Sorted(slices.Values(played)) {
		t += n
	}
	p, bounds := make([]float64, len(played)), make([]float64, len(played))
	for range parts {
		for i, n := range played {
			bounds[i] = bound(i, n, t)
		}
		for i, share := range leaders(bounds) {
			played[i] += share * part
			p[i] += share / parts
		}
		t += part
	}
	return p
}
