package stats

// Remaining is what an experiment may still be worth.
type Remaining struct {
	Champion int     // the arm most likely to be best
	Prob     float64 // the probability that it is
	Quantile float64 // of the value remaining, relative to the champion's rate
}

// ValueRemaining returns the q-quantile of the value remaining in an experiment,
// the part by which the best arm's rate may exceed the champion's,
// (max_j θ_j - θ_c)/θ_c with both from the same draw: the root in v of
// ∫ f_c(x) ∏_{j≠c} F_j(x (1+v)) dx = q, 0 when the champion is best with
// probability q or more. Stop when the 95 % quantile is below 1 %: whatever is
// left to learn is not worth more. It is an economic rule, not a test. No arms
// give Champion -1. Scott 2010, 2015.
func ValueRemaining(arms []Beta, q float64) Remaining {
	if len(arms) == 0 {
		return Remaining{Champion: -1}
	}
	prob := ProbBest(arms)
	r := Remaining{}
	for i, p := range prob {
		if p > r.Prob {
			r.Champion, r.Prob = i, p
		}
	}
	if q = saneLevel(q); r.Prob >= q {
		return r
	}
	others := make([]Beta, 0, len(arms)-1)
	for i, arm := range arms {
		if i != r.Champion {
			others = append(others, arm)
		}
	}
	race := newRival(arms[r.Champion], others...)
	short := func(v float64) float64 { return race.ratioBelow(1+v) - q }
	hi := 0.01
	for short(hi) < 0 && hi < 1e9 {
		hi *= 4
	}
	r.Quantile = max(0, root(short, 0, hi))
	return r
}

// RemainingBelow returns the probability that the value remaining is at most v when arm champion is chosen,
// ∫ f_c(x) ∏_{j≠c} F_j(x (1+v)) dx: for the arm most likely to be best, ValueRemaining's Quantile is at most v > 0
// exactly when this is q or more. It costs one of the many integrals that finding the quantile takes. v below -1 is
// read as -1. It panics unless champion is an arm.
func RemainingBelow(arms []Beta, champion int, v float64) float64 {
	others := make([]Beta, 0, len(arms))
	for i, arm := range arms {
		if i != champion {
			others = append(others, arm)
		}
	}
	if len(others) == 0 {
		return 1
	}
	return newRival(arms[champion], others...).ratioBelow(1 + max(v, -1))
}
