package stats

import "slices"

// ProbBest returns for each arm the posterior probability that its rate is the
// highest, p_i = ∫ f_i(θ) ∏_{j≠i} F_j(θ) dθ, for independent Beta posteriors.
//
// The integral is a composite Gauss-Legendre rule in t = asin √θ over panels at
// fixed multiples of each posterior's standard deviation; F_j is the running
// integral of f_j on the same panels, so that nothing depends on an incomplete
// beta function. The absolute error is below 1e-10 up to 10⁷ counts per arm, the
// result is the same on every call, and the cost does not grow with the counts.
// The probabilities sum to 1.
//
// No arms give an empty slice, one arm gives {1}. Arms are read as documented at
// Beta.
func ProbBest(arms []Beta) []float64 {
	prob, _ := Best(arms)
	return prob
}

// ExpectedLoss returns for each arm what choosing it now is expected to cost,
// E[max_j θ_j] - E[θ_i], in units of the rate. It is computed as
// ∫ F_i(θ) (1 - ∏_{j≠i} F_j(θ)) dθ, which keeps its digits when the loss is a
// small part of the rate. One arm has no loss. See ProbBest for the method.
func ExpectedLoss(arms []Beta) []float64 {
	_, loss := Best(arms)
	return loss
}

// ExpectedMax returns E[max_j θ_j], the rate of an oracle that always shows the
// best arm; 0 for no arms.
func ExpectedMax(arms []Beta) float64 {
	if len(arms) == 0 {
		return 0
	}
	_, loss := Best(arms)
	return arms[0].Mean() + loss[0]
}

// ProbBeats returns P(θ_b > θ_a).
func ProbBeats(a, b Beta) float64 {
	prob, _ := Best([]Beta{a, b})
	return prob[1]
}

// Best returns ProbBest and ExpectedLoss of the same arms for the price of one.
func Best(arms []Beta) (prob, loss []float64) {
	if len(arms) < 2 {
		return slices.Repeat([]float64{1}, len(arms)), make([]float64, len(arms))
	}
	angles, centres := make([]angle, len(arms)), make([]centre, len(arms))
	for i, arm := range arms {
		angles[i] = newAngle(arm)
		centres[i] = angles[i].centre
	}
	among := contenders(centres)
	curves := make([]curve, len(among))
	for at, i := range among {
		angles[at] = angles[i]
		curves[at] = &angles[at]
	}
	prob, loss = best(curves, panels(angles[:len(among)]))
	return behind(among, prob, loss, len(arms), func(i int) float64 { return arms[i].Mean() })
}

// contenders returns the arms that are not out of reach of some other: of two
// whose means are apart by the whole spread of both, the lower one wins with less
// than 10⁻¹⁵ and is left out. That spares panels where nothing is decided, so
// that a race does not take longer the more is known.
func contenders(centres []centre) []int {
	const far = 12 // the last of spread
	among := make([]int, 0, len(centres))
	for i, c := range centres {
		ahead := func(d centre) bool { return max(d.t-c.t, c.s-d.s) > far*(c.sd+d.sd) }
		if !slices.ContainsFunc(centres, ahead) {
			among = append(among, i)
		}
	}
	return among
}

// behind returns the answers for all k arms from those of the contenders: the
// others have no chance, and their loss is how far the expected maximum is above
// their mean.
func behind(among []int, prob, loss []float64, k int, mean func(i int) float64) (allProb, allLoss []float64) {
	if len(among) == k {
		return prob, loss
	}
	allProb, allLoss = make([]float64, k), make([]float64, k)
	most := mean(among[0]) + loss[0]
	for i := range k {
		allLoss[i] = max(0, most-mean(i))
	}
	for at, i := range among {
		allProb[i], allLoss[i] = prob[at], loss[at]
	}
	return allProb, allLoss
}
