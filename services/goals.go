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
	maxEngaged    = 3600 // seconds
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
	amount := number(value)
	units := amount * decimalUnit
	if !(units >= 1 && units <= maxDecimal) || math.Abs(units-math.Round(units)) > 1e-4 {
		f.add(path, "range", "Must be an amount of more than 0 and at most 10^9, with at most 4 decimals.")
		return 0
	}
	return amount
}

func (f Fields) window(path string, value any) int {
	days, whole := wholeNumber(value)
	if !whole || days < 1 || days > maxWindow {
		f.add(path, "range", fmt.Sprintf("Must be a whole number of days from 1 to %d.", maxWindow))
		return defaultWindow
	}
	return days
}

// number is a value of JSON or of ours as a number, NaN for anything else.
func number(value any) float64 {
	switch v := value.(type) {
	case float64:
		return v
	case int:
		return float64(v)
	}
	return math.NaN()
}

// wholeNumber is a value as a whole number that is small enough to count with.
func wholeNumber(value any) (n int, ok bool) {
	x := number(value)
	if !(math.Abs(x) <= 1e9) || x != math.Trunc(x) {
		return 0, false
	}
	return int(x), true
}
