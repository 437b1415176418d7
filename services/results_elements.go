package services

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/locale"
)

// ElementResult is what was found out about one element.
type ElementResult struct {
	Key      string          `json:"key"`
	Name     string          `json:"name"`
	Verdict  *Verdict        `json:"verdict,omitempty" doc:"independent: of this element alone"`
	Variants []VariantResult `json:"variants"`

	Results *Results `json:"-"` // of the element as an experiment of its own, in mode independent
}

// armNames are what people call the arms of a split.
func (d Definition) armNames(split plannedSplit) []string {
	names := make([]string, len(split.arms))
	for i, arm := range split.arms {
		parts := make([]string, len(arm.levels))
		for j, level := range arm.levels {
			parts[j] = d.Elements[split.elements[j]].Variants[level].Name
		}
		names[i] = strings.Join(parts, " + ")
	}
	return names
}

// ArmNames are what people call the arms of the only split; nil where there are several.
func (d Definition) ArmNames() []string {
	splits := d.splits()
	if len(splits) != 1 {
		return nil
	}
	return d.armNames(splits[0])
}

// ArmName is what people call the arm with a key, or one arm of each split joined by dots; the key when there is none.
func (d Definition) ArmName(key string) string {
	arms := d.armsOf(key)
	if arms == nil {
		return key
	}
	names := make([]string, len(arms))
	for i, split := range d.splits() {
		names[i] = d.armNames(split)[arms[i]]
	}
	return strings.Join(names, " + ")
}

// analyzeElements judges every element as an experiment of its own, which share the error: together they are wrong as seldom as one.
func analyzeElements(x Experiment, goal Goal, c counts, now time.Time) Results {
	parts := make([]Results, len(x.Elements))
	for i := range x.Elements {
		parts[i] = analyzeSplit(x, i, goal, c, now, len(x.Elements))
		parts[i].Experiment = x.alone(i)
	}
	r := parts[deciding(parts)]
	r.Experiment = x
	for i, e := range x.Elements {
		r.Elements = append(r.Elements, ElementResult{Key: e.Key, Name: e.Name, Variants: parts[i].Variants, Verdict: &parts[i].Verdict, Results: &parts[i]})
	}
	r.Epochs = x.Epochs
	if r.Verdict.Action == string(engine.Ship) {
		r.Verdict.Variant = r.together()
	}
	return r
}

// alone is the experiment with one of its elements.
func (x Experiment) alone(element int) Experiment {
	x.Mode, x.Elements = ModeSingle, x.Elements[element:element+1]
	x.Epochs = slices.DeleteFunc(slices.Clone(x.Epochs), func(e Epoch) bool { return e.Split != x.Elements[0].Key })
	if keys := strings.Split(orEmpty(x.Winner), "."); element < len(keys) && keys[element] != "" {
		x.Winner = &keys[element]
	}
	return x
}

// deciding is the element that the verdict on the whole rests on: one that needs fixing, else one that is not decided yet and will be
// last, else one with something better.
func deciding(parts []Results) int {
	rank := func(r Results) int {
		days := longestTest * 100
		if r.Verdict.DaysLeft != nil {
			days = *r.Verdict.DaysLeft
		}
		switch engine.Action(r.Verdict.Action) {
		case engine.Fix:
			return 4 * days
		case engine.KeepRunning:
			return 2 + days
		case engine.Ship:
			return 1
		}
		return 0
	}
	best := 0
	for i := range parts {
		if rank(parts[i]) > rank(parts[best]) {
			best = i
		}
	}
	return best
}

// together joins what each element's verdict wants to keep: where nothing is proven better, the original.
func (r Results) together() string {
	keys := make([]string, len(r.Elements))
	for i, e := range r.Elements {
		keys[i] = e.Variants[0].Key
		if e.Verdict.Action == string(engine.Ship) {
			keys[i] = e.Verdict.Variant
		}
	}
	return strings.Join(keys, ".")
}

// judged are the results that have p-values of their own.
func (r Results) judged() []Results {
	if r.Experiment.Mode != ModeIndependent {
		return []Results{r}
	}
	var parts []Results
	for _, e := range r.Elements {
		parts = append(parts, *e.Results)
	}
	return parts
}

// speak writes the sentences that the answer carries, in the language of ctx.
func (r *Results) speak(ctx context.Context) {
	for _, e := range r.Elements {
		if e.Results != nil {
			e.Results.Verdict.Headline = e.Results.headline(ctx)
			*e.Verdict = e.Results.Verdict
		}
	}
	r.Verdict.Headline = r.headline(ctx)
}

// elementsHeadline is the sentence about elements that are tested separately.
func (r Results) elementsHeadline(ctx context.Context) string {
	decided, better := 0, []string(nil)
	for _, e := range r.Elements {
		if e.Verdict.Action != string(engine.KeepRunning) {
			decided++
		}
		if e.Verdict.Action == string(engine.Ship) {
			better = append(better, locale.T(ctx, "headline.element_better", "Element", e.Name, "Variant", e.Results.Variant(e.Verdict.Variant).Name))
		}
	}
	switch {
	case len(better) > 0 && decided == len(r.Elements):
		return locale.T(ctx, "headline.elements_ship", "Better", strings.Join(better, ", "))
	case len(better) > 0:
		return locale.T(ctx, "headline.elements_some", "Better", strings.Join(better, ", "), "Open", len(r.Elements)-decided)
	case decided == len(r.Elements):
		return locale.T(ctx, "headline.elements_none")
	}
	return locale.T(ctx, "headline.elements_open", "Count", len(r.Elements))
}

// ElementText is a finished sentence about one element: its verdict, or what its best version does whatever the others show.
func (r Results) ElementText(ctx context.Context, e ElementResult) string {
	switch {
	case e.Results != nil && r.Progress.Enough:
		return e.Verdict.Headline
	case e.Results != nil || !r.Progress.Enough:
		return ""
	}
	best := -1
	for i, v := range e.Variants[1:] {
		if v.Lift != nil && v.Lift.Low > 0 && (best < 0 || v.Lift.Mean > e.Variants[best].Lift.Mean) {
			best = i + 1
		}
	}
	if best < 0 {
		return locale.T(ctx, "element.no_effect")
	}
	v := e.Variants[best]
	return locale.T(ctx, "element.effect", "Variant", v.Name, "Lift", locale.SignedPercent(ctx, v.Lift.Mean, 0),
		"Low", locale.SignedPercent(ctx, v.Lift.Low, 0), "High", locale.SignedPercent(ctx, v.Lift.High, 0))
}
