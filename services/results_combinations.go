package services

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
	"github.com/samplit/samplit/locale"
)

// Interaction is a pair of variants of two elements that depend on each other.
type Interaction struct {
	Elements [2]string `json:"elements"`
	Variants [2]string `json:"variants"`
	Lift     Lift      `json:"lift" doc:"What they bring together beyond what each brings alone"`
}

const (
	combinationLevel = 0.95
	combinationDraws = 2000
	combinationSeed  = 1 // the same counts always give the same chances
	// estimatorModel is that of main effects and pairwise interactions.
	estimatorModel = "factorial_model"
)

// combine adds what a factorial experiment's model of main effects and pairwise interactions makes of the counts. It is for reading,
// and for choosing among combinations that the deciding test has proven better; it proves nothing by itself.
func (r *Results) combine() {
	split := r.Experiment.splits()[0]
	if r.Visitors() == 0 {
		r.Elements = r.levels(split, nil, nil)
		return
	}
	model := engine.NewCombinations(r.facts(split))
	best, _ := model.ProbBest(combinationSeed, combinationDraws)
	for i, e := range model.Arms(combinationLevel) {
		v := r.Variants[i]
		v.ProbBest, v.Lift, v.ProbBeatsControl = best[i], modelLift(e.Lift), nil
		if i > 0 {
			v.ProbBeatsControl = &e.ProbBeatsControl
		}
		r.Combinations = append(r.Combinations, v)
	}
	r.Elements = r.levels(split, model.Effects(combinationLevel), best)
	for _, in := range model.Interactions(1 - falseAlarms/float64(r.Experiment.pairsOfVariants())) {
		if in.Lift.OK && (in.Lift.Low > 0 || in.Lift.High < 0) {
			r.Interactions = append(r.Interactions, r.interaction(in))
		}
	}
	if r.Verdict.Action == string(engine.Ship) {
		r.Verdict.Variant = r.bestProven()
	}
}

// pairsOfVariants counts those of two elements, originals apart: so many interactions there may be.
func (d Definition) pairsOfVariants() (n int) {
	for i, e := range d.Elements {
		for _, f := range d.Elements[:i] {
			n += (len(e.Variants) - 1) * (len(f.Variants) - 1)
		}
	}
	return n
}

func modelLift(l stats.Lift) *Lift {
	if !l.OK {
		return nil
	}
	return &Lift{Mean: l.Mean, Low: l.Low, High: l.High, Estimator: estimatorModel}
}

// facts are the counts of the combinations over all days and epochs.
func (r Results) facts(split plannedSplit) engine.Facts {
	f := engine.Facts{Revenue: r.Shown.Money()}
	for i, arm := range split.arms {
		v, total := r.Variants[i], r.totals[i]
		f.Arms = append(f.Arms, engine.Arm{Key: arm.key, Levels: arm.levels, Exposures: v.Visitors, Periods: []engine.Count{
			{Trials: float64(v.Visitors), Successes: float64(v.Conversions), Value: total.Value, ValueSq: total.ValueSq}}})
	}
	return f
}

// amounts are the values that the visitors of each arm brought.
func amounts(cells []db.ResultCellsRow, arms int) []engine.Count {
	out := make([]engine.Count, arms)
	for _, c := range cells {
		out[c.Arm].Value += c.Value
		out[c.Arm].ValueSq += c.ValueSq
	}
	return out
}

// levels are the variants of each element, counted over all combinations that show them.
func (r Results) levels(split plannedSplit, effects []engine.Effect, best []float64) []ElementResult {
	out := make([]ElementResult, len(r.Experiment.Elements))
	for e, element := range r.Experiment.Elements {
		out[e] = ElementResult{Key: element.Key, Name: element.Name}
		for l, variant := range element.Variants {
			row, total := VariantResult{Key: variant.Key, Name: variant.Name, IsControl: l == 0, ExpectedLoss: math.Inf(1)}, engine.Count{}
			for i, arm := range split.arms {
				if arm.levels[e] != l {
					continue
				}
				row.count(r.Variants[i])
				total.Value, total.ValueSq = total.Value+r.totals[i].Value, total.ValueSq+r.totals[i].ValueSq
				if best != nil {
					row.ProbBest += best[i]
				}
			}
			row.rate(total, r.Variants[0].Revenue != nil)
			at := slices.IndexFunc(effects, func(f engine.Effect) bool { return f.Element == e && f.Level == l })
			if at >= 0 {
				row.Lift, row.ProbBeatsControl = modelLift(effects[at].Lift), &effects[at].ProbPositive
			}
			out[e].Variants = append(out[e].Variants, row)
		}
	}
	return out
}

// count adds a combination that shows the variant. What is risked with it is what is risked with the best of them.
func (v *VariantResult) count(arm VariantResult) {
	v.Visitors += arm.Visitors
	v.Conversions += arm.Conversions
	v.WeightNow += arm.WeightNow
	v.ExpectedLoss = min(v.ExpectedLoss, arm.ExpectedLoss)
}

// rate says what the counts come to.
func (v *VariantResult) rate(total engine.Count, money bool) {
	rate := stats.Rate{Successes: float64(v.Conversions), Trials: float64(v.Visitors)}
	v.Rate, v.Interval.Level = rate.Value(), combinationLevel
	v.Interval.Low, v.Interval.High = stats.Wilson(rate.Successes, rate.Trials, combinationLevel)
	if !money {
		return
	}
	mean := stats.SampleFromSums(rate.Trials, total.Value, total.ValueSq).Estimate()
	v.Revenue = &Revenue{Sum: total.Value, PerVisitor: mean.Mean, Interval: Interval{Level: combinationLevel}}
	v.Revenue.Interval.Low, v.Revenue.Interval.High = mean.Interval(combinationLevel)
}

func (r Results) interaction(in engine.Interaction) Interaction {
	out := Interaction{Lift: *modelLift(in.Lift)}
	for side, e := range in.Elements {
		element := r.Experiment.Elements[e]
		out.Elements[side], out.Variants[side] = element.Key, element.Variants[in.Levels[side]].Key
	}
	return out
}

// bestProven is the combination that the model finds best among those that are proven better than the original, now or at an earlier
// look.
func (r Results) bestProven() string {
	winner, most := r.Verdict.Variant, -1.0
	for i, v := range r.Variants {
		proven := v.Key == r.Verdict.Variant || v.Lift != nil && v.Lift.Low > 0
		if proven && r.Combinations[i].ProbBest > most {
			winner, most = v.Key, r.Combinations[i].ProbBest
		}
	}
	return winner
}

// BestCombination is the one that the model finds best.
func (r Results) BestCombination() VariantResult {
	return slices.MaxFunc(r.Combinations, func(a, b VariantResult) int { return cmp.Compare(a.ProbBest, b.ProbBest) })
}

// BestText names the best combination and what it brings.
func (r Results) BestText(ctx context.Context) string {
	v := r.BestCombination()
	chance := locale.Chance(ctx, v.ProbBest)
	if v.IsControl || v.Lift == nil {
		return locale.T(ctx, "combination.original", "Chance", chance)
	}
	return locale.T(ctx, "combination.best", "Name", v.Name, "Lift", locale.SignedPercent(ctx, v.Lift.Mean, 0), "Low", locale.SignedPercent(ctx, v.Lift.Low, 0),
		"High", locale.SignedPercent(ctx, v.Lift.High, 0), "Chance", chance)
}

// TogetherTexts say which versions depend on each other; one sentence says that none does.
func (r Results) TogetherTexts(ctx context.Context) []string {
	if len(r.Interactions) == 0 {
		return []string{locale.T(ctx, "combination.apart")}
	}
	var out []string
	for _, in := range r.Interactions {
		id := "combination.better"
		if in.Lift.Mean < 0 {
			id = "combination.worse"
		}
		out = append(out, locale.T(ctx, id, "A", r.versionName(in, 0), "B", r.versionName(in, 1), "Lift", locale.SignedPercent(ctx, in.Lift.Mean, 0),
			"Low", locale.SignedPercent(ctx, in.Lift.Low, 0), "High", locale.SignedPercent(ctx, in.Lift.High, 0)))
	}
	return out
}

func (r Results) versionName(in Interaction, side int) string {
	e := r.Experiment.element(in.Elements[side])
	for _, v := range e.Variants {
		if v.Key == in.Variants[side] {
			return v.Name
		}
	}
	return in.Variants[side]
}
