package views

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAxisTicks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		lifts []*Lift
		want  []float64
	}{
		{"nothing to show", nil, []float64{-0.05, 0, 0.05}},
		{"a gain", []*Lift{nil, {Mean: 0.12, Low: 0.04, High: 0.21}}, []float64{-0.1, 0, 0.1, 0.2, 0.3}},
		{"far beyond the estimate is cut off", []*Lift{{Mean: 0.02, Low: -0.9, High: 30}}, []float64{-0.2, -0.1, 0, 0.1, 0.2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := newAxis(tc.lifts).ticks
			if len(got) != len(tc.want) {
				t.Fatalf("got %v, want %v", got, tc.want)
			}
			for i := range got {
				if math.Abs(got[i]-tc.want[i]) > 1e-9 {
					t.Errorf("got %v, want %v", got, tc.want)
				}
			}
		})
	}
}

// TestAxisMarksWhatItCuts: only an end beyond the axis gets an arrow.
func TestAxisMarksWhatItCuts(t *testing.T) {
	t.Parallel()
	wide, narrow := &Lift{Mean: 0.02, Low: -0.9, High: 30}, &Lift{Mean: 0.02, Low: -0.1, High: 0.2}
	a := newAxis([]*Lift{wide, narrow})
	if !a.cutsLow(wide) || !a.cutsHigh(wide) {
		t.Error("an interval that goes on beyond the axis has no arrows")
	}
	if a.cutsLow(narrow) || a.cutsHigh(narrow) {
		t.Error("an interval that ends on the axis has an arrow")
	}
}

// TestAxisHoldsEverything draws any lifts: zero is on the axis, order is kept, and every place is a percentage of the width.
func TestAxisHoldsEverything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var lifts []*Lift
		for range rapid.IntRange(0, 6).Draw(t, "variants") {
			low := rapid.Float64Range(-1, 5).Draw(t, "low")
			mean := low + rapid.Float64Range(0, 3).Draw(t, "to mean")
			lifts = append(lifts, &Lift{Low: low, Mean: mean, High: mean + rapid.Float64Range(0, 100).Draw(t, "to high")})
		}
		a := newAxis(lifts)
		if len(a.ticks) < 2 || len(a.ticks) > 8 {
			t.Fatalf("%d ticks", len(a.ticks))
		}
		for _, lift := range lifts {
			low, mean, high := position(t, a, lift.Low), position(t, a, lift.Mean), position(t, a, lift.High)
			if low > mean || mean > high {
				t.Fatalf("%+v is drawn at %g, %g, %g", lift, low, mean, high)
			}
		}
		if zero := position(t, a, 0); zero < 0 || zero > 100 {
			t.Fatalf("zero is at %g", zero)
		}
	})
}

func position(t *rapid.T, a axis, x float64) float64 {
	at, err := strconv.ParseFloat(strings.TrimSuffix(a.at(x), "%"), 64)
	if err != nil || at < 0 || at > 100 {
		t.Fatalf("%g is at %q", x, a.at(x))
	}
	return at
}

func TestSparkline(t *testing.T) {
	t.Parallel()
	if got, want := sparkPath([]int{0, 5, 10}), "M0.00 23.00 L50.00 12.50 L100.00 2.00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := sparkPath([]int{0, 0}), "M0.00 23.00 L100.00 23.00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestChanceIsNeverCertain(t *testing.T) {
	t.Parallel()
	ctx := withLang("en")
	for chance, want := range map[float64]string{1: "over 99%", 0.9901: "over 99%", 0.963: "96%", 0.5: "50%", 0: "under 1%"} {
		if got := chanceText(ctx, &chance); got != want {
			t.Errorf("%g is %q, want %q", chance, got, want)
		}
	}
}
