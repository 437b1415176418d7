package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// multinomial draws n visitors by weights.
func multinomial(n int, weights []float64, src rand.Source) []float64 {
	counts, left, rest := make([]float64, len(weights)), float64(n), 1.0
	for i, w := range weights {
		if i == len(weights)-1 {
			counts[i] = left
		} else if left > 0 {
			counts[i] = distuv.Binomial{N: left, P: math.Min(1, w/rest), Src: src}.Rand()
		}
		left, rest = left-counts[i], rest-w
	}
	return counts
}

// TestSequentialSRMMixOfTwoArms: for two arms and one set of weights M is the textbook mixture √(λ/(v+λ)) exp(s²/2(v+λ)).
func TestSequentialSRMMixOfTwoArms(t *testing.T) {
	t.Parallel()
	cells := []SRMCell{{Weights: []float64{.5, .5}, Counts: []float64{5200, 4800}}}
	v, lambda, s := 10000*.25, 1000*.25, 200.0
	want := 1 / (math.Sqrt(lambda/(v+lambda)) * math.Exp(s*s/2/(v+lambda)))
	if got := SequentialSRMMix(cells, 0); math.Abs(got-want) > 1e-12 {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSequentialSRMMixHoldsAtEveryLook: with weights that change every day and 28 looks, at most 1 % of right splits are ever
// doubted, within four standard errors; a split that loses a tenth of one arm is found.
func TestSequentialSRMMixHoldsAtEveryLook(t *testing.T) {
	t.Parallel()
	const runs = 2000
	for _, arms := range []int{2, 4} {
		alarms, found := 0, 0
		for seed := range uint64(runs) {
			src := rand.NewPCG(seed, uint64(arms))
			random := rand.New(src)
			var right, wrong []SRMCell
			doubted, caught := false, false
			for range 28 {
				weights, sum := make([]float64, arms), 0.0
				for i := range weights {
					weights[i] = .05 + random.Float64()
					sum += weights[i]
				}
				for i := range weights {
					weights[i] /= sum
				}
				counts := multinomial(500, weights, src)
				lost := slices.Clone(counts)
				lost[1] = math.Round(lost[1] * .9)
				right, wrong = append(right, SRMCell{weights, counts}), append(wrong, SRMCell{weights, lost})
				doubted = doubted || SequentialSRMMix(right, 0) < .01
				caught = caught || SequentialSRMMix(wrong, 0) < .01
			}
			if doubted {
				alarms++
			}
			if caught {
				found++
			}
		}
		if limit := .01 + 4*math.Sqrt(.01*.99/runs); float64(alarms)/runs > limit {
			t.Errorf("%d arms: doubted %d of %d right splits", arms, alarms, runs)
		}
		if float64(found)/runs < .8 {
			t.Errorf("%d arms: found %d of %d splits that lose visitors", arms, found, runs)
		}
		t.Logf("%d arms: doubted %d, found %d of %d", arms, alarms, found, runs)
	}
}

func TestSequentialSRMMixNeutral(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cells []SRMCell
		want  float64
	}{
		"nothing":     {nil, 1},
		"no visitors": {[]SRMCell{{[]float64{1, 1}, []float64{0, 0}}}, 1},
		"one arm":     {[]SRMCell{{[]float64{1}, []float64{7}}}, 1},
		"NaN":         {[]SRMCell{{[]float64{1, 1}, []float64{math.NaN(), 1}}}, 1},
		"impossible":  {[]SRMCell{{[]float64{1, 0}, []float64{9, 1}}}, 0},
	} {
		if got := SequentialSRMMix(tc.cells, 0); got != tc.want {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}
