package services

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/currency"
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

// goalSettings are the settings of each type of goal beside those that all have.
var goalSettings = map[string][]string{"click": {"selector"}, "url": {"url"}, "custom": {"name"}, "revenue": {"name"}}

// goalConfig reads the settings that go with a goal's type and refuses all others.
func (f Fields) goalConfig(at, kind string, in map[string]any) GoalConfig {
	c := GoalConfig{WindowDays: defaultWindow}
	own, known := goalSettings[kind]
	switch {
	case kind == "form":
		f.notYet(at+".type", true)
		return c
	case kind == "":
		f.add(at+".type", "required", "Is required: click, url, custom or revenue.")
		return c
	case !known:
		f.add(at+".type", "unknown", "Must be click, url, custom or revenue.")
		return c
	}
	path := at + ".config."
	for name, value := range in {
		text, isText := value.(string)
		switch {
		case value == nil:
		case name == "window_days":
			c.WindowDays = f.window(path+name, value)
		case name == "cap":
			c.Cap = f.cap(path+name, value)
		case !slices.Contains(own, name) && name != "currency" && name != "source":
			f.add(path+name, "unknown", "Is not a setting of this type of goal.")
		case !isText:
			f.add(path+name, "wrong_type", "Must be text.")
		default:
			*c.text(name) = text
		}
	}
	switch kind {
	case "click":
		c.Selector = f.selector(path+"selector", c.Selector)
	case "url":
		c.URL = f.pattern(path+"url", c.URL, true)
	default:
		c.Name = f.line(path+"name", c.Name, maxName, false)
	}
	c.Currency = f.currency(path+"currency", c.Currency, kind == "revenue")
	if c.Source != "" && c.Source != "server" {
		f.add(path+"source", "unknown", "Must be server, or left out: anybody who knows the token.")
	}
	return c
}

// text is where a setting that is text goes.
func (c *GoalConfig) text(name string) *string {
	return map[string]*string{"selector": &c.Selector, "url": &c.URL, "name": &c.Name, "currency": &c.Currency, "source": &c.Source}[name]
}

func (f Fields) currency(path, code string, required bool) string {
	code = strings.ToUpper(strings.TrimSpace(code))
	switch _, err := currency.ParseISO(code); {
	case code == "" && required:
		f.add(path, "required", "Is required: the currency of the values, such as EUR.")
	case code != "" && err != nil:
		f.add(path, "currency", "Must be an ISO 4217 code, such as EUR or USD.")
	}
	return code
}

// cap is a positive amount of at most 4 decimals.
func (f Fields) cap(path string, value any) float64 {
	amount := math.NaN()
	switch v := value.(type) {
	case float64:
		amount = v
	case int:
		amount = float64(v)
	}
	units := amount * decimalUnit
	if !(units >= 1 && units <= maxDecimal) || math.Abs(units-math.Round(units)) > 1e-4 {
		f.add(path, "range", "Must be an amount of more than 0 and at most 10^9, with at most 4 decimals.")
		return 0
	}
	return amount
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
