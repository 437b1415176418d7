package stats

import "math"

// fisherSlack makes ties of probabilities that differ by rounding only, as R
// does.
const fisherSlack = 1 + 1e-7

// maxFisher bounds the counts of Fisher, whose cost grows with their square
// root.
const maxFisher = 1e12

// Fisher returns the two-sided p-value of Fisher's exact test of two rates: the
// probability, given all margins, of the tables no more likely than the observed
// one (the convention of R). Counts are rounded to whole numbers. Unknown rates
// or more than 10¹² trials give 1.
func Fisher(a, b Rate) float64 {
	ra, okA := a.sane()
	rb, okB := b.sane()
	if !okA || !okB || ra.Trials+rb.Trials > maxFisher {
		return 1
	}
	x := math.Round(ra.Successes)
	h := hypergeometric{
		drawn: x + math.Round(rb.Successes),
		good:  math.Round(ra.Trials),
		bad:   math.Round(rb.Trials),
	}
	observed := h.ratio(x)
	if observed >= 1/fisherSlack {
		return 1
	}
	total, tail := 1.0, 0.0
	for _, direction := range []float64{-1, 1} {
		p := 1.0
		for k := h.mode(); ; k += direction {
			if p *= h.next(k, direction); p == 0 {
				break
			}
			total += p
			if p <= observed*fisherSlack {
				tail += p
			}
			if p < 1e-30*observed {
				break
			}
		}
	}
	return math.Min(1, tail/total)
}

// hypergeometric is the number of good units among those drawn.
type hypergeometric struct{ drawn, good, bad float64 }

func (h hypergeometric) mode() float64 {
	m := math.Floor((h.drawn + 1) * (h.good + 1) / (h.good + h.bad + 2))
	return clamp(m, max(0, h.drawn-h.bad), min(h.drawn, h.good))
}

// next returns P(k ± 1)/P(k); 0 beyond the support.
func (h hypergeometric) next(k, direction float64) float64 {
	if direction > 0 {
		return max(0, (h.drawn-k)/(k+1)*((h.good-k)/(h.bad-h.drawn+k+1)))
	}
	return max(0, k/(h.drawn-k+1)*((h.bad-h.drawn+k)/(h.good-k+1)))
}

// ratio returns P(x)/P(mode).
func (h hypergeometric) ratio(x float64) float64 {
	p, direction := 1.0, 1.0
	if x < h.mode() {
		direction = -1
	}
	for k := h.mode(); k != x && p > 0; k += direction {
		p *= h.next(k, direction)
	}
	return p
}
