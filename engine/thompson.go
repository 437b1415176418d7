package engine

import (
	"cmp"
	"slices"

	"github.com/samplit/samplit/engine/stats"
)

// thompson gives an arm the probability that it is the best one, or the share that top-two sampling gives it.
// Scott 2010; Russo 2020.
type thompson struct {
	learning
	topTwo float64 // share of the leader, 0 = probability matching
}

func newThompson(params map[string]any, topTwo bool) (Allocator, error) {
	r := &reader{params: params}
	t := thompson{learning: r.learning()}
	if topTwo {
		t.topTwo = r.number("top_two", 0.5, 0.1, 0.9)
	}
	if err := r.done(); err != nil {
		return nil, err
	}
	return t, nil
}

func (t thompson) Allocate(f Facts) Allocation {
	initial := f.initial()
	_, posterior := t.counts(f)
	if _, least := f.exposures(); least < WarmUp {
		return Allocation{Shares: initial, Reason: ReasonWarmUp, Posterior: posterior}
	}
	p := probBest(posterior)
	if t.topTwo > 0 {
		p = stats.TopTwo(p, t.topTwo)
	}
	return Allocation{Shares: t.lift(p, f.Control), Reason: ReasonLearned, Posterior: posterior}
}

// probBest is stats.ProbBest computed in an order that does not depend on the arms' positions, so that sums round
// the same way however they are listed; arms with equal posteriors get equal shares.
func probBest(posterior []stats.Beta) []float64 {
	order := make([]int, len(posterior))
	for i := range order {
		order[i] = i
	}
	same := func(a, b int) int {
		x, y := posterior[a], posterior[b]
		return cmp.Or(cmp.Compare(x.Alpha, y.Alpha), cmp.Compare(x.Beta, y.Beta))
	}
	slices.SortStableFunc(order, same)
	sorted := make([]stats.Beta, len(order))
	for at, i := range order {
		sorted[at] = posterior[i]
	}
	p, shares := stats.ProbBest(sorted), make([]float64, len(order))
	for from := 0; from < len(order); {
		to, sum := from, 0.0
		for to < len(order) && same(order[from], order[to]) == 0 {
			sum += p[to]
			to++
		}
		for _, i := range order[from:to] {
			shares[i] = sum / float64(to-from)
		}
		from = to
	}
	return shares
}
