package simulate

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/samplit/samplit/engine/stats"
)

// TestBinomial compares draws with the distribution by chi-square at 1e-4, over values expected at least ten times.
func TestBinomial(t *testing.T) {
	t.Parallel()
	const draws = 100_000
	for _, c := range []struct {
		n int
		p float64
	}{{1, 0.3}, {10, 0.5}, {30, 0.03}, {100, 0.05}, {100, 0.11}, {250, 0.97}, {1000, 0.25}, {40, 0.5}, {1_000_000, 1e-5}, {1_000_000, 0.3}} {
		random := rand.New(rand.NewPCG(uint64(c.n), 1))
		counts := map[int]float64{}
		for range draws {
			counts[binomial(random, c.n, c.p)]++
		}
		law := distuv.Binomial{N: float64(c.n), P: c.p}
		sum, cells, rest, others := 0.0, 0, draws*1.0, draws*1.0
		mean, sd := law.Mean(), law.StdDev()
		for x := int(math.Max(0, mean-8*sd)); x <= min(c.n, int(mean+8*sd)+1); x++ {
			if want := law.Prob(float64(x)) * draws; want >= 10 {
				sum += (counts[x] - want) * (counts[x] - want) / want
				rest, others, cells = rest-want, others-counts[x], cells+1
			}
		}
		if rest >= 1 {
			sum += (others - rest) * (others - rest) / rest
			cells++
		}
		if p := stats.ChiSquareTail(sum, float64(cells-1)); p < 1e-4 {
			t.Errorf("n %d p %g: chi-square %.1f over %d values, p = %.1g", c.n, c.p, sum, cells, p)
		}
	}
	random := rand.New(rand.NewPCG(1, 1))
	if a, b, c := binomial(random, 5, 0), binomial(random, 5, 1), binomial(random, 0, 0.5); a != 0 || b != 5 || c != 0 {
		t.Errorf("certain draws: got %d, %d and %d", a, b, c)
	}
}
