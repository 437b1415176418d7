package views

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// GoalForm is the primary goal: goals[0][…] of ExperimentForm. Type is click, url, form, custom or revenue; Trigger, of the last two, is
// empty where the site's code reaches the goal, else datalayer, seen, scroll:percent or engaged:seconds.
type GoalForm struct {
	Type, Selector, Success, URL, Name, Trigger, Currency string
}

func parseGoal(v url.Values) GoalForm {
	typed := func(name string) string { return strings.TrimSpace(v.Get("goals[0][" + name + "]")) }
	return GoalForm{Type: typed("type"), Selector: typed("selector"), Success: typed("success"), URL: typed("url"), Name: typed("name"),
		Trigger: typed("trigger"), Currency: typed("currency")}
}

// goalField is a field of the goal with what was typed and what is wrong with it.
func (f ExperimentForm) goalField(name, value, label string) field {
	path := "goals[0][" + name + "]"
	return field{Name: path, Label: label, Value: value, Error: f.Errors[path]}
}

func goalOptions(ctx context.Context) []option {
	return []option{
		{"click", t(ctx, "goal.click"), t(ctx, "goal.click_help")},
		{"url", t(ctx, "goal.url"), t(ctx, "goal.url_help")},
		{"form", t(ctx, "goal.form"), t(ctx, "goal.form_help")},
		{"revenue", t(ctx, "goal.revenue"), t(ctx, "goal.revenue_help")},
		{"custom", t(ctx, "goal.custom"), t(ctx, "goal.custom_help")},
	}
}

// triggerOptions are the usual ones, and the one that is.
func triggerOptions(ctx context.Context, current string) []option {
	options := []option{{Value: "", Label: t(ctx, "goal.by_code")}, {Value: "datalayer", Label: t(ctx, "goal.by_datalayer")}, {Value: "seen", Label: t(ctx, "goal.by_seen")}}
	usual := []string{"scroll:25", "scroll:50", "scroll:75", "scroll:90", "engaged:30", "engaged:60"}
	if strings.Contains(current, ":") && !slices.Contains(usual, current) {
		usual = append(usual, current)
	}
	for _, value := range usual {
		kind, amount, _ := strings.Cut(value, ":")
		message := "goal.by_scroll"
		if kind == "engaged" {
			message = "goal.by_engaged"
		}
		options = append(options, option{Value: value, Label: t(ctx, message, "Amount", amount)})
	}
	return options
}

// with is the field as one for code.
func (f field) with(placeholder string, longest int) field {
	f.Placeholder, f.Max, f.Mono = placeholder, longest, true
	return f.sometimes()
}

// sometimes is a field that is asked for where it is shown, but browsers must not insist where it is not.
func (f field) sometimes() field {
	f.Optional, f.Unsaid = true, true
	return f
}
