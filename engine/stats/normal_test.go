package stats

import (
	"math"
	"testing"
)

func TestNormalVectors(t *testing.T) {
	t.Parallel()
	type tailIn struct{ Z float64 }
	type tailOut struct {
		SF  float64
		Two float64 `json:"two_sided"`
	}
	for _, v := range vectors(t, "normal_tail") {
		in, out := decode[tailIn, tailOut](t, v)
		near(t, v.ID, NormalTail(in.Z), out.SF, 0, 1e-12)
		near(t, v.ID+" two-sided", NormalTwoSided(in.Z), out.Two, 0, 1e-12)
	}
	type quantileIn struct{ P float64 }
	for _, v := range vectors(t, "normal_quantile") {
		in, out := decode[quantileIn, tailIn](t, v)
		near(t, v.ID, NormalQuantile(in.P), out.Z, 1e-15, 1e-11)
	}
	type chiIn struct{ X, K float64 }
	for _, v := range vectors(t, "chi2_tail") {
		in, out := decode[chiIn, tailOut](t, v)
		near(t, v.ID, ChiSquareTail(in.X, in.K), out.SF, 0, 1e-11)
	}
}

func TestStudentVectors(t *testing.T) {
	t.Parallel()
	type in struct{ T, DoF float64 }
	type out struct{ SF float64 }
	for _, v := range vectors(t, "t_tail") {
		in, out := decode[in, out](t, v)
		near(t, v.ID, StudentTail(in.T, in.DoF), out.SF, 0, 1e-11)
		near(t, v.ID+" two-sided", StudentTwoSided(in.T, in.DoF), 2*min(out.SF, 1-out.SF), 0, 1e-11)
		near(t, v.ID+" quantile", StudentQuantile(1-out.SF, in.DoF), in.T, 0, 1e-3)
	}
	// Cauchy's distribution has a closed form.
	near(t, "one degree of freedom", StudentTail(2.5, 1), 0.5-math.Atan(2.5)/math.Pi, 0, 1e-13)
	if got := StudentTail(math.NaN(), 3); got != 0.5 {
		t.Errorf("NaN: got %v", got)
	}
}

func TestTailsDegenerate(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string][2]float64{
		"tail of NaN": {NormalTail(nan), 0.5}, "tail of +Inf": {NormalTail(inf), 0}, "tail of -Inf": {NormalTail(-inf), 1},
		"two-sided NaN": {NormalTwoSided(nan), 1}, "quantile of NaN": {NormalQuantile(nan), 0},
		"chi-square NaN": {ChiSquareTail(nan, 3), 1}, "chi-square df 0": {ChiSquareTail(3, 0), 1},
		"chi-square df NaN": {ChiSquareTail(3, nan), 1}, "chi-square +Inf": {ChiSquareTail(inf, 3), 0},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: got %v, want %v", name, c[0], c[1])
		}
	}
	for _, p := range []float64{-1, 0, 1, 2} {
		if z := NormalQuantile(p); !finite(z) {
			t.Errorf("quantile of %v is %v", p, z)
		}
	}
}
