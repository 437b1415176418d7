package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Sequential updates of a Normal-Inverse-Gamma posterior equal one update with
// all values; a vague prior repeats Welch's one-sample interval.
func TestNIGUpdate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := anySample().Draw(t, "x"), anySample().Draw(t, "y")
		prior := NIG{rapid.Float64Range(-5, 5).Draw(t, "m"), 2, 3, 4}
		all := prior.Update(SampleOf(append(append([]float64{}, x...), y...)))
		split := prior.Update(SampleOf(x)).Update(SampleOf(y))
		for i, pair := range [][2]float64{{all.M, split.M}, {all.Kappa, split.Kappa}, {all.Alpha, split.Alpha}, {all.Beta, split.Beta}} {
			if math.Abs(pair[0]-pair[1]) > 1e-8*(1+math.Abs(pair[0])) {
				t.Fatalf("parameter %d: %v at once, %v in parts", i, pair[0], pair[1])
			}
		}
	})
	values := SampleOf([]float64{4, 7, 5, 6, 9, 5, 6})
	post := NIG{0, 1e-12, -0.5 + 1e-12, 1e-12}
	post = NIG{post.M, post.Kappa, 1e-12, 1e-12}.Update(values)
	low, high := NIG{post.M, post.Kappa, post.Alpha - 0.5, post.Beta}.Interval(0.95)
	half := -StudentQuantile(0.025, values.N-1) * math.Sqrt(values.Variance/values.N)
	near(t, "low", low, values.Mean-half, 0, 1e-9)
	near(t, "high", high, values.Mean+half, 0, 1e-9)
}

func anyNIG() *rapid.Generator[NIG] {
	return rapid.Custom(func(t *rapid.T) NIG {
		return NIG{rapid.Float64Range(-2, 2).Draw(t, "m"), rapid.Float64Range(1, 500).Draw(t, "κ"),
			rapid.Float64Range(1.5, 300).Draw(t, "α"), rapid.Float64Range(0.1, 300).Draw(t, "β")}
	})
}

func TestNIGProbabilities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyNIG().Draw(t, "a"), anyNIG().Draw(t, "b")
		for name, f := range map[string]func(a, b NIG) float64{"mean": ProbMeanBeats, "lognormal mean": ProbLogMeanBeats} {
			if p, q := f(a, b), f(b, a); math.Abs(p+q-1) > 1e-9 {
				t.Fatalf("%s: P(b > a) + P(a > b) = %v", name, p+q)
			}
		}
		// A change of unit multiplies values and so shifts logarithms.
		shifted := func(g NIG) NIG { return NIG{g.M + 3, g.Kappa, g.Alpha, g.Beta} }
		if p, q := ProbLogMeanBeats(a, b), ProbLogMeanBeats(shifted(a), shifted(b)); math.Abs(p-q) > 1e-9 {
			t.Fatalf("the unit changed %v to %v", p, q)
		}
		// Large samples make the marginal of the mean normal.
		big := func(g NIG) NIG { return NIG{g.M, g.Kappa, 1e9, 1e9} }
		diff := Normal(big(b).Mean().Minus(big(a).Mean()))
		if p := ProbMeanBeats(big(a), big(b)); math.Abs(p-diff.ProbPositive()) > 1e-6 {
			t.Fatalf("P = %v, normal %v", p, diff.ProbPositive())
		}
	})
	if p := ProbMeanBeats(NIG{}, VagueNIG); p != 0.5 {
		t.Errorf("improper posterior: got %v", p)
	}
}

// The logarithms of the interval are symmetric around the log mean.
func TestCoxInterval(t *testing.T) {
	t.Parallel()
	mean, low, high, ok := CoxInterval(Sample{50, 3, 1.2}, 0.9)
	if !ok || math.Abs(low*high-mean*mean) > 1e-9*mean*mean {
		t.Errorf("got %v in (%v, %v), %v", mean, low, high, ok)
	}
	near(t, "mean", mean, math.Exp(3.6), 0, 1e-12)
	if _, _, _, ok := CoxInterval(Sample{1, 3, 0}, 0.9); ok {
		t.Error("one value has an interval")
	}
}

// P(λ_b > λ_a) of exponentials (shape 1) is r_a/(r_a + r_b).
func TestGammaProbability(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0.01, 100)
		a, b := Gamma{1, rate.Draw(t, "a")}, Gamma{1, rate.Draw(t, "b")}
		if got, want := ProbRateBeats(a, b), a.Rate/(a.Rate+b.Rate); math.Abs(got-want) > 1e-10 {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
	post := UnitGamma.Update(41, 99)
	near(t, "mean", post.Mean(), 0.42, 0, 1e-15)
	if p := ProbRateBeats(Gamma{}, UnitGamma); p != 0.5 {
		t.Errorf("improper posterior: got %v", p)
	}
}

func TestRevenue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		visitors := rapid.Float64Range(100, 1e5)
		draw := func(label string) Revenue {
			n := math.Floor(visitors.Draw(t, label+" visitors"))
			x := math.Floor(n * rapid.Float64Range(0.005, 0.9).Draw(t, label+" rate"))
			return Revenue{Flat, Gamma{3, 3}}.Update(x, n, x*rapid.Float64Range(0.5, 50).Draw(t, label+" value"))
		}
		a, b := draw("a"), draw("b")
		unit := rapid.Float64Range(0.01, 1e4).Draw(t, "unit")
		scaled := func(r Revenue) Revenue { return Revenue{r.Conversion, Gamma{r.Order.Shape, r.Order.Rate * unit}} }
		p := ProbRevenueBeats(a, b)
		if q := ProbRevenueBeats(b, a); math.Abs(p+q-1) > 1e-8 {
			t.Fatalf("P(b > a) + P(a > b) = %v", p+q)
		}
		if q := ProbRevenueBeats(scaled(a), scaled(b)); math.Abs(p-q) > 1e-9 {
			t.Fatalf("the currency changed %v to %v", p, q)
		}
		one, many := a.PerVisitor(), scaled(a).PerVisitor()
		if math.Abs(one.Mean*unit-many.Mean) > 1e-9*many.Mean || math.Abs(one.Variance*unit*unit-many.Variance) > 1e-9*many.Variance {
			t.Fatalf("the currency changed %+v to %+v", one, many)
		}
		// Equal order values leave the conversion rates to decide.
		same := Gamma{1e12, 1e12}
		x, y := Revenue{a.Conversion, same}, Revenue{b.Conversion, same}
		if got, want := ProbRevenueBeats(x, y), ProbBeats(a.Conversion, b.Conversion); math.Abs(got-want) > 1e-8 {
			t.Fatalf("with equal order values %v, of conversion %v", got, want)
		}
		if got := ProbOrderValueBeats(a, b) + ProbOrderValueBeats(b, a); math.Abs(got-1) > 1e-9 {
			t.Fatalf("order value probabilities sum to %v", got)
		}
	})
}

// The posterior of a constant order value has the variance of the conversion
// rate; few orders have no mean.
func TestRevenuePerVisitor(t *testing.T) {
	t.Parallel()
	e := Revenue{Beta{20, 80}, Gamma{1e14, 3e14}}.PerVisitor()
	near(t, "mean", e.Mean, 0.6, 0, 1e-9)
	near(t, "variance", e.Variance, 9*(Beta{20, 80}).Variance(), 0, 1e-9)
	if e := (Revenue{Flat, Gamma{1, 1}}).PerVisitor(); e != (Estimate{}) {
		t.Errorf("no orders: got %+v", e)
	}
	if e := (Revenue{Flat, Gamma{2, 1}}).PerVisitor(); e.Mean != 0.5 || e.Variance != 0 {
		t.Errorf("one order: got %+v", e)
	}
}

// TestRevenueLog uses that ψ(a) - ψ(a+b) = -Σ 1/k and ψ'(a) - ψ'(a+b) = Σ 1/k² over k from a to a+b-1, ψ(1) = -γ and
// ψ'(1) = π²/6.
func TestRevenueLog(t *testing.T) {
	t.Parallel()
	mean, variance := 0.0, 0.0
	for k := 3; k < 3+40; k++ {
		mean -= 1 / float64(k)
		variance += 1 / float64(k) / float64(k)
	}
	got := Revenue{Beta{3, 40}, Gamma{1, 7}}.Log()
	near(t, "mean", got.Mean, mean+math.Log(7)+0.5772156649015329, 0, 1e-9)
	near(t, "variance", got.Variance, variance+math.Pi*math.Pi/6, 0, 1e-8)
	if got := (Revenue{Flat, Gamma{}}).Log(); got.OK() {
		t.Errorf("got %+v without orders, want nothing", got)
	}

	// Taken as normal, it says nearly what the product does, from a few orders on.
	a := Revenue{Flat, UnitGamma}.Update(6, 300, 240)
	b := Revenue{Flat, UnitGamma}.Update(9, 310, 330)
	p, _ := NormalBest([]Normal{a.Log(), b.Log()})
	near(t, "chance", p[1], ProbRevenueBeats(a, b), 0.005, 0)
}
