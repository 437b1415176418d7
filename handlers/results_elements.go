package handlers

import (
	"cmp"
	"context"
	"slices"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// mostCombinations are shown of a factorial experiment beside its original.
const mostCombinations = 8

func elementsOf(ctx context.Context, r services.Results) []views.ElementResult {
	out := make([]views.ElementResult, 0, len(r.Elements))
	for _, e := range r.Elements {
		shown := views.ElementResult{Key: e.Key, Name: e.Name, Headline: r.ElementText(ctx, e)}
		if e.Results != nil && r.Status != services.Completed && r.Visitors() > 0 {
			shown.State = e.Results.State()
		}
		for i, v := range e.Variants {
			row := variantOf(i, v, false)
			row.Key = e.Key + "-" + v.Key
			shown.Variants = append(shown.Variants, row)
		}
		out = append(out, shown)
	}
	return out
}

// combinationsOf shows the original and the most promising combinations; nil where there are none.
func combinationsOf(ctx context.Context, r services.Results) *views.CombinationResults {
	if len(r.Combinations) == 0 {
		return nil
	}
	type ranked struct {
		at int
		services.VariantResult
	}
	var others []ranked
	for i, v := range r.Combinations[1:] {
		others = append(others, ranked{i + 1, v})
	}
	slices.SortStableFunc(others, func(a, b ranked) int { return cmp.Compare(b.ProbBest, a.ProbBest) })
	top := others[:min(mostCombinations, len(others))]
	out := &views.CombinationResults{More: len(others) - len(top), Top: []views.VariantResult{variantOf(0, r.Combinations[0], false)}}
	for i, v := range top {
		out.Top = append(out.Top, variantOf(i+1, v.VariantResult, i == 0 && r.Progress.Enough))
	}
	if r.Progress.Enough {
		out.Best, out.Together = r.BestText(ctx), r.TogetherTexts(ctx)
	}
	return out
}

// elementChoices are the versions that can be served for good, where each element is decided by itself.
func elementChoices(r services.Results) []views.WinnerElement {
	var out []views.WinnerElement
	for _, e := range r.Elements {
		if e.Results == nil {
			return nil
		}
		choice := views.WinnerElement{Key: e.Key, Name: e.Name, Recommended: e.Variants[0].Key}
		if e.Verdict.Action == "ship" {
			choice.Recommended = e.Verdict.Variant
		}
		for i, v := range e.Variants {
			choice.Choices = append(choice.Choices, views.WinnerChoice{Key: v.Key, Name: v.Name, Index: i, Rate: v.Rate, Lift: liftOf(v.Lift), Visitors: r.Visitors() - v.Visitors})
		}
		out = append(out, choice)
	}
	return out
}
