package engine

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/samplit/samplit/engine/stats"
)

// trial is an experiment that is looked at every day.
type trial struct {
	rates   []float64
	daily   int // visitors a day
	days    int
	learns  string  // name in every
	planned float64 // visitors per arm, 0 = default
	trend   float64 // rates are multiplied by 1+trend·sin(day)
	values  float64 // standard deviation of the logarithms of order values, 0 = conversions are judged
}

func (x trial) run(seed uint64) (decided bool, arm int, last Analysis) {
	return x.watch(seed, func(Analysis) {})
}

// watch is run with a look at every day's analysis.
func (x trial) watch(seed uint64, look func(Analysis)) (decided bool, arm int, last Analysis) {
	random := rand.New(rand.NewPCG(seed, 11))
	keys := []string{"control", "b", "c", "d"}[:len(x.rates)]
	d := Data{Arms: keys, Adaptive: x.learns != "sequential", Planned: x.planned, Revenue: x.values > 0}

	d.Epochs = []Epoch{{1, EqualWeights(keys)}}
	f := Facts{Arms: make([]Arm, len(keys)), Revenue: d.Revenue}
	for i := range f.Arms {
		f.Arms[i] = Arm{Key: keys[i], Periods: []Count{{}}}
	}
	since := int64(0)
	for day := range x.days {
		epoch := d.Epochs[len(d.Epochs)-1]
		left, rest := x.daily, 1.0
		for i, share := range epoch.Weights.Shares() {
			n := left
			if i < len(keys)-1 {
				n = int(distuv.Binomial{N: float64(left), P: math.Min(1, share/rest), Src: random}.Rand())
			}
			left, rest = left-n, rest-share
			p := x.rates[i] * (1 + x.trend*math.Sin(float64(day)))
			conv := 0
			if n > 0 {
				conv = int(distuv.Binomial{N: float64(n), P: p, Src: random}.Rand())
			}
			sum := &f.Arms[i].Periods[0]
			c := Cell{Epoch: epoch.Number, Day: day, Arm: i, Visitors: int64(n), Converters: int64(conv)}
			for range conv {
				v := math.Exp(3 + x.values*random.NormFloat64())
				c.Value, c.ValueSq = c.Value+v, c.ValueSq+v*v
			}
			d.Cells = append(d.Cells, c)
			f.Arms[i].Exposures += int64(n)
			sum.Trials, sum.Successes = sum.Trials+float64(n), sum.Successes+float64(conv)
			sum.Value, sum.ValueSq = sum.Value+c.Value, sum.ValueSq+c.ValueSq
			since += int64(n)
		}
		last = Analyze(d)
		look(last)
		d.PastP = nil
		for _, r := range last.Arms {
			d.PastP = append(d.PastP, r.MinP)
		}
		if last.Enough && last.Sequential.Decided && !decided {
			decided, arm = true, last.Sequential.Arm
		}
		if next := NextEpoch(every[x.learns], f, epoch.Weights, since); next.Open {
			d.Epochs = append(d.Epochs, Epoch{epoch.Number + 1, next.Weights})
			since = 0
		}
	}
	return decided, arm, last
}

// decisions counts the runs that decide, and those whose last interval covers the true lift of arm 1.
func (x trial) decisions(t *testing.T, runs int) (decided, better, covered float64) {
	for seed := range runs {
		ok, arm, last := x.run(uint64(seed))
		if ok {
			decided++
			if x.rates[arm] > x.rates[0] {
				better++
			}
		}
		truth := x.rates[1]/x.rates[0] - 1
		if l := last.Arms[1].Lift; l == nil || l.Low <= truth && truth <= l.High {
			covered++
		}
	}
	n := float64(runs)
	t.Logf("%+v: decided %.3f, better %.3f, covered %.3f", x, decided/n, better/n, covered/n)
	return decided / n, better / n, covered / n
}

// atMost fails when a share of runs exceeds p by four standard errors.
func atMost(t *testing.T, what string, got, p float64, runs int) {
	t.Helper()
	if got > p+4*math.Sqrt(p*(1-p)/float64(runs)) {
		t.Errorf("%s: got %.3f of %d runs, want at most %.3f", what, got, runs, p)
	}
}

// TestDailyLooks: with a look every day, equal arms are told apart in no more than alpha of the runs and different
// ones are found.
func TestDailyLooks(t *testing.T) {
	t.Parallel()
	const runs = 100
	for name, x := range map[string]trial{
		"fixed":  {rates: []float64{0.1, 0.1}, daily: 500, days: 14, learns: "sequential"},
		"few":    {rates: []float64{0.02, 0.02}, daily: 200, days: 20, learns: "adaptive", planned: 2000},
		"trend":  {rates: []float64{0.1, 0.1}, daily: 500, days: 14, learns: "adaptive", trend: 0.5},
		"values": {rates: []float64{0.02, 0.02}, daily: 300, days: 20, learns: "adaptive", values: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decided, _, covered := x.decisions(t, runs)
			atMost(t, "false decisions", decided, 0.05, runs)
			atMost(t, "intervals that miss", 1-covered, 0.05, runs)
		})
	}
	t.Run("power", func(t *testing.T) {
		t.Parallel()
		x := trial{rates: []float64{0.1, 0.15}, daily: 500, days: 20, learns: "adaptive"}
		decided, better, _ := x.decisions(t, runs)
		if better < 0.8 || decided > better+0.05 {
			t.Errorf("got %.2f decided and %.2f rightly, want the better arm found", decided, better)
		}
	})
}

// TestSRMIsUniformUnderChangingWeights: p-values of 1,000 bandits without a mismatch are uniform by the test of
// Kolmogorov and Smirnov at 0.001, whose limit is 1.95/√n. Against pooled weights they are not.
func TestSRMIsUniformUnderChangingWeights(t *testing.T) {
	t.Parallel()
	const runs = 1000
	var right, pooled []float64
	for seed := range runs {
		random := rand.New(rand.NewPCG(uint64(seed), 5))
		d := Data{Arms: []string{"control", "b"}}
		var weights, shares float64
		const epochs = 10
		for e := range epochs {
			w := 1000 + random.IntN(8001)
			n := 200 + random.IntN(800)
			b := int(distuv.Binomial{N: float64(n), P: float64(w) / Buckets, Src: random}.Rand())
			d.Epochs = append(d.Epochs, Epoch{e, Weights{Buckets - w, w}})
			d.Cells = append(d.Cells, Cell{Epoch: e, Arm: 0, Visitors: int64(n - b)}, Cell{Epoch: e, Arm: 1, Visitors: int64(b)})
			weights += float64(w) / Buckets
			shares++
		}
		table := tabulate(d.withDefaults())
		right = append(right, table.srm().P) // of one look
		p, _, _ := stats.SRM(
			[]float64{float64(table.totals[0].visitors), float64(table.totals[1].visitors)},
			[]float64{1 - weights/shares, weights / shares})
		pooled = append(pooled, p)
	}
	if d := distanceFromUniform(right); d > 1.95/math.Sqrt(runs) {
		t.Errorf("got a distance of %.3f from uniform", d)
	}
	if d := distanceFromUniform(pooled); d < 1.95/math.Sqrt(runs) {
		t.Errorf("got a distance of %.3f for pooled weights, want the test to notice", d)
	}
}

func distanceFromUniform(p []float64) float64 {
	slices.Sort(p)
	most, n := 0.0, float64(len(p))
	for i, x := range p {
		most = max(most, math.Abs(x-float64(i)/n), math.Abs(x-float64(i+1)/n))
	}
	return most
}

func BenchmarkAnalyze(b *testing.B) {
	for _, adaptive := range []bool{false, true} {
		b.Run(map[bool]string{false: "fixed", true: "adaptive"}[adaptive], func(b *testing.B) {
			d := eightVariants(adaptive)
			b.ReportAllocs()
			for b.Loop() {
				sink += len(Analyze(d).Arms)
			}
		})
	}
}

// BenchmarkPageOfResults is what a page of eight variants and five goals costs.
func BenchmarkPageOfResults(b *testing.B) {
	for _, adaptive := range []bool{false, true} {
		b.Run(map[bool]string{false: "fixed", true: "adaptive"}[adaptive], func(b *testing.B) {
			d := eightVariants(adaptive)
			for b.Loop() {
				for range 5 {
					sink += len(Analyze(d).Arms)
				}
			}
		})
	}
}

// eightVariants is a control and eight variants over 30 days and epochs.
func eightVariants(adaptive bool) Data {
	d := Data{Arms: strings.Split("abcdefghi", ""), Adaptive: adaptive, DailyVisitors: 900}
	for day := range 30 {
		w := slices.Repeat(Weights{1100}, 9)
		w[day%9] += 100
		d.Epochs = append(d.Epochs, Epoch{day, w})
		for i := range d.Arms {
			d.Cells = append(d.Cells, Cell{Epoch: day, Day: day, Arm: i, Visitors: 100, Converters: int64(10 + (i+day)%3)})
		}
	}
	return d
}
