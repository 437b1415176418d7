package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestAsymptoticCSVectors(t *testing.T) {
	t.Parallel()
	type in struct {
		Sigma2, N, Alpha float64
		Planned          float64 `json:"n_optimised"`
	}
	type out struct {
		Rho  float64 `json:"rho_approx"`
		Half float64 `json:"halfwidth_two_sided"`
	}
	for _, v := range vectors(t, "asymptotic_cs") {
		in, out := decode[in, out](t, v)
		rho := Rho(in.Planned, in.Alpha)
		near(t, v.ID+" rho", rho, out.Rho, 0, 1e-14)
		near(t, v.ID+" halfwidth", AsymptoticCS(0, in.Sigma2/in.N, in.N, rho, in.Alpha).High, out.Half, 0, 1e-14)
	}
}

// The test and the interval are one: p <= alpha exactly when 0 is outside.
func TestAsymptoticCSAgreesWithP(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alpha := rapid.Float64Range(0.001, 0.3).Draw(t, "alpha")
		rho := Rho(rapid.Float64Range(10, 1e6).Draw(t, "planned"), alpha)
		n := rapid.Float64Range(2, 1e8).Draw(t, "n")
		diff, variance := rapid.Float64Range(-1, 1).Draw(t, "diff"), rapid.Float64Range(1e-9, 1).Draw(t, "variance")
		s := AsymptoticCS(diff, variance, n, rho, alpha)
		if excludes := s.Low > 0 || s.High < 0; excludes != (s.P < alpha) && math.Abs(s.P/alpha-1) > 1e-9 {
			t.Fatalf("interval (%v, %v) but p %v at alpha %v", s.Low, s.High, s.P, alpha)
		}
		if fixed := critical(1-alpha) * math.Sqrt(variance); s.High-diff < fixed {
			t.Fatalf("halfwidth %v is below the fixed-horizon %v", s.High-diff, fixed)
		}
		doubled := AsymptoticCS(2*diff, 4*variance, n, rho, alpha)
		if math.Abs(doubled.P-s.P) > 1e-9 {
			t.Fatalf("doubling the unit changed p from %v to %v", s.P, doubled.P)
		}
	})
}

func TestAsymptoticCSDegenerate(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, in := range [][4]float64{{nan, 1, 1, 1}, {0, 0, 1, 1}, {0, 1, 0, 1}, {0, 1, 1, 0}, {0, inf, 1, 1}, {1e300, 1e-300, 1, 1}, {0, 1, inf, 1}} {
		if s := AsymptoticCS(in[0], in[1], in[2], in[3], 0.05); s != (Sequential{P: 1}) {
			t.Errorf("AsymptoticCS(%v) = %+v, want nothing to test", in, s)
		}
	}
	if got := AsymptoticCS(1, 1e-4, 1000, Rho(0, nan), nan); got != AsymptoticCS(1, 1e-4, 1000, Rho(DefaultPlanned, 0.05), 0.05) {
		t.Errorf("defaults: got %+v", got)
	}
}
