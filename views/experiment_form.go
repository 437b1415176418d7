package views

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Bounds of the form. The service has the same or narrower ones; these keep a forged form from growing.
const (
	maxFormVariants = 10
	maxFormChanges  = 50
)

// ExperimentForm creates or edits an experiment: POST /experiments/new or /experiments/{id}/edit. Fields:
//
//	site, name, url, hypothesis, method (sequential | thompson), traffic (percent), version
//	goals[0][…] of GoalForm
//	variants[i][key], variants[i][name], variants[i][weight] (percent; empty is equal)
//	variants[i][changes][j][action] (text | style | attr | hide), …[selector], …[name], …[value]
//	those of RulesForm and of ElementsForm
//	do: add-variant, remove-variant:i, add-change:i, remove-change:i:j — show the form again with that row more or less;
//	    anything else — store
//
// Variant 0 is the control and has no changes. Keys of Errors are the names above.
type ExperimentForm struct {
	ID      string // empty for a new one
	Version string
	Sites   []SiteRef
	SiteID  string

	Name, URL, Hypothesis string
	Method                string
	Traffic               string
	Goal                  GoalForm
	Variants              []VariantForm
	Elements              ElementsForm
	Rules                 RulesForm
	Errors                Errors
}

// VariantForm is one variant as typed.
type VariantForm struct {
	Key, Name, Weight string
	Changes           []Change
}

// NewExperimentForm returns the form that asks only for what nobody can guess: two variants, one empty change, all visitors.
func NewExperimentForm(sites []SiteRef) ExperimentForm {
	f := ExperimentForm{
		Sites: sites, Method: "sequential", Traffic: "100", Goal: GoalForm{Type: "click"},
		Variants: []VariantForm{{Key: "control"}, {Key: "b", Changes: []Change{{Action: "text"}}}},
		Elements: newElementsForm(),
	}
	if len(sites) > 0 {
		f.SiteID = sites[0].ID
	}
	return f
}

// ParseExperimentForm reads posted values back into the form. It judges nothing; rows beyond the bounds are dropped, and gaps
// in the numbering end a list.
func ParseExperimentForm(v url.Values, sites []SiteRef) ExperimentForm {
	f := ExperimentForm{
		Sites: sites, SiteID: v.Get("site"), Version: v.Get("version"),
		Name: strings.TrimSpace(v.Get("name")), URL: strings.TrimSpace(v.Get("url")), Hypothesis: strings.TrimSpace(v.Get("hypothesis")),
		Method: v.Get("method"), Traffic: strings.TrimSpace(v.Get("traffic")),
		Goal: parseGoal(v),
	}
	for i := range maxFormVariants {
		prefix := variantField(i, "")
		if !v.Has(prefix + "[name]") {
			break
		}
		variant := VariantForm{Key: v.Get(prefix + "[key]"), Name: strings.TrimSpace(v.Get(prefix + "[name]")),
			Weight: strings.TrimSpace(v.Get(prefix + "[weight]"))}
		for j := range maxFormChanges {
			at := changeField(i, j, "")
			if !v.Has(at + "[action]") {
				break
			}
			variant.Changes = append(variant.Changes, Change{Action: v.Get(at + "[action]"), Name: strings.TrimSpace(v.Get(at + "[name]")),
				Selector: strings.TrimSpace(v.Get(at + "[selector]")), Value: v.Get(at + "[value]")})
		}
		f.Variants = append(f.Variants, variant)
	}
	f.Elements = parseElements(v)
	f.Rules = parseRules(v)
	return f
}

// Apply carries out the form's "do" when it only adds or removes a row, and says whether it did; the caller then shows the
// form again. A row that does not exist, or one too many, changes nothing.
func (f *ExperimentForm) Apply(do string) bool {
	if f.Rules.apply(do) || f.Elements.apply(do) {
		return true
	}
	verb, args, _ := strings.Cut(do, ":")
	first, second, _ := strings.Cut(args, ":")
	i, errI := strconv.Atoi(first)
	j, errJ := strconv.Atoi(second)
	hasVariant := errI == nil && i > 0 && i < len(f.Variants)
	switch verb {
	case "add-variant":
		if len(f.Variants) < maxFormVariants {
			f.Variants = append(f.Variants, VariantForm{Changes: []Change{{Action: "text"}}})
		}
	case "remove-variant":
		if hasVariant && len(f.Variants) > 2 {
			f.Variants = append(f.Variants[:i:i], f.Variants[i+1:]...)
		}
	case "add-change":
		if hasVariant && len(f.Variants[i].Changes) < maxFormChanges {
			f.Variants[i].Changes = append(f.Variants[i].Changes, Change{Action: "text"})
		}
	case "remove-change":
		if hasVariant && errJ == nil && j >= 0 && j < len(f.Variants[i].Changes) {
			changes := f.Variants[i].Changes
			f.Variants[i].Changes = append(changes[:j:j], changes[j+1:]...)
		}
	default:
		return false
	}
	return true
}

func variantField(i int, name string) string {
	if name == "" {
		return fmt.Sprintf("variants[%d]", i)
	}
	return fmt.Sprintf("variants[%d][%s]", i, name)
}

func changeField(i, j int, name string) string {
	at := fmt.Sprintf("variants[%d][changes][%d]", i, j)
	if name == "" {
		return at
	}
	return at + "[" + name + "]"
}

func formTitle(ctx context.Context, f ExperimentForm) string {
	if f.ID == "" {
		return t(ctx, "experiments.new")
	}
	return t(ctx, "form.edit_title")
}

func formAction(f ExperimentForm) templ.SafeURL {
	if f.ID == "" {
		return "/experiments/new"
	}
	return pathTo("experiments", f.ID, "edit")
}

func formBack(f ExperimentForm) string {
	if f.ID == "" {
		return "/experiments"
	}
	return string(pathTo("experiments", f.ID))
}

func siteOptions(sites []SiteRef) []option {
	options := make([]option, 0, len(sites))
	for _, site := range sites {
		options = append(options, option{Value: site.ID, Label: joined(site.Name, site.Host)})
	}
	return options
}

// formActions are the kinds of change the form offers; a stored change of another kind keeps its own.
func formActions(ctx context.Context, current string) []option {
	options := []option{
		{Value: "text", Label: t(ctx, "change.text")}, {Value: "style", Label: t(ctx, "change.style")},
		{Value: "attr", Label: t(ctx, "change.attr")}, {Value: "hide", Label: t(ctx, "change.hide")},
	}
	switch current {
	case "", "text", "style", "attr", "hide":
	default:
		options = append(options, option{Value: current, Label: word(ctx, actionWords, current)})
	}
	return options
}

func methodOptions(ctx context.Context) []option {
	return []option{
		{"sequential", t(ctx, "method.sequential"), t(ctx, "method.sequential_help")},
		{"thompson", t(ctx, "method.thompson"), t(ctx, "method.thompson_help")},
	}
}

// defaultVariantName is Variant B, C, … as the service names a variant without a name.
func defaultVariantName(ctx context.Context, i int) string {
	return t(ctx, "form.variant_default", "Letter", string(rune('A'+i)))
}

func formVariantName(ctx context.Context, i int, v VariantForm) string {
	switch {
	case i == 0:
		return t(ctx, "form.control")
	case v.Name != "":
		return v.Name
	}
	return defaultVariantName(ctx, i)
}
