package services

import (
	"slices"
	"time"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// What is needed before anything is judged, and what is too small or too far away to matter.
const (
	needVisitors    = 100 // in each variant
	needConversions = 25  // in all
	smallestLift    = 0.05
	longestTest     = 90 // days
	falseAlarms     = 0.05
)

// dayNumber counts UTC days.
func dayNumber(t time.Time) int { return int(t.Unix() / 86400) }

func dayText(day int) string { return time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly) }

// analyze is a pure function of what was counted.
func analyze(x Experiment, goal Goal, c counts, now time.Time) Results {
	if x.Mode == ModeIndependent {
		return analyzeElements(x, goal, c, now)
	}
	r := analyzeSplit(x, 0, goal, c, now, 1)
	if x.Mode == ModeFactorial {
		r.combine()
	}
	return r
}

// analyzeSplit judges one split; of family many that are judged together each has its part of the error.
func analyzeSplit(x Experiment, at int, goal Goal, c counts, now time.Time, family int) Results {
	split := x.splits()[at]
	arms := split.keys()
	r := Results{ExperimentID: x.ID, Status: x.Status, AsOf: now.Truncate(time.Second), Goal: goal.Key, Currency: goal.Config.Currency, Epochs: x.Epochs, Timeline: []DayResult{},
		Experiment: x, Shown: goal, split: int16(at), past: x.past(c.looks, goal.ID, int16(at), len(arms))}
	cells := slices.DeleteFunc(slices.Clone(c.cells), func(cell db.ResultCellsRow) bool { return cell.Split != int16(at) || int(cell.Arm) >= len(arms) })
	data := engine.Data{Arms: arms, Adaptive: x.Learns(), Revenue: goal.Money(), Planned: float64(x.PlannedPerArm), PastP: r.past, Alpha: falseAlarms / float64(family),
		MinVisitors: needVisitors, MinConversions: needConversions, Margin: smallestLift, MaxDays: longestTest, DailyVisitors: daily(x, cells, now), Epochs: x.epochsOf(split, at)}
	for _, cell := range cells {
		data.Cells = append(data.Cells, engine.Cell{Epoch: int(cell.Epoch), Day: dayNumber(cell.Day), Arm: int(cell.Arm), Visitors: cell.Visitors,
			Converters: cell.Converters, Value: cell.Value, ValueSq: cell.ValueSq})
	}
	r.fill(engine.Analyze(data), x.armNames(split))
	r.Expected, r.totals = expected(data), amounts(cells, len(arms))
	return r
}

// epochsOf are the weights that a split had; those that it would start with where it has not.
func (x Experiment) epochsOf(split plannedSplit, at int) (epochs []engine.Epoch) {
	arms := split.keys()
	for _, e := range x.Epochs {
		if e.Split == split.key {
			epochs = append(epochs, engine.Epoch{Number: e.Number, Weights: e.units(arms)})
		}
	}
	if len(x.Epochs) > 0 {
		return epochs
	}
	if weights, err := x.firstWeights(); err == nil {
		epochs = []engine.Epoch{{Number: 1, Weights: weights[at]}}
	}
	return epochs
}

// units are the epoch's weights in the order of the arms.
func (e Epoch) units(arms []string) engine.Weights {
	w := make(engine.Weights, len(arms))
	for i, arm := range arms {
		w[i] = int(e.Weights[arm]*engine.Buckets + 0.5)
	}
	return w
}

// daily is the recent traffic: visitors a day over the last week, or since the start when that is less.
func daily(x Experiment, cells []db.ResultCellsRow, now time.Time) float64 {
	if x.Status != Running || x.StartedAt == nil {
		return 0
	}
	const week = 7
	first, visitors := dayNumber(now)-week, int64(0)
	for _, c := range cells {
		if dayNumber(c.Day) > first {
			visitors += c.Visitors
		}
	}
	// The oldest day of the week counts whole, today as far as it has come.
	days := now.Sub(time.Unix(int64(first+1)*86400, 0)).Hours() / 24
	return float64(visitors) / max(min(days, now.Sub(*x.StartedAt).Hours()/24), 1.0/24)
}

// expected is how many of the visitors each arm should have, by the weights they came under.
func expected(d engine.Data) []float64 {
	shares := map[int]engine.Weights{}
	for _, e := range d.Epochs {
		shares[e.Number] = e.Weights
	}
	out := make([]float64, len(d.Arms))
	for _, c := range d.Cells {
		if w := shares[c.Epoch]; w != nil {
			for i := range out {
				out[i] += float64(c.Visitors) * w.Share(i)
			}
		}
	}
	return out
}

// fill copies the engine's answer about arms with these names, number by number.
func (r *Results) fill(a engine.Analysis, names []string) {
	money := r.Shown.Money()
	for _, arm := range a.Arms {
		money = money || arm.Revenue.Sum != 0
	}
	r.looks = make([]float64, len(a.Arms))
	for i, arm := range a.Arms {
		v := VariantResult{Key: arm.Key, Name: names[i], IsControl: i == 0, Visitors: arm.Visitors, Conversions: arm.Conversions, Rate: arm.Rate,
			Interval: Interval(arm.Interval), ProbBest: arm.ProbBest, ProbBeatsControl: arm.ProbBeatsControl, ExpectedLoss: arm.ExpectedLoss, WeightNow: arm.WeightNow}
		if arm.Lift != nil {
			v.Lift = &Lift{arm.Lift.Mean, arm.Lift.Low, arm.Lift.High, arm.Lift.Estimator, arm.Lift.LogSE}
		}
		if money {
			v.Revenue = &Revenue{Sum: arm.Revenue.Sum, PerVisitor: arm.Revenue.PerVisitor, Interval: Interval(arm.Revenue.Interval)}
		}
		r.Variants, r.looks[i] = append(r.Variants, v), arm.MinP
		r.Beliefs = append(r.Beliefs, arm.Belief)
		r.Progress.Conversions += arm.Conversions
		if i == 0 || arm.Visitors < r.Progress.Visitors {
			r.Progress.Visitors = arm.Visitors
		}
	}
	r.Progress.Enough, r.Progress.NeedVisitors, r.Progress.NeedConversions = a.Enough, needVisitors, needConversions
	r.SRM = SRM(a.SRM)
	r.Sequential = Sequential{Decided: a.Sequential.Decided, P: a.Sequential.P}
	if a.Sequential.Arm > 0 {
		r.Sequential.Variant = a.Arms[a.Sequential.Arm].Key
	}
	r.Verdict = Verdict{Action: string(a.Verdict.Action), Reason: a.Verdict.Reason, Rule: a.Verdict.Rule, DaysLeft: a.Verdict.DaysLeft}
	if a.Verdict.Arm >= 0 {
		r.Verdict.Variant = a.Arms[a.Verdict.Arm].Key
	}
	for _, d := range a.Timeline {
		day := DayResult{Day: dayText(d.Day), Variant: a.Arms[d.Arm].Key, Visitors: d.Visitors, Conversions: d.Conversions}
		if money {
			day.Revenue = &d.Value
		}
		r.Timeline = append(r.Timeline, day)
	}
}

// State is the verdict in one of five words.
func (r Results) State() string {
	switch engine.Action(r.Verdict.Action) {
	case engine.Fix:
		return VerdictFix
	case engine.Ship:
		return VerdictWinner
	case engine.Stop:
		if r.Verdict.Reason == engine.ReasonEqual || r.Verdict.Reason == engine.ReasonNotBetter {
			return VerdictTie
		}
		return VerdictReady
	}
	return VerdictLearning
}
