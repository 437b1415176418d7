package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// independent is a prior of unrelated arms.
func independent(variance float64) func(i, j int) float64 {
	return func(i, j int) float64 {
		if i == j {
			return variance
		}
		return 0
	}
}

// TestLogitFieldOfOneRate: with a prior that knows little, the mode is the observed logit and its variance 1/(np(1-p)).
func TestLogitFieldOfOneRate(t *testing.T) {
	t.Parallel()
	f := LogitField([]Rate{{400, 10_000}, {}}, -1, independent(1e6))
	near(t, "mode", f.Mean[0], math.Log(0.04/0.96), 1e-6, 0)
	near(t, "variance", f.At(0).Variance, 1/(10_000*0.04*0.96), 0, 1e-6)
	near(t, "unknown mean", f.Mean[1], -1, 1e-12, 0)
	near(t, "unknown variance", f.At(1).Variance, 1e6, 0, 1e-9)
}

// TestLogitFieldMode: at the mode the slope of the log posterior is 0, and the evidence is Laplace's: here against the
// integral over one logit.
func TestLogitFieldMode(t *testing.T) {
	t.Parallel()
	rate, mean, variance := Rate{30, 200}, -1.0, 0.3
	f := LogitField([]Rate{rate}, mean, independent(variance))
	p := 1 / (1 + math.Exp(-f.Mean[0]))
	near(t, "slope", rate.Successes-rate.Trials*p-(f.Mean[0]-mean)/variance, 0, 1e-5, 0)

	sum := 0.0
	const steps, width = 20_000, 6.0
	for i := range steps {
		e := mean - width/2 + width*(float64(i)+0.5)/steps
		log := rate.Successes*e - rate.Trials*softplus(e) - (e-mean)*(e-mean)/2/variance
		sum += math.Exp(log-f.Evidence) * width / steps / math.Sqrt(2*math.Pi*variance)
	}
	near(t, "evidence against the integral", sum, 1, 0, 0.01)
}

// TestNormalFieldIsConjugate: unrelated arms are updated each for itself, as Normal does, with the evidence of the
// marginal distribution.
func TestNormalFieldIsConjugate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.Float64Range(-10, 10).Draw(t, "m")
		v := rapid.Float64Range(0.1, 10).Draw(t, "v")
		var es []Estimate
		evidence := 0.0
		for range rapid.IntRange(1, 6).Draw(t, "k") {
			e := Estimate{rapid.Float64Range(-10, 10).Draw(t, "mean"), rapid.Float64Range(0.1, 10).Draw(t, "variance")}
			es = append(es, e)
			evidence -= (e.Mean-m)*(e.Mean-m)/2/(v+e.Variance) + math.Log((v+e.Variance)/e.Variance)/2
		}
		f := NormalField(es, m, independent(v))
		for i, e := range es {
			want, got := (Normal{m, v}).Update(e), f.At(i)
			if math.Abs(got.Mean-want.Mean) > 1e-9 || math.Abs(got.Variance/want.Variance-1) > 1e-9 {
				t.Fatalf("got %+v, want %+v", got, want)
			}
		}
		if math.Abs(f.Evidence-evidence) > 1e-8 {
			t.Fatalf("evidence: got %v, want %v", f.Evidence, evidence)
		}
	})
}

// TestFieldShares: what arms have in common is learned from both, and a covariance of lower rank is drawn from.
func TestFieldShares(t *testing.T) {
	t.Parallel()
	common := func(int, int) float64 { return 1 }
	f := NormalField([]Estimate{{1, 0.5}, {2, 0.5}, {}}, 0, common)
	want := Normal{0, 1}.Update(Estimate{1.5, 0.25})
	for i := range 3 {
		if got := f.At(i); math.Abs(got.Mean-want.Mean) > 1e-9 || math.Abs(got.Variance-want.Variance) > 1e-9 {
			t.Errorf("arm %d: got %+v, want %+v", i, got, want)
		}
	}
	if got := f.Combine([]float64{1, -1, 0}); math.Abs(got.Mean) > 1e-9 || got.Variance > 1e-9 {
		t.Errorf("got %+v for the difference of what is the same", got)
	}
	r, out, scratch := rand.New(rand.NewPCG(1, 1)), make([]float64, 3), make([]float64, 3)
	draws := make([]float64, 5000)
	for i := range draws {
		f.Draw(r, scratch, out)
		if math.Abs(out[0]-out[1]) > 1e-6 {
			t.Fatalf("drew %v, want equal numbers", out)
		}
		draws[i] = out[2]
	}
	if d := kolmogorov(draws, func(x float64) float64 { return NormalTail((want.Mean - x) / want.SD()) }); d > 1.95 {
		t.Errorf("draws: distance %.2f from the posterior, want at most 1.95", d)
	}
}

func TestFieldDegenerate(t *testing.T) {
	t.Parallel()
	for _, r := range []Rate{{}, {0, 1}, {1, 1}, {0, 1e15}, {1e15, 1e15}, {math.NaN(), 5}, {5, math.Inf(1)}, {1e11, 1e12}} {
		f := LogitField(slices.Repeat([]Rate{r}, 3), -3, independent(0.04))
		n := f.Combine([]float64{1, 0, -1})
		if !finite(f.Evidence, f.Mean[0], n.Mean, n.Variance) || n.Variance < 0 {
			t.Errorf("%v: got %+v, %+v", r, f, n)
		}
	}
	for _, e := range []Estimate{{}, {1, 0}, {math.NaN(), 1}, {1e90, 1e-90}, {1, 1e-30}} {
		f := NormalField(slices.Repeat([]Estimate{e}, 3), 1, independent(0.04))
		if n := f.At(0); math.IsNaN(n.Mean) || !(n.Variance >= 0) || math.IsNaN(f.Evidence) {
			t.Errorf("%v: got %+v, %+v", e, f, n)
		}
	}
}
