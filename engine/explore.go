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
	switch e.policy {
	case PolicyUCB1:
		p = ahead(rates(counts), total, stats.UCB1)
	case PolicyKLUCB:
		p = ahead(rates(counts), total, stats.KLUCB)
	default:
		p = greedy(posterior, ExploreRate(e.epsilon, e.decay, float64(total)/float64(len(f.Arms))))
	}
	return Allocation{Shares: e.lift(p, f.Control), Reason: ReasonLearned, Posterior: posterior}
}

// ExploreRate returns the share explored after n exposures per arm: epsilon/(1 + decay·n), which falls like 1/n as
// εₙ-greedy needs for logarithmic regret (Auer, Cesa-Bianchi & Fischer 2002).
func ExploreRate(epsilon, decay, n float64) float64 { return epsilon / (1 + decay*n) }

// greedy gives rate to all alike and the rest to the highest posterior mean, shared when several are equal.
func greedy(posterior []stats.Beta, rate float64) []float64 {
	means := make([]float64, len(posterior))
	for i, b := range posterior {
		means[i] = b.Mean()
	}
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
func ahead(rates []stats.Rate, total int64, bound func(arm stats.Rate, t float64) float64) []float64 {
	const parts = 100
	part := max(MinBatch, float64(total)/100) / parts
	played, t := slices.Clone(rates), 0.0
	for _, c := range rates {
		t += c.Trials
	}
	p, bounds := make([]float64, len(rates)), make([]float64, len(rates))
	for range parts {
		for i, c := range played {
			bounds[i] = bound(c, t)
		}
		for i, share := range leaders(bounds) {
			played[i].Trials += share * part
			played[i].Successes += share * part * rates[i].Value()
			p[i] += share / parts
		}
		t += part
	}
	return p
}
