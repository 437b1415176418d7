package services

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

const (
	maxConditions   = 20
	maxRuleValues   = 50        // of a condition
	maxRegexes      = 20        // of an experiment
	maxRuleText     = 500       // characters and bytes of one value
	maxTargeting    = 8 << 10   // bytes of all values, which every page view loads
	maxAddresses    = 1000      // of an experiment
	maxExcluded     = 100       // of each other kind
	maxLayerRanges  = 20        // of an experiment
	maxEmail        = 254       // bytes
	maxRuleName     = 128       // bytes
	maxTimezoneName = 64        // bytes
	shortestRange   = 1 / 1e4   // one value of the hash
	scheduleDays    = 130 * 366 // from 1970
)

// rules checks the rules of an experiment and returns them in the form in which they are kept.
func (f Fields) rules(in Rules) (out Rules) {
	if in.Targeting != nil {
		out.Targeting = f.targeting(*in.Targeting)
	}
	if in.Schedule != nil {
		out.Schedule = f.schedule(*in.Schedule)
	}
	if in.Exclusions != nil {
		out.Exclusions = f.exclusions(*in.Exclusions)
	}
	if in.Layer != nil {
		out.Layer = f.layer(*in.Layer)
	}
	if in.Holdout != nil {
		out.Holdout = f.holdout(*in.Holdout)
	}
	return out
}

func (f Fields) targeting(in Targeting) *Targeting {
	if len(in.Conditions) == 0 && in.Timezone == "" {
		return nil
	}
	f.bounded("targeting.conditions", len(in.Conditions), 1, maxConditions)
	f.timezone("targeting.timezone", in.Timezone)
	size, regexes := 0, 0
	for _, c := range in.Conditions {
		for _, v := range c.Values {
			size += len(v)
		}
		if c.Op == opRegex {
			regexes += len(c.Values)
		}
	}
	switch {
	case size > maxTargeting:
		f.add("targeting.conditions", "too_long", fmt.Sprintf("All values together must have at most %d bytes.", maxTargeting))
	case regexes > maxRegexes:
		f.add("targeting.conditions", "too_many", fmt.Sprintf("Must have at most %d regular expressions.", maxRegexes))
	}
	if f.about("targeting") {
		return nil
	}
	out := &Targeting{Timezone: in.Timezone}
	for i, c := range in.Conditions {
		out.Conditions = append(out.Conditions, f.condition(fmt.Sprintf("targeting.conditions[%d]", i), c))
	}
	return out
}

// bounded checks how many there are; false when they need no further look.
func (f Fields) bounded(path string, have, least, most int) bool {
	switch {
	case have < least:
		f.add(path, "required", "Is required.")
	case have > most:
		f.add(path, "too_many", fmt.Sprintf("Must be at most %d.", most))
	}
	return have >= least && have <= most
}

// about says whether something is wrong with a value or a part of it.
func (f Fields) about(path string) bool {
	for p := range f {
		if rest, found := strings.CutPrefix(p, path); found && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

func (f Fields) timezone(path, name string) {
	if name == "" {
		return
	}
	if _, err := time.LoadLocation(name); err != nil || len(name) > maxTimezoneName || name == "Local" {
		f.add(path, "timezone", "Must be the name of a time zone, such as Europe/Madrid.")
	}
}

var (
	textOps   = []string{opIs, opPrefix, opWildcard, opRegex}
	namedOps  = append(slices.Clone(textOps), opExists)
	campaigns = []string{"source", "medium", "campaign", "term", "content"}
)

func (f Fields) condition(path string, in Condition) Condition {
	out := Condition{Attribute: in.Attribute, Not: in.Not}
	ops := []string(nil)
	switch in.Attribute {
	case onURL, onReferrer:
		ops = textOps
	case onUTM:
		out.Name, ops = in.Name, namedOps
		f.oneOf(path+".name", in.Name, campaigns)
	case onCookie:
		out.Name, ops = in.Name, namedOps
		f.token(path+".name", in.Name)
	case onDevice, onVisitor, onCountry, onWeekday, onHour:
	case "":
		f.add(path+".attribute", "required", "Is required: "+attributeList+".")
		return out
	default:
		f.add(path+".attribute", "unknown", "Must be "+attributeList+".")
		return out
	}
	if in.Name != "" && out.Name == "" {
		f.add(path+".name", "unexpected", "Has a meaning for utm and cookie only.")
	}
	out.Op = f.op(path+".op", in.Op, ops)
	if out.Op == opExists {
		if len(in.Values) > 0 {
			f.add(path+".values", "unexpected", "Has no meaning with op exists.")
		}
		return out
	}
	if f.bounded(path+".values", len(in.Values), 1, maxRuleValues) {
		for i, v := range in.Values {
			out.Values = append(out.Values, f.conditionValue(fmt.Sprintf("%s.values[%d]", path, i), out, v))
		}
	}
	return out
}

const attributeList = "url, device, visitor, referrer, utm, cookie, country, weekday or hour"

// op checks how text is compared; what is no text is not compared in several ways.
func (f Fields) op(path, op string, allowed []string) string {
	switch {
	case allowed == nil && (op == "" || op == opIs):
		return ""
	case allowed == nil:
		f.add(path, "unexpected", "Has no meaning for this attribute.")
	case op == "":
		return opIs
	case !slices.Contains(allowed, op):
		f.add(path, "unknown", "Must be "+strings.Join(allowed, ", ")+".")
	}
	return op
}

func (f Fields) oneOf(path, value string, allowed []string) {
	switch {
	case value == "":
		f.add(path, "required", "Is required: one of "+strings.Join(allowed, ", ")+".")
	case !slices.Contains(allowed, value):
		f.add(path, "unknown", "Must be one of "+strings.Join(allowed, ", ")+".")
	}
}

var tokenPattern = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")

// token checks the name of a cookie or a header.
func (f Fields) token(path, name string) {
	switch {
	case name == "":
		f.add(path, "required", "Is required.")
	case !tokenPattern.MatchString(name):
		f.add(path, "name", fmt.Sprintf("Must be a name of at most %d letters, digits and marks such as - and _.", maxRuleName))
	}
}

// ruleText checks one value to compare with.
func (f Fields) ruleText(path, text string, required bool) string {
	text = f.line(path, text, maxRuleText, required)
	if len(text) > maxRuleText {
		f.add(path, "too_long", fmt.Sprintf("Must have at most %d bytes.", maxRuleText))
	}
	return text
}

func (f Fields) conditionValue(path string, c Condition, v string) string {
	v = f.ruleText(path, v, true)
	if f.about(path) {
		return v
	}
	switch c.Attribute {
	case onDevice:
		f.oneOf(path, v, []string{"mobile", "tablet", "desktop"})
	case onVisitor:
		f.oneOf(path, v, []string{"new", "returning"})
	case onWeekday:
		f.oneOf(path, v, []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
	case onHour:
		h, ok := parseHours(v)
		if !ok {
			f.add(path, "hours", "Must be like 9-18: from 0 to 23, up to but not including 1 to 24; 22-6 goes over midnight.")
		}
		return fmt.Sprintf("%d-%d", h.from, h.to)
	case onCountry:
		v = strings.ToUpper(v)
		if !isCountry(v) {
			f.add(path, "country", "Must be a country's two letters (ISO 3166), such as ES.")
		}
	case onURL:
		if c.Op == opIs && strings.Contains(v, "*") {
			f.add(path, "wildcard", "Must have no *; use op wildcard.")
		}
	}
	if c.Op == opRegex {
		if _, err := regexp.Compile(v); err != nil {
			f.add(path, "regex", "Must be a regular expression (RE2).")
		}
	}
	return v
}

// isCountry knows the two letters that ISO assigned.
func isCountry(code string) bool {
	r, err := language.ParseRegion(code)
	return len(code) == 2 && err == nil && r.IsCountry() && r.String() == code
}

func (f Fields) schedule(in Schedule) *Schedule {
	if in.Start == nil && in.End == nil {
		return nil
	}
	f.timezone("schedule.timezone", in.Timezone)
	out := &Schedule{f.instant("schedule.start", in.Start), f.instant("schedule.end", in.End), in.Timezone}
	if out.Start != nil && out.End != nil && !out.Start.Before(*out.End) {
		f.add("schedule.end", "order", "Must be after the start.")
	}
	return out
}

// instant is a time in UTC, to the millisecond: as exactly as browsers tell it.
func (f Fields) instant(path string, t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	if days := t.Unix() / 86400; days < 1 || days > scheduleDays {
		f.add(path, "range", "Must be a time of this century.")
	}
	utc := t.UTC().Truncate(time.Millisecond)
	return &utc
}

func (f Fields) layer(in Layer) *Layer {
	if in.Key == "" && len(in.Ranges) == 0 {
		return nil
	}
	f.key("layer.key", in.Key)
	if !f.bounded("layer.ranges", len(in.Ranges), 1, maxLayerRanges) {
		return nil
	}
	out := &Layer{Key: in.Key, Ranges: slices.Clone(in.Ranges)}
	for i, r := range in.Ranges {
		if len(r) != 2 || !(r[0] >= 0 && r[1]-r[0] >= shortestRange-1e-12 && r[1] <= 1) {
			f.add(fmt.Sprintf("layer.ranges[%d]", i), "range", "Must be [from, to) with 0 ≤ from < to ≤ 1 and at least a ten-thousandth of the visitors.")
		}
	}
	if f.about("layer.ranges") {
		return nil
	}
	slices.SortFunc(out.Ranges, func(a, b []float64) int { return slices.Compare(a, b) })
	for i := 1; i < len(out.Ranges); i++ {
		if out.Ranges[i][0] < out.Ranges[i-1][1] {
			f.add("layer.ranges", "overlap", "Must not overlap.")
		}
	}
	return out
}

func (f Fields) holdout(in Holdout) *Holdout {
	if in == (Holdout{}) {
		return nil
	}
	f.key("holdout.key", in.Key)
	if !(in.Share > 0 && in.Share < 1) || math.IsInf(in.Share, 0) {
		f.add("holdout.share", "range", "Must be more than 0 and less than 1.")
	}
	return &in
}

func (f Fields) exclusions(in Exclusions) *Exclusions {
	out := Exclusions{Addresses: f.addresses("exclusions.addresses", in.Addresses)}
	out.Emails = f.excludedTexts("exclusions.emails", in.Emails, func(path, v string) string {
		if len(v) > maxEmail || !strings.Contains(v, "@") {
			f.add(path, "email", "Must be an e-mail address; * stands for any characters, as in *@corp.example.")
		}
		return strings.ToLower(v)
	})
	out.UserAgents = f.excludedTexts("exclusions.user_agents", in.UserAgents, func(_, v string) string { return v })
	out.Cookies = f.excludedNames("exclusions.cookies", in.Cookies, f.token)
	out.URLParameters = f.excludedNames("exclusions.url_parameters", in.URLParameters, func(path, name string) {
		if f.line(path, name, maxRuleName, true); len(name) > maxRuleName {
			f.add(path, "too_long", fmt.Sprintf("Must have at most %d bytes.", maxRuleName))
		}
	})
	out.Headers = f.excludedNames("exclusions.headers", in.Headers, f.header)
	if len(out.Addresses)+len(out.Emails)+len(out.UserAgents)+len(out.Cookies)+len(out.URLParameters)+len(out.Headers) == 0 {
		return nil
	}
	return &out
}

func (f Fields) addresses(path string, in []string) (out []string) {
	if !f.bounded(path, len(in), 0, maxAddresses) {
		return nil
	}
	for i, text := range in {
		if len(text) > 2*64 {
			text = ""
		}
		s, ok := parseSpan(text)
		switch at := fmt.Sprintf("%s[%d]", path, i); {
		case !ok:
			f.add(at, "address", "Must be an address, a network such as 10.0.0.0/8, or two addresses such as 192.0.2.1-192.0.2.9.")
		case s == everyIPv4 || s == everyIPv6:
			f.add(at, "everybody", "Would exclude everybody.")
		default:
			out = append(out, strings.ReplaceAll(text, " ", ""))
		}
	}
	return out
}

var (
	everyIPv4, _ = parseSpan("0.0.0.0/0")
	everyIPv6, _ = parseSpan("::/0")
)

func (f Fields) excludedTexts(path string, in []string, check func(path, v string) string) (out []string) {
	if !f.bounded(path, len(in), 0, maxExcluded) {
		return nil
	}
	for i, v := range in {
		at := fmt.Sprintf("%s[%d]", path, i)
		out = append(out, check(at, f.ruleText(at, v, true)))
	}
	return out
}

func (f Fields) excludedNames(path string, in []NamedExclusion, check func(path, name string)) (out []NamedExclusion) {
	if !f.bounded(path, len(in), 0, maxExcluded) {
		return nil
	}
	for i, n := range in {
		at := fmt.Sprintf("%s[%d]", path, i)
		check(at+".name", n.Name)
		if n.Value != nil {
			f.ruleText(at+".value", *n.Value, false)
		}
		out = append(out, n)
	}
	return out
}

// notVisitors are headers that proxies and this server read or write: what they say is not the visitor's to say.
var notVisitors = []string{"authorization", "proxy-authorization", "cookie", "set-cookie", "host", "origin", "forwarded", "x-forwarded-for",
	"x-forwarded-host", "x-forwarded-proto", "x-real-ip", "x-request-id", "content-type", "content-length", "content-encoding", "connection",
	"transfer-encoding", "user-agent"}

func (f Fields) header(path, name string) {
	f.token(path, name)
	if slices.Contains(notVisitors, strings.ToLower(name)) {
		f.add(path, "reserved", "Says nothing about the visitor; use addresses, cookies or user_agents.")
	}
}
