package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mathext"
	"pgregory.net/rapid"
)

// Jennison & Turnbull 2000, tables 2.1 and 2.3 (α = 0.05) and tables 2.2 and 2.4
// (power 0.8).
func TestBoundariesOfJennisonTurnbull(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		design              Design
		looks               int
		constant, inflation float64
	}{
		{Pocock, 1, 1.960, 1}, {Pocock, 3, 2.289, 1.166}, {Pocock, 5, 2.413, 1.229}, {Pocock, 10, 2.555, 1.301},
		{OBrienFleming, 2, 1.977, 1.008}, {OBrienFleming, 3, 2.004, 1.017}, {OBrienFleming, 20, 2.126, 1.047},
	} {
		constant, z, ok := Boundaries(c.design, c.looks, 0.05)
		if !ok || len(z) != c.looks {
			t.Fatalf("%+v: no boundaries", c)
		}
		near(t, "constant", constant, c.constant, 6e-4, 0)
		near(t, "last boundary", z[c.looks-1], constant, 1e-12, 0)
		near(t, "error", rejection(z, equalLooks(c.looks), 0), 0.05, 1e-12, 0)
		inflation, ok := Inflation(z, 0.05, 0.8)
		if !ok {
			t.Fatalf("%+v: no inflation", c)
		}
		near(t, "inflation", inflation, c.inflation, 1e-3, 0)
	}
}

// Spending everything in one look is the fixed test; the boundaries of any rule
// reject with probability alpha; more looks spend no more.
func TestSpendingIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rule := rapid.SampledFrom([]Spending{SpendOBrienFleming, SpendPocock}).Draw(t, "rule")
		alpha := rapid.Float64Range(0.01, 0.2).Draw(t, "alpha")
		looks := rapid.IntRange(1, 6).Draw(t, "looks")
		info := equalLooks(looks)
		for i := range info[:looks-1] {
			info[i] -= rapid.Float64Range(0, 0.9).Draw(t, "early") / float64(looks)
		}
		spent, z, ok := SpendingBoundaries(rule, info, alpha)
		if !ok || math.Abs(spent[looks-1]-alpha) > 1e-12 {
			t.Fatalf("spent %v of %v", spent, alpha)
		}
		if got := rejection(z, info, 0); math.Abs(got-alpha) > 1e-9 {
			t.Fatalf("boundaries %v at %v reject with %v, want %v", z, info, got, alpha)
		}
		if fixed := -NormalQuantile(alpha / 2); z[looks-1] < fixed-1e-9 {
			t.Fatalf("last boundary %v is below that of the fixed test %v", z[looks-1], fixed)
		}
		if got := rule.Spent(0.5, alpha); !(got > 0 && got < alpha) {
			t.Fatalf("half of the information spends %v of %v", got, alpha)
		}
	})
	for _, info := range [][]float64{nil, {0.5, 0.5}, {0.5, 0.4}, {0, 1}, {0.5, 1.2}, {math.NaN()}} {
		if _, _, ok := SpendingBoundaries(SpendPocock, info, 0.05); ok {
			t.Errorf("information %v has boundaries", info)
		}
	}
}

// Two looks without correction have the bivariate normal value of Armitage et
// al. 1969; the error grows with the looks and Pocock's boundary takes it back.
func TestPeekingError(t *testing.T) {
	t.Parallel()
	for looks, want := range map[int]float64{1: 0.05, 2: 0.083, 3: 0.107, 4: 0.126, 5: 0.142, 10: 0.193, 20: 0.248, 50: 0.320} {
		near(t, "error", PeekingError(looks, 0.05), want, 6e-4, 0)
	}
	for _, bad := range []float64{PeekingError(0, 0.05), PeekingError(MaxLooks+1, 0.05), PeekingError(3, 0), PeekingError(3, math.NaN())} {
		if bad != 0 {
			t.Errorf("outside the domain: got %v, want 0", bad)
		}
	}
}

// The halfwidth is the difference that would just be significant, and a change
// of unit changes nothing but the unit.
func TestMixtureSPRTIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := math.Pow(10, rapid.Float64Range(-8, 2).Draw(t, "log variance"))
		tau := math.Sqrt(v) * math.Pow(10, rapid.Float64Range(-2, 2).Draw(t, "log tau"))
		alpha := rapid.Float64Range(0.001, 0.5).Draw(t, "alpha")
		edge := MixtureSPRT(Estimate{0, v}, tau, alpha).Halfwidth
		if p := MixtureSPRT(Estimate{edge, v}, tau, alpha).P; math.Abs(p-alpha) > 1e-9 {
			t.Fatalf("p at the halfwidth is %v, want %v", p, alpha)
		}
		unit := rapid.Float64Range(0.01, 100).Draw(t, "unit")
		one, scaled := MixtureSPRT(Estimate{edge / 2, v}, tau, alpha), MixtureSPRT(Estimate{edge / 2 * unit, v * unit * unit}, tau*unit, alpha)
		if math.Abs(one.LogLR-scaled.LogLR) > 1e-8 {
			t.Fatalf("the unit changed %v to %v", one.LogLR, scaled.LogLR)
		}
		// The asymptotic confidence sequence with ρ² = τ²/(nV) is the same test.
		n := rapid.Float64Range(10, 1e6).Draw(t, "n")
		cs := AsymptoticCS(edge/2, v, n, tau/math.Sqrt(n*v), alpha)
		if math.Abs(cs.P-one.P) > 1e-9 {
			t.Fatalf("mSPRT p %v, confidence sequence p %v", one.P, cs.P)
		}
	})
	for _, m := range []MSPRT{MixtureSPRT(Estimate{}, 1, 0.05), MixtureSPRT(Estimate{1, 1}, 0, 0.05), MixtureSPRT(Estimate{math.NaN(), 1}, 1, 0.05)} {
		if m != (MSPRT{P: 1}) {
			t.Errorf("nothing to test: got %+v", m)
		}
	}
}

// The exact ρ minimises the halfwidth at the planned size, Rho nearly.
func TestRhoIsOptimal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		planned := rapid.Float64Range(10, 1e7).Draw(t, "planned")
		alpha := rapid.Float64Range(0.001, 0.3).Draw(t, "alpha")
		best := csMultiplier(planned, RhoExact(planned, alpha), alpha)
		for _, factor := range []float64{0.5, 0.9, 0.99, 1.01, 1.1, 2} {
			if got := csMultiplier(planned, factor*RhoExact(planned, alpha), alpha); got < best {
				t.Fatalf("%v times ρ is narrower: %v, %v", factor, got, best)
			}
		}
		if got := csMultiplier(planned, Rho(planned, alpha), alpha); got > 1.005*best {
			t.Fatalf("approximate ρ gives %v, exact %v", got, best)
		}
	})
	two, one := AsymptoticCS(0, 1, 500, RhoOneSided(500, 0.05), 0.1).High, OneSidedHalfwidth(1, 500, RhoOneSided(500, 0.05), 0.05)
	near(t, "one-sided at α against two-sided at 2α", one, two, 0, 0.02)
	if h := OneSidedHalfwidth(0, 500, 0.1, 0.05); h != 0 {
		t.Errorf("no variance: got %v", h)
	}
}

// 2,000 A/A experiments with 14 looks: the tests that are valid under peeking
// reject in at most α of them, the z-test in the measured share of all. STATS
// anchors: z .215, mSPRT(.01) .008, confidence sequence .012.
func TestAAPeeking(t *testing.T) {
	t.Parallel()
	const runs, looks, perLook, p, alpha = 2000, 14, 714, 0.1, 0.05
	r := rand.New(rand.NewPCG(14, 1))
	var z, msprt, cs float64
	for range runs {
		a, b := Rate{}, Rate{}
		var zHit, msprtHit, csHit bool
		for range looks {
			for range perLook {
				a.Trials, b.Trials = a.Trials+1, b.Trials+1
				if r.Float64() < p {
					a.Successes++
				}
				if r.Float64() < p {
					b.Successes++
				}
			}
			diff := b.Estimate().Minus(a.Estimate())
			zHit = zHit || TwoProportion(a, b, 0.95).P < alpha
			msprtHit = msprtHit || MixtureSPRT(diff, 0.01, alpha).P < alpha
			csHit = csHit || AsymptoticCS(diff.Mean, diff.Variance, 2*a.Trials, Rho(10000, alpha), alpha).P < alpha
		}
		for hit, total := range map[*float64]bool{&z: zHit, &msprt: msprtHit, &cs: csHit} {
			if total {
				*hit += 1.0 / runs
			}
		}
	}
	within := func(name string, got, want float64) {
		if se := math.Sqrt(want * (1 - want) / runs); math.Abs(got-want) > 4*se {
			t.Errorf("%s rejects in %v, want %v ± %v", name, got, want, 4*se)
		}
	}
	within("z", z, 0.2152)
	within("mSPRT", msprt, 0.00785)
	within("confidence sequence", cs, 0.0119)
}

// The log Bayes factor is a sum of log gamma functions, which small counts can
// afford; adding up visitors in two cells of the same epoch is not the same test,
// and stays valid.
func TestSequentialSRMIsDirichletMultinomial(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(2, 6).Draw(t, "arms")
		weights := rapid.SliceOfN(rapid.Float64Range(0.05, 1), k, k).Draw(t, "weights")
		counts := make([]float64, k)
		prior := rapid.SliceOfN(rapid.Float64Range(0.1, 20), k, k).Draw(t, "prior")
		var n, total, sum float64
		for i := range counts {
			counts[i] = float64(rapid.IntRange(0, 500).Draw(t, "count"))
			n += counts[i]
			total += weights[i]
			sum += prior[i]
		}
		want := lgamma(sum) - lgamma(sum+n)
		for i := range counts {
			want += lgamma(prior[i]+counts[i]) - lgamma(prior[i]) - counts[i]*math.Log(weights[i]/total)
		}
		logBF, p := SequentialSRM([]SRMCell{{weights, counts}}, prior)
		if math.Abs(logBF-want) > 1e-8*(1+n/100) || math.Abs(p-min(1, math.Exp(-logBF))) > 1e-12 {
			t.Fatalf("log Bayes factor %v, want %v; p %v", logBF, want, p)
		}
	})
}

func lgamma(x float64) float64 {
	l, _ := math.Lgamma(x)
	return l
}

// With a flat prior and two arms the factor is a Beta function, which gonum can
// still compute at 10⁵; at 10¹² an even split speaks for the weights.
func TestSequentialSRMLarge(t *testing.T) {
	t.Parallel()
	flat := []float64{1, 1}
	logBF, _ := SequentialSRM([]SRMCell{{flat, []float64{50000, 50500}}}, flat)
	near(t, "10⁵", logBF, mathext.Lbeta(50001, 50501)+100500*math.Ln2, 1e-6, 0)
	logBF, p := SequentialSRM([]SRMCell{{flat, []float64{5e11, 5e11}}}, flat)
	// ln BF ≈ ½ ln(π n/2) - ln(n+1) = ½ ln(π/2) - ½ ln n for an even split.
	near(t, "10¹²", logBF, 0.5*math.Log(math.Pi/2)-0.5*math.Log(1e12), 1e-6, 0)
	if p != 1 {
		t.Errorf("p = %v, want 1", p)
	}
	if _, p := SequentialSRM([]SRMCell{{flat, []float64{5e11, 5e11 + 2e7}}}, flat); p > 1e-60 {
		t.Errorf("20 standard errors: p = %v", p)
	}
}

func TestSequentialSRMNeutral(t *testing.T) {
	t.Parallel()
	for _, cells := range [][]SRMCell{nil, {{nil, nil}}, {{[]float64{1}, []float64{5}}}, {{[]float64{1, 1}, []float64{-1, 5}}}} {
		if logBF, p := SequentialSRM(cells, nil); logBF != 0 || p != 1 {
			t.Errorf("%v: got %v, %v, want 0, 1", cells, logBF, p)
		}
	}
	if _, p := SequentialSRM([]SRMCell{{[]float64{1, 0}, []float64{5, 1}}}, nil); p != 0 {
		t.Errorf("visitor in an arm of weight 0: p = %v, want 0", p)
	}
	one, _ := SequentialSRM([]SRMCell{{[]float64{2, 1}, []float64{20, 7}}}, nil)
	two, _ := SequentialSRM([]SRMCell{{[]float64{2, 1}, []float64{20, 7}}, {[]float64{1, 1}, []float64{0, 0}}}, nil)
	near(t, "an empty cell", two, one, 1e-12, 0)
}
