package handlers

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// goalInput takes what the kind of goal uses. What visitors do on the page has a name when nobody gave it one; an event must be named,
// because it is sent under its name.
func goalInput(ctx context.Context, g views.GoalForm) services.GoalInput {
	primary, config := true, map[string]any{}
	switch g.Type {
	case "click":
		config["selector"] = g.Selector
		g.Name = cmp.Or(g.Name, locale.T(ctx, "goal.unnamed_click"))
	case "url":
		config["url"] = g.URL
		g.Name = cmp.Or(g.Name, locale.T(ctx, "goal.unnamed_url"))
	case "form":
		config["selector"], config["success"] = g.Selector, g.Success
		g.Name = cmp.Or(g.Name, locale.T(ctx, "goal.unnamed_form"))
	case "revenue":
		config["name"], config["currency"], config["trigger"] = g.Name, g.Currency, g.Trigger
	case "custom":
		g.Name = triggerInput(ctx, g, config)
	}
	return services.GoalInput{Name: &g.Name, Primary: &primary, Type: &g.Type, Config: config}
}

// triggerInput says in config what reaches a custom goal, and returns its name.
func triggerInput(ctx context.Context, g views.GoalForm, config map[string]any) string {
	trigger, amount, _ := strings.Cut(g.Trigger, ":")
	config["trigger"] = trigger
	switch trigger {
	case "scroll":
		config["percent"] = typedNumber(amount)
		return cmp.Or(g.Name, locale.T(ctx, "goal.unnamed_scroll"))
	case "engaged":
		config["seconds"] = typedNumber(amount)
		return cmp.Or(g.Name, locale.T(ctx, "goal.unnamed_engaged"))
	case "seen":
		config["selector"] = g.Selector
		return cmp.Or(g.Name, locale.T(ctx, "goal.unnamed_seen"))
	}
	config["name"] = g.Name
	return g.Name
}

// typedNumber is what was typed as a number where it is one; the service says what is wrong with anything else.
func typedNumber(text string) any {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return text
}

// keepUnseen keeps what the form does not show: further goals, key, window, cap and source of the first, headers, strategy and
// parameters stay.
func keepUnseen(in *services.ExperimentInput, x services.Experiment) {
	if x.Exclusions != nil {
		in.Exclusions.Headers = x.Exclusions.Headers
	}
	stored := x.Input()
	for i, g := range stored.Goals {
		if x.Goals[i].Role != "primary" {
			in.Goals = append(in.Goals, g)
			continue
		}
		first := &in.Goals[0]
		first.Key = g.Key
		for _, name := range []string{"window_days", "cap", "source"} {
			first.Config[name] = g.Config[name]
		}
	}
}

func storedGoal(goal services.Goal) views.GoalForm {
	c := goal.Config
	trigger := c.Trigger
	switch trigger {
	case "scroll":
		trigger += ":" + strconv.Itoa(c.Percent)
	case "engaged":
		trigger += ":" + strconv.Itoa(c.Seconds)
	}
	return views.GoalForm{Type: goal.Type, Selector: c.Selector, Success: c.Success, URL: c.URL, Name: goal.Name, Trigger: trigger, Currency: c.Currency}
}
