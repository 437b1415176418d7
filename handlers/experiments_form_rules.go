package handlers

import (
	"cmp"
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// typedTime is how a browser's field for date and time writes them.
const typedTime = "2006-01-02T15:04"

// rulesInput turns the typed rules into what the service takes. What is left empty takes a stored rule away.
func rulesInput(r views.RulesForm, wrong views.Errors) services.Rules {
	out := services.Rules{Targeting: &services.Targeting{}, Schedule: scheduleInput(r, wrong), Exclusions: &services.Exclusions{
		Addresses: views.Lines(r.Addresses), Emails: views.Lines(r.Emails), UserAgents: views.Lines(r.Agents),
		Cookies: namedLines(r.Cookies), URLParameters: namedLines(r.Parameters)}}
	for _, c := range r.Conditions {
		in := services.Condition{Attribute: c.Attribute, Name: c.Name(), Not: c.Not, Values: c.Texts()}
		if c.ValuesField() == "values" {
			in.Op = c.Op
		}
		out.Targeting.Conditions = append(out.Targeting.Conditions, in)
		out.Targeting.Timezone = r.Timezone
	}
	ranges, ok := rangesInput(r.Ranges)
	out.Layer = &services.Layer{Key: r.Layer, Ranges: ranges}
	switch {
	case !ok:
		wrong["ranges"] = "error.ranges"
	case r.Layer != "" && r.Ranges == "":
		wrong["ranges"] = "error.both"
	case r.Layer == "" && r.Ranges != "":
		wrong["layer"] = "error.both"
	}
	out.Holdout = holdoutInput(r, wrong)
	return out
}

func scheduleInput(r views.RulesForm, wrong views.Errors) *services.Schedule {
	out := &services.Schedule{}
	if len(r.Conditions) == 0 { // else the conditions keep the zone
		out.Timezone = r.Timezone
	}
	zone, err := time.LoadLocation(cmp.Or(r.Timezone, "UTC"))
	if err != nil {
		wrong["timezone"] = "error.timezone"
		return out
	}
	read := func(name, text string) *time.Time {
		if text == "" {
			return nil
		}
		at, err := time.ParseInLocation(typedTime, text, zone)
		if err != nil {
			wrong[name] = "error.datetime"
		}
		return &at
	}
	out.Start, out.End = read("start", r.Start), read("end", r.End)
	return out
}

func holdoutInput(r views.RulesForm, wrong views.Errors) *services.Holdout {
	out := &services.Holdout{Key: r.Holdout}
	if r.Holdout == "" && r.HoldoutShare == "" {
		return out
	}
	share, ok := percent(r.HoldoutShare)
	switch {
	case r.Holdout == "":
		wrong["holdout"] = "error.both"
	case r.HoldoutShare == "":
		wrong["holdout_share"] = "error.both"
	case !ok:
		wrong["holdout_share"] = "error.reserve"
	}
	out.Share = share
	return out
}

// rangesInput reads parts of the visitors in percent: 0-20, 80-100.
func rangesInput(text string) (out [][]float64, ok bool) {
	for _, part := range strings.FieldsFunc(strings.TrimSuffix(text, "%"), func(r rune) bool { return r == ',' || r == ';' }) {
		from, to, found := strings.Cut(strings.ReplaceAll(part, "–", "-"), "-")
		a, ok1 := percent(from)
		b, ok2 := percent(to)
		if !found || !ok1 || !ok2 {
			return nil, false
		}
		out = append(out, []float64{a, b})
	}
	return out, true
}

// namedLines reads a name, or a name and a value, from each line.
func namedLines(text string) (out []services.NamedExclusion) {
	for _, line := range views.Lines(text) {
		name, value, valued := strings.Cut(line, "=")
		n := services.NamedExclusion{Name: strings.TrimSpace(name)}
		if valued {
			value = strings.TrimSpace(value)
			n.Value = &value
		}
		out = append(out, n)
	}
	return out
}

// storedRules shows the rules of an experiment as they are typed.
func storedRules(r services.Rules) (out views.RulesForm) {
	if r.Targeting != nil {
		out.Timezone = r.Targeting.Timezone
		for _, c := range r.Targeting.Conditions {
			out.Conditions = append(out.Conditions, storedCondition(c))
		}
	}
	if s := r.Schedule; s != nil {
		if r.Targeting == nil { // whose hours would else mean others
			out.Timezone = s.Timezone
		}
		out.Start, out.End = storedTime(s.Start, out.Timezone), storedTime(s.End, out.Timezone)
	}
	if r.Layer != nil {
		out.Layer = r.Layer.Key
		var parts []string
		for _, pair := range r.Layer.Ranges {
			parts = append(parts, formPercent(pair[0])+"-"+formPercent(pair[1]))
		}
		out.Ranges = strings.Join(parts, ", ")
	}
	if r.Holdout != nil {
		out.Holdout, out.HoldoutShare = r.Holdout.Key, formPercent(r.Holdout.Share)
	}
	if e := r.Exclusions; e != nil {
		out.Addresses, out.Emails, out.Agents = strings.Join(e.Addresses, "\n"), strings.Join(e.Emails, "\n"), strings.Join(e.UserAgents, "\n")
		out.Cookies, out.Parameters = storedNames(e.Cookies), storedNames(e.URLParameters)
	}
	return out
}

func storedCondition(c services.Condition) views.ConditionForm {
	out := views.ConditionForm{Attribute: c.Attribute, Op: c.Op, Not: c.Not}
	switch c.Attribute {
	case "utm":
		out.Campaign = c.Name
	case "cookie":
		out.Cookie = c.Name
	}
	switch out.ValuesField() {
	case "picked":
		out.Picked = c.Values
	case "hours":
		out.Hours = strings.Join(c.Values, ", ")
	case "countries":
		out.Countries = strings.Join(c.Values, ", ")
	default:
		out.Values = strings.Join(c.Values, "\n")
	}
	return out
}

func storedTime(at *time.Time, timezone string) string {
	if at == nil {
		return ""
	}
	zone, err := time.LoadLocation(cmp.Or(timezone, "UTC"))
	if err != nil { // which was checked when it was stored
		zone = time.UTC
	}
	return at.In(zone).Format(typedTime)
}

func storedNames(all []services.NamedExclusion) string {
	var lines []string
	for _, n := range all {
		line := n.Name
		if n.Value != nil {
			line += "=" + *n.Value
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

var (
	conditionPath = regexp.MustCompile(`^targeting\.conditions\[(\d+)\]\.(attribute|name|op|values)(?:\[(\d+)\])?$`)
	listPath      = regexp.MustCompile(`^exclusions\.(addresses|emails|cookies|url_parameters|user_agents)(?:\[(\d+)\])?`)
	rulePaths     = []struct{ prefix, field string }{{"targeting.conditions", "conditions"}, {"targeting.timezone", "timezone"}, {"schedule.timezone", "timezone"},
		{"schedule.start", "start"}, {"schedule.end", "end"}, {"layer.key", "layer"}, {"layer.ranges", "ranges"}, {"holdout.key", "holdout"}, {"holdout.share", "holdout_share"}}
	listFields = map[string]string{"addresses": "addresses", "emails": "emails", "cookies": "cookies", "url_parameters": "parameters", "user_agents": "agents"}
)

// ruleField names the form's field of a value of a rule, and in a list its line, counted from 1.
func ruleField(r views.RulesForm, path string) (field string, line int, ok bool) {
	if at := conditionPath.FindStringSubmatch(path); at != nil {
		i, _ := strconv.Atoi(at[1])
		name := at[2]
		if i < len(r.Conditions) {
			switch c := r.Conditions[i]; {
			case name == "values":
				name = c.ValuesField()
			case name == "name" && c.Attribute == "utm":
				name = "campaign"
			case name == "name":
				name = "cookie"
			}
		}
		return "conditions[" + at[1] + "][" + name + "]", lineOf(at[3]), true
	}
	if at := listPath.FindStringSubmatch(path); at != nil {
		return listFields[at[1]], lineOf(at[2]), true
	}
	for _, p := range rulePaths {
		if strings.HasPrefix(path, p.prefix) {
			return p.field, 0, true
		}
	}
	return "", 0, false
}

func lineOf(index string) int {
	if index == "" {
		return 0
	}
	i, _ := strconv.Atoi(index)
	return i + 1
}

// ruleTexts are messages that say something else of a rule than of other fields.
var ruleTexts = map[string]string{"holdout_share error.range": "error.reserve", "ranges error.range": "error.ranges"}

// ruleError notes what is wrong; of a list the first line that is, which is said first.
func ruleError(ctx context.Context, out views.Errors, field string, line int, text string) {
	text = cmp.Or(ruleTexts[field+" "+text], text)
	if line > 0 && (strings.HasSuffix(field, "[values]") || !strings.HasPrefix(field, "conditions")) {
		text = locale.T(ctx, "rules.line", "Count", line, "Problem", locale.T(ctx, text))
	}
	if out[field] == "" {
		out[field] = text
	}
}
