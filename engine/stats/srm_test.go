package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestSRMVectors(t *testing.T) {
	t.Parallel()
	type in struct{ Observed, Weights []float64 }
	type out struct {
		Chi2, P float64
		DoF     int
	}
	for _, v := range vectors(t, "srm") {
		in, out := decode[in, out](t, v)
		p, chi2, df := SRM(in.Observed, in.Weights)
		near(t, v.ID+" chi2", chi2, out.Chi2, 1e-12, 1e-12)
		near(t, v.ID+" p", p, out.P, 0, 1e-11)
		if df != out.DoF {
			t.Errorf("%s: df %d, want %d", v.ID, df, out.DoF)
		}
	}
}

// Under one set of weights the quadratic form is Pearson's Σ (o-e)²/e, and
// cutting the visitors into cells of the same weights changes nothing.
func TestSRMMixReducesToPearson(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(2, 20).Draw(t, "arms")
		weights := rapid.SliceOfN(rapid.Float64Range(0.001, 1), k, k).Draw(t, "weights")
		counts := rapid.SliceOfN(rapid.IntRange(0, 100_000), k, k).Draw(t, "counts")
		var n, total, want float64
		for i := range k {
			n += float64(counts[i])
			total += weights[i]
		}
		whole, halves := SRMCell{Weights: weights}, [2]SRMCell{{Weights: weights}, {Weights: weights}}
		for i, c := range counts {
			e := n * weights[i] / total
			if n > 0 {
				want += (float64(c) - e) * (float64(c) - e) / e
			}
			whole.Counts = append(whole.Counts, float64(c))
			halves[0].Counts = append(halves[0].Counts, float64(c/2))
			halves[1].Counts = append(halves[1].Counts, float64(c-c/2))
		}
		_, chi2, df := SRMMix([]SRMCell{whole})
		_, cut, cutDF := SRMMix(halves[:])
		for i, e := range SRMExpected(halves[:]) {
			if math.Abs(e-n*weights[i]/total) > 1e-8*(1+n) {
				t.Fatalf("arm %d: expected %v, want %v", i, e, n*weights[i]/total)
			}
		}
		if n > 0 && (df != k-1 || cutDF != k-1) {
			t.Fatalf("df %d and %d, want %d", df, cutDF, k-1)
		}
		if math.Abs(chi2-want) > 1e-8*(1+want) || math.Abs(cut-want) > 1e-8*(1+want) {
			t.Fatalf("chi2 %v and %v, want %v", chi2, cut, want)
		}
	})
}

func TestSRMDegenerate(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, in := range [][2][]float64{
		{nil, nil}, {{5}, {1}}, {{0, 0}, {1, 1}}, {{5, 5}, {0, 0}}, {{5, -5}, {1, 1}}, {{5, nan}, {1, 1}},
		{{5, inf}, {1, 1}}, {{5, 5}, {1, nan}}, {{5, 5}, {1, inf}}, {{5, 5}, {-1, 1}}, {{5, 0}, {1, 0}},
	} {
		if expected := SRMExpected([]SRMCell{{in[1], in[0]}}); len(expected) > 0 && !finite(expected...) {
			t.Errorf("SRMExpected(%v) = %v", in, expected)
		}
		if p, chi2, df := SRM(in[0], in[1]); p != 1 || chi2 != 0 || df != 0 {
			t.Errorf("SRM(%v) = %v, %v, %v, want 1, 0, 0", in, p, chi2, df)
		}
	}
	if p, chi2, df := SRM([]float64{50, 50, 1}, []float64{1, 1, 0}); p != 0 || math.IsInf(chi2, 0) || df != 1 {
		t.Errorf("visitor in an arm of weight 0: got %v, %v, %v", p, chi2, df)
	}
	if p, _, df := SRM([]float64{50, 50, 0}, []float64{1, 1, 0}); p != 1 || df != 1 {
		t.Errorf("unused arm of weight 0: got p %v, df %v, want 1, 1", p, df)
	}
	if p, chi2, _ := SRM([]float64{5e11, 5e11 + 1e6}, []float64{1, 1}); !(p > 0.3) || chi2 > 2 {
		t.Errorf("huge counts one standard error apart: got p %v, chi2 %v", p, chi2)
	}
	// Two halves of an experiment that share no arm have one degree of freedom each.
	cells := []SRMCell{{[]float64{1, 1, 0, 0}, []float64{10, 12, 0, 0}}, {[]float64{0, 0, 1, 3}, []float64{0, 0, 9, 31}}}
	if _, _, df := SRMMix(cells); df != 2 {
		t.Errorf("separate halves: df %d, want 2", df)
	}
	defer func() {
		if recover() == nil {
			t.Error("different lengths did not panic")
		}
	}()
	SRM([]float64{1, 2}, []float64{1})
}
