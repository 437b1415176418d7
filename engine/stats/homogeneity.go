package stats

import "math"

// Homogeneity tests whether rates are equal in all of the groups, arms or
// periods.
type Homogeneity struct {
	Chi2, G   float64 // Pearson's and the likelihood ratio statistic
	PChi2, PG float64
	DF        int // 0 when there is nothing to test: then both p are 1
}

// TestHomogeneity tests k rates for equality on k-1 degrees of freedom:
// X² = Σ(o-e)²/e and G = 2 Σ o ln(o/e) over the k×2 table of successes and
// failures. Unknown rates are left out; when fewer than two remain, or nobody or
// everybody succeeded, there is nothing to test.
func TestHomogeneity(rates []Rate) Homogeneity {
	var x, n float64
	known := make([]Rate, 0, len(rates))
	for _, r := range rates {
		if s, ok := r.sane(); ok {
			known = append(known, s)
			x, n = x+s.Successes, n+s.Trials
		}
	}
	h := Homogeneity{PChi2: 1, PG: 1}
	if len(known) < 2 || !positive(x, n-x, x/n) {
		return h
	}
	p := x / n
	for _, r := range known {
		for _, cell := range [2][2]float64{{r.Successes, r.Trials * p}, {r.Trials - r.Successes, r.Trials * (1 - p)}} {
			o, e := cell[0], cell[1]
			h.Chi2 += (o - e) * ((o - e) / e)
			if o > 0 {
				h.G += 2 * o * math.Log(o/e)
			}
		}
	}
	h.G = max(h.G, 0)
	h.DF = len(known) - 1
	h.PChi2, h.PG = ChiSquareTail(h.Chi2, float64(h.DF)), ChiSquareTail(h.G, float64(h.DF))
	return h
}
