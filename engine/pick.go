package engine

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/samplit/samplit/engine/stats"
)

// Pick draws a rate for every arm from its posterior and returns the arm with the highest: Thompson's rule for one
// visitor (Thompson 1933). An arm is picked with the probability that it is the best one, stats.ProbBest; equal draws
// are told apart at random. It does not allocate. It panics without arms.
//
// Published splits use the probabilities themselves; Pick is for simulation, and for choosing without an epoch.
func Pick(posterior []stats.Beta, r *rand.Rand) int {
	if len(posterior) == 0 {
		panic("engine: Pick needs an arm")
	}
	// Rates are not negative, so their bits are ordered as they are; comparing those costs no branch that could be
	// mispredicted.
	arm, ties, most := 0, 0, uint64(0)
	for i, b := range posterior {
		value := math.Float64bits(b.Draw(r))
		if value == most {
			if ties++; r.IntN(ties) == 0 {
				arm = i
			}
		}
		if value > most {
			arm = i
		}
		if value > most {
			ties = 1
		}
		most = max(most, value)
	}
	return arm
}

// Pick returns an arm with the probability of its weight. It does not allocate. It panics without weights.
func (w Weights) Pick(r *rand.Rand) int {
	// Counting the ends at or below n has no branch to mispredict.
	n, arm := int(r.Uint32N(Buckets)), 0
	for _, units := range w[:len(w)-1] {
		n -= units
		arm += int(^uint(n) >> (bits.UintSize - 1))
	}
	return arm
}

// PickShare returns an arm with the probability of its share. Shares sum to 1; what rounding leaves belongs to the
// last arm that has any. It does not allocate. It panics without a positive share.
func PickShare(shares []float64, r *rand.Rand) int {
	u, last := r.Float64(), math.MinInt
	for i, share := range shares {
		if share > 0 {
			last = i
			if u -= share; u < 0 {
				return i
			}
		}
	}
	if last < 0 {
		panic("engine: PickShare needs a positive share")
	}
	return last
}
