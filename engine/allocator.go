package engine

import (
	"fmt"

	"github.com/samplit/samplit/engine/stats"
)

// Allocators and their strategies.
const (
	Sequential = "sequential" // a fixed split
	Thompson   = "thompson"   // shares follow the posterior
	Explore    = "explore"    // classic bandit rules

	Adaptive     = "adaptive"      // thompson: probability matching, earns while it learns
	FastLearning = "fast_learning" // thompson: top-two sampling, finds the best arm soonest
	MultiStep    = "multi_step"    // thompson: funnels, which have an allocator of their own
)

// WarmUp is the number of counted exposures every arm needs before weights follow outcomes.
const WarmUp = 100

// Reason says why a split has the weights it has. Reasons are stored with the epoch and shown in words.
type Reason string

// Reasons of an allocation or an epoch.
const (
	ReasonInitial      Reason = "initial"         // the first epoch
	ReasonFixed        Reason = "fixed"           // the split does not learn
	ReasonChanged      Reason = "weights_changed" // somebody set other weights on a fixed split
	ReasonWarmUp       Reason = "warm_up"         // some arm has fewer than WarmUp exposures
	ReasonLearned      Reason = "learned"         // the weights follow the outcomes
	ReasonSmallMove    Reason = "small_move"      // no weight would move by 0.01
	ReasonFewExposures Reason = "few_exposures"   // too few visitors since the last epoch
)

// Arm is what an allocator knows of one arm.
type Arm struct {
	Key string
	// Exposures counts distinct visitors with a counted first exposure.
	Exposures int64
	// Periods holds their outcomes by the period of first exposure, oldest first, the same periods for every arm.
	// One period is enough unless old ones are discounted.
	Periods []Count
	// Levels holds the variant of each element in a factorial experiment, the same number for every arm; nil otherwise.
	Levels []int
}

// Facts is everything an allocation depends on.
type Facts struct {
	Arms    []Arm
	Control int     // index of the control
	Initial Weights // the split people chose; nil = even
	Revenue bool    // the goal is value per visitor instead of conversions per visitor
}

// Allocation is the answer of an allocator.
type Allocation struct {
	// Shares are the probabilities of the arms: they sum to 1 and none is under the floor.
	Shares []float64
	Reason Reason
	// Posterior holds the arms' conversion rates, each by itself; nil where nothing is learned.
	Posterior []stats.Beta
	// Error is the largest standard error of a share where shares are counted from draws, 0 where they are computed.
	Error float64
}

// Allocator turns facts into shares, deterministically and without effect of the order of the arms. It panics when
// the facts are not those of one split: no arms, a control or initial weights that do not fit.
type Allocator interface {
	Allocate(Facts) Allocation
}

// New returns the allocator of an experiment. strategy may be empty for the default; params are the experiment's
// allocator_params as decoded from JSON:
//
//	sequential  -             no params
//	thompson    adaptive      floor, control_floor, discount, prior_alpha, prior_beta, model, value_model
//	thompson    fast_learning the same and top_two
//	explore     -             policy, floor, control_floor, discount, prior_alpha, prior_beta; epsilon, decay with policy epsilon
//
// The error is a *ParamError naming the setting; multi_step is refused: its allocator is a Funnel, since a
// funnel is not one split.
func New(allocator, strategy string, params map[string]any) (Allocator, error) {
	switch {
	case allocator == Sequential && strategy == "":
		if err := (&reader{params: params}).done(); err != nil {
			return nil, err
		}
		return fixed{}, nil
	case allocator == Thompson && (strategy == "" || strategy == Adaptive):
		return newThompson(params, false)
	case allocator == Thompson && strategy == FastLearning:
		return newThompson(params, true)
	case allocator == Explore && strategy == "":
		return newExplore(params)
	case allocator == Sequential, allocator == Thompson, allocator == Explore:
		return nil, &ParamError{Field: "strategy", Code: CodeUnknown}
	}
	return nil, &ParamError{Field: "allocator", Code: CodeUnknown}
}

// fixed is the split of classic A/B testing.
type fixed struct{}

func (fixed) Allocate(f Facts) Allocation {
	return Allocation{Shares: f.initial(), Reason: ReasonFixed}
}

// initial returns the shares people chose and checks that the facts fit together.
func (f Facts) initial() []float64 {
	k := len(f.Arms)
	if k < 1 || k > MaxArms || f.Control < 0 || f.Control >= k {
		panic(fmt.Sprintf("engine: %d arms with control %d", k, f.Control))
	}
	if f.Initial == nil {
		return EqualShares(k)
	}
	if !f.Initial.Valid(k) {
		panic(fmt.Sprintf("engine: initial weights %v of %d arms", f.Initial, k))
	}
	return f.Initial.Shares()
}

// factorial reports whether the arms are combinations of several variants.
func (f Facts) factorial() bool { return len(f.Arms[0].Levels) > 0 }

// warm reports whether WarmUp visitors have seen every arm or, where effects are learned, every variant of every
// element.
func (f Facts) warm(effects bool) bool {
	if !effects {
		_, least := f.exposures()
		return least >= WarmUp
	}
	type variant struct{ element, level int }
	seen := map[variant]int64{}
	for _, a := range f.Arms {
		for e, level := range a.Levels {
			seen[variant{e, level}] += a.Exposures
		}
	}
	for _, n := range seen {
		if n < WarmUp {
			return false
		}
	}
	return true
}

// exposures returns the total and the least of an arm.
func (f Facts) exposures() (total, least int64) {
	for i, a := range f.Arms {
		total += a.Exposures
		if i == 0 || a.Exposures < least {
			least = a.Exposures
		}
	}
	return total, least
}

func (f Facts) keys() []string {
	keys := make([]string, len(f.Arms))
	for i, a := range f.Arms {
		keys[i] = a.Key
	}
	return keys
}
