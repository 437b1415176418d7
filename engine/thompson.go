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
		p = TopTwo(p, t.topTwo)
	}
	return Allocation{Shares: t.lift(p, f.Control), Reason: ReasonLearned, Posterior: posterior}
}

// TopTwo returns the expected shares of top-two Thompson sampling from the probabilities of being best:
//
//	ψ_i = p_i (β + (1-β) Σ_{j≠i} p_j/(1-p_j))
//
// the leader is shown with probability β in (0, 1), else the best of the others. Where one arm is best beyond what
// a double can hold, the others share 1-β evenly. Russo 2016, 2020.
func TopTwo(p []float64, beta float64) []float64 {
	shares := make([]float64, len(p))
	if len(p) == 1 {
		shares[0] = 1
		return shares
	}
	for j, leads := range p {
		shares[j] += beta * leads
		others := 0.0 // 1-p_j without losing the digits of a small difference
		for i, x := range p {
			if i != j {
				others += x
			}
		}
		for i, x := range p {
			switch {
			case i == j:
			case others > 0:
				shares[i] += (1 - beta) * leads * x / others
			default:
				shares[i] += (1 - beta) * leads / float64(len(p)-1)
			}
		}
	}
	return shares
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
