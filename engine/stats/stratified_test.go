package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// A trend common to both arms with weights that move against it: pooled means
// differ, standardised ones do not.
func TestStratifiedUndoesSimpson(t *testing.T) {
	t.Parallel()
	strata := [][]Sums{{{1000, 50, 50}, {1000, 50, 50}}, {{1800, 360, 360}, {200, 40, 40}}, {{1900, 760, 760}, {100, 40, 40}}}
	arms := Stratified(strata)
	near(t, "contrast", arms[1].Mean-arms[0].Mean, 0, 1e-12, 0)
	pooledA, pooledB := (50.0+360+760)/4700, (50.0+40+40)/1300
	if pooledA-pooledB < 0.1 {
		t.Fatalf("the example does not mislead: %v and %v", pooledA, pooledB)
	}
}

// One stratum is the plain estimate; cutting it into strata of the same mean
// changes neither mean nor, but for the rest between them, variance.
func TestStratifiedIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyRate().Draw(t, "a"), anyRate().Draw(t, "b")
		one := Stratified([][]Sums{{a.Sums(), b.Sums()}})
		if one[0] != a.Estimate() && math.Abs(one[0].Variance-a.Estimate().Variance) > 1e-12 {
			t.Fatalf("one stratum: %+v, want %+v", one[0], a.Estimate())
		}
		twice := Stratified([][]Sums{{a.Sums(), b.Sums()}, {a.Sums(), b.Sums()}})
		if math.Abs(twice[1].Mean-one[1].Mean) > 1e-12 || math.Abs(twice[1].Variance-one[1].Variance/2) > 1e-12 {
			t.Fatalf("doubled data: %+v, once %+v", twice[1], one[1])
		}
		holed := Stratified([][]Sums{{a.Sums(), b.Sums()}, {a.Sums(), {}}})
		if holed[0] != one[0] || holed[1] != one[1] {
			t.Fatalf("a stratum without b changed %+v to %+v", one, holed)
		}
	})
	if arms := Stratified([][]Sums{{{5, 1, 1}, {}}}); len(arms) != 2 || arms[0].OK() {
		t.Errorf("nothing comparable: got %+v", arms)
	}
	if arms := Stratified(nil); arms != nil {
		t.Errorf("no strata: got %+v", arms)
	}
}

// Merging keeps every visitor and leaves no thin stratum.
func TestMergeThin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var strata [][]Sums
		var before, after Sums
		for range rapid.IntRange(0, 20).Draw(t, "days") {
			day := []Sums{rapid.Custom(anySums).Draw(t, "a"), rapid.Custom(anySums).Draw(t, "b")}
			strata = append(strata, day)
			before = before.Add(day[0])
		}
		merged := MergeThin(strata, 10)
		for _, stratum := range merged {
			if stratum[0].N < 10 || stratum[1].N < 10 {
				t.Fatalf("thin stratum %+v", stratum)
			}
			after = after.Add(stratum[0])
		}
		if len(merged) > 0 && after != before {
			t.Fatalf("%+v became %+v", before, after)
		}
	})
}

func anySums(t *rapid.T) Sums {
	n := rapid.IntRange(0, 30).Draw(t, "n")
	x := float64(rapid.IntRange(0, n).Draw(t, "x"))
	return Sums{float64(n), x, x}
}
