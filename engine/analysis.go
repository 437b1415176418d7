package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/samplit/samplit/engine/stats"
)

// Cell is what one arm did among the visitors first exposed on one UTC day of one epoch.
type Cell struct {
	Epoch, Day, Arm      int // Day is a day number; Arm counts from 0, the control
	Visitors, Converters int64
	Value, ValueSq       float64 // sums of the visitors' values and of their squares
}

// Epoch names the weights of an epoch.
type Epoch struct {
	Number  int
	Weights Weights
}

// Data is everything an analysis depends on. Arm 0 is the control. Counts that cannot be (more converters than
// visitors, negative ones, sums that are not numbers) are read as the nearest that can.
type Data struct {
	Arms   []string // keys, 1 to MaxArms
	Cells  []Cell   // in any order; several for one place are added up
	Epochs []Epoch  // in any order; a cell of an epoch that is not listed belongs to an even split
	// Adaptive says that weights followed outcomes.
	Adaptive bool
	// Revenue judges value per visitor instead of conversions per visitor.
	Revenue bool
	// Planned is the number of visitors per arm stored at launch; 0 = stats.DefaultPlanned.
	Planned float64
	// Alpha is the chance of a false decision; 0 = 0.05.
	Alpha float64
	// PastP holds the smallest p-value of each arm at earlier looks, as ArmResult.MinP gave it; nil or 0 = none.
	PastP []float64
	// MinVisitors per arm and MinConversions in all are needed before anything is judged; 0 = 100 and 25.
	MinVisitors, MinConversions int64
	// Margin is the smallest relative lift that matters; 0 = 0.05.
	Margin float64
	// DailyVisitors is the recent traffic of all arms together, and MaxDays how long is too long; 0 = unknown, 90.
	DailyVisitors, MaxDays float64
}

// Analysis is what the results page, the API and the command line show.
type Analysis struct {
	Arms       []ArmResult
	SRM        SRMResult
	Sequential SequentialResult
	Verdict    Verdict
	Timeline   []DayCount // by day, then arm
	// Enough says that there is enough data to show chances and verdicts.
	Enough bool
}

// Interval is a range with the probability that it covers.
type Interval struct{ Low, High, Level float64 }

// Revenue is the value an arm brought: in all, and per visitor with a normal interval.
type Revenue struct {
	Sum, PerVisitor float64
	Interval        Interval
}

// Estimators of a lift.
const (
	EstimatorDifference = "difference" // observed means: one set of weights, one day
	EstimatorStratified = "stratified" // means compared within epoch and day
	EstimatorAIPW       = "aipw"       // augmented inverse propensity weighting, for weights that follow outcomes
)

// Lift is the difference to the control relative to the control, 0.12 = 12 % more. Low and High hold at every look
// and for all variants together.
type Lift struct {
	Mean, Low, High float64
	// LogSE is the standard error of ln(1 + Mean) at this look alone: half the interval of one standard error to each
	// side. 0 where that has no logarithm.
	LogSE     float64
	Estimator string
}

// ArmResult is one row of the results.
type ArmResult struct {
	Key                   string
	Visitors, Conversions int64
	Rate                  float64  // conversions per visitor as observed
	Interval              Interval // Wilson's
	Revenue               Revenue  // zero where values were not recorded
	Lift                  *Lift    // nil for the control, and where there is nothing to divide by
	ProbBest              float64
	ProbBeatsControl      *float64 // nil for the control
	// ExpectedLoss is what choosing this arm now is expected to cost, in units of the goal per visitor.
	ExpectedLoss float64
	WeightNow    float64 // share of the latest epoch
	// Belief is what chances and the expected loss are computed from.
	Belief Belief
	// MinP is the smallest p-value of the comparison with the control over all looks, to be stored; 1 for the
	// control.
	MinP float64
}

// Belief is where an arm's value per visitor lies, in units of the goal: a Beta distribution where Beta has parameters, else a normal one.
// Both have Mean and SD; SD is 0 while nothing is known.
type Belief struct {
	Beta     stats.Beta
	Mean, SD float64
}

// SRMResult tests whether visitors were split as the epochs say.
type SRMResult struct {
	P  float64 // of a chi-square at this look alone
	OK bool    // a test that may be looked at every day has no doubt, at 0.01
}

// SequentialResult is the state of the test that decides.
type SequentialResult struct {
	Decided bool
	Arm     int     // the arm that P belongs to, the most convincing variant when undecided; 0 without variants
	P       float64 // adjusted by Holm over the variants, smallest of all looks
}

// DayCount is a point of the timeline.
type DayCount struct {
	Day, Arm              int
	Visitors, Conversions int64
	Value                 float64
}

const level = 0.95

// Analyze judges an experiment. It is total: data without visitors, without conversions, of one arm give neutral
// values and a verdict whose reason says so; nothing in the answer is ever NaN or infinite. It panics when there are
// no arms, or too many, or when cells and epochs speak of arms that do not exist.
func Analyze(d Data) Analysis {
	d = d.withDefaults()
	t := tabulate(d)
	j := judge(d, t)
	beliefs := j.beliefs(t)
	best, loss, beats := j.chances(beliefs)
	now := latest(d)
	a := Analysis{Timeline: timeline(d), SRM: t.srm(), Sequential: j.sequential(best), Enough: t.enough(d)}
	for i, key := range d.Arms {
		m := t.totals[i]
		r := ArmResult{
			Key: key, Visitors: m.visitors, Conversions: m.converters, Rate: m.rate().Value(), Revenue: m.revenue(),
			ProbBest: best[i], ExpectedLoss: loss[i], WeightNow: now[i], MinP: j.minP[i], Belief: beliefs[i],
		}
		low, high := stats.Wilson(float64(m.converters), float64(m.visitors), level)
		r.Interval = Interval{Low: low, High: high, Level: level}
		if i > 0 {
			r.ProbBeatsControl = &beats[i]
			r.Lift = j.lift(i)
		}
		a.Arms = append(a.Arms, r)
	}
	a.Verdict = decide(d, a, j, t)
	return a
}

// withDefaults fills in the documented defaults and puts the cells in order.
func (d Data) withDefaults() Data {
	if len(d.Arms) < 1 || len(d.Arms) > MaxArms {
		panic("engine: Analyze needs 1 to 64 arms")
	}
	d.Cells = slices.SortedStableFunc(slices.Values(d.Cells), func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Arm, b.Arm))
	})
	d.Planned = orDefault(d.Planned, stats.DefaultPlanned)
	d.Alpha = orDefault(d.Alpha, 0.05)
	d.Margin = orDefault(d.Margin, 0.05)
	d.MaxDays = orDefault(d.MaxDays, 90)
	d.MinVisitors = cmp.Or(d.MinVisitors, 100)
	d.MinConversions = cmp.Or(d.MinConversions, 25)
	return d
}

// rho tunes the confidence sequences to the planned visitors of all arms.
func (d Data) rho() float64 { return stats.Rho(d.Planned*float64(len(d.Arms)), d.Alpha) }

func orDefault(x, otherwise float64) float64 {
	if x > 0 && !math.IsInf(x, 1) {
		return x
	}
	return otherwise
}
