package stats

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestBetaVectors(t *testing.T) {
	t.Parallel()
	type in struct{ Alpha, Beta float64 }
	type out struct {
		Mean, SD float64
		Q        map[string]float64
	}
	for _, v := range vectors(t, "beta_posterior") {
		in, out := decode[in, out](t, v)
		b := Beta(in)
		near(t, v.ID+" mean", b.Mean(), out.Mean, 0, 1e-15)
		near(t, v.ID+" sd", b.SD(), out.SD, 0, 1e-14)
		for at, want := range out.Q {
			p, err := strconv.ParseFloat(at, 64)
			if err != nil {
				t.Fatal(err)
			}
			near(t, v.ID+" quantile "+at, b.Quantile(p), want, 0, 1e-12)
			near(t, v.ID+" CDF "+at, b.CDF(want), p, 1e-11, 1e-10)
		}
	}
}

// The CDF of integer shapes is a binomial tail:
// P(Beta(a, b) <= x) = P(Bin(a+b-1, x) >= a).
func TestBetaCDFIsBinomialTail(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.IntRange(1, 60).Draw(t, "a"), rapid.IntRange(1, 60).Draw(t, "b")
		x := rapid.Float64Range(0.001, 0.999).Draw(t, "x")
		n := a + b - 1
		var want float64
		for k := a; k <= n; k++ {
			want += math.Exp(logChoose(n, k) + float64(k)*math.Log(x) + float64(n-k)*math.Log1p(-x))
		}
		got := Beta{float64(a), float64(b)}.CDF(x)
		if math.Abs(got-want) > 1e-10 {
			t.Fatalf("CDF(%v) of (%d, %d) = %v, want %v", x, a, b, got, want)
		}
	})
}

func logChoose(n, k int) float64 {
	return -math.Log(float64(n+1)) - logBeta(float64(n-k+1), float64(k+1))
}

func TestBetaQuantileInvertsCDF(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := anyArm().Draw(t, "arm")
		p := rapid.Float64Range(1e-9, 1-1e-9).Draw(t, "p")
		// Where the density is steep, p lies between two neighbouring numbers.
		x := b.Quantile(p)
		if got := b.CDF(x); math.Abs(got-p) > 1e-9 && (b.CDF(math.Nextafter(x, 0)) > p || b.CDF(math.Nextafter(x, 1)) < p) {
			t.Fatalf("CDF(Quantile(%v)) = %v", p, got)
		}
		if got := b.CDF(0.37) + b.Survival(0.37); math.Abs(got-1) > 1e-15 {
			t.Fatalf("CDF + Survival = %v", got)
		}
		low, high := b.Interval(0.9)
		mirror := Beta{b.Beta, b.Alpha}
		mirrorLow, mirrorHigh := mirror.Interval(0.9)
		if math.Abs(low-(1-mirrorHigh)) > 1e-12 || math.Abs(high-(1-mirrorLow)) > 1e-12 {
			t.Fatalf("interval (%v, %v) is not the mirror of (%v, %v)", low, high, mirrorLow, mirrorHigh)
		}
	})
}

func TestBetaDegenerate(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, b := range []Beta{{nan, 1}, {1, nan}, {inf, 1}, {0, 1}, {-3, 1}, {}} {
		if b.Mean() != 0.5 || math.Abs(b.CDF(0.25)-0.25) > 1e-12 {
			t.Errorf("%v is not read as flat: mean %v, CDF(0.25) %v", b, b.Mean(), b.CDF(0.25))
		}
	}
	b := Beta{2, 3}
	for p, want := range map[float64]float64{-1: 0, 0: 0, 1: 1, 2: 1, inf: 1} {
		if got := b.Quantile(p); got != want {
			t.Errorf("Quantile(%v) = %v, want %v", p, got, want)
		}
	}
	if got := b.Quantile(nan); got != b.Quantile(0.5) {
		t.Errorf("Quantile(NaN) = %v, want the median", got)
	}
	low, high := b.Interval(nan)
	near(t, "low end of Interval(NaN)", low, b.Quantile(0.025), 0, 1e-12)
	near(t, "high end of Interval(NaN)", high, b.Quantile(0.975), 0, 1e-12)
	for _, u := range []Beta{b.Update(5, 3), b.Update(inf, 3)} {
		if (u != Beta{5, 3}) {
			t.Errorf("more successes than trials: got %v, want {5 3}", u)
		}
	}
	for _, u := range []Beta{b.Update(-5, 3), b.Update(1, -3), b.Update(nan, 3), b.Update(1, nan), b.Update(1, inf)} {
		if !finite(u.Alpha, u.Beta) || u.Alpha != 2 {
			t.Errorf("got %v, want no successes added", u)
		}
	}
}

func BenchmarkBetaInterval(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Beta{41, 961}.Interval(0.95)
	}
}
