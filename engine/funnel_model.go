package engine

import (
	"math"
	"math/rand/v2"

	"github.com/samplit/samplit/engine/stats"
)

// FunnelModel is what a funnel knows at one moment.
type FunnelModel struct {
	funnel *Funnel
	steps  [][]stats.Beta
	paths  []stats.Rate
	ends   []stats.Beta // those who reached the goal on each path and those who did not, without prior
	kappa  float64
	warm   bool // every option has been entered with WarmUp times
}

// Model learns from the facts. It panics when they are not those of the funnel.
func (f *Funnel) Model(facts FunnelFacts) *FunnelModel {
	f.check(facts)
	m := &FunnelModel{funnel: f, paths: rates(facts.Paths), kappa: f.kappa, warm: f.warm(facts)}
	for _, r := range m.paths {
		s := r.Sums() // nothing where the rate is unknown
		m.ends = append(m.ends, stats.Beta{Alpha: s.Sum, Beta: s.N - s.Sum})
	}
	for _, options := range facts.Steps {
		posterior := make([]stats.Beta, len(options))
		for i, c := range options {
			posterior[i] = c.Rate().Posterior(f.prior)
		}
		m.steps = append(m.steps, posterior)
	}
	if m.kappa == 0 {
		m.kappa = stats.EstimateConcentration(m.products(), m.paths)
	}
	return m
}

// warm reports whether WarmUp visitors entered on paths with every single option. Steps further on are reached by
// few, and to wait for each path would take as long as to test all of them apart.
func (f *Funnel) warm(facts FunnelFacts) bool {
	entered := f.NewFacts().Steps
	for path, options := range f.pathFrom {
		for step, option := range options {
			entered[step][option].Trials += facts.Paths[path].Trials
		}
	}
	for _, options := range entered {
		for _, c := range options {
			if !(c.Trials >= WarmUp) {
				return false
			}
		}
	}
	return true
}

// Kappa returns how many visitors the product of step rates weighs, as set or as estimated.
func (m *FunnelModel) Kappa() float64 { return m.kappa }

// Steps returns the posteriors of the step rates by step and option. The caller must not change them.
func (m *FunnelModel) Steps() [][]stats.Beta { return m.steps }

// products returns the product of the mean step rates of every path.
func (m *FunnelModel) products() []float64 {
	products := make([]float64, m.funnel.paths)
	for path, options := range m.funnel.pathFrom {
		products[path] = 1
		for step, option := range options {
			products[path] *= m.steps[step][option].Mean()
		}
	}
	return products
}

// Values returns the posterior mean rate of every path at the mean step rates, (κμ + S)/(κ + N).
func (m *FunnelModel) Values() []float64 {
	values := m.products()
	for path, mu := range values {
		values[path] = m.posterior(path, mu).Mean()
	}
	return values
}

// posterior is that of a path whose step rates have the product mu.
func (m *FunnelModel) posterior(path int, mu float64) stats.Beta {
	return stats.Beta{Alpha: m.kappa*mu + m.ends[path].Alpha, Beta: m.kappa*(1-mu) + m.ends[path].Beta}
}

// Draw draws all step rates and then the rate of every path, and returns the number of the best path: Thompson's rule
// for one visitor. Equal rates are told apart at random. It does not allocate.
func (m *FunnelModel) Draw(r *rand.Rand) int {
	var drawn [MaxOptions]float64 // the options of all steps in a row
	at := 0
	for _, options := range m.steps {
		for _, b := range options {
			drawn[at] = b.Draw(r)
			at++
		}
	}
	var top lead
	for path, options := range m.funnel.pathFrom {
		mu, from := 1.0, 0
		for step, option := range options {
			mu *= drawn[from+option]
			from += m.funnel.options[step]
		}
		top.add(path, m.posterior(path, mu).Draw(r), r)
	}
	return top.arm
}

// lead keeps the arm with the highest value; equal ones have equal chances.
type lead struct {
	arm, ties int
	value     float64
}

func (l *lead) add(arm int, value float64, r *rand.Rand) {
	switch {
	case l.ties == 0 || value > l.value:
		*l = lead{arm, 1, value}
	case value == l.value:
		if l.ties++; r.IntN(l.ties) == 0 {
			l.arm = arm
		}
	}
}

// Interaction tests whether the paths' rates are products of one factor per option (stats.TestProduct). A small p says
// that options do not act independently, which a small kappa allows for.
func (m *FunnelModel) Interaction() stats.ProductFit {
	return stats.TestProduct(m.funnel.options, m.paths)
}

// PathWeights are the shares of a funnel's paths.
type PathWeights struct {
	// Shares sum to 1 and none is under the floor.
	Shares []float64
	// Best are the probabilities that a path is the best one, before the floor.
	Best []float64
	// Error holds the standard errors of Best, √(p(1-p)/draws); there is no integral to compute them by.
	Error  []float64
	Reason Reason

	options []int
}

// DefaultDraws is the number of draws from which probabilities without an integral are counted: their standard errors
// are at most 0.005.
const DefaultDraws = 10_000

// Weights returns the probability of every path to be the best, counted from so many draws with the given seed (at
// least 100 are made), and the shares they give. Until every option has WarmUp entrants all paths have the same share.
func (m *FunnelModel) Weights(seed uint64, draws int) PathWeights {
	f := m.funnel
	w := PathWeights{Reason: ReasonWarmUp, Shares: EqualShares(f.paths), Best: EqualShares(f.paths), Error: make([]float64, f.paths), options: f.options}
	if !m.warm {
		return w
	}
	w.Reason = ReasonLearned
	w.Best, w.Error = count(f.paths, draws, seed, m.Draw)
	floor := f.floor
	if floor == 0 {
		floor = min(0.05, 0.5/float64(f.paths))
	}
	w.Shares = stats.FloorShares(w.Best, floor)
	return w
}

// count estimates the probabilities of what draw returns, with their standard errors.
func count(k, draws int, seed uint64, draw func(*rand.Rand) int) (p, se []float64) {
	r := rand.New(rand.NewPCG(seed, uint64(k)))
	p, se = make([]float64, k), make([]float64, k)
	draws = max(draws, 100)
	for range draws {
		p[draw(r)]++
	}
	for i := range p {
		p[i] /= float64(draws)
		se[i] = math.Sqrt(p[i] * (1 - p[i]) / float64(draws))
	}
	return p, se
}

// Step returns the shares of the options of the step after those already given: what a node of the funnel sends on
// to each, P(option | prefix). They sum to 1. It panics when prefix is longer than the funnel or names other options.
func (w PathWeights) Step(prefix ...int) []float64 {
	if len(prefix) >= len(w.options) {
		panic("engine: no step after the last")
	}
	from, size := 0, len(w.Shares)
	for step, option := range prefix {
		if option < 0 || option >= w.options[step] {
			panic("engine: no such option")
		}
		size /= w.options[step]
		from += option * size
	}
	shares, sum := make([]float64, w.options[len(prefix)]), 0.0
	size /= len(shares)
	for i := range shares {
		for _, share := range w.Shares[from+i*size : from+(i+1)*size] {
			shares[i] += share
		}
		sum += shares[i]
	}
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}
