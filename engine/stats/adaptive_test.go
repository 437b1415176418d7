package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// draw is one visitor of an adaptive experiment.
type draw struct {
	arm        int
	propensity []float64
	outcome    float64
}

// logOf draws a log of k arms whose propensities change every ten visitors.
func logOf(t *rapid.T, k int) []draw {
	var log []draw
	for range rapid.IntRange(2, 6).Draw(t, "periods") {
		e := make([]float64, k)
		var sum float64
		for i := range e {
			e[i] = rapid.Float64Range(0.1, 1).Draw(t, "weight")
			sum += e[i]
		}
		for i := range e {
			e[i] /= sum
		}
		for range 10 {
			log = append(log, draw{rapid.IntRange(0, k-1).Draw(t, "arm"), e, float64(rapid.IntRange(0, 3).Draw(t, "outcome"))})
		}
	}
	return log
}

func oneByOne(k int, log []draw) *Adaptive {
	a := NewAdaptive(k, 0, 0.5)
	for _, d := range log {
		arms := make([]Sums, k)
		arms[d.arm] = Sums{1, d.outcome, d.outcome * d.outcome}
		a.Add(d.propensity, arms)
	}
	return a
}

// The estimates are those of the definition, score by score.
func TestAdaptiveIsItsDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const k = 3
		log := logOf(t, k)
		a := oneByOne(k, log)
		for w := range k {
			weights := map[string]func(e float64) float64{"AIPW": func(float64) float64 { return 1 }, "stabilised": math.Sqrt}
			for name, got := range map[string]Estimate{"AIPW": a.AIPW(w), "stabilised": a.Stabilised(w)} {
				want := byDefinition(log, w, weights[name])
				if math.Abs(got.Mean-want.Mean) > 1e-9 || math.Abs(got.Variance-want.Variance) > 1e-9 {
					t.Fatalf("%s of arm %d: %+v, want %+v", name, w, got, want)
				}
			}
		}
		if got := a.N(); got != float64(len(log)) {
			t.Fatalf("N = %v, want %d", got, len(log))
		}
	})
}

func byDefinition(log []draw, w int, weight func(e float64) float64) Estimate {
	var scores, hs []float64
	var n, sum, total, mean, v float64
	for _, d := range log {
		m := 0.5
		if n > 0 {
			m = sum / n
		}
		s := m
		if d.arm == w {
			s += (d.outcome - m) / d.propensity[w]
			n, sum = n+1, sum+d.outcome
		}
		h := weight(d.propensity[w])
		scores, hs = append(scores, s), append(hs, h)
		total += h
		mean += h * s
	}
	mean /= total
	for i := range scores {
		v += hs[i] * hs[i] * (scores[i] - mean) * (scores[i] - mean) / total / total
	}
	return Estimate{mean, v}
}

// Without adaptation, and with the first period's mean known, AIPW is IPW, the
// plain mean; the unit of the outcomes scales everything; contrasts add up.
func TestAdaptiveIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const k = 2
		log := logOf(t, k)
		unit := rapid.Float64Range(0.1, 100).Draw(t, "unit")
		one, other := NewAdaptive(k, 0, math.NaN()), NewAdaptive(k, 0, math.NaN())
		swapped := NewAdaptive(k, 1, math.NaN())
		for from := 0; from < len(log); from += 10 {
			var arms, scaled [k]Sums
			for _, d := range log[from : from+10] {
				y := d.outcome * unit
				arms[d.arm] = arms[d.arm].Add(Sums{1, d.outcome, d.outcome * d.outcome})
				scaled[d.arm] = scaled[d.arm].Add(Sums{1, y, y * y})
			}
			one.Add(log[from].propensity, arms[:])
			other.Add(log[from].propensity, scaled[:])
			swapped.Add(log[from].propensity, arms[:])
		}
		for name, pair := range map[string][2]Estimate{
			"IPW": {one.IPW(1), other.IPW(1)}, "AIPW": {one.AIPW(1), other.AIPW(1)}, "stabilised": {one.Stabilised(1), other.Stabilised(1)},
			"contrast": {one.Contrast(1), other.Contrast(1)}, "observed": {one.Observed(1), other.Observed(1)},
		} {
			if math.Abs(pair[0].Mean*unit-pair[1].Mean) > 1e-8*unit || math.Abs(pair[0].Variance*unit*unit-pair[1].Variance) > 1e-7*unit*unit {
				t.Fatalf("%s: the unit changed %+v to %+v", name, pair[0], pair[1])
			}
		}
		if a, b := one.Contrast(1), swapped.Contrast(0); math.Abs(a.Mean+b.Mean) > 1e-9 || math.Abs(a.Variance-b.Variance) > 1e-9 {
			t.Fatalf("contrast %+v, against the other control %+v", a, b)
		}
		if a, b := one.Lift(1, 2), other.Lift(1, 2); !closeLift(a, b) {
			t.Fatalf("the unit changed the lift %+v to %+v", a, b)
		}
	})
}

// A period of equal weights without history: every estimator is the mean of what
// each arm would have shown to all.
func TestAdaptiveOfOnePeriod(t *testing.T) {
	t.Parallel()
	a := NewAdaptive(2, 0, 0)
	a.Add([]float64{0.5, 0.5}, []Sums{{1000, 100, 100}, {1000, 130, 130}})
	for name, e := range map[string]Estimate{"IPW": a.IPW(1), "AIPW": a.AIPW(1), "stabilised": a.Stabilised(1), "observed": a.Observed(1)} {
		near(t, name, e.Mean, 0.13, 1e-12, 0)
	}
	near(t, "contrast", a.Contrast(1).Mean, 0.03, 1e-12, 0)
	// With plug-in 0 and e = 1/2 scores are ±2y: V = (4·230/2000 - 0.03²)/2000.
	near(t, "variance of the contrast", a.Contrast(1).Variance, (4*230.0/2000-0.0009)/2000, 1e-15, 0)
	l := a.Lift(1, 1.96)
	near(t, "lift", l.Mean, 0.3, 1e-12, 0)
	if !(l.Low < 0.3 && l.High > 0.3) {
		t.Errorf("lift %+v", l)
	}
}

func TestAdaptiveNeutral(t *testing.T) {
	t.Parallel()
	a := NewAdaptive(2, 0, 0.5)
	a.Add([]float64{1, 0}, []Sums{{}, {}})
	for _, e := range []Estimate{a.IPW(0), a.AIPW(0), a.Stabilised(0), a.Contrast(1), a.Observed(1)} {
		if e.OK() {
			t.Errorf("nobody came: got %+v", e)
		}
	}
	a.Add([]float64{1, 0}, []Sums{{10, 5, 5}, {}})
	if a.AIPW(1).OK() || a.Contrast(1).OK() || a.Lift(1, 2).OK {
		t.Error("an arm that was never on has an estimate")
	}
	for name, f := range map[string]func(){
		"control":      func() { NewAdaptive(2, 2, 0.5) },
		"propensities": func() { a.Add([]float64{1}, []Sums{{}, {}}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: did not panic", name)
				}
			}()
			f()
		}()
	}
}

// epoch is a batch of an adaptive experiment and the weights in force.
type epoch struct {
	Batch
	shares []float64
}

// experiment runs two arms with P(best) matching in batches and an additive
// floor.
func experiment(r *rand.Rand, p [2]float64, total, batch int, floor float64) (epochs []epoch) {
	var counts [2]Rate
	shares := []float64{0.5, 0.5}
	for done := 0; done < total; done += batch {
		var now [2]Rate
		for range batch {
			arm := 0
			if r.Float64() >= shares[0] {
				arm = 1
			}
			now[arm].Trials++
			if r.Float64() < p[arm] {
				now[arm].Successes++
			}
		}
		var posterior [2]Beta
		for i := range now {
			counts[i].Trials += now[i].Trials
			counts[i].Successes += now[i].Successes
			posterior[i] = counts[i].Posterior(Flat)
		}
		epochs = append(epochs, epoch{Batch{now[0].Sums(), now[1].Sums()}, shares})
		shares = FloorShares(ProbBest(posterior[:]), floor)
	}
	return epochs
}

// The measured table for .04 against .05 with floor .01, T = 10,000 in batches of
// 500: the losing arm's plain mean is biased by -.0025, AIPW's is not, and the
// intervals of the contrast cover as measured (AIPW .939, BOLS .931).
func TestAdaptiveCoverage(t *testing.T) {
	t.Parallel()
	const runs = 1000
	r := rand.New(rand.NewPCG(4, 5))
	var observed, corrected, contrast []float64
	var aipw, bols float64
	for range runs {
		a := NewAdaptive(2, 0, 0.5)
		var batches []Batch
		for _, e := range experiment(r, [2]float64{0.04, 0.05}, 10_000, 500, 0.01) {
			a.Add(e.shares, []Sums{e.A, e.B})
			batches = append(batches, e.Batch)
		}
		observed = append(observed, a.Observed(0).Mean-0.04)
		corrected = append(corrected, a.AIPW(0).Mean-0.04)
		contrast = append(contrast, a.Contrast(1).Mean-0.01)
		if low, high := a.Contrast(1).Interval(0.95); low <= 0.01 && 0.01 <= high {
			aipw += 1.0 / runs
		}
		if c := BOLS(batches, 0.95); c.Low <= 0.01 && 0.01 <= c.High {
			bols += 1.0 / runs
		}
	}
	for _, c := range []struct {
		name      string
		errors    []float64
		want, tol float64
	}{
		{"bias of the plain mean", observed, -0.00246, 4}, {"bias of AIPW", corrected, 0.00024, 4}, {"bias of the contrast", contrast, 0.0013, 4},
	} {
		e := SampleOf(c.errors).Estimate()
		if math.Abs(e.Mean-c.want) > c.tol*e.SE() {
			t.Errorf("%s: %v, want %v ± %v", c.name, e.Mean, c.want, c.tol*e.SE())
		}
	}
	for name, c := range map[string][2]float64{"AIPW": {aipw, 0.939}, "BOLS": {bols, 0.9305}} {
		if se := math.Sqrt(c[1] * (1 - c[1]) / runs); math.Abs(c[0]-c[1]) > 4*se {
			t.Errorf("coverage of %s: %v, want %v ± %v", name, c[0], c[1], 4*se)
		}
	}
}

// One batch is the z-test with unpooled variances; the batches' order, unit and
// common shifts of both arms do not matter.
func TestBOLSIdentities(t *testing.T) {
	t.Parallel()
	a, b := Rate{30, 200}, Rate{45, 210}
	got, want := BOLS([]Batch{{a.Sums(), b.Sums()}}, 0.9), CompareZ(b.Estimate().Minus(a.Estimate()), 0.9)
	near(t, "diff", got.Diff, want.Diff, 1e-15, 0)
	near(t, "p", got.P, want.P, 1e-12, 0)
	near(t, "low", got.Low, want.Low, 1e-12, 0)
	two := []Batch{{a.Sums(), b.Sums()}, {Rate{5, 80}.Sums(), Rate{9, 60}.Sums()}}
	swapped := []Batch{two[1], two[0], {Rate{1, 9}.Sums(), Sums{}}}
	first, second := BOLS(two, 0.95), BOLS(swapped, 0.95)
	near(t, "order", first.P, second.P, 1e-12, 0)
	if c := BOLS(nil, 0.95); c != neutral {
		t.Errorf("no batches: got %+v", c)
	}
	if c := BOLS([]Batch{{Rate{0, 10}.Sums(), Rate{0, 10}.Sums()}}, 0.95); c != neutral {
		t.Errorf("nothing varies: got %+v", c)
	}
}
