package simulate

import (
	"math/rand/v2"

	"github.com/samplit/samplit/engine"
)

// step lets n visitors come.
func (p pair) step(random *rand.Rand, rates []float64, day, n int) {
	widths, arms := overlaps(p.fixed.ends(), p.adaptive.ends())
	counts := make([]int, len(widths))
	multinomial(random, n, widths, counts)
	for i, both := range arms {
		f, a := rates[both[0]], rates[both[1]]
		fixed := binomial(random, counts[i], max(f, a)) // of the better arm, first
		adaptive := binomial(random, fixed, min(f, a)/max(f, a))
		if f < a {
			fixed, adaptive = adaptive, fixed
		}
		p.fixed.see(both[0], counts[i], fixed)
		p.adaptive.see(both[1], counts[i], adaptive)
	}
	p.fixed.end(day)
	p.adaptive.end(day)
}

// overlaps cuts [0, 1) where either split has an end, and tells the arms of both in every piece. Ends are in units of
// 1/Buckets.
func overlaps(a, b []int) (widths []float64, arms [][2]int) {
	at, i, j := 0, 0, 0
	for at < engine.Buckets {
		end := min(a[i], b[j])
		if end > at {
			widths = append(widths, float64(end-at)/engine.Buckets)
			arms = append(arms, [2]int{i, j})
			at = end
		}
		if a[i] == end {
			i++
		}
		if b[j] == end {
			j++
		}
	}
	return widths, arms
}
