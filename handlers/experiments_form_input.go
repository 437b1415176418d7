package handlers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// percent reads a share typed in percent, with a comma or a point.
func percent(text string) (float64, bool) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	x, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, false
	}
	return x / 100, true
}

// formPercent writes a share the way the form takes it.
func formPercent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e6)/1e4, 'f', -1, 64)
}

// formInput turns a typed form into what the service takes; the errors are what cannot even be read.
func formInput(ctx context.Context, m views.ExperimentForm) (services.ExperimentInput, views.Errors) {
	wrong := views.Errors{}
	single := services.ModeSingle
	in := services.ExperimentInput{Mode: &single, InstallationID: &m.SiteID, Name: &m.Name, URL: &m.URL, Hypothesis: &m.Hypothesis,
		Goals: []services.GoalInput{goalInput(ctx, m.Goal)}}
	if m.Method != "" {
		in.Allocator = &m.Method
	}
	if share, ok := percent(m.Traffic); ok {
		in.TrafficAllocation = &share
	} else {
		wrong["traffic"] = "error.percent"
	}
	for i, v := range m.Variants {
		control := i == 0
		variant := services.VariantInput{IsControl: &control, Name: &v.Name, Changes: []services.ChangeInput{}}
		if v.Key != "" {
			variant.Key = &v.Key
		}
		if v.Name == "" {
			name := defaultVariant(ctx, i)
			variant.Name = &name
		}
		if v.Weight != "" {
			share, ok := percent(v.Weight)
			if !ok {
				wrong[fmt.Sprintf("variants[%d][weight]", i)] = "error.percent"
			}
			variant.Weight = &share
		}
		for _, j := range filledChanges(v) {
			variant.Changes = append(variant.Changes, changeInput(v.Changes[j]))
		}
		in.Variants = append(in.Variants, variant)
	}
	elementsInput(ctx, m.Elements, &in, wrong)
	in.Rules = rulesInput(m.Rules, wrong)
	return in, wrong
}

func defaultVariant(ctx context.Context, i int) string {
	if i == 0 {
		return locale.T(ctx, "form.control")
	}
	return locale.T(ctx, "form.variant_default", "Letter", string(rune('A'+i)))
}

// filledChanges are the rows of a variant in which something was typed.
func filledChanges(v views.VariantForm) (rows []int) {
	for j, c := range v.Changes {
		if c.Selector != "" || c.Name != "" || c.Value != "" {
			rows = append(rows, j)
		}
	}
	return rows
}

// changeInput takes what the kind of change uses: the others are fields that the form does not show for it.
func changeInput(c views.Change) services.ChangeInput {
	in := services.ChangeInput{Action: &c.Action, Selector: &c.Selector}
	if c.Action != "hide" {
		in.Value = &c.Value
	}
	if c.Action == "style" || c.Action == "attr" {
		in.Name = &c.Name
	}
	return in
}

// storedForm shows a draft for editing.
func storedForm(ctx context.Context, x services.Experiment, refs []views.SiteRef) views.ExperimentForm {
	m := views.ExperimentForm{ID: x.ID.String(), Version: strconv.Itoa(x.Version), Sites: refs, SiteID: x.InstallationID.String(),
		Name: x.Name, URL: x.URL, Hypothesis: x.Hypothesis, Method: x.Allocator, Traffic: formPercent(x.TrafficAllocation), Rules: storedRules(x.Rules)}
	m.Goal = storedGoal(x.Primary())
	m.Elements = storedElements(x)
	if x.Mode != services.ModeSingle {
		m.Variants = views.NewExperimentForm(nil).Variants
		return m
	}
	shares, even := x.Elements[0].Shares(), x.Elements[0].Even()
	for i, v := range x.Variants() {
		row := views.VariantForm{Key: v.Key, Name: v.Name}
		if !even {
			row.Weight = formPercent(shares[i])
		}
		for _, change := range v.Changes {
			row.Changes = append(row.Changes, changeOf(change))
		}
		m.Variants = append(m.Variants, row)
	}
	return m
}

// formFields are the form's names of values that the service calls otherwise.
var formFields = map[string]string{"installation_id": "site", "traffic_allocation": "traffic", "allocator": "method", "strategy": "method", "key": "name"}

var (
	changePath  = regexp.MustCompile(`^variants\[(\d+)\]\.changes\[(\d+)\]\.(selector|action|name|value)$`)
	variantPath = regexp.MustCompile(`^variants\[(\d+)\]`)
	formNames   = []string{"", "site", "name", "url", "hypothesis", "method", "traffic", "variants"}
)

// formErrors gives problems the names that the form's fields have. What no field of the form is about stands above it.
func formErrors(ctx context.Context, m views.ExperimentForm, errs views.Errors) views.Errors {
	out, errs := views.Errors{}, renamed(errs, formFields)
	for _, path := range slices.SortedFunc(maps.Keys(errs), lineByLine) {
		text := errs[path]
		switch {
		case slices.Contains(formNames, path):
			out[path] = text
		case changePath.MatchString(path):
			out[changeField(m, changePath.FindStringSubmatch(path))] = text
		case variantPath.MatchString(path):
			out["variants["+variantPath.FindStringSubmatch(path)[1]+"][name]"] = text
		case strings.HasPrefix(path, "goals[0]."):
			field := strings.TrimPrefix(strings.TrimPrefix(path, "goals[0]."), "config.")
			out["goals[0]["+field+"]"] = text
		default:
			if name, ok := elementField(m.Elements, path); ok {
				out[name] = text
				continue
			}
			if name, line, ok := ruleField(m.Rules, path); ok {
				ruleError(ctx, out, name, line, text)
				continue
			}
			out[""] = path + ": " + text
		}
	}
	return out
}

// lineByLine sorts the second before the tenth.
func lineByLine(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }

// number reads digits; too many of them are 0.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// changeField names the row that a change was typed in: empty rows were not sent.
func changeField(m views.ExperimentForm, at []string) string {
	i, j := number(at[1]), number(at[2])
	if i < len(m.Variants) {
		if rows := filledChanges(m.Variants[i]); j < len(rows) {
			j = rows[j]
		}
	}
	return fmt.Sprintf("variants[%d][changes][%d][%s]", i, j, at[3])
}
