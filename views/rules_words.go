package views

import (
	"context"
	"strings"
	"time"

	"github.com/samplit/samplit/locale"
)

var (
	attributeWords = map[string]string{"url": "rules.url", "device": "rules.device", "visitor": "rules.visitor", "referrer": "rules.referrer", "utm": "rules.utm",
		"cookie": "rules.cookie", "country": "rules.country", "weekday": "rules.weekday", "hour": "rules.hour"}
	subjectWords = map[string]string{"url": "rules.the_url", "device": "rules.the_device", "visitor": "rules.the_visitor", "referrer": "rules.the_referrer", "utm": "rules.the_utm",
		"cookie": "rules.the_cookie", "country": "rules.the_country", "weekday": "rules.the_weekday", "hour": "rules.the_hour"}
	opWords    = map[string]string{"is": "rules.op_is", "prefix": "rules.op_prefix", "wildcard": "rules.op_wildcard", "regex": "rules.op_regex", "exists": "rules.op_exists"}
	valueWords = map[string]string{"mobile": "rules.mobile", "tablet": "rules.tablet", "desktop": "rules.desktop", "new": "rules.new", "returning": "rules.returning",
		"mon": "rules.mon", "tue": "rules.tue", "wed": "rules.wed", "thu": "rules.thu", "fri": "rules.fri", "sat": "rules.sat", "sun": "rules.sun"}
	excludedWords = map[string]string{"addresses": "rules.n_addresses", "emails": "rules.n_emails", "cookies": "rules.n_cookies", "parameters": "rules.n_parameters",
		"agents": "rules.n_agents"}
)

// attributes in the order in which the form offers them.
var attributes = []string{"url", "device", "visitor", "utm", "referrer", "cookie", "country", "weekday", "hour"}

// picks are the values to choose from, by attribute.
var picks = map[string][]string{"device": {"mobile", "tablet", "desktop"}, "visitor": {"new", "returning"},
	"weekday": {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}}

func attributeOptions(ctx context.Context) (out []option) {
	for _, a := range attributes {
		out = append(out, option{Value: a, Label: word(ctx, attributeWords, a)})
	}
	return out
}

func opOptions(ctx context.Context) (out []option) {
	for _, op := range []string{"is", "prefix", "wildcard", "regex", "exists"} {
		out = append(out, option{Value: op, Label: word(ctx, opWords, op)})
	}
	return out
}

func notOptions(ctx context.Context) []option {
	return []option{{Value: "", Label: t(ctx, "rules.include")}, {Value: "not", Label: t(ctx, "rules.leave_out")}}
}

func campaignOptions() (out []option) {
	for _, name := range []string{"source", "medium", "campaign", "term", "content"} {
		out = append(out, option{Value: name, Label: "utm_" + name})
	}
	return out
}

// Sentences say in words who takes part; none is everybody.
func (r RulesForm) Sentences(ctx context.Context) (out []string) {
	for _, c := range r.Conditions {
		out = append(out, c.sentence(ctx, r.Timezone))
	}
	if s := r.scheduleSentence(ctx); s != "" {
		out = append(out, s)
	}
	if r.Layer != "" {
		out = append(out, t(ctx, "rules.in_layer", "Name", r.Layer, "Ranges", r.Ranges))
	}
	if r.Holdout != "" {
		out = append(out, t(ctx, "rules.in_holdout", "Name", r.Holdout, "Share", r.HoldoutShare))
	}
	if s := r.exclusionSentence(ctx); s != "" {
		out = append(out, s)
	}
	return out
}

func (c ConditionForm) sentence(ctx context.Context, zone string) string {
	what := word(ctx, subjectWords, c.Attribute)
	if name := c.Name(); name != "" {
		what += " " + name
	}
	op := "is"
	if c.ValuesField() == "values" && c.Op != "" {
		op = c.Op
	}
	what += " " + word(ctx, opWords, op)
	var values []string
	for _, v := range c.Texts() {
		if _, known := valueWords[v]; known && c.ValuesField() == "picked" {
			v = inSentence(ctx, c.Attribute, word(ctx, valueWords, v))
		}
		values = append(values, v)
	}
	if len(values) > 0 {
		what += " " + anyOf(ctx, values)
	}
	if (c.Attribute == "hour" || c.Attribute == "weekday") && zone != "" {
		what += " (" + zone + ")"
	}
	if c.Not {
		return t(ctx, "rules.unless", "What", what)
	}
	return t(ctx, "rules.only", "What", what)
}

// inSentence writes a value small, but for days in English.
func inSentence(ctx context.Context, attribute, value string) string {
	if attribute == "weekday" && locale.Lang(ctx) == locale.English {
		return value
	}
	return strings.ToLower(value)
}

// anyOf joins values; of many it tells the first.
func anyOf(ctx context.Context, values []string) string {
	const told = 7
	if len(values) == 1 {
		return values[0]
	}
	if len(values) > told {
		return t(ctx, "rules.and_more", "Values", strings.Join(values[:told-1], ", "), "Count", len(values)-told+1)
	}
	last := len(values) - 1
	return t(ctx, "rules.or", "Values", strings.Join(values[:last], ", "), "Last", values[last])
}

// typedTime is how a browser's field for date and time writes them.
const typedTime = "2006-01-02T15:04"

func (r RulesForm) scheduleSentence(ctx context.Context) string {
	zone := r.Timezone
	if zone == "" {
		zone = "UTC"
	}
	start, end := writtenTime(ctx, r.Start), writtenTime(ctx, r.End)
	switch {
	case start != "" && end != "":
		return t(ctx, "rules.between", "Start", start, "End", end, "Zone", zone)
	case start != "":
		return t(ctx, "rules.from", "Start", start, "Zone", zone)
	case end != "":
		return t(ctx, "rules.until", "End", end, "Zone", zone)
	}
	return ""
}

func writtenTime(ctx context.Context, typed string) string {
	at, err := time.Parse(typedTime, typed)
	if err != nil {
		return typed
	}
	return locale.Date(ctx, at) + ", " + at.Format("15:04")
}

func (r RulesForm) exclusionSentence(ctx context.Context) string {
	var parts []string
	for _, list := range []struct{ kind, text string }{{"addresses", r.Addresses}, {"emails", r.Emails}, {"parameters", r.Parameters},
		{"agents", r.Agents}, {"cookies", r.Cookies}} {
		if n := len(Lines(list.text)); n > 0 {
			parts = append(parts, t(ctx, excludedWords[list.kind], "Count", n))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return t(ctx, "rules.not_counted", "What", strings.Join(parts, ", "))
}

// zones are offered while a time zone is typed; every other name is taken too.
var zones = []string{"UTC", "Europe/Madrid", "Atlantic/Canary", "Europe/London", "Europe/Paris", "Europe/Berlin", "Europe/Rome", "Europe/Lisbon", "Europe/Athens",
	"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Mexico_City", "America/Bogota", "America/Lima", "America/Santiago",
	"America/Argentina/Buenos_Aires", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney"}

// zoneHelp says what time it is in the zone, so that a wrong one is seen.
func zoneHelp(ctx context.Context, name string, now time.Time) string {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return t(ctx, "rules.zone_help")
	}
	return t(ctx, "rules.zone_now", "Zone", name, "Time", now.In(zone).Format("15:04"))
}

// whoHelp says whether the rules can still change.
func whoHelp(ctx context.Context, e Experiment) string {
	if e.Status == "draft" {
		return t(ctx, "rules.help")
	}
	return t(ctx, "rules.frozen")
}

func notValue(c ConditionForm) string {
	if c.Not {
		return "not"
	}
	return ""
}

// pickError is shown by the values that belong to the attribute alone.
func pickError(f ExperimentForm, i int, c ConditionForm, attribute string) string {
	if c.Attribute != attribute {
		return ""
	}
	return f.Errors[conditionField(i, "picked")]
}
