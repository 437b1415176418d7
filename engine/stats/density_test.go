package stats

import (
	"math"
	"testing"
)

// The densities of R's dbeta and dnorm, R 4.3.
func TestDensities(t *testing.T) {
	t.Parallel()
	near(t, "dbeta(.3, 2, 5)", Beta{2, 5}.Density(.3), 2.1609, 1e-12, 0)
	near(t, "dbeta(.5, 1, 1)", Flat.Density(.5), 1, 1e-14, 0)
	near(t, "dnorm(1, 0, 2)", Normal{0, 4}.Density(1), 0.17603266338214976, 1e-14, 0)
	for _, x := range []float64{-1, 0, 1, 2, math.NaN()} {
		if got := (Beta{2, 2}).Density(x); got != 0 {
			t.Errorf("at %v: got %v, want 0", x, got)
		}
	}
	if got := (Normal{0, 0}).Density(0); got != 0 {
		t.Errorf("of a belief without spread: got %v, want 0", got)
	}
}

// A density is one over all, also where there are many counts.
func TestDensitiesHaveTheMassOne(t *testing.T) {
	t.Parallel()
	for _, b := range []Beta{{3, 4}, {400, 9000}, {1e6, 3e7}} {
		low, high, sum := b.Mean()-8*b.SD(), b.Mean()+8*b.SD(), 0.0
		const steps = 4000
		for i := range steps {
			sum += b.Density(low+(high-low)*(float64(i)+.5)/steps) * (high - low) / steps
		}
		near(t, "mass", sum, 1, 1e-6, 0)
	}
}
