package engine

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/samplit/samplit/engine/stats"
)

// Combinations is what a factorial experiment knows of its arms when main effects and pairwise interactions are taken
// to explain them: Bayesian logistic regression of conversion on the variants of the elements,
//
//	logit p = c + Σ_e b_{e, level} + Σ_{e<f} b_{ef, levels},  c ~ N(logit p̄, 1), b_e ~ N(0, σ²), b_ef ~ N(0, τ²),
//
// with p̄ the rate of all arms together. σ and τ are not known either: the posterior is averaged over mainSpreads and
// pairSpreads with the weight of their marginal likelihood, so interactions count for as much as the data say. An arm
// few have seen borrows from all arms that share its variants: 3×3×3 arms are learned from 37 numbers that hang
// together, not from 27 that do not. With values instead of conversions the regression is linear, on the arms' means
// relative to the mean of all.
//
// Every listed arm is compared, so the best one is found exactly and pairs that are excluded stay so; Hill et al. 2017
// (KDD), whose model this is with a logit for their probit, climb from arm to arm because they have too many to list.
// A combination that is good only as a whole, by an interaction of three elements, is not found: for that let the arms
// be learned each for itself ("model":"arms").
type Combinations struct {
	order  []int // the canonical place of every arm: by levels, so that listing them in another order changes nothing
	levels [][]int
	fields []stats.Field
	// weight is the probability of every field's spreads.
	weight []float64
	// scale turns what the fields speak of into units of the goal; 0 for logits of rates.
	scale float64
	base  []int // the levels of the control
}

// Standard deviations of main effects and of pairwise interactions on the logit scale: an effect of 0.15 moves a rate
// by some 15 %.
var (
	mainSpreads = []float64{0.05, 0.15, 0.5}
	pairSpreads = []float64{0.02, 0.07, 0.25}
)

// NewCombinations learns from the facts of a factorial experiment. It panics unless all arms have the same number of
// levels.
func NewCombinations(f Facts) *Combinations { return learning{discount: 1}.combinations(f) }

// combinations applies the discount; the prior is the model's own.
func (l learning) combinations(f Facts) *Combinations {
	f.initial()
	c := &Combinations{order: make([]int, len(f.Arms)), base: f.Arms[f.Control].Levels}
	for i, a := range f.Arms {
		if len(a.Levels) != len(c.base) || len(c.base) == 0 {
			panic("engine: a factorial arm needs one level for each element")
		}
		c.order[i] = i
	}
	slices.SortStableFunc(c.order, func(a, b int) int { return slices.Compare(f.Arms[a].Levels, f.Arms[b].Levels) })
	counts := make([]Count, len(f.Arms))
	for at, i := range c.order {
		counts[at] = accumulate(f.Arms[i].Periods, l.discount)
		c.levels = append(c.levels, f.Arms[i].Levels)
	}
	if f.Revenue {
		c.fitValues(counts)
	} else {
		c.fitRates(rates(counts))
	}
	return c
}

func (c *Combinations) fitRates(rates []stats.Rate) {
	var all stats.Rate
	for _, r := range rates {
		if s := r.Sums(); s.Known() {
			all.Successes, all.Trials = all.Successes+s.Sum, all.Trials+s.N
		}
	}
	mean := logit(stats.Beta{Alpha: 0.5, Beta: 0.5}.Update(all.Successes, all.Trials).Mean())
	c.fit(func(prior func(i, j int) float64) stats.Field { return stats.LogitField(rates, mean, prior) })
}

func (c *Combinations) fitValues(counts []Count) {
	means, scale := meanValues(counts)
	c.scale = scale
	for i := range means {
		means[i].Mean /= scale
		means[i].Variance /= scale * scale
	}
	c.fit(func(prior func(i, j int) float64) stats.Field { return stats.NormalField(means, 1, prior) })
}

// fit tries all spreads and weighs them by their evidence.
func (c *Combinations) fit(field func(prior func(i, j int) float64) stats.Field) {
	most := math.Inf(-1)
	for _, main := range mainSpreads {
		for _, pair := range pairSpreads {
			f := field(c.prior(main*main, pair*pair))
			c.fields = append(c.fields, f)
			most = max(most, f.Evidence)
		}
	}
	sum := 0.0
	for _, f := range c.fields {
		w := math.Exp(f.Evidence - most)
		c.weight = append(c.weight, w)
		sum += w
	}
	for i := range c.weight {
		c.weight[i] /= sum
	}
	// What weighs nothing is never drawn.
	for i := len(c.weight) - 1; i >= 0; i-- {
		if !(c.weight[i] > 1e-6) {
			c.weight, c.fields = slices.Delete(c.weight, i, i+1), slices.Delete(c.fields, i, i+1)
		}
	}
}

// prior is the covariance of two arms: that of the constant, and what they share.
func (c *Combinations) prior(main, pair float64) func(i, j int) float64 {
	return func(i, j int) float64 {
		shared := 0
		for e, level := range c.levels[i] {
			if level == c.levels[j][e] {
				shared++
			}
		}
		return 1 + main*float64(shared) + pair*float64(shared*(shared-1)/2)
	}
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

// Draw draws all arms together and returns the best one: Thompson's rule for one visitor. Equal arms are told apart at
// random. It does not allocate.
func (c *Combinations) Draw(r *rand.Rand) int {
	return c.draw(PickShare(c.weight, r), r)
}

// draw draws from one of the fields.
func (c *Combinations) draw(field int, r *rand.Rand) int {
	var scratch, drawn [MaxArms]float64
	k := len(c.order)
	c.fields[field].Draw(r, scratch[:k], drawn[:k])
	var top lead
	for at, value := range drawn[:k] {
		top.add(at, value, r)
	}
	return c.order[top.arm]
}

// ProbBest returns for every arm the probability that it is the best one, counted from so many draws with the given
// seed (at least 100 are made), and its standard error: of arms that depend on each other there is no integral. Every
// field is drawn from in proportion to its weight.
func (c *Combinations) ProbBest(seed uint64, draws int) (p, standardError []float64) {
	draws = max(draws, 100)
	field, left, end := 0, 0, 0.0
	return count(len(c.order), draws, seed, func(r *rand.Rand) int {
		for ; left == 0 && field < len(c.weight); field++ {
			from := math.Round(end * float64(draws))
			end += c.weight[field]
			left = int(math.Round(end*float64(draws)) - from)
		}
		left--
		return c.draw(field-1, r)
	})
}
