package stats

import (
	"math"
	"slices"
)

// TopTwo returns the expected shares of top-two Thompson sampling from the
// probabilities to be best,
//
//	ψ_i = p_i (β + (1-β) Σ_{j≠i} p_j/(1-p_j)),
//
// for the share beta of the leader, read as 1/2 outside (0, 1). Where one arm is
// certain the others share 1-β evenly; numbers that are no probabilities give
// equal shares. Russo 2016, 2020.
func TopTwo(prob []float64, beta float64) []float64 {
	if !(beta > 0 && beta < 1) {
		beta = 0.5
	}
	if len(prob) < 2 || !probabilities(prob) {
		return slices.Repeat([]float64{1 / float64(len(prob))}, len(prob))
	}
	shares := make([]float64, len(prob))
	for j, leads := range prob {
		var others float64 // 1 - p_j without the cancellation
		for i, p := range prob {
			if i != j {
				others += p
			}
		}
		shares[j] += beta * leads
		for i, p := range prob {
			switch {
			case i == j:
			case others > 0:
				shares[i] += (1 - beta) * leads * (p / others)
			default:
				shares[i] += (1 - beta) * leads / float64(len(prob)-1)
			}
		}
	}
	return shares
}

// FloorShares lifts shares that sum to 1 additively to at least floor,
// f + (1-kf) p_i, uniform when kf >= 1; unlike clipping it keeps the order and
// the ratios of differences. A floor that is not positive changes nothing; shares
// that are no probabilities become equal.
func FloorShares(shares []float64, floor float64) []float64 {
	k := float64(len(shares))
	if !probabilities(shares) {
		return slices.Repeat([]float64{1 / k}, len(shares))
	}
	if floor = min(floor, 1/k); !(floor > 0) {
		floor = 0
	}
	lifted := make([]float64, len(shares))
	for i, p := range shares {
		lifted[i] = floor + (1-k*floor)*p
	}
	return lifted
}

// probabilities reports whether all values are in [0, 1], give or take the
// rounding of a sum.
func probabilities(values []float64) bool {
	const slack = 1e-9
	for _, p := range values {
		if !(p >= -slack && p <= 1+slack) {
			return false
		}
	}
	return true
}

// UCB1 returns the upper confidence bound mean + √(2 ln t/n) of an arm with n
// trials among t of all arms; +Inf for an untried arm. Auer, Cesa-Bianchi,
// Fischer 2002.
func UCB1(r Rate, t float64) float64 {
	s, ok := r.sane()
	if !ok {
		return math.Inf(1)
	}
	return s.Successes/s.Trials + math.Sqrt(2*logTrials(t)/s.Trials)
}

// KLUCB returns the largest q with n KL(mean, q) <= ln t, the upper confidence
// bound that is tight for rates, at most 1; 1 for an untried arm. Garivier &
// Cappé 2011, with c = 0.
func KLUCB(r Rate, t float64) float64 {
	s, ok := r.sane()
	if !ok || s.Successes == s.Trials {
		return 1
	}
	mean, budget := s.Successes/s.Trials, logTrials(t)/s.Trials
	if mean == 0 {
		return -math.Expm1(-budget)
	}
	if budget == 0 {
		return mean
	}
	return root(func(q float64) float64 { return divergence(mean, q) - budget }, mean, math.Nextafter(1, 0))
}

// logTrials returns ln t, 0 for a t that is not above 1.
func logTrials(t float64) float64 {
	if !(t > 1) {
		return 0
	}
	return math.Log(min(t, huge))
}

// divergence returns the Kullback-Leibler divergence
// p ln(p/q) + (1-p) ln((1-p)/(1-q)) of Bernoulli variables.
func divergence(p, q float64) float64 {
	var d float64
	if p > 0 {
		d += p * math.Log(p/q)
	}
	if p < 1 {
		d += (1 - p) * (math.Log1p(-p) - math.Log1p(-q))
	}
	return d
}

// LaiRobbins returns the least possible growth of regret with ln T,
// Σ (p* - p_i)/KL(p_i, p*) over the arms below the best rate p*. ok is false when
// a rate is outside [0, 1] or the best is 1. Lai & Robbins 1985.
func LaiRobbins(rates []float64) (coefficient float64, ok bool) {
	best := math.Inf(-1)
	for _, p := range rates {
		if !(p >= 0 && p <= 1) {
			return 0, false
		}
		best = max(best, p)
	}
	if !(best < 1) || len(rates) == 0 {
		return 0, false
	}
	for _, p := range rates {
		if d := divergence(p, best); p < best && d > 0 {
			coefficient += (best - p) / d
		}
	}
	if !finite(coefficient) {
		return 0, false
	}
	return coefficient, true
}
