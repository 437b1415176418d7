package engine

import "github.com/samplit/samplit/engine/stats"

const (
	// MinMove is how far some weight must move for a new epoch, in units of 1/Buckets: 0.01.
	MinMove = 100
	// MinBatch is the least number of exposures between two epochs of a learning split.
	MinBatch = 30
)

// Proposal says whether a split gets a new epoch.
type Proposal struct {
	Open    bool
	Weights Weights // of the new epoch, or those that stay
	Reason  Reason  // why it opens, or why not
	// Posterior is what the allocator computed on the way, nil where nothing is learned.
	Posterior []stats.Beta
}

// NextEpoch asks the allocator for weights and applies the rule of epochs. last are the weights now, nil before the
// first epoch; since counts exposures since that epoch opened. A learning split gets a new epoch when some weight
// moves by at least 0.01 and at least max(30, 1 % of all) exposures came since the last one. A fixed split never
// does: people open its epochs, with Split and ReasonChanged.
// It panics when last does not fit the arms.
func NextEpoch(a Allocator, f Facts, last Weights, since int64) Proposal {
	answer := a.Allocate(f)
	next := Proposal{Weights: last, Reason: answer.Reason, Posterior: answer.Posterior}
	if last != nil && !last.Valid(len(f.Arms)) {
		panic("engine: the last epoch's weights do not fit the arms")
	}
	weights := Round(answer.Shares, f.keys())
	total, _ := f.exposures()
	switch {
	case last == nil:
		next.Open, next.Reason = true, ReasonInitial
		weights = Round(f.initial(), f.keys())
	case answer.Reason == ReasonFixed, answer.Reason == ReasonWarmUp:
	case last.moved(weights) < MinMove:
		next.Reason = ReasonSmallMove
	case since < MinBatch || since*100 < total:
		next.Reason = ReasonFewExposures
	default:
		next.Open = true
	}
	if next.Open {
		next.Weights = weights
	}
	return next
}
