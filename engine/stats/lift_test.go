package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestLiftVectors(t *testing.T) {
	t.Parallel()
	type in struct{ XA, NA, XB, NB float64 }
	type out struct {
		Katz    []float64 `json:"katz95_rel_uplift"`
		Delta   []float64 `json:"delta95_rel_uplift"`
		Fieller []float64 `json:"fieller95_rel_uplift"`
	}
	for _, v := range vectors(t, "two_proportion") {
		in, out := decode[in, out](t, v)
		a, b := Rate{in.XA, in.NA}, Rate{in.XB, in.NB}
		for name, c := range map[string]struct {
			got  Lift
			want []float64
		}{
			"katz": {Katz(a, b, 0.95), out.Katz}, "delta": {DeltaLift(a.Estimate(), b.Estimate(), 0.95), out.Delta},
			"fieller": {FiellerLift(a.Estimate(), b.Estimate(), 0.95), out.Fieller},
		} {
			if c.want != nil {
				near(t, v.ID+" "+name+" low", c.got.Low, c.want[0], 0, 1e-10)
				near(t, v.ID+" "+name+" high", c.got.High, c.want[1], 0, 1e-10)
			}
		}
	}
}

// A lift does not depend on the unit, and the log-ratio interval of a over b is
// the reciprocal of that of b over a.
func TestLiftIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mean, se := rapid.Float64Range(0.01, 100), rapid.Float64Range(0.001, 0.2)
		a, b := Estimate{Mean: mean.Draw(t, "a")}, Estimate{Mean: mean.Draw(t, "b")}
		a.Variance = math.Pow(a.Mean*se.Draw(t, "se a"), 2)
		b.Variance = math.Pow(b.Mean*se.Draw(t, "se b"), 2)
		unit := rapid.Float64Range(0.01, 1000).Draw(t, "unit")
		scale := func(e Estimate) Estimate { return Estimate{e.Mean * unit, e.Variance * unit * unit} }
		for name, f := range map[string]func(a, b Estimate) Lift{
			"log":     func(a, b Estimate) Lift { return LogLift(a, b, 2) },
			"delta":   func(a, b Estimate) Lift { return DeltaLift(a, b, 0.95) },
			"fieller": func(a, b Estimate) Lift { return FiellerLift(a, b, 0.95) },
			"cs":      func(a, b Estimate) Lift { return LiftCS(a, b, 1e4, 0.03, 0.05) },
		} {
			one, other := f(a, b), f(scale(a), scale(b))
			if !one.OK || !closeLift(one, other) {
				t.Fatalf("%s: unit changed %+v to %+v", name, one, other)
			}
			if !(one.Low <= one.Mean && one.Mean <= one.High) {
				t.Fatalf("%s: %+v out of order", name, one)
			}
		}
		there, back := LogLift(a, b, 2), LogLift(b, a, 2)
		if math.Abs((1+there.Low)*(1+back.High)-1) > 1e-9 {
			t.Fatalf("%+v and %+v are not reciprocal", there, back)
		}
	})
}

func closeLift(a, b Lift) bool {
	within := func(x, y float64) bool { return math.Abs(x-y) <= 1e-8*(1+math.Abs(x)) }
	return a.OK == b.OK && within(a.Mean, b.Mean) && within(a.Low, b.Low) && within(a.High, b.High)
}

func TestLiftDegenerate(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	good := Estimate{1, 0.01}
	for _, bad := range []Estimate{{nan, 1}, {1, nan}, {inf, 1}, {1, inf}, {}} {
		for name, got := range map[string]Lift{
			"log": LogLift(bad, good, 2), "delta": DeltaLift(bad, good, 0.95),
			"fieller": FiellerLift(bad, good, 0.95), "cs": LiftCS(bad, good, 100, 0.1, 0.05),
		} {
			if got != (Lift{}) {
				t.Errorf("%s of %v: got %+v, want undefined", name, bad, got)
			}
		}
	}
	if got := Katz(Rate{0, 100}, Rate{5, 100}, 0.95); got.OK {
		t.Errorf("no conversions in the control: got %+v", got)
	}
	if got := FiellerLift(Estimate{0.1, 1}, good, 0.95); got.OK {
		t.Errorf("control within noise of 0: got %+v", got)
	}
	if got := LiftCS(good, good, nan, 0.1, 0.05); got.OK {
		t.Errorf("NaN observations: got %+v", got)
	}
}
