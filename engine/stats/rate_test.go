package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The ends of the score interval are the rates p at which the observed share is
// exactly z standard errors of p away.
func TestWilsonSolvesScoreEquation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := math.Ceil(math.Pow(10, rapid.Float64Range(0, 9).Draw(t, "log n")))
		x := math.Floor(n * rapid.Float64Range(0, 1).Draw(t, "rate"))
		level := rapid.Float64Range(0.5, 0.999).Draw(t, "level")
		low, high := Wilson(x, n, level)
		if !(low >= 0 && low <= x/n && x/n <= high && high <= 1) {
			t.Fatalf("(%v, %v) does not hold %v", low, high, x/n)
		}
		z := critical(level)
		for _, p := range []float64{low, high} {
			if p == 0 || p == 1 {
				continue
			}
			score := math.Abs(x/n-p) / math.Sqrt(p*(1-p)/n)
			if math.Abs(score-z) > 1e-6*z {
				t.Fatalf("score at %v is %v, want %v", p, score, z)
			}
		}
	})
}

func TestWilsonDegenerate(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, in := range [][2]float64{{0, 0}, {1, -1}, {nan, 1}, {1, nan}, {1, inf}} {
		if low, high := Wilson(in[0], in[1], 0.95); low != 0 || high != 1 {
			t.Errorf("Wilson(%v) = (%v, %v), want (0, 1)", in, low, high)
		}
	}
	if low, high := Wilson(9, 5, 0.95); high != 1 || low < 0.5 {
		t.Errorf("more successes than trials: got (%v, %v)", low, high)
	}
	low, high := Wilson(5e11, 1e12, 0.95)
	near(t, "huge low", low, 0.5-0.98e-6, 1e-9, 0)
	near(t, "huge high", high, 0.5+0.98e-6, 1e-9, 0)
}
