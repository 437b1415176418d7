package handlers

import (
	"context"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// resultsOf turns results into the page's model, number by number; the moment of the look and the head are the caller's.
func resultsOf(ctx context.Context, r services.Results) views.Results {
	m := views.Results{Verdict: verdictOf(ctx, r), Goal: views.GoalRef{Key: r.Shown.Key, Name: r.Shown.Name}}
	for _, g := range r.Experiment.Goals {
		m.Goals = append(m.Goals, views.GoalRef{Key: g.Key, Name: g.Name})
	}
	if r.Status == services.Draft {
		m.Launch = launchOf(r)
		return m
	}
	if !r.Progress.Enough {
		p := r.Progress
		m.Progress = &views.Progress{Visitors: p.Visitors, VisitorsNeeded: p.NeedVisitors, Conversions: p.Conversions, ConversionsNeeded: p.NeedConversions,
			DaysLeft: m.Verdict.DaysLeft}
	}
	for _, check := range r.Health(ctx) {
		m.Health = append(m.Health, views.Health{Key: check.Key, State: check.State, Detail: check.Detail})
	}
	leader := r.Leader().Key
	for i, v := range r.Variants {
		m.Variants = append(m.Variants, variantOf(i, v, v.Key == leader && r.Progress.Enough))
	}
	m.Elements, m.Combinations = elementsOf(ctx, r), combinationsOf(ctx, r)
	m.Currency, m.Money, m.Notes, m.Technical = r.Currency, r.Shown.Money(), notesOf(r), technical(ctx, r)
	m.Changes, m.Segments = changeRatesOf(ctx, r.Fared()), segmentsOf(r)
	if len(m.Elements) > 0 {
		return m
	}
	m.Explained, m.Others, m.Curves = true, goalRows(r), curvesOf(r)
	if r.Verdict.Action == "ship" {
		m.Harmed = r.Harmed(r.Verdict.Variant)
	}
	m.Days, m.DaysBefore = dayRows(r)
	for _, p := range r.Rates() {
		m.Rates = append(m.Rates, views.RatePoint{Day: p.Day, Variant: p.Variant, Visitors: p.Visitors, Conversions: p.Conversions,
			Rate: p.Rate, Low: p.Interval.Low, High: p.Interval.High})
	}
	for _, e := range r.Epochs {
		m.Epochs = append(m.Epochs, views.Epoch{Number: e.Number, OpenedAt: e.OpenedAt, Weights: e.Weights, Reason: services.EpochText(ctx, e)})
	}
	return m
}

func verdictOf(ctx context.Context, r services.Results) views.Verdict {
	v := views.Verdict{State: r.State(), Action: r.Verdict.Action, Headline: r.Verdict.Headline, Reason: r.Why(ctx), Rule: r.RuleText(ctx), Variant: r.Verdict.Variant}
	if r.Verdict.DaysLeft != nil {
		v.DaysLeft = *r.Verdict.DaysLeft
	}
	return v
}

func variantOf(i int, v services.VariantResult, leading bool) views.VariantResult {
	best, risk := v.ProbBest, v.ExpectedLoss
	m := views.VariantResult{Key: v.Key, Name: v.Name, Index: i, Visitors: v.Visitors, Conversions: v.Conversions, Rate: v.Rate,
		RateLow: v.Interval.Low, RateHigh: v.Interval.High, Lift: liftOf(v.Lift), ChanceToBeat: v.ProbBeatsControl, ChanceBest: &best, Risk: &risk,
		Weight: v.WeightNow, Leading: leading}
	if v.Revenue != nil {
		m.Revenue = &views.Revenue{PerVisitor: v.Revenue.PerVisitor, Low: v.Revenue.Interval.Low, High: v.Revenue.Interval.High}
		if c := v.Revenue.Capped; c != nil {
			m.Revenue.Cap, m.Revenue.Capped = c.Cap, c.PerVisitor
		}
	}
	return m
}

// launchOf is what stands between a draft and its start. Without a single change the test is made in code, and needs no snippet.
func launchOf(r services.Results) *views.Launch {
	x := r.Experiment
	edit := "/experiments/" + x.ID.String() + "/edit"
	l := &views.Launch{}
	changed, all := 0, 0
	for _, e := range x.Elements {
		for _, v := range e.Variants[1:] {
			if all++; len(v.Changes) > 0 {
				changed++
			}
		}
	}
	if changed > 0 {
		l.Steps = append(l.Steps, views.LaunchStep{Key: "install", Done: !r.LastSeen.IsZero(), URL: "/sites/" + x.InstallationID.String()},
			views.LaunchStep{Key: "changes", Done: changed == all, URL: edit})
	}
	l.Steps = append(l.Steps, views.LaunchStep{Key: "goal", Done: true, URL: edit})
	return l
}
