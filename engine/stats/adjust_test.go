package stats

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Each method is at least as strong as the one before it, none makes a p-value
// smaller, and the order of the tests does not matter.
func TestAdjustmentsAreOrdered(t *testing.T) {
	t.Parallel()
	methods := []func([]float64) []float64{Bonferroni, Holm, Hochberg, Hommel, BenjaminiHochberg}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 20).Draw(t, "p")
		order := rapid.Permutation(indices(len(p))).Draw(t, "order")
		shuffled := make([]float64, len(p))
		for i, from := range order {
			shuffled[i] = p[from]
		}
		weaker := slices.Repeat([]float64{1}, len(p))
		for m, method := range methods {
			adjusted, again := method(p), method(shuffled)
			for i := range p {
				if adjusted[i] > weaker[i]+1e-15 || adjusted[i] < p[i] {
					t.Fatalf("method %d: %v adjusted to %v, weaker method %v", m, p[i], adjusted[i], weaker[i])
				}
			}
			for i, from := range order {
				if again[i] != adjusted[from] {
					t.Fatalf("method %d depends on the order", m)
				}
			}
			weaker = adjusted
		}
		for i, by := range BenjaminiYekutieli(p) {
			if by < BenjaminiHochberg(p)[i] {
				t.Fatalf("BY %v is below BH", by)
			}
		}
	})
}

func TestAdjustDegenerate(t *testing.T) {
	t.Parallel()
	if got := Holm([]float64{math.NaN(), -1, 2}); !slices.Equal(got, []float64{1, 0, 1}) {
		t.Errorf("NaN, -1, 2: got %v, want 1, 0, 1", got)
	}
	if got := Hommel(nil); len(got) != 0 {
		t.Errorf("no p-values: got %v", got)
	}
}
