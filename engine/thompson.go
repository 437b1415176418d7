package engine

import (
	"cmp"
	"slices"

	"github.com/samplit/samplit/engine/stats"
)

// Models of the arms of a factorial experiment.
const (
	ModelEffects = "effects" // main effects and pairwise interactions, see Combinations
	ModelArms    = "arms"    // every combination by itself
)

// thompson gives an arm the probability that it is the best one, or the share that top-two sampling gives it.
// Scott 2010; Russo 2020. Best is the highest conversion rate, or with Facts.Revenue the highest value per visitor.
type thompson struct {
	learning
	topTwo     float64 // share of the leader, 0 = probability matching
	model      string
	valueModel string
}

func newThompson(params map[string]any, topTwo bool) (Allocator, error) {
	r := &reader{params: params}
	t := thompson{learning: r.learning(), model: r.choice("model", ModelEffects, ModelArms), valueModel: r.choice("value_model", ValueNormal, ValueOrders)}
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
	counts, posterior := t.counts(f)
	effects := t.model == ModelEffects && f.factorial()
	if !f.warm(effects) {
		return Allocation{Shares: initial, Reason: ReasonWarmUp, Posterior: posterior}
	}
	p, err := []float64(nil), 0.0
	switch {
	case effects:
		var each []float64
		p, each = t.combinations(f).ProbBest(drawSeed, DefaultDraws)
		err = slices.Max(each)
	case f.Revenue:
		p = normalBest(t.values(counts))
	default:
		p = probBest(posterior)
	}
	if t.topTwo > 0 {
		p = stats.TopTwo(p, t.topTwo)
	}
	return Allocation{Shares: t.lift(p, f.Control), Reason: ReasonLearned, Posterior: posterior, Error: err}
}

// drawSeed is the same for every split and epoch: with the same random numbers, shares move when the facts do and
// not by chance.
const drawSeed = 1

// values returns what is to be compared of the arms' values.
func (t thompson) values(counts []Count) []stats.Normal {
	if t.valueModel == ValueOrders {
		return orderValues(counts, t.prior)
	}
	return normalValues(counts)
}

// probBest is stats.ProbBest whatever the order of the arms.
func probBest(posterior []stats.Beta) []float64 {
	return unordered(posterior, stats.ProbBest, func(a, b stats.Beta) int {
		return cmp.Or(cmp.Compare(a.Alpha, b.Alpha), cmp.Compare(a.Beta, b.Beta))
	})
}

// normalBest is stats.NormalBest whatever the order of the arms.
func normalBest(posterior []stats.Normal) []float64 {
	best := func(arms []stats.Normal) []float64 {
		p, _ := stats.NormalBest(arms)
		return p
	}
	return unordered(posterior, best, func(a, b stats.Normal) int {
		return cmp.Or(cmp.Compare(a.Mean, b.Mean), cmp.Compare(a.Variance, b.Variance))
	})
}

// unordered computes shares in an order that does not depend on the arms' positions, so that sums round the same way
// however they are listed; arms that compare as equal get equal shares.
func unordered[T any](arms []T, share func([]T) []float64, compare func(a, b T) int) []float64 {
	order := make([]int, len(arms))
	for i := range order {
		order[i] = i
	}
	same := func(a, b int) int { return compare(arms[a], arms[b]) }
	slices.SortStableFunc(order, same)
	sorted := make([]T, len(order))
	for at, i := range order {
		sorted[at] = arms[i]
	}
	p, shares := share(sorted), make([]float64, len(order))
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
