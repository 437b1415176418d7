package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The eight schools of Rubin 1981: effects of coaching with their standard errors. They agree better than chance would have it, so
// that all are the weighted mean, 7.69 with standard error 4.07 (Gelman et al., Bayesian Data Analysis, 5.5).
var schools = []Estimate{{28, 15 * 15}, {8, 10 * 10}, {-3, 16 * 16}, {7, 11 * 11}, {-1, 9 * 9}, {1, 11 * 11}, {18, 10 * 10}, {12, 18 * 18}}

func TestPopulationOfEqualEffects(t *testing.T) {
	t.Parallel()
	p := PopulationOf(schools)
	if p.Spread.Mean != 0 || math.Abs(p.Mean.Mean-7.69) > 0.005 || math.Abs(p.Mean.SE()-4.07) > 0.005 {
		t.Fatalf("got %+v, want mean 7.69 with standard error 4.07 and no spread", p)
	}
	if one := p.Sum(schools[:1]); math.Abs(one.Mean-p.Mean.Mean) > 1e-12 || one.Variance <= p.Mean.Variance {
		t.Errorf("one school is %+v, want the mean of all %+v, and less certain", one, p.Mean)
	}
}

// With equal variances the equation has the solution τ² = S² - s², S² being the sample variance.
func TestPopulationOfEqualVariances(t *testing.T) {
	t.Parallel()
	p := PopulationOf([]Estimate{{-1, .25}, {0, .25}, {1, .25}, {math.NaN(), 1}, {3, 0}})
	if math.Abs(p.Spread.Mean-0.75) > 1e-9 || math.Abs(p.Mean.Mean) > 1e-12 || math.Abs(p.Mean.Variance-1.0/3) > 1e-9 {
		t.Fatalf("got %+v, want spread 0.75 around 0 with variance 1/3", p)
	}
	// w = 1 and B = 1/4: 1 is pulled to 3/4, with variance 3/4·1/4 + 1/16·1/3 + 1/16·2/3.
	if got := p.Sum([]Estimate{{1, .25}, {9, -1}}); math.Abs(got.Mean-.75) > 1e-9 || math.Abs(got.Variance-.25) > 1e-9 {
		t.Errorf("got %+v, want 0.75 with variance 0.25", got)
	}
}

func TestPopulationOfTooLittle(t *testing.T) {
	t.Parallel()
	for _, few := range [][]Estimate{nil, {{1, 1}}, {{1, 1}, {2, 0}, {math.Inf(1), 1}}} {
		if p := PopulationOf(few); p.Mean.OK() || p.Sum([]Estimate{{1, 1}}) != (Estimate{}) {
			t.Errorf("%v: got %+v, want nothing known", few, p)
		}
	}
}

// Of many experiments the significant ones are kept. What they seem to bring together exceeds what they bring; after shrinkage
// the interval of 95 % holds the truth about as often as it says, and the sum is too large as often as too small.
func TestShrinkageUndoesTheWinnersCurse(t *testing.T) {
	t.Parallel()
	const runs, k = 2000, 40
	src := rand.New(rand.NewPCG(7, 7))
	var observed, shrunk, truth float64
	covered, counted := 0, 0
	for range runs {
		var all, kept []Estimate
		var real float64
		for range k {
			theta := 0.01 + 0.04*src.NormFloat64()
			variance := math.Pow(0.02+0.06*src.Float64(), 2)
			e := Estimate{theta + math.Sqrt(variance)*src.NormFloat64(), variance}
			all = append(all, e)
			if e.Mean > 1.96*e.SE() {
				kept, real = append(kept, e), real+theta
				observed += e.Mean
			}
		}
		if len(kept) == 0 {
			continue
		}
		sum := PopulationOf(all).Sum(kept)
		shrunk, truth = shrunk+sum.Mean, truth+real
		low, high := sum.Interval(0.95)
		if counted++; low <= real && real <= high {
			covered++
		}
	}
	if observed < 1.25*truth {
		t.Fatalf("observed %.1f, true %.1f: the scene has no winner's curse", observed, truth)
	}
	if math.Abs(shrunk-truth) > 0.04*truth {
		t.Errorf("shrunken %.1f, true %.1f", shrunk, truth)
	}
	if share := float64(covered) / float64(counted); share < 0.90 || share > 0.97 {
		t.Errorf("intervals cover %.3f, want about 0.95", share)
	}
}
