package services

import (
	"context"
	"math"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/locale"
)

// headline is the sentence that matters, of a fixed grammar: every surface writes the same one.
func (r Results) headline(ctx context.Context) string {
	switch r.Status {
	case Draft:
		return locale.T(ctx, "headline.draft")
	case Completed:
		if winner := orEmpty(r.Experiment.Winner); winner != "" {
			return locale.T(ctx, "headline.completed", "Variant", r.Experiment.ArmName(winner))
		}
		return locale.T(ctx, "headline.stopped")
	case Archived:
		return locale.T(ctx, "headline.stopped")
	}
	if r.Experiment.Mode == ModeIndependent && r.Progress.Enough && r.Verdict.Action != string(engine.Fix) {
		return r.elementsHeadline(ctx)
	}
	switch r.Verdict.Reason {
	case engine.ReasonMismatch:
		return locale.T(ctx, "headline.fix_split")
	case engine.ReasonMissing:
		return locale.T(ctx, "headline.fix_events", "Variant", r.Variant(r.Verdict.Variant).Name)
	case engine.ReasonNoVisitors:
		return locale.T(ctx, "headline.waiting")
	case engine.ReasonNoVariants:
		return locale.T(ctx, "headline.alone")
	case engine.ReasonFewVisitors, engine.ReasonFewConversions:
		return locale.T(ctx, "headline.collecting")
	case engine.ReasonBetter:
		return r.winning(ctx)
	case engine.ReasonControlBest:
		v := r.Contender()
		return r.word(ctx, "headline.original", "headline.original_money", "Variant", v.Name, "Lift", liftSize(ctx, v))
	case engine.ReasonEqual, engine.ReasonNotBetter:
		return locale.T(ctx, "headline.tie")
	case engine.ReasonOutOfReach:
		return locale.T(ctx, "headline.out_of_reach")
	}
	return r.undecided(ctx)
}

// word is a sentence about conversions, or its like about money.
func (r Results) word(ctx context.Context, conversions, money string, kv ...any) string {
	if r.Shown.Money() {
		return locale.T(ctx, money, kv...)
	}
	return locale.T(ctx, conversions, kv...)
}

// winning never claims certainty.
func (r Results) winning(ctx context.Context) string {
	v := r.Variant(r.Verdict.Variant)
	if v.Lift == nil || v.ProbBeatsControl == nil {
		return locale.T(ctx, "headline.better", "Variant", v.Name)
	}
	if *v.ProbBeatsControl > 0.99 {
		return r.word(ctx, "headline.winner_sure", "headline.winner_sure_money", "Variant", v.Name, "Lift", liftSize(ctx, v))
	}
	return r.word(ctx, "headline.winner", "headline.winner_money", "Variant", v.Name, "Lift", liftSize(ctx, v), "Chance", int(math.Floor(100**v.ProbBeatsControl)))
}

// undecided names who is in front once that is likely.
func (r Results) undecided(ctx context.Context) string {
	const likely = 0.8
	if leader := r.Leader(); leader.ProbBest > likely {
		return locale.T(ctx, "headline.learning", "Variant", leader.Name)
	}
	return locale.T(ctx, "headline.level")
}

// Contender is the variant, not the control, that does best.
func (r Results) Contender() VariantResult {
	best := r.Variants[min(1, len(r.Variants)-1)]
	for _, v := range r.Variants[1:] {
		if v.ProbBest > best.ProbBest {
			best = v
		}
	}
	return best
}

// liftSize is the size of a lift without its sign.
func liftSize(ctx context.Context, v VariantResult) string {
	if v.Lift == nil {
		return locale.Percent(ctx, 0, 0)
	}
	size, decimals := math.Abs(v.Lift.Mean), 0
	if size < 0.095 {
		decimals = 1
	}
	return locale.Percent(ctx, size, decimals)
}

// Why says in one line what stands behind the headline; empty where the headline says it all.
func (r Results) Why(ctx context.Context) string {
	switch {
	case r.Status == Draft || r.Visitors() == 0:
		return ""
	case r.Status == Paused:
		return locale.T(ctx, "reason.paused")
	}
	switch r.Verdict.Reason {
	case engine.ReasonMismatch:
		v, want := r.mismatch()
		return locale.T(ctx, "reason.fix_split", "Variant", v.Name, "Have", v.Visitors, "Want", int64(math.Round(want)))
	case engine.ReasonMissing:
		v := r.Variant(r.Verdict.Variant)
		return locale.T(ctx, "reason.fix_events", "Variant", v.Name, "Visitors", v.Visitors)
	case engine.ReasonFewVisitors:
		return locale.T(ctx, "reason.collecting", "Visitors", r.Visitors(), "Conversions", r.Progress.Conversions, "Need", needVisitors)
	case engine.ReasonFewConversions:
		return locale.T(ctx, "reason.few_conversions", "Visitors", r.Visitors(), "Conversions", r.Progress.Conversions, "Need", needConversions)
	case engine.ReasonBetter:
		v := r.Variant(r.Verdict.Variant)
		return join(r.more(ctx, v), r.risk(ctx, v))
	case engine.ReasonControlBest:
		return r.risk(ctx, r.Control())
	case engine.ReasonEqual, engine.ReasonNotBetter:
		return r.span(ctx, "reason.tie", r.Variants[1:])
	case engine.ReasonOutOfReach:
		return locale.T(ctx, "reason.out_of_reach", "Days", longestTest)
	}
	return r.span(ctx, "reason.open", []VariantResult{r.Contender()})
}

func join(sentences ...string) (out string) {
	for _, s := range sentences {
		if s != "" && out != "" {
			out += " "
		}
		out += s
	}
	return out
}

// more says what a variant brings in conversions per 1,000 visitors.
func (r Results) more(ctx context.Context, v VariantResult) string {
	if v.Lift == nil {
		return ""
	}
	per := 1000 * r.Control().Rate
	if money := r.Control().Revenue; r.Shown.Money() && money != nil {
		per = 1000 * money.PerVisitor
	}
	return r.word(ctx, "reason.more", "reason.more_money", "Currency", r.Currency, "Variant", v.Name, "More", locale.Number(ctx, per*v.Lift.Mean, 1),
		"Low", locale.Number(ctx, per*v.Lift.Low, 1), "High", locale.Number(ctx, per*v.Lift.High, 1))
}

// risk says what choosing a variant may cost; nothing where that is nothing that could be written.
func (r Results) risk(ctx context.Context, v VariantResult) string {
	if 1000*v.ExpectedLoss < 0.05 {
		return ""
	}
	return r.word(ctx, "reason.risk", "reason.risk_money", "Currency", r.Currency, "Risk", locale.Number(ctx, 1000*v.ExpectedLoss, 1))
}

// span gives the range that holds the lifts of the variants.
func (r Results) span(ctx context.Context, id string, variants []VariantResult) string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range variants {
		if v.Lift != nil {
			low, high = math.Min(low, v.Lift.Low), math.Max(high, v.Lift.High)
		}
	}
	if low > high {
		return ""
	}
	return locale.T(ctx, id, "Low", locale.SignedPercent(ctx, low, 1), "High", locale.SignedPercent(ctx, high, 1))
}

// mismatch is the arm that is furthest from the visitors it should have.
func (r Results) mismatch() (VariantResult, float64) {
	worst, most := 0, -1.0
	for i, v := range r.Variants {
		if want := r.Expected[i]; want > 0 {
			if off := math.Abs(float64(v.Visitors)-want) / math.Sqrt(want); off > most {
				worst, most = i, off
			}
		}
	}
	return r.Variants[worst], r.Expected[worst]
}

// RuleText says which rule decided, in words.
func (r Results) RuleText(ctx context.Context) string {
	if r.Status == Draft {
		return ""
	}
	switch r.Verdict.Rule {
	case engine.RuleSRM:
		return locale.T(ctx, "rule.split")
	case engine.RuleEvents:
		return locale.T(ctx, "rule.events")
	case engine.RuleMinimum:
		return locale.T(ctx, "rule.minimum", "Need", needVisitors)
	case engine.RuleSequential:
		return locale.T(ctx, "rule.sequential")
	case engine.RuleEquivalence:
		return locale.T(ctx, "rule.tie", "Margin", locale.Percent(ctx, smallestLift, 0))
	case engine.RuleHorizon:
		return locale.T(ctx, "rule.horizon", "Days", longestTest)
	}
	return ""
}

// EpochText says why an epoch began.
func EpochText(ctx context.Context, e Epoch) string {
	switch e.Reason {
	case string(engine.ReasonInitial):
		return locale.T(ctx, "epoch.start")
	case string(engine.ReasonChanged):
		return locale.T(ctx, "epoch.changed")
	case reasonTraffic:
		return locale.T(ctx, "epoch.traffic")
	}
	return locale.T(ctx, "epoch.learned")
}
