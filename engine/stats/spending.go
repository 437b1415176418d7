package stats

import "math"

// Spending is a rule for how much of the error rate may be used up when part of
// the information has come in, so that looks need not be planned.
type Spending int

const (
	// SpendOBrienFleming is 4 (1 - Φ(z_{1-α/4}/√t)).
	SpendOBrienFleming Spending = iota
	// SpendPocock is α ln(1 + (e-1) t).
	SpendPocock
)

// Spent returns the two-sided error rate that may be used up at information t in
// [0, 1]; all of alpha from 1 on.
func (s Spending) Spent(t, alpha float64) float64 {
	alpha = saneAlpha(alpha)
	switch {
	case !(t > 0):
		return 0
	case t >= 1:
		return alpha
	case s == SpendPocock:
		return alpha * math.Log1p((math.E-1)*t)
	}
	return 4 * NormalTail(-NormalQuantile(alpha/4)/math.Sqrt(t))
}

// leastStep is the smallest distance of looks in information that the walk
// resolves.
const leastStep = 1e-4

// SpendingBoundaries returns the cumulative error spent and the |Z| boundaries at
// the given information times, strictly increasing in (0, 1] at distances of at
// least 10⁻⁴. Each boundary uses up exactly what its look adds. Lan & DeMets
// 1983. ok is false for information outside that domain, more than MaxLooks looks
// or alpha outside (0, 1).
func SpendingBoundaries(s Spending, info []float64, alpha float64) (spent, z []float64, ok bool) {
	if len(info) < 1 || len(info) > MaxLooks || !(alpha > 0 && alpha < 1) {
		return nil, nil, false
	}
	k := newWalk(0)
	for i, t := range info {
		if !(t-k.t >= leastStep && t <= 1+epsilon) {
			return nil, nil, false
		}
		spent = append(spent, s.Spent(t, alpha))
		share := spent[i] - k.stopped
		edge := root(func(z float64) float64 {
			return math.Log(max(k.cross(t, z), math.SmallestNonzeroFloat64)) - math.Log(max(share, math.SmallestNonzeroFloat64))
		}, 0, 38)
		z = append(z, edge)
		k.pass(t, edge)
	}
	return spent, z, true
}
