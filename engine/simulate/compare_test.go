package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/samplit/samplit/engine"
)

func compare(t *testing.T, in CompareInput, o Options) CompareResult {
	t.Helper()
	r, err := Compare(t.Context(), in, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// within fails unless got is within z standard errors of want.
func within(t *testing.T, what string, got Mean, want float64, z float64) {
	t.Helper()
	if !(math.Abs(got.Mean-want) <= z*got.SE) {
		t.Errorf("%s: got %.6g ± %.2g, want %.6g", what, got.Mean, got.SE, want)
	}
}

// TestCompareGains: while both sides go on testing, a fixed split loses what its weights say, and a learning one less.
func TestCompareGains(t *testing.T) {
	t.Parallel()
	in := CompareInput{Seed: 4, Runs: 60, Rates: []float64{0.04, 0.06}, Daily: 500, Days: 20, RunOn: true}
	r := compare(t, in, Options{})
	within(t, "conversions of an even split", r.Fixed.Conversions, 0.05*500*20, 4)
	within(t, "extra", r.Extra, r.Fixed.Lost[19]-r.Adaptive.Lost[19], 4)
	if lost := r.Fixed.Lost[19]; math.Abs(lost-100) > 3 {
		t.Errorf("the fixed split lost %.1f, want about half of the visitors times 0.02 = 100", lost)
	}
	if r.Extra.Mean < 10*r.Extra.SE || r.Extra.Mean > 100 {
		t.Errorf("learning brought %+v more, want something, and less than everything", r.Extra)
	}
	if last := r.Adaptive.Share[19]; last[1] < 0.8 || math.Abs(last[0]+last[1]-1) > 1e-9 {
		t.Errorf("at the end the arms had %v of the traffic, want most for the better one", last)
	}
	if sum := r.Fixed.Shipped + r.Fixed.Stopped + r.Fixed.GaveUp + r.Fixed.Undecided; math.Abs(sum-1) > 1e-9 {
		t.Errorf("verdicts of %v runs, want all", sum)
	}
	if r.Fixed.Shipped < 0.75 || r.Fixed.Wrong > 0 || r.Fixed.Best < r.Fixed.Shipped {
		t.Errorf("got %+v, want the better arm shipped", r.Fixed)
	}
}

// TestCompareShips: once a verdict is followed, all visitors see the arm it chose and nothing more is lost.
func TestCompareShips(t *testing.T) {
	t.Parallel()
	in := CompareInput{Seed: 4, Runs: 20, Rates: []float64{0.05, 0.1}, Daily: 1000, Days: 15}
	r := compare(t, in, Options{})
	for name, s := range map[string]Side{"fixed": r.Fixed, "adaptive": r.Adaptive} {
		if s.Shipped < 1 || s.Best < 1 || s.MedianDays == nil || *s.MedianDays > 10 {
			t.Fatalf("%s: got %+v, want this difference found within days", name, s)
		}
		if s.Share[14][1] != 1 || s.Lost[14] != s.Lost[13] || s.Lost[0] <= 0 {
			t.Errorf("%s: the last day had %v and lost %v after %v", name, s.Share[14], s.Lost[14], s.Lost[13])
		}
	}
}

// TestCompareEqualArms: visitors who would do the same under every arm do the same on both sides.
func TestCompareEqualArms(t *testing.T) {
	t.Parallel()
	r := compare(t, CompareInput{Runs: 20, Rates: []float64{0.1, 0.1, 0.1}, Daily: 300, Days: 10}, Options{})
	if r.Extra != (Mean{}) || r.Fewer != 0 || r.Fixed.Conversions != r.Adaptive.Conversions || r.Adaptive.Lost[9] != 0 {
		t.Errorf("got %+v, want no difference at all", r)
	}
}

func TestCompareDoesNotDependOnWorkers(t *testing.T) {
	t.Parallel()
	in := CompareInput{Seed: 9, Runs: 150, Rates: []float64{0.1, 0.12}, Daily: 200, Days: 4, Strategy: engine.FastLearning}
	calls, last := 0, 0
	one := compare(t, in, Options{Workers: 1})
	many := compare(t, in, Options{Workers: 5, Progress: func(done, total int) {
		calls++
		if last = done; total != 150 {
			t.Errorf("progress of %d runs, want 150", total)
		}
	}})
	if !reflect.DeepEqual(one, many) {
		t.Errorf("got %+v with one worker and %+v with five", one, many)
	}
	if calls != 150 || last != 150 {
		t.Errorf("progress was told %d times, at last %d done", calls, last)
	}
	in.Seed++
	if other := compare(t, in, Options{}); reflect.DeepEqual(one, other) {
		t.Error("another seed gives the same answer")
	}
}

func TestCompareStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in := CompareInput{Runs: 2000, Rates: []float64{0.05, 0.05}, Daily: 1000, Days: 365, RunOn: true}
	after := 0
	_, err := Compare(ctx, in, Options{Workers: 1, Limit: 1e6, Progress: func(done, _ int) {
		cancel()
		after = done
	}})
	if !errors.Is(err, context.Canceled) || after != 1 {
		t.Errorf("got %v after %d runs, want the context's error after the first", err, after)
	}
}

func TestCompareRefuses(t *testing.T) {
	t.Parallel()
	good := CompareInput{Runs: 10, Rates: []float64{0.1, 0.2}, Daily: 10, Days: 2}
	for field, change := range map[string]func(*CompareInput){
		"runs":            func(in *CompareInput) { in.Runs = 0 },
		"number of rates": func(in *CompareInput) { in.Rates = in.Rates[:1] },
		"rates[1]":        func(in *CompareInput) { in.Rates = []float64{0.1, math.NaN()} },
		"daily":           func(in *CompareInput) { in.Daily = -1 },
		"days":            func(in *CompareInput) { in.Days = 366 },
		"steps":           func(in *CompareInput) { in.Steps = 25 },
		"strategy":        func(in *CompareInput) { in.Strategy = engine.MultiStep },
		"planned":         func(in *CompareInput) { in.Planned = math.Inf(1) },
	} {
		in := good
		change(&in)
		var wrong *FieldError
		if _, err := Compare(t.Context(), in, Options{}); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
	in := CompareInput{Runs: 2000, Rates: []float64{0.1, 0.2}, Daily: 1000, Days: 365, RunOn: true}
	var dear *CostError
	if _, err := Compare(t.Context(), in, Options{}); !errors.As(err, &dear) || dear.Cost != in.Cost() || dear.Limit != DefaultLimit {
		t.Errorf("got %v, want a refusal that names the cost %.0f", err, in.Cost())
	}
}

// TestCompareIsTotal: whatever is allowed gives numbers that JSON can hold.
func TestCompareIsTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.OneOf(rapid.SampledFrom([]float64{0, 1, 1e-9}), rapid.Float64Range(0, 1))
		in := CompareInput{
			Seed: rapid.Uint64().Draw(t, "seed"), Runs: 2, Rates: rapid.SliceOfN(rate, 2, 4).Draw(t, "rates"),
			Daily: rapid.SampledFrom([]int{1, 7, 1000, 1_000_000}).Draw(t, "daily"), Days: rapid.IntRange(1, 4).Draw(t, "days"),
			RunOn: rapid.Bool().Draw(t, "run on"),
		}
		r, err := Compare(context.Background(), in, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
	})
}

// TestOverlaps: the pieces of two splits add up to every arm's part of either.
func TestOverlaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(2, 6).Draw(t, "arms")
		ends := func(name string) []int {
			cuts := append(rapid.SliceOfN(rapid.IntRange(0, engine.Buckets), k-1, k-1).Draw(t, name), engine.Buckets)
			for i := 1; i < k; i++ {
				cuts[i] = max(cuts[i], cuts[i-1])
			}
			return cuts
		}
		a, b := ends("a"), ends("b")
		sumA, sumB := make([]float64, k), make([]float64, k)
		widths, arms := overlaps(a, b)
		for i, w := range widths {
			sumA[arms[i][0]] += w
			sumB[arms[i][1]] += w
		}
		for i := range k {
			a0, b0 := 0, 0
			if i > 0 {
				a0, b0 = a[i-1], b[i-1]
			}
			if wantA, wantB := float64(a[i]-a0)/engine.Buckets, float64(b[i]-b0)/engine.Buckets; math.Abs(sumA[i]-wantA) > 1e-9 || math.Abs(sumB[i]-wantB) > 1e-9 {
				t.Fatalf("arm %d of %v and %v: got %v and %v", i, a, b, sumA[i], sumB[i])
			}
		}
	})
}
