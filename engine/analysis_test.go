package engine

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/samplit/samplit/engine/stats"
)

// flat is an experiment of one epoch and day with an even split.
func flat(counts ...[2]int64) Data {
	d := Data{}
	keys := []string{"control", "b", "c", "d"}
	for i, c := range counts {
		d.Arms = append(d.Arms, keys[i])
		d.Cells = append(d.Cells, Cell{Epoch: 1, Arm: i, Visitors: c[0], Converters: c[1]})
	}
	return d
}

func TestAnalyzeTwoArms(t *testing.T) {
	t.Parallel()
	a := Analyze(flat([2]int64{5000, 500}, [2]int64{5000, 620}))
	control, b := a.Arms[0], a.Arms[1]

	// Beta(501, 4501) against Beta(621, 4381): the sum of f_b F_a over 200,000 steps, in Python with math.lgamma.
	near(t, "prob_best", b.ProbBest, 0.99992955, 5e-8)
	near(t, "prob_beats_control", *b.ProbBeatsControl, b.ProbBest, 1e-12)
	near(t, "rate", b.Rate, 0.124, 1e-15)
	low, high := stats.Wilson(620, 5000, 0.95)
	if want := (Interval{low, high, 0.95}); b.Interval != want {
		t.Errorf("interval: got %v, want %v", b.Interval, want)
	}

	// The formula of the asymptotic confidence sequence by hand, with two visitors of each kind added to the variance.
	pa, pb := 502.0/5004, 622.0/5004
	v := pa*(1-pa)/5000 + pb*(1-pb)/5000
	l := -2 * math.Log(0.05)
	m := 10000 * (l + math.Log(1+l)) / 10000
	p := math.Sqrt(m+1) * math.Exp(-0.024*0.024/v*m/(m+1)/2)
	near(t, "p", a.Sequential.P, p, 1e-12)
	width := math.Sqrt(2 * (m + 1) / m * math.Log(math.Sqrt(m+1)/0.05))
	logSD := math.Sqrt(pa*(1-pa)/5000/0.01 + pb*(1-pb)/5000/0.124/0.124)
	near(t, "lift", b.Lift.Mean, 0.24, 1e-12)
	near(t, "lift low", b.Lift.Low, 1.24*math.Exp(-width*logSD)-1, 1e-9)
	near(t, "lift high", b.Lift.High, 1.24*math.Exp(width*logSD)-1, 1e-9)
	if b.Lift.Estimator != EstimatorDifference || control.Lift != nil || control.ProbBeatsControl != nil {
		t.Errorf("got %+v and %+v, want a plain difference of the variant alone", control, b)
	}
	want := Verdict{Action: Ship, Reason: ReasonBetter, Rule: RuleSequential, Arm: 1}
	if diff := cmp.Diff(want, a.Verdict); diff != "" {
		t.Errorf("verdict (-want +got):\n%s", diff)
	}
	if !a.Sequential.Decided || a.Sequential.Arm != 1 || !a.Enough {
		t.Errorf("got %+v", a.Sequential)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	weights := []Epoch{{1, Weights{5000, 5000}}}
	for _, c := range []struct {
		name   string
		data   Data
		action Action
		reason string
		arm    int
	}{
		{"mismatch", flat([2]int64{5000, 500}, [2]int64{4000, 600}), Fix, ReasonMismatch, -1},
		{"one arm", flat([2]int64{5000, 500}), KeepRunning, ReasonNoVariants, -1},
		{"nobody", flat([2]int64{}, [2]int64{}), KeepRunning, ReasonNoVisitors, -1},
		{"no cells", Data{Arms: []string{"a", "b"}, Epochs: weights}, KeepRunning, ReasonNoVisitors, -1},
		{"few visitors", flat([2]int64{99, 50}, [2]int64{101, 1}), KeepRunning, ReasonFewVisitors, -1},
		{"few conversions", flat([2]int64{5000, 0}, [2]int64{5000, 19}), KeepRunning, ReasonFewConversions, -1},
		{"no events", flat([2]int64{5000, 30}, [2]int64{5000, 0}, [2]int64{5000, 25}), Fix, ReasonMissing, 1},
		{"no events of the control", flat([2]int64{300, 0}, [2]int64{300, 40}), Fix, ReasonMissing, 0},
		{"no events at all", flat([2]int64{5000, 0}, [2]int64{5000, 0}), KeepRunning, ReasonFewConversions, -1},
		{"no exposures", flat([2]int64{300, 30}, [2]int64{0, 0}), Fix, ReasonMismatch, -1},
		{"undecided", flat([2]int64{1000, 100}, [2]int64{1000, 120}), KeepRunning, ReasonUndecided, -1},
		{"better", flat([2]int64{5000, 500}, [2]int64{5000, 620}, [2]int64{5000, 700}), Ship, ReasonBetter, 2},
		{"one better, one worse", flat([2]int64{5000, 500}, [2]int64{5000, 620}, [2]int64{5000, 300}), Ship, ReasonBetter, 1},
		{"all worse", flat([2]int64{5000, 500}, [2]int64{5000, 380}, [2]int64{5000, 350}), Stop, ReasonControlBest, 0},
		{"one worse", flat([2]int64{5000, 500}, [2]int64{5000, 380}, [2]int64{5000, 510}), KeepRunning, ReasonUndecided, -1},
		{"equal", flat([2]int64{300_000, 30_000}, [2]int64{300_000, 30_050}), Stop, ReasonEqual, 0},
		{"not better", flat([2]int64{300_000, 30_000}, [2]int64{300_000, 30_050}, [2]int64{300_000, 27_000}), Stop, ReasonNotBetter, 0},
		{"all convert", flat([2]int64{1000, 1000}, [2]int64{1000, 1000}), Stop, ReasonEqual, 0},
	} {
		got := Analyze(c.data).Verdict
		if got.Action != c.action || got.Reason != c.reason || got.Arm != c.arm {
			t.Errorf("%s: got %+v, want %s %s %d", c.name, got, c.action, c.reason, c.arm)
		}
	}
}

func TestDaysLeft(t *testing.T) {
	t.Parallel()
	d := flat([2]int64{4000, 400}, [2]int64{4000, 450})
	if left := Analyze(d).Verdict.DaysLeft; left != nil {
		t.Errorf("got %d days without known traffic, want none", *left)
	}
	d.DailyVisitors = 100
	slow := Analyze(d).Verdict
	d.DailyVisitors = 1000
	fast := Analyze(d).Verdict
	if slow.DaysLeft == nil || fast.DaysLeft == nil || *fast.DaysLeft < 2 || math.Abs(float64(*slow.DaysLeft)/10-float64(*fast.DaysLeft)) > 1 {
		t.Fatalf("got %+v at 100 a day and %+v at 1,000, want a tenth of the time", slow, fast)
	}

	// After that time at the same rates it is decided, a day before it is not.
	grown := func(days int) Action {
		factor := 1 + float64(days)*1000/8000
		n := int64(4000 * factor)
		return Analyze(flat([2]int64{n, int64(400 * factor)}, [2]int64{n, int64(450 * factor)})).Verdict.Action
	}
	if grown(*fast.DaysLeft+1) != Ship || grown(*fast.DaysLeft-2) != KeepRunning {
		t.Errorf("%d days left, but after %d it says %s and after %d %s", *fast.DaysLeft,
			*fast.DaysLeft+1, grown(*fast.DaysLeft+1), *fast.DaysLeft-2, grown(*fast.DaysLeft-2))
	}

	few := flat([2]int64{40, 4}, [2]int64{50, 5})
	few.DailyVisitors = 30
	if got := Analyze(few).Verdict; got.DaysLeft == nil || *got.DaysLeft != 6 { // 16 more conversions at 1 in 10
		t.Errorf("got %+v, want 6 days to the minimum", got)
	}

	hopeless := flat([2]int64{6000, 600}, [2]int64{6000, 603})
	hopeless.DailyVisitors = 50
	want := Verdict{Action: Stop, Reason: ReasonOutOfReach, Rule: RuleHorizon}
	if got := Analyze(hopeless).Verdict; !cmp.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestTrend: rates double while the split moves towards b. Nothing differs between the arms, yet pooled rates do.
func TestTrend(t *testing.T) {
	t.Parallel()
	d := Data{
		Arms:   []string{"control", "b"},
		Epochs: []Epoch{{1, Weights{5000, 5000}}, {2, Weights{1000, 9000}}},
		Cells: []Cell{
			{Epoch: 1, Day: 1, Arm: 0, Visitors: 5000, Converters: 500}, {Epoch: 1, Day: 1, Arm: 1, Visitors: 5000, Converters: 500},
			{Epoch: 2, Day: 2, Arm: 0, Visitors: 1000, Converters: 200}, {Epoch: 2, Day: 2, Arm: 1, Visitors: 9000, Converters: 1800},
		},
	}
	for _, adaptive := range []bool{false, true} {
		d.Adaptive = adaptive
		a := Analyze(d)
		b := a.Arms[1]
		if b.Rate < a.Arms[0].Rate*1.2 {
			t.Fatalf("got pooled rates %v and %v, want them to mislead", a.Arms[0].Rate, b.Rate)
		}
		if math.Abs(b.Lift.Mean) > 1e-9 || math.Abs(*b.ProbBeatsControl-0.5) > 1e-6 || a.Sequential.P < 0.9 || !a.SRM.OK {
			t.Errorf("adaptive %v: got lift %+v, chance %v, p %v, srm %+v, want no difference", adaptive, b.Lift, *b.ProbBeatsControl, a.Sequential.P, a.SRM)
		}
		if want := map[bool]string{false: EstimatorStratified, true: EstimatorAIPW}[adaptive]; b.Lift.Estimator != want {
			t.Errorf("got %s, want %s", b.Lift.Estimator, want)
		}
		if b.WeightNow != 0.9 {
			t.Errorf("got weight %v, want that of the last epoch", b.WeightNow)
		}
	}
}

func TestSRMAgainstTheMixOfEpochs(t *testing.T) {
	t.Parallel()
	d := Data{
		Arms:   []string{"control", "b"},
		Epochs: []Epoch{{1, Weights{5000, 5000}}, {2, Weights{8000, 2000}}},
		Cells: []Cell{
			{Epoch: 1, Arm: 0, Visitors: 1000}, {Epoch: 1, Arm: 1, Visitors: 1000},
			{Epoch: 2, Arm: 0, Visitors: 1700}, {Epoch: 2, Arm: 1, Visitors: 300},
		},
	}
	// Vector srm_changing_weights.005 of the published tables.
	got := Analyze(d).SRM
	near(t, "p", got.P, 0.00047914643458729905, 1e-12)
	if !got.OK {
		t.Error("got doubts that a check of every day must not have yet")
	}
	d.Cells[3].Visitors = 250
	if got := Analyze(d).SRM; got.OK {
		t.Errorf("got %+v with a sixth of the visitors lost, want doubts", got)
	}
	d.Cells = []Cell{{Epoch: 2, Arm: 0, Visitors: 20}, {Epoch: 2, Arm: 1, Visitors: 4}}
	if got := Analyze(d).SRM; got.P != 1 || !got.OK {
		t.Errorf("got %+v with 4.8 expected visitors, want no test", got)
	}
}

func TestSmallestPValueStays(t *testing.T) {
	t.Parallel()
	d := flat([2]int64{1000, 100}, [2]int64{1000, 120}, [2]int64{1000, 90})
	first := Analyze(d)
	d.PastP = []float64{1, 0.02, 0}
	second := Analyze(d)
	if second.Arms[1].MinP != 0.02 || second.Arms[2].MinP != first.Arms[2].MinP || second.Arms[0].MinP != 1 {
		t.Errorf("got %v %v, want 0.02 and what it was", second.Arms[1].MinP, second.Arms[2].MinP)
	}
	if want := 0.04; !second.Sequential.Decided || second.Sequential.Arm != 1 || second.Sequential.P != want {
		t.Errorf("got %+v, want arm 1 at p %v by Holm", second.Sequential, want)
	}
}

func TestRevenue(t *testing.T) {
	t.Parallel()
	d := Data{Arms: []string{"control", "b"}, Revenue: true, Cells: []Cell{
		{Arm: 0, Visitors: 4000, Converters: 400, Value: 8000, ValueSq: 200_000},
		{Arm: 1, Visitors: 4000, Converters: 400, Value: 12000, ValueSq: 400_000},
	}}
	a := Analyze(d)
	b := a.Arms[1]
	near(t, "per visitor", b.Revenue.PerVisitor, 3, 1e-12)
	near(t, "lift", b.Lift.Mean, 0.5, 1e-12)
	sd := math.Sqrt((400_000 - 12000*3.0) / 3999 / 4000)
	near(t, "low", b.Revenue.Interval.Low, 3-1.959963984540054*sd, 1e-9)
	if b.ProbBest < 0.999 || a.Arms[0].ExpectedLoss < 0.99 || a.Verdict.Action != Ship {
		t.Errorf("got %+v and %+v, want b to earn about 1 more per visitor", a.Arms, a.Verdict)
	}
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	d := Data{Arms: []string{"control", "b"}, Cells: []Cell{
		{Epoch: 2, Day: 5, Arm: 1, Visitors: 7, Converters: 1}, {Epoch: 1, Day: 5, Arm: 1, Visitors: 3, Converters: 2, Value: 4},
		{Epoch: 1, Day: 4, Arm: 0, Visitors: 1},
	}}
	want := []DayCount{{Day: 4, Arm: 0, Visitors: 1}, {Day: 5, Arm: 1, Visitors: 10, Conversions: 3, Value: 4}}
	if diff := cmp.Diff(want, Analyze(d).Timeline); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
}

func TestRegroup(t *testing.T) {
	t.Parallel()
	d := flat([2]int64{2000, 200}, [2]int64{2000, 210}, [2]int64{2000, 260}, [2]int64{2000, 270})
	d.Epochs = []Epoch{{1, Weights{2500, 2500, 2500, 2500}}}
	d.PastP = []float64{1, 0.01, 0.01, 0.01}
	got := Analyze(d.Regroup([]string{"old", "new"}, []int{0, 0, 1, 1}))
	want := Analyze(flat([2]int64{4000, 410}, [2]int64{4000, 530}))
	want.Arms[0].Key, want.Arms[1].Key = "old", "new"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("analysis (-want +got):\n%s", diff)
	}
}

// TestCellsAddUp: neither the order of the cells nor splitting one in two changes anything.
func TestCellsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawData(t, false)
		want := Analyze(d)
		split := d
		split.Cells = nil
		for _, c := range d.Cells {
			half := c
			half.Visitors, half.Converters = c.Visitors/2, min(c.Converters, c.Visitors/2)
			c.Visitors, c.Converters = c.Visitors-half.Visitors, c.Converters-half.Converters
			split.Cells = append(split.Cells, half, c)
		}
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(split.Cells), func(i, j int) {
			split.Cells[i], split.Cells[j] = split.Cells[j], split.Cells[i]
		})
		before := slices.Clone(split.Cells)
		if diff := cmp.Diff(want, Analyze(split)); diff != "" {
			t.Fatalf("analysis changed:\n%s", diff)
		}
		if !slices.Equal(before, split.Cells) {
			t.Fatal("the caller's cells were put in another order")
		}
	})
}

// TestNeverNaN: whatever the data, every number is finite, chances are chances and the best arm is one of the arms.
func TestNeverNaN(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := Analyze(drawData(t, true))
		finite(t, "analysis", reflect.ValueOf(a))
		sum := 0.0
		for _, r := range a.Arms {
			sum += r.ProbBest
			if r.ProbBest < 0 || r.ExpectedLoss < 0 || r.MinP <= 0 || r.MinP > 1 || r.Rate > 1 {
				t.Fatalf("impossible: %+v", r)
			}
			if l := r.Lift; l != nil && !(l.Low <= l.Mean && l.Mean <= l.High) {
				t.Fatalf("impossible: %+v", l)
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("chances sum to %v", sum)
		}
	})
}

func finite(t *rapid.T, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			t.Fatalf("%s is %v", path, f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			finite(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			finite(t, indexed(path, i), v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			finite(t, path, v.Elem())
		}
	}
}

// drawData draws an experiment; a wild one has counts and values that cannot be.
func drawData(t *rapid.T, wild bool) Data {
	k := rapid.IntRange(1, 5).Draw(t, "arms")
	d := Data{
		Adaptive: rapid.Bool().Draw(t, "adaptive"), Revenue: wild && rapid.Bool().Draw(t, "revenue"),
		DailyVisitors: rapid.SampledFrom([]float64{0, 1, 1e4}).Draw(t, "daily"),
	}
	for i := range k {
		d.Arms = append(d.Arms, string(rune('a'+i)))
	}
	number, odd := rapid.Int64Range(0, 3000), rapid.SampledFrom([]float64{0, 1, -1, 1e-300, 1e200, -1e200, math.NaN(), math.Inf(1)})
	if wild {
		number = rapid.OneOf(number, rapid.SampledFrom([]int64{0, 1, -5, math.MaxInt64 / 1_000_000}))
		d.Planned, d.Alpha, d.Margin, d.DailyVisitors = odd.Draw(t, "planned"), odd.Draw(t, "alpha"), odd.Draw(t, "margin"), odd.Draw(t, "daily")
		d.PastP = []float64{odd.Draw(t, "p"), odd.Draw(t, "p")}
	}
	for e := range rapid.IntRange(0, 4).Draw(t, "epochs") {
		p := make([]float64, k)
		for i := range p {
			p[i] = rapid.Float64Range(0.01, 1).Draw(t, "w")
		}
		w, err := Split(p, d.Arms)
		if err == nil {
			d.Epochs = append(d.Epochs, Epoch{Number: e, Weights: w})
		}
		for day := range rapid.IntRange(1, 3).Draw(t, "days") {
			for i := range k {
				c := Cell{Epoch: e, Day: e + day, Arm: i, Visitors: number.Draw(t, "n")}
				c.Converters = number.Draw(t, "x")
				if !wild {
					c.Converters = min(c.Converters, c.Visitors)
				} else {
					c.Value, c.ValueSq = odd.Draw(t, "value"), odd.Draw(t, "squares")
				}
				d.Cells = append(d.Cells, c)
			}
		}
	}
	return d
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
