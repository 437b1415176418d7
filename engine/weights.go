package engine

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

const (
	// MinWeight is the least weight of an arm that runs, in units of 1/Buckets: a share of 0.01.
	MinWeight = 100
	// MaxArms is the most arms one split can have.
	MaxArms = 64
)

// Weights holds one weight per arm in units of 1/Buckets: the weights of an epoch sum to exactly Buckets, so the
// published share of an arm is its propensity, and none is under MinWeight.
type Weights []int

// Shares returns the weights as fractions w/10,000.
func (w Weights) Shares() []float64 {
	shares := make([]float64, len(w))
	for i := range w {
		shares[i] = w.Share(i)
	}
	return shares
}

// Share returns the fraction of arm i, its propensity.
func (w Weights) Share(i int) float64 { return float64(w[i]) / Buckets }

// Cumulative returns the upper end of each arm for Choose: the shares added left to right in IEEE doubles, as a
// GrowthBook client adds them.
func (w Weights) Cumulative() []float64 {
	ends := w.Shares()
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	return ends
}

// Valid reports whether w can be an epoch of k arms: k weights, none under MinWeight, sum Buckets.
func (w Weights) Valid(k int) bool {
	sum := 0
	for _, u := range w {
		if u < MinWeight || u > Buckets {
			return false
		}
		sum += u
	}
	return len(w) == k && k >= 1 && k <= MaxArms && sum == Buckets
}

// moved returns the largest change of a weight between two epochs, in units of 1/Buckets.
func (w Weights) moved(to Weights) int {
	most := 0
	for i := range w {
		most = max(most, max(w[i]-to[i], to[i]-w[i]))
	}
	return most
}

// EqualWeights returns the even split of the arms named by keys.
func EqualWeights(keys []string) Weights { return Round(EqualShares(len(keys)), keys) }

// Split returns the fixed split with the given ratios, any non-negative numbers in proportion: 1:1, 90:10. A
// *ParamError names a ratio that is not a number or gives an arm less than 0.01 of the traffic.
func Split(ratios []float64, keys []string) (Weights, error) {
	if len(ratios) != len(keys) || len(keys) < 1 || len(keys) > MaxArms {
		return nil, &ParamError{Field: "weights", Code: CodeLength}
	}
	sum := 0.0
	for i, r := range ratios {
		if !(r >= 0 && r <= 1e9) {
			return nil, &ParamError{Field: indexed("weights", i), Code: CodeRange}
		}
		sum += r
	}
	shares := make([]float64, len(ratios))
	for i, r := range ratios {
		shares[i] = r / sum
		if !(shares[i] >= float64(MinWeight)/Buckets-1e-12) {
			return nil, &ParamError{Field: indexed("weights", i), Code: CodeRange}
		}
	}
	return Round(shares, keys), nil
}

// DefaultFloor returns the least share of an arm among k while traffic follows outcomes: min(0.05, 0.5/k), never
// under 0.01. Coverage of the intervals after adaptive allocation depends on it (Hadad et al. 2021).
func DefaultFloor(k int) float64 {
	return max(min(0.05, 0.5/float64(k)), float64(MinWeight)/Buckets)
}

// ControlFloor gives the control at least the share of the largest other arm and shrinks the others in proportion:
// with m = max_{j≠c} p_j/(1-p_c), the control gets m/(1+m). A well measured control serves every comparison
// (Offer-Westort, Coppock & Green 2021). p sums to 1.
func ControlFloor(p []float64, control int) []float64 {
	largest := 0.0
	for i, share := range p {
		if i != control {
			largest = max(largest, share)
		}
	}
	lifted := slices.Clone(p)
	if p[control] >= largest {
		return lifted
	}
	m := largest / (1 - p[control])
	for i := range lifted {
		lifted[i] *= 1 / (1 + m) / (1 - p[control])
	}
	lifted[control] = m / (1 + m)
	return lifted
}

// Round turns shares that sum to 1 into weights: shares under 0.01 are raised to it at the cost of the others in
// proportion, then the largest remainders get the units that rounding down left. Equal remainders are told apart
// by the arm's key, never by its position, so listing the arms in another order permutes the answer.
// Shares that cannot be added up (NaN, infinite) become the even split. It panics unless there is one key per share
// and 1 to MaxArms of them; keys are distinct.
func Round(p []float64, keys []string) Weights {
	if len(p) != len(keys) || len(p) == 0 || len(p) > MaxArms {
		panic("engine: Round needs one key per share and 1 to 64 arms")
	}
	// A millionth of a unit is far above floating-point noise and far below what matters: on this grid equal
	// shares have equal remainders on every machine.
	const grid = 1_000_000
	weights := make(Weights, len(p))
	rest := make([]int64, len(p))
	left := Buckets
	for i, share := range raise(p, float64(MinWeight)/Buckets) {
		fine := int64(math.Round(share * Buckets * grid))
		weights[i], rest[i] = int(fine/grid), fine%grid
		left -= weights[i]
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rest[b], rest[a]), compareKeys(keys[a], keys[b]))
	})
	for i := 0; left > 0; i++ {
		weights[order[i%len(order)]]++
		left--
	}
	return weights
}

// raise lifts shares under least to it and scales the others down in proportion, until none is under it.
func raise(p []float64, least float64) []float64 {
	raised := slices.Clone(p)
	low := make([]bool, len(p))
	for {
		lows, free := 0, 0.0
		for i := range p {
			if low[i] {
				lows++
			} else {
				free += p[i]
			}
		}
		again := false
		for i := range p {
			if low[i] {
				continue
			}
			raised[i] = p[i] / free * (1 - least*float64(lows))
			if !(raised[i] >= least) {
				raised[i], low[i], again = least, true, true
			}
		}
		if !again {
			return raised
		}
	}
}

// compareKeys orders arms by the hash of their key, so that no spelling is favoured, then by the key.
func compareKeys(a, b string) int {
	return cmp.Or(cmp.Compare(HashBucket("", a), HashBucket("", b)), strings.Compare(a, b))
}
