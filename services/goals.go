package services

import (
	"fmt"
	"math"
	"slices"
)

const (
	defaultWindow = 7
	maxWindow     = 90
)

// goals checks the list: one primary goal, keys that differ.
func (f Fields) goals(in []GoalInput) []Goal {
	switch {
	case len(in) == 0:
		f.add("goals", "required", "Is required: at least the primary goal.")
		return nil
	case len(in) > maxGoals:
		f.add("goals", "too_many", fmt.Sprintf("Must be at most %d goals.", maxGoals))
		return nil
	}
	out, taken, primaries := make([]Goal, len(in)), map[string]bool{}, 0
	for i, g := range in {
		at := fmt.Sprintf("goals[%d]", i)
		out[i] = Goal{Key: orEmpty(g.Key), Role: f.role(at, g), Type: orEmpty(g.Type)}
		f.named(at, g.Key, g.Name, &out[i].Name, taken)
		out[i].Config = f.goalConfig(at, out[i].Type, g.Config)
		if out[i].Role == "primary" {
			if primaries++; primaries > 1 {
				f.add(at+".role", "primary", "One goal only can be the primary one.")
			}
		}
	}
	if primaries == 0 {
		f.add("goals", "primary", "One goal must have role primary.")
	}
	for i := range out {
		if out[i].Key == "" {
			out[i].Key = freeKey(slug(out[i].Name, "goal"), taken)
			taken[out[i].Key] = true
		}
	}
	return out
}

func (f Fields) role(at string, g GoalInput) string {
	primary, role := g.Primary != nil && *g.Primary, orEmpty(g.Role)
	switch {
	case role == "" && primary:
		return "primary"
	case role == "":
		return "secondary"
	case !slices.Contains([]string{"primary", "secondary", "guardrail"}, role):
		f.add(at+".role", "unknown", "Must be primary, secondary or guardrail.")
	case g.Primary != nil && primary != (role == "primary"):
		f.add(at+".primary", "unexpected", "Contradicts the role.")
	}
	return role
}

// goalConfig reads the settings that go with a goal's type and refuses all others.
func (f Fields) goalConfig(at, kind string, in map[string]any) GoalConfig {
	c := GoalConfig{WindowDays: defaultWindow}
	switch kind {
	case "click", "url", "custom":
	case "form", "revenue":
		f.notYet(at+".type", true)
		return c
	case "":
		f.add(at+".type", "required", "Is required: click, url or custom.")
		return c
	default:
		f.add(at+".type", "unknown", "Must be click, url or custom.")
		return c
	}
	path := at + ".config."
	for name, value := range in {
		text, isText := value.(string)
		switch {
		case value == nil:
		case name == "window_days":
			c.WindowDays = f.window(path+name, value)
		case name == "selector" && kind == "click", name == "url" && kind == "url", name == "name" && kind == "custom":
			if !isText {
				f.add(path+name, "wrong_type", "Must be text.")
			}
		case slices.Contains([]string{"source", "currency", "cap"}, name):
			f.notYet(path+name, true)
		default:
			f.add(path+name, "unknown", "Is not a setting of this type of goal.")
		}
		switch {
		case !isText:
		case name == "selector":
			c.Selector = text
		case name == "url":
			c.URL = text
		case name == "name":
			c.Name = text
		}
	}
	switch kind {
	case "click":
		c.Selector = f.selector(path+"selector", c.Selector)
	case "url":
		c.URL = f.pattern(path+"url", c.URL, true)
	case "custom":
		c.Name = f.line(path+"name", c.Name, maxName, false)
	}
	return c
}

func (f Fields) window(path string, value any) int {
	days := math.NaN()
	switch v := value.(type) {
	case float64:
		days = v
	case int:
		days = float64(v)
	}
	if !(days >= 1 && days <= maxWindow) || days != math.Trunc(days) {
		f.add(path, "range", fmt.Sprintf("Must be a whole number of days from 1 to %d.", maxWindow))
		return defaultWindow
	}
	return int(days)
}
