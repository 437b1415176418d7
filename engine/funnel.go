package engine

import (
	"fmt"

	"github.com/samplit/samplit/engine/stats"
)

// MaxPaths is the most paths a funnel can have, MaxOptions the most options of all its steps together.
const MaxPaths, MaxOptions = 256, 64

// Funnel is the multi_step strategy of thompson: it learns which way through several steps brings most visitors to the
// goal at the end. Every step has options; a path is one option for each step, and a visitor is given a path when they
// enter, for good. Paths are numbered like an odometer over the options, the last step fastest.
//
// The rate s_jk at which those who reached step j with its option k go on is Beta. A path is expected to be worth the
// product μ of its step rates, and its own rate keeps to that as κ visitors would,
//
//	θ_path ~ Beta(κμ + S_path, κ(1-μ) + N_path - S_path).
//
// With κ large the steps are independent and 3×3×3 paths are learned from 9 options; with κ small every path stands
// for itself. An option is never judged by its own step alone: what it sends on may not arrive. Hill et al. 2017;
// Osband, Russo & Van Roy 2013.
//
// Use it where visitors are given the whole path at the entrance and enough reach the goal to tell paths apart; with
// one step, or where steps are tested one after the other, an ordinary split says more.
type Funnel struct {
	options  []int
	paths    int
	kappa    float64 // 0 = estimated
	floor    float64 // least share of a path, 0 = min(0.05, 0.5/paths)
	prior    stats.Beta
	pathFrom [][]int // the options of every path
}

// NewFunnel returns the strategy for steps with so many options each. params are decoded from JSON:
//
//	kappa                    10 … 1,000,000 visitors, default 1,600
//	estimate_kappa           true: the kappa of largest marginal likelihood (stats.EstimateConcentration)
//	floor                    0.001 … 0.5, least share of a path, default min(0.05, 0.5/paths)
//	prior_alpha, prior_beta  of the step rates, default 1
//
// The error is a *ParamError naming the setting; "options" for no steps, a step without options, more than MaxPaths
// paths or MaxOptions options.
func NewFunnel(options []int, params map[string]any) (*Funnel, error) {
	f := &Funnel{options: append([]int(nil), options...), paths: 1}
	all := 0
	for _, n := range options {
		if n < 1 || n > MaxOptions {
			return nil, &ParamError{Field: "options", Code: CodeRange}
		}
		if all, f.paths = all+n, f.paths*n; all > MaxOptions || f.paths > MaxPaths {
			return nil, &ParamError{Field: "options", Code: CodeRange}
		}
	}
	if len(options) == 0 {
		return nil, &ParamError{Field: "options", Code: CodeLength}
	}
	r := &reader{params: params}
	f.kappa = r.number("kappa", stats.DefaultConcentration, stats.MinConcentration, stats.MaxConcentration)
	if r.boolean("estimate_kappa") {
		f.kappa = 0
		if _, both := params["kappa"]; both {
			r.fail("kappa", CodeUnknown)
		}
	}
	f.floor = r.number("floor", 0, 0.001, 0.5)
	f.prior = r.prior()
	if err := r.done(); err != nil {
		return nil, err
	}
	for number := range f.paths {
		f.pathFrom = append(f.pathFrom, f.split(number))
	}
	return f, nil
}

// Paths returns the number of paths.
func (f *Funnel) Paths() int { return f.paths }

// Path returns the options of a path, one for each step. The caller must not change them.
func (f *Funnel) Path(number int) []int { return f.pathFrom[number] }

// Number returns the number of the path with the given options. It panics unless there is one for each step.
func (f *Funnel) Number(options ...int) int {
	if len(options) != len(f.options) {
		panic(fmt.Sprintf("engine: %d options for %d steps", len(options), len(f.options)))
	}
	number := 0
	for step, option := range options {
		if option < 0 || option >= f.options[step] {
			panic(fmt.Sprintf("engine: option %d of %d at step %d", option, f.options[step], step))
		}
		number = number*f.options[step] + option
	}
	return number
}

// split takes the number of a path apart.
func (f *Funnel) split(number int) []int {
	options := make([]int, len(f.options))
	for step := len(options) - 1; step >= 0; step-- {
		options[step] = number % f.options[step]
		number /= f.options[step]
	}
	return options
}

// FunnelFacts is everything a funnel learns from.
type FunnelFacts struct {
	// Steps holds, by step and option, the visitors who reached the step with that option and those of them who went
	// on; from the last step, to the goal.
	Steps [][]Count
	// Paths holds, by number, the visitors who entered on a path and those of them who reached the goal.
	Paths []Count
}

// NewFacts returns facts of the right shape without any visitor.
func (f *Funnel) NewFacts() FunnelFacts {
	facts := FunnelFacts{Paths: make([]Count, f.paths)}
	for _, n := range f.options {
		facts.Steps = append(facts.Steps, make([]Count, n))
	}
	return facts
}

// Add counts one visitor who was given a path and got through so many of its steps, from 0 to all of them.
func (f *Funnel) Add(facts *FunnelFacts, path, passed int) {
	facts.Paths[path].Trials++
	for step, option := range f.pathFrom[path] {
		if step > passed {
			return
		}
		c := &facts.Steps[step][option]
		c.Trials++
		if step < passed {
			c.Successes++
		}
	}
	if passed == len(f.options) {
		facts.Paths[path].Successes++
	}
}

func (f *Funnel) check(facts FunnelFacts) {
	ok := len(facts.Steps) == len(f.options) && len(facts.Paths) == f.paths
	for step := 0; ok && step < len(f.options); step++ {
		ok = len(facts.Steps[step]) == f.options[step]
	}
	if !ok {
		panic("engine: the facts are not those of the funnel")
	}
}
