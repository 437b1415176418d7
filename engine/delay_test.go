package engine

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/samplit/samplit/engine/stats"
)

// TestDelayedPosterior: effective trials are those of stats.DelayedRate, and a delay that is over changes nothing.
func TestDelayedPosterior(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFacts(t)
		ages := make([]float64, len(f.Arms[0].Periods))
		for p := range ages {
			ages[p] = rapid.Float64Range(0, 30).Draw(t, "age")
		}
		slow := rapid.Float64Range(0.01, 1).Draw(t, "rate")
		before := f.Arms[0].Periods[0]
		delayed := f.Delayed(ages, func(arm int, age float64) float64 { return stats.ExponentialDelay(slow * float64(arm+1))(age) })
		if f.Arms[0].Periods[0] != before {
			t.Fatal("the facts given have changed")
		}
		for i, b := range every["adaptive"].Allocate(delayed).Posterior {
			var cohorts []stats.Cohort
			for p, c := range f.Arms[i].Periods {
				cohorts = append(cohorts, stats.Cohort{Age: ages[p], N: c.Trials, Conversions: c.Successes})
			}
			want := stats.DelayedRate(cohorts, stats.ExponentialDelay(slow*float64(i+1))).Posterior(stats.Flat)
			if want == (stats.Beta{Alpha: 1, Beta: 1}) {
				continue // DelayedRate says nothing without effective visitors
			}
			if math.Abs(b.Alpha-want.Alpha) > 1e-6 || math.Abs(b.Beta-want.Beta) > 1e-6 {
				t.Fatalf("arm %d: got %+v, want %+v", i, b, want)
			}
		}
		over := f.Delayed(ages, func(int, float64) float64 { return 1 })
		for i := range f.Arms {
			for p := range ages {
				f.Arms[i].Periods[p].Pending = 0
			}
		}
		if !reflect.DeepEqual(every["adaptive"].Allocate(over), every["adaptive"].Allocate(f)) {
			t.Fatal("a delay that is over changed the answer")
		}
	})
}

// TestSlowArmIsNotPunished: the better arm's conversions take ten times as long. With its own delay curve it gets most
// of the traffic; taken at face value it does not.
func TestSlowArmIsNotPunished(t *testing.T) {
	t.Parallel()
	var naive, adjusted float64
	for seed := range 5 {
		naive += slowArm(uint64(seed), false) / 5
		adjusted += slowArm(uint64(seed), true) / 5
	}
	if naive > 0.6 || adjusted < 0.7 {
		t.Errorf("got an average share of %.2f at face value and %.2f with the delay, want the latter to find the arm", naive, adjusted)
	}
}

// slowArm returns the average share of an arm of 12 % whose conversions take 20 days on average, against 8 % in 2 days,
// over 30 days of 400 visitors.
func slowArm(seed uint64, adjust bool) (share float64) {
	r := rand.New(rand.NewPCG(seed, 6))
	type visitor struct{ arm, day, converts int }
	var visitors []visitor
	for day := range 30 {
		f := Facts{Arms: []Arm{{Key: "a"}, {Key: "b"}}}
		ages := make([]float64, day)
		for i := range f.Arms {
			f.Arms[i].Periods = make([]Count, day)
		}
		for p := range ages {
			ages[p] = float64(day - p)
		}
		for _, v := range visitors {
			c := &f.Arms[v.arm].Periods[v.day]
			c.Trials++
			f.Arms[v.arm].Exposures++
			if v.converts >= 0 && v.converts <= day {
				c.Successes++
			}
		}
		if adjust {
			f = f.Delayed(ages, func(arm int, age float64) float64 { return stats.ExponentialDelay([]float64{0.5, 0.05}[arm])(age) })
		}
		shares := every["adaptive"].Allocate(f).Shares
		share += shares[1] / 30
		for range 400 {
			v := visitor{arm: PickShare(shares, r), day: day, converts: -1}
			if r.Float64() < []float64{0.08, 0.12}[v.arm] {
				v.converts = day + int(r.ExpFloat64()*[]float64{2, 20}[v.arm])
			}
			visitors = append(visitors, v)
		}
	}
	return share
}

// TestKaplanMeierCurvesServe: F estimated from the waits seen is what Delayed takes.
func TestKaplanMeierCurvesServe(t *testing.T) {
	t.Parallel()
	curve := stats.KaplanMeier([]stats.Wait{{Time: 1, N: 30, Converted: true}, {Time: 4, N: 10, Converted: true}, {Time: 5, N: 60}})
	f := facts([2]float64{400, 30})
	got := f.Delayed([]float64{2}, func(_ int, age float64) float64 { return curve.At(age) }).Arms[0].Periods[0]
	near(t, "pending", got.Pending, 0.25, 1e-9)
	near(t, "effective", got.Rate().Trials, 300, 1e-9)
}
