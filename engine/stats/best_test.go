package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func betas(pairs [][2]float64) []Beta {
	arms := make([]Beta, len(pairs))
	for i, p := range pairs {
		arms[i] = Beta{p[0], p[1]}
	}
	return arms
}

func TestBestVectors(t *testing.T) {
	t.Parallel()
	type in struct{ Arms [][2]float64 }
	type out struct {
		Prob []float64 `json:"p_best"`
		Loss []float64 `json:"expected_loss"`
		Max  float64   `json:"e_max"`
	}
	for _, v := range vectors(t, "beta_prob_best") {
		in, out := decode[in, out](t, v)
		prob, loss := Best(betas(in.Arms))
		for i := range prob {
			near(t, v.ID+" prob", prob[i], out.Prob[i], 1e-10, 0)
			near(t, v.ID+" loss", loss[i], out.Loss[i], 0, 1e-9)
		}
		if !slices.Equal(ExpectedLoss(betas(in.Arms)), loss) || !slices.Equal(ProbBest(betas(in.Arms)), prob) {
			t.Errorf("%s: ProbBest and ExpectedLoss differ from Best", v.ID)
		}
		near(t, v.ID+" max", ExpectedMax(betas(in.Arms)), out.Max, 0, 1e-12)
	}
}

// Integer shapes have the finite sum of Evan Miller,
// P(B > A) = Σ_{i<α_B} B(α_A+i, β_A+β_B) / ((β_B+i) B(1+i, β_B) B(α_A, β_A)).
func TestProbBeatsFiniteSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.IntRange(1, 400)
		a := Beta{float64(shape.Draw(t, "αA")), float64(shape.Draw(t, "βA"))}
		b := Beta{float64(shape.Draw(t, "αB")), float64(shape.Draw(t, "βB"))}
		var want float64
		for i := range int(b.Alpha) {
			want += math.Exp(logBeta(a.Alpha+float64(i), a.Beta+b.Beta) - math.Log(b.Beta+float64(i)) -
				logBeta(1+float64(i), b.Beta) - logBeta(a.Alpha, a.Beta))
		}
		if got := ProbBeats(a, b); math.Abs(got-want) > 1e-9 {
			t.Fatalf("ProbBeats(%v, %v) = %v, want %v", a, b, got, want)
		}
	})
}

func logBeta(a, b float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	return la + lb - lab
}

// k equal arms on U(0, 1): E[max] = k/(k+1).
func TestBestOfEqualArms(t *testing.T) {
	t.Parallel()
	for _, k := range []int{2, 3, 8, 24, 64} {
		prob, loss := Best(slices.Repeat([]Beta{Flat}, k))
		for i := range prob {
			near(t, "prob", prob[i], 1/float64(k), 1e-13, 0)
			near(t, "loss", loss[i], float64(k)/float64(k+1)-0.5, 1e-10, 0)
		}
	}
}

func anyArm() *rapid.Generator[Beta] {
	return rapid.Custom(func(t *rapid.T) Beta {
		size := rapid.Float64Range(0, 7).Draw(t, "log size")
		n := math.Pow(10, size)
		x := n * rapid.Float64Range(0, 1).Draw(t, "rate")
		prior := rapid.SampledFrom([]Beta{Flat, {0.5, 0.5}, {0.8, 9.2}, {0.05, 0.95}}).Draw(t, "prior")
		return prior.Update(math.Floor(x), math.Ceil(n))
	})
}

func TestBestIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		arms := rapid.SliceOfN(anyArm(), 2, 12).Draw(t, "arms")
		prob, loss := Best(arms)
		best := arms[0].Mean() + loss[0]
		var sum float64
		for i := range prob {
			sum += prob[i]
			if got := arms[i].Mean() + loss[i]; math.Abs(got-best) > 1e-9 {
				t.Fatalf("mean + loss of arm %d is %v, of arm 0 %v", i, got, best)
			}
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Fatalf("probabilities sum to %v", sum)
		}

		order := rapid.Permutation(indices(len(arms))).Draw(t, "order")
		shuffled := make([]Beta, len(arms))
		for i, from := range order {
			shuffled[i] = arms[from]
		}
		again, _ := Best(shuffled)
		for i, from := range order {
			if math.Abs(again[i]-prob[from]) > 1e-10 {
				t.Fatalf("arm %d moved to %d: %v became %v", from, i, prob[from], again[i])
			}
		}

		i := rapid.IntRange(0, len(arms)-1).Draw(t, "winner")
		arms[i].Alpha += rapid.Float64Range(0, 100).Draw(t, "successes")
		better, _ := Best(arms)
		if better[i] < prob[i]-1e-10 {
			t.Fatalf("more successes lowered the chance from %v to %v", prob[i], better[i])
		}
	})
}

func indices(n int) []int {
	is := make([]int, n)
	for i := range is {
		is[i] = i
	}
	return is
}

// The error of the panels is measured by quartering them: a finer grid is an
// independent rule.
func TestPanelsConverged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		arms := rapid.SliceOfN(anyArm(), 2, 6).Draw(t, "arms")
		prob, loss := Best(arms)
		fine, fineLoss := bestOnQuarters(arms)
		for i := range prob {
			if math.Abs(prob[i]-fine[i]) > 1e-10 {
				t.Fatalf("arm %d of %v: prob %v, on quartered panels %v", i, arms, prob[i], fine[i])
			}
			if math.Abs(loss[i]-fineLoss[i]) > 1e-10 {
				t.Fatalf("arm %d of %v: loss %v, on quartered panels %v", i, arms, loss[i], fineLoss[i])
			}
		}
	})
}

func bestOnQuarters(arms []Beta) (prob, loss []float64) {
	angles, curves := make([]angle, len(arms)), make([]curve, len(arms))
	for i, arm := range arms {
		angles[i] = newAngle(arm)
		curves[i] = &angles[i]
	}
	var quarters []panel
	for _, p := range panels(angles) {
		quarters = append(quarters, p.split(4)...)
	}
	prob, loss = make([]float64, len(arms)), make([]float64, len(arms))
	r := newRace(curves, quarters)
	for i := range r.panels {
		r.run(i, prob, loss)
	}
	return prob, loss
}

func TestBestDegenerate(t *testing.T) {
	t.Parallel()
	if prob, loss := Best(nil); len(prob) != 0 || len(loss) != 0 {
		t.Errorf("no arms: got %v, %v", prob, loss)
	}
	if prob, loss := Best([]Beta{{3, 4}}); prob[0] != 1 || loss[0] != 0 {
		t.Errorf("one arm: got %v, %v", prob, loss)
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, arms := range [][]Beta{
		{{nan, 1}, {1, nan}}, {{inf, 1}, {1, inf}}, {{0, 0}, {-1, 5}}, {{1e300, 1e300}, {1e-300, 1e-300}},
		{{1e12, 1e12}, {1e12, 1e12}, {1e12 + 1e6, 1e12 - 1e6}}, {{1, 1e12}, {1e12, 1}}, {{0.01, 5}, {0.02, 7}, {0.5, 1e12}},
	} {
		prob, loss := Best(arms)
		var sum float64
		for i := range prob {
			sum += prob[i]
			if !finite(prob[i], loss[i]) {
				t.Errorf("%v: got %v, %v", arms, prob, loss)
			}
		}
		near(t, "sum of probabilities", sum, 1, 1e-12, 0)
	}
	prob, _ := Best([]Beta{{nan, 1}, {0, 0}})
	near(t, "two unread arms", prob[0], 0.5, 1e-15, 0)
	// Two arms of 10¹² apart by z = 10⁶/√(10¹²/2·2) = 1 standard error.
	near(t, "huge", ProbBeats(Beta{1e12, 1e12}, Beta{1e12 + 5e5, 1e12 - 5e5}), 1-NormalTail(0.5), 1e-8, 0)
}

// TestOutOfReach: arms that are left out of the race change nothing for the others, wherever the race between two of
// them ends.
func TestOutOfReach(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Float64Range(1e3, 1e7).Draw(t, "n")
		p := rapid.Float64Range(0.2, 0.6).Draw(t, "p")
		// Around 24 standard deviations apart.
		apart := rapid.Float64Range(20, 28).Draw(t, "apart") * math.Sqrt(p*(1-p)/n)
		arms := []Beta{{p * n, (1 - p) * n}, {(p + apart) * n, (1 - p - apart) * n}, {(p + 1.02*apart) * n, (1 - p - 1.02*apart) * n}}
		if arms[2].Beta < 100 {
			return
		}
		prob, loss := Best(arms)
		without, rest := Best(arms[1:])
		most := arms[1].Mean() + rest[0]
		if prob[0] > 1e-15 || math.Abs(prob[1]-without[0]) > 1e-10 || math.Abs(loss[2]-rest[1]) > 1e-10 || math.Abs(loss[0]-(most-arms[0].Mean())) > 1e-10 {
			t.Fatalf("got %v and %v, without the first arm %v and %v", prob, loss, without, rest)
		}
		var normals []Normal
		for _, a := range arms {
			normals = append(normals, Normal{a.Mean(), a.Variance()})
		}
		prob, loss = NormalBest(normals)
		without, rest = NormalBest(normals[1:])
		if prob[0] > 1e-15 || math.Abs(prob[1]-without[0]) > 1e-10 || math.Abs(loss[0]-(normals[1].Mean+rest[0]-normals[0].Mean)) > 1e-10 {
			t.Fatalf("normal: got %v and %v, without the first arm %v and %v", prob, loss, without, rest)
		}
	})
}

func four(size float64) []Beta {
	return []Beta{{0.1 * size, 0.9 * size}, {0.104 * size, 0.896 * size}, {0.098 * size, 0.902 * size}, {0.101 * size, 0.899 * size}}
}

// BenchmarkBest reports chances and losses as a part of what they replace, 10,000 draws per arm, measured in turns.
func BenchmarkBest(b *testing.B) {
	for _, bm := range []struct {
		name string
		arms []Beta
	}{
		{"4 arms of 1e3", four(1e3)}, {"4 arms of 1e5", four(1e5)}, {"4 arms of 1e7", four(1e7)},
		{"64 arms of 1e3", slices.Repeat(four(1e3), 16)},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Best(bm.arms)
			}
			exact, drawn := math.Inf(1), math.Inf(1)
			for range 50 {
				start := time.Now()
				Best(bm.arms)
				exact = min(exact, time.Since(start).Seconds())
				start = time.Now()
				countWins(bm.arms, 10_000)
				drawn = min(drawn, time.Since(start).Seconds())
			}
			b.ReportMetric(exact/drawn, "of-draws")
		})
	}
}

// countWins draws every arm n times with gonum and counts how often each is best.
func countWins(arms []Beta, n int) []int {
	src, wins := rand.NewPCG(1, 2), make([]int, len(arms))
	for range n {
		best, top := 0, 0.0
		for i, arm := range arms {
			if x := (distuv.Beta{Alpha: arm.Alpha, Beta: arm.Beta, Src: src}).Rand(); x > top {
				best, top = i, x
			}
		}
		wins[best]++
	}
	return wins
}
