package simulate

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
)

// learner is a policy at work in one run.
type learner struct {
	policy    Policy
	prior     stats.Beta
	random    *rand.Rand
	known     []stats.Rate // what the policy remembers of each arm
	past      [][]stats.Rate
	posterior []stats.Beta
	chances   []float64 // to be best, nil until somebody asks
	shares    []float64 // of the period's visitors, nil where each one is drawn
	scores    []float64
}

func newLearner(p Policy, arms int, random *rand.Rand) *learner {
	l := &learner{policy: p, prior: stats.Flat, random: random}
	if p.Prior != nil {
		l.prior = stats.Beta{Alpha: p.Prior[0], Beta: p.Prior[1]}
	}
	l.known, l.posterior = make([]stats.Rate, arms), slices.Repeat([]stats.Beta{l.prior}, arms)
	l.scores = make([]float64, arms)
	return l
}

// best returns the chances to be the best arm by what is known now.
func (l *learner) best() []float64 {
	if l.chances == nil {
		l.chances = stats.ProbBest(l.posterior)
	}
	return l.chances
}

// update learns what a period's visitors did.
func (l *learner) update(visitors, successes []int) {
	gamma := l.policy.Discount
	if gamma == 0 {
		gamma = 1
	}
	for i := range l.known {
		k := &l.known[i]
		k.Trials = gamma*k.Trials + float64(visitors[i])
		k.Successes = gamma*k.Successes + float64(successes[i])
	}
	if l.policy.Window > 0 {
		l.slide(gamma, visitors, successes)
	}
	l.conclude()
}

// conclude turns what is known into posteriors.
func (l *learner) conclude() {
	for i, k := range l.known {
		l.posterior[i] = stats.Beta{Alpha: l.prior.Alpha + k.Successes, Beta: l.prior.Beta + k.Trials - k.Successes}
	}
	l.chances, l.shares = nil, nil
}

// slide forgets the period that has left the window.
func (l *learner) slide(gamma float64, visitors, successes []int) {
	now := make([]stats.Rate, len(l.known))
	for i := range now {
		now[i] = stats.Rate{Successes: float64(successes[i]), Trials: float64(visitors[i])}
	}
	l.past = append(l.past, now)
	if len(l.past) < l.policy.Window {
		return
	}
	faded := math.Pow(gamma, float64(l.policy.Window-1))
	for i, old := range l.past[0] {
		k := &l.known[i]
		k.Trials = max(0, k.Trials-faded*old.Trials)
		k.Successes = min(k.Trials, max(0, k.Successes-faded*old.Successes))
	}
	l.past = l.past[1:]
}

// choose gives n visitors of the period arms and counts them into visitors.
func (l *learner) choose(n int, visitors []int) {
	if l.policy.Select == SelectDraw {
		l.draw(n, visitors)
		return
	}
	if n == 1 {
		visitors[engine.PickShare(l.split(), l.random)]++
		return
	}
	counts := make([]int, len(visitors))
	multinomial(l.random, n, l.split(), counts)
	for i, c := range counts {
		visitors[i] += c
	}
}

// split returns the probabilities of the arms in this period, of any policy but draw.
func (l *learner) split() []float64 {
	if l.shares == nil {
		l.shares = stats.FloorShares(l.pattern(), l.policy.Floor)
	}
	return l.shares
}

// draw is Thompson sampling visitor by visitor.
func (l *learner) draw(n int, visitors []int) {
	k := len(visitors)
	for range n {
		if f := l.policy.Floor; f > 0 && l.random.Float64() < f*float64(k) {
			visitors[l.random.IntN(k)]++
			continue
		}
		visitors[engine.Pick(l.posterior, l.random)]++
	}
}

// pattern returns the shares of the arms before the floor.
func (l *learner) pattern() []float64 {
	switch l.policy.Select {
	case SelectMatch:
		return l.best()
	case SelectTopTwo:
		return stats.TopTwo(l.best(), 0.5)
	case SelectUCB1:
		return leaders(l.bounds(stats.UCB1))
	case SelectKLUCB:
		return leaders(l.bounds(stats.KLUCB))
	case SelectEpsilon:
		return stats.FloorShares(leaders(l.means()), l.policy.Epsilon/float64(len(l.known)))
	case SelectGreedy:
		return leaders(l.means())
	}
	return leaders(make([]float64, len(l.known)))
}

func (l *learner) means() []float64 {
	for i, b := range l.posterior {
		l.scores[i] = b.Alpha / (b.Alpha + b.Beta)
	}
	return l.scores
}

func (l *learner) bounds(bound func(stats.Rate, float64) float64) []float64 {
	t := 0.0
	for _, k := range l.known {
		t += k.Trials
	}
	for i, k := range l.known {
		l.scores[i] = bound(k, t)
	}
	return l.scores
}

// leaders shares 1 evenly among the largest values.
func leaders(values []float64) []float64 {
	most, ties := slices.Max(values), 0.0
	for _, v := range values {
		if v == most {
			ties++
		}
	}
	shares := make([]float64, len(values))
	for i, v := range values {
		if v == most {
			shares[i] = 1 / ties
		}
	}
	return shares
}

func largest(values []float64) int {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}
