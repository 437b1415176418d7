package services

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/locale"
)

// short is a simulation that takes a moment.
func short() Simulation {
	return Simulation{Rates: []float64{0.04, 0.06}, Daily: 500, Days: 14, Seed: 7, Strategy: "adaptive"}
}

// long is one that takes seconds.
func long() Simulation {
	return Simulation{Rates: []float64{0.04, 0.041, 0.042, 0.043, 0.044, 0.045, 0.046, 0.047}, Daily: 500, Days: 90, Seed: 7, Strategy: "adaptive"}
}

func TestSimulatorGivesTheSameAnswerForTheSameSeed(t *testing.T) {
	t.Parallel()
	one, other := NewSimulator(nil, nil), NewSimulator(nil, nil)
	compare := func(s *Simulator, in Simulation) Comparison {
		t.Helper()
		c, err := s.Compare(t.Context(), in, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := compare(one, short())
	if diff := cmp.Diff(first, compare(other, short())); diff != "" {
		t.Errorf("another server (-first +other):\n%s", diff)
	}
	if again := compare(one, short()); !cmp.Equal(first, again) || one.Load().Finished != 1 {
		t.Errorf("again: %d simulations were computed, want 1", one.Load().Finished)
	}
	chance := short()
	chance.Seed++
	if cmp.Equal(first.Extra, compare(one, chance).Extra) {
		t.Error("another seed changed nothing")
	}
	if first.Runs != mostRuns || len(first.Fixed.Lost) != 14 || len(first.Adaptive.Share) != 14 || len(first.Adaptive.Share[0]) != 2 {
		t.Errorf("%d runs, %d days", first.Runs, len(first.Fixed.Lost))
	}
	if text, err := json.Marshal(first); err != nil || strings.Contains(string(text), "null") && first.Fixed.MedianDays != nil && first.Adaptive.MedianDays != nil {
		t.Errorf("JSON: %v", err)
	}
}

func TestSimulatorStopsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	s := NewSimulator(nil, nil)
	ctx, leave := context.WithCancel(t.Context())
	last, all := 0, 0
	_, err := s.Compare(ctx, long(), func(done, total int) {
		leave()
		last, all = done, total
	})
	if !errors.Is(err, context.Canceled) || last != 1 || all < fewestRuns {
		t.Errorf("got %v after %d of %d runs, want it cancelled after one", err, last, all)
	}
	if diff := cmp.Diff(SimulatorLoad{Cancelled: 1}, s.Load()); diff != "" {
		t.Errorf("load (-want +got):\n%s", diff)
	}
	if _, err := s.Compare(t.Context(), short(), nil); err != nil {
		t.Errorf("its place was not given back: %v", err)
	}
}

func TestSimulatorSaysWhenItIsBusy(t *testing.T) {
	t.Parallel()
	s := NewSimulator(nil, nil)
	s.patience = time.Millisecond
	for range cap(s.places) {
		leave, err := s.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	busy := func(err error) {
		t.Helper()
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeUnavailable || e.Reason != "busy" {
			t.Errorf("got %v, want busy", err)
		}
	}
	_, err := s.Compare(t.Context(), short(), nil)
	busy(err)
	_, err = s.Rates(t.Context(), strings.NewReader("x"))
	busy(err)
	if load := s.Load(); load.Refused != 2 || load.Running != int64(cap(s.places)) {
		t.Errorf("load %+v", load)
	}
}

func TestSimulatorNamesWhatItCannotPlay(t *testing.T) {
	t.Parallel()
	s := NewSimulator(nil, nil)
	for want, change := range map[string]func(*Simulation){
		"rates rates":      func(x *Simulation) { x.Rates = x.Rates[:1] },
		"rates[1] percent": func(x *Simulation) { x.Rates = []float64{0, math.NaN()} },
		"rates[0] percent": func(x *Simulation) { x.Rates = []float64{-0.1, math.Inf(1)} },
		"daily daily":      func(x *Simulation) { x.Daily = 0 },
		"days days":        func(x *Simulation) { x.Days = 91 },
		"seed seed":        func(x *Simulation) { x.Seed = -1 },
		"strategy choose":  func(x *Simulation) { x.Strategy = "multi_step" },
	} {
		in := short()
		change(&in)
		_, err := s.Compare(t.Context(), in, nil)
		field, reason, _ := strings.Cut(want, " ")
		if got := fields(t, err)[field]; got != reason {
			t.Errorf("%s: got %v", want, fields(t, err))
		}
	}
	nine := short()
	nine.Rates = make([]float64, 9)
	if _, err := s.Compare(t.Context(), nine, nil); fields(t, err)["rates"] != "rates" {
		t.Errorf("nine rates: got %v", err)
	}
}

// Whatever is asked, the work is bounded, and there are enough runs to say something.
func TestSimulationsAreBounded(t *testing.T) {
	t.Parallel()
	for k := MinSimulatedRates; k <= MaxSimulatedRates; k++ {
		for days := 1; days <= longestTest; days++ {
			in := Simulation{Rates: make([]float64, k), Daily: maxSimulatedDaily, Days: days, Strategy: "adaptive"}.input()
			if cost := in.Cost(); cost > 1.5*simulationCost || in.Runs < fewestRuns || in.Runs > mostRuns {
				t.Errorf("%d versions, %d days: %d runs cost %.1f s", k, days, in.Runs, cost)
			}
		}
	}
}

func TestSimulatorSpeaksHonestly(t *testing.T) {
	t.Parallel()
	s := NewSimulator(nil, nil)
	for _, c := range []struct {
		name                 string
		rates                []float64
		daily                int
		headline, advice, es string
	}{
		{"a clear winner", []float64{0.04, 0.08}, 1000, "Smart traffic brings about ", "", "El tráfico inteligente consigue unas "},
		{"alike", []float64{0.05, 0.05}, 1000, "All versions convert alike", "", "Todas las versiones"},
		{"too little traffic", []float64{0.04, 0.042}, 20, "", "Most of these tests end without an answer", ""},
	} {
		in := short()
		in.Rates, in.Daily = c.rates, c.daily
		got, err := s.Compare(t.Context(), in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(got.Headline, c.headline) || !strings.HasPrefix(got.Advice[0], c.advice) {
			t.Errorf("%s: %q %q", c.name, got.Headline, got.Advice)
		}
		es, err := s.Compare(locale.With(t.Context(), locale.Spanish), in, nil)
		if err != nil || !strings.HasPrefix(es.Headline, c.es) {
			t.Errorf("%s, in Spanish: %q, %v", c.name, es.Headline, err)
		}
	}
	worse := Comparison{Input: short(), Extra: Simulated{-30, -40, -20}, Fixed: SimulatedSide{Shipped: .9, Undecided: .1, Wrong: .01},
		Adaptive: SimulatedSide{Shipped: .5, Undecided: .5, Wrong: .12}}
	if text := worse.headline(t.Context()); text != "Smart traffic costs you about 30 conversions in 14 days. A fair split is better here." {
		t.Errorf("worse: %q", text)
	}
	want := []string{"It answers less often: within 14 days in 50 of 100 tests, a fair split in 90. If you need a clear answer, split fairly.",
		"Wrong calls: 1 of 100 tests with a fair split, 12 with smart traffic."}
	if diff := cmp.Diff(want, worse.advice(t.Context())); diff != "" {
		t.Errorf("advice (-want +got):\n%s", diff)
	}
}

func TestSimulatorTakesRatesFromAFile(t *testing.T) {
	t.Parallel()
	s := NewSimulator(nil, nil)
	rates, err := s.Rates(t.Context(), strings.NewReader("visitor_id,variant,converted\n1,b,1\n2,control,0\n3,control,1\n4,b,1\n5,c,0\n"))
	if diff := cmp.Diff([]float64{0.5, 1, 0}, rates); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for file, want := range map[string]string{"variant,visitors,conversions\na,5,6\n": "file", "variant,visitors,conversions\na,5,1\n": "rates", "": "file"} {
		if _, err := s.Rates(t.Context(), strings.NewReader(file)); fields(t, err)["csv"] != want {
			t.Errorf("%q: got %v, want %s", file, err, want)
		}
	}
}

func TestSimulatorKnowsTheAccountsOwnTraffic(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := NewSimulator(d.Experiments, d.analytics())
	if _, ok, err := s.Own(t.Context(), d.by); ok || err != nil {
		t.Errorf("a new account: %v, %v", ok, err)
	}
	x := d.in(t, Running, "{}")
	d.crowd(t, x, 0, 60, 6, time.Now())
	d.crowd(t, x, 1, 60, 12, time.Now())
	own, ok, err := s.Own(t.Context(), d.by)
	if err != nil || !ok {
		t.Fatalf("got %v, %v", ok, err)
	}
	if diff := cmp.Diff(OwnTraffic{Name: "Headline", Rates: []float64{0.1, 0.2}, Daily: 120}, own); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if own, ok, err := s.Own(t.Context(), newDesk(t).by); ok || err != nil {
		t.Errorf("another account is told %+v, %v", own, err)
	}
}
