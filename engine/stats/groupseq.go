package stats

import "math"

// Design is the shape of the boundaries of a group-sequential test.
type Design int

const (
	// Pocock uses the same |Z| at every look.
	Pocock Design = iota
	// OBrienFleming uses |Z| falling as √(K/k): hard to stop early, and almost the
	// fixed test at the end.
	OBrienFleming
)

// MaxLooks is the largest number of looks of a group-sequential test.
const MaxLooks = 100

// Boundaries returns the constant of a two-sided group-sequential test with
// equally spaced looks and its |Z| boundaries, which together reject a true null
// hypothesis with probability alpha. Pocock's z_k = c, O'Brien and Fleming's
// z_k = c √(K/k). Jennison & Turnbull 2000, chapter 2. ok is false unless
// 1 <= looks <= MaxLooks and alpha is in (0, 1).
func Boundaries(d Design, looks int, alpha float64) (constant float64, z []float64, ok bool) {
	if looks < 1 || looks > MaxLooks || !(alpha > 0 && alpha < 1) {
		return 0, nil, false
	}
	z = make([]float64, looks)
	shape := func(c float64) []float64 {
		for k := range z {
			z[k] = c
			if d == OBrienFleming {
				z[k] *= math.Sqrt(float64(looks) / float64(k+1))
			}
		}
		return z
	}
	// Between the boundary of one look and Bonferroni's.
	lo, hi := -NormalQuantile(alpha/2), -NormalQuantile(alpha/float64(2*looks))
	if looks > 1 {
		constant = root(func(c float64) float64 { return math.Log(rejection(shape(c), equalLooks(looks), 0) / alpha) }, lo, hi)
	} else {
		constant = lo
	}
	return constant, shape(constant), true
}

// equalLooks returns the information 1/K, 2/K, …, 1.
func equalLooks(looks int) []float64 {
	info := make([]float64, looks)
	for k := range info {
		info[k] = float64(k+1) / float64(looks)
	}
	return info
}

// rejection returns the probability that |Z| passes a boundary at some look,
// when the expected Z at information 1 is drift.
func rejection(z, info []float64, drift float64) float64 {
	k := newWalk(drift)
	for i := range z {
		if i == len(z)-1 {
			return k.stopped + k.cross(info[i], z[i])
		}
		k.pass(info[i], z[i])
	}
	return 0
}

// PeekingError returns the probability that a test at level alpha, repeated
// without correction at that many equally spaced looks, rejects a true null
// hypothesis at least once; NaN-free: 0 unless 1 <= looks <= MaxLooks and alpha
// is in (0, 1). Armitage, McPherson, Rowe 1969.
func PeekingError(looks int, alpha float64) float64 {
	if looks < 1 || looks > MaxLooks || !(alpha > 0 && alpha < 1) {
		return 0
	}
	z := make([]float64, looks)
	for k := range z {
		z[k] = -NormalQuantile(alpha / 2)
	}
	return rejection(z, equalLooks(looks), 0)
}

// Inflation returns the factor by which a group-sequential test with boundaries z
// at equally spaced looks needs more visitors in all than one test at the end
// with the same alpha and power: the square of the drift that gives the power
// over that of the fixed test, z_{1-α/2} + z_power. ok is false without
// boundaries or for a power outside (alpha, 1).
func Inflation(z []float64, alpha, power float64) (factor float64, ok bool) {
	if len(z) < 1 || len(z) > MaxLooks || !plannable(power, alpha) || power <= alpha {
		return 0, false
	}
	info := equalLooks(len(z))
	fixed := -NormalQuantile(alpha/2) + NormalQuantile(power)
	drift := root(func(d float64) float64 { return rejection(z, info, d) - power }, 0, 4*fixed+4)
	return drift / fixed * drift / fixed, true
}
