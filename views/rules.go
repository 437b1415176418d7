package views

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	maxFormConditions = 20
	maxRulesText      = 60_000 // of a list with one thing a line
)

// RulesForm says who takes part, as typed. Fields of the form, all optional:
//
//	conditions[i][attribute] (url | device | visitor | referrer | utm | cookie | country | weekday | hour), …[not] (empty or not),
//	…[op], …[campaign], …[cookie], …[values] (one a line), …[picked] (several), …[hours], …[countries]
//	timezone, start, end (yyyy-mm-ddThh:mm in it), layer, ranges (0-50), holdout, holdout_share (percent)
//	addresses, emails, cookies, parameters, agents (one a line; of cookies and parameters name or name=value)
//	do: add-condition, remove-condition:i
type RulesForm struct {
	Conditions                                     []ConditionForm
	Timezone, Start, End                           string
	Layer, Ranges                                  string
	Holdout, HoldoutShare                          string
	Addresses, Emails, Cookies, Parameters, Agents string
	Open                                           bool // the part of the form is shown unfolded
}

// ConditionForm is one condition as typed: of its fields those are used that belong to the attribute.
type ConditionForm struct {
	Attribute, Op    string
	Not              bool
	Campaign, Cookie string
	Values           string
	Picked           []string
	Hours, Countries string
}

// Name is that of the campaign parameter or cookie.
func (c ConditionForm) Name() string {
	switch c.Attribute {
	case "utm":
		return c.Campaign
	case "cookie":
		return c.Cookie
	}
	return ""
}

// Texts are the values that belong to the attribute.
func (c ConditionForm) Texts() []string {
	switch c.Attribute {
	case "device", "visitor", "weekday":
		return slices.DeleteFunc(slices.Clone(c.Picked), func(v string) bool { return !slices.Contains(picks[c.Attribute], v) })
	case "hour":
		return listed(c.Hours)
	case "country":
		return listed(c.Countries)
	}
	if c.Op == "exists" {
		return nil
	}
	return Lines(c.Values)
}

// ValuesField is the part of a condition's field names that its values have.
func (c ConditionForm) ValuesField() string {
	switch c.Attribute {
	case "device", "visitor", "weekday":
		return "picked"
	case "hour":
		return "hours"
	case "country":
		return "countries"
	}
	return "values"
}

// Lines are the lines of a text in which something stands.
func Lines(text string) (out []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// listed reads short values, with commas or spaces between them.
func listed(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// isSet says whether there is any rule.
func (r RulesForm) isSet() bool {
	return len(r.Conditions) > 0 || r.Start+r.End+r.Layer+r.Ranges+r.Holdout+r.HoldoutShare+r.Addresses+r.Emails+r.Cookies+r.Parameters+r.Agents != ""
}

func parseRules(v url.Values) RulesForm {
	text := func(name string) string { return strings.TrimSpace(strings.ReplaceAll(v.Get(name), "\r\n", "\n")) }
	r := RulesForm{Timezone: text("timezone"), Start: text("start"), End: text("end"), Layer: text("layer"), Ranges: text("ranges"),
		Holdout: text("holdout"), HoldoutShare: text("holdout_share"), Addresses: text("addresses"), Emails: text("emails"),
		Cookies: text("cookies"), Parameters: text("parameters"), Agents: text("agents")}
	for i := range maxFormConditions {
		if !v.Has(conditionField(i, "attribute")) {
			break
		}
		field := func(name string) string { return text(conditionField(i, name)) }
		r.Conditions = append(r.Conditions, ConditionForm{Attribute: field("attribute"), Op: field("op"), Not: field("not") != "",
			Campaign: field("campaign"), Cookie: field("cookie"), Values: field("values"), Picked: v[conditionField(i, "picked")],
			Hours: field("hours"), Countries: field("countries")})
	}
	r.Open = r.isSet()
	return r
}

// apply adds or removes a condition, and says whether do asked for that.
func (r *RulesForm) apply(do string) bool {
	verb, at, _ := strings.Cut(do, ":")
	i, err := strconv.Atoi(at)
	switch {
	case verb == "add-condition" && len(r.Conditions) < maxFormConditions:
		r.Conditions = append(r.Conditions, ConditionForm{Attribute: "device", Op: "is"})
	case verb == "remove-condition" && err == nil && i >= 0 && i < len(r.Conditions):
		r.Conditions = append(r.Conditions[:i:i], r.Conditions[i+1:]...)
	case verb != "add-condition" && verb != "remove-condition":
		return false
	}
	r.Open = true
	return true
}

func conditionField(i int, name string) string { return fmt.Sprintf("conditions[%d][%s]", i, name) }

// rulesFields are the names of the part's fields beside those of conditions.
var rulesFields = []string{"conditions", "timezone", "start", "end", "layer", "ranges", "holdout", "holdout_share", "addresses", "emails", "cookies", "parameters", "agents"}

// rulesWrong says whether something is wrong with a rule, which must then be seen.
func rulesWrong(errs Errors) bool {
	for _, name := range rulesFields {
		if errs[name] != "" {
			return true
		}
	}
	for name := range errs {
		if strings.HasPrefix(name, "conditions[") {
			return true
		}
	}
	return false
}
