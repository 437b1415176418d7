package services

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // servers without zone files know time zones too

	"github.com/samplit/samplit/proxy"
)

// Targeting says which visits an experiment is for: those for which all conditions hold.
type Targeting struct {
	Conditions []Condition `json:"conditions,omitempty"`
	Timezone   string      `json:"timezone,omitempty" doc:"IANA name, such as Europe/Madrid, in which weekday and hour are read; UTC when left out" example:"Europe/Madrid"`
}

// Condition holds when one of its values matches, or with not when none does. What is unknown of a visit matches no value.
type Condition struct {
	Attribute string   `json:"attribute,omitempty" doc:"url, device, visitor, referrer, utm, cookie, country, weekday or hour"`
	Name      string   `json:"name,omitempty" doc:"utm: source, medium, campaign, term or content; cookie: its name"`
	Op        string   `json:"op,omitempty" doc:"of url, referrer, utm and cookie: is, prefix, wildcard or regex; of utm and cookie also exists"`
	Not       bool     `json:"not,omitempty" doc:"Holds when no value matches"`
	Values    []string `json:"values,omitempty"`
}

// Attributes of a visit.
const (
	onURL      = "url"
	onDevice   = "device"
	onVisitor  = "visitor"
	onReferrer = "referrer"
	onUTM      = "utm"
	onCookie   = "cookie"
	onCountry  = "country"
	onWeekday  = "weekday"
	onHour     = "hour"
)

// Ways to compare text.
const (
	opIs       = "is"
	opPrefix   = "prefix"
	opWildcard = "wildcard"
	opRegex    = "regex"
	opExists   = "exists"
)

// longestSeen bounds the text of a visit that is compared: what is longer matches nothing.
const longestSeen = 4096

// condition is a Condition made ready to be asked.
type condition struct {
	not     bool
	matches func(v *Visit, now time.Time) bool
}

func (c condition) holds(v *Visit, now time.Time) bool { return c.matches(v, now) != c.not }

// compile makes the conditions ready; now is then read in the zone returned.
func (t *Targeting) compile() ([]condition, *time.Location, error) {
	zone, err := time.LoadLocation(cmp.Or(t.Timezone, "UTC"))
	if err != nil {
		return nil, nil, fmt.Errorf("time zone: %w", err)
	}
	out := make([]condition, len(t.Conditions))
	for i, c := range t.Conditions {
		matches, err := c.compile()
		if err != nil {
			return nil, nil, fmt.Errorf("condition %d: %w", i, err)
		}
		out[i] = condition{c.Not, matches}
	}
	return out, zone, nil
}

func (c Condition) compile() (func(*Visit, time.Time) bool, error) {
	switch c.Attribute {
	case onURL:
		match, err := c.page()
		return func(v *Visit, _ time.Time) bool { return v.URL != "" && len(v.URL) <= longestSeen && match(v.URL) }, err
	case onReferrer:
		match, err := c.text()
		return func(v *Visit, _ time.Time) bool { return v.Referrer != "" && match(v.Referrer) }, err
	case onUTM:
		match, err := c.text()
		parameter := "utm_" + c.Name
		return func(v *Visit, _ time.Time) bool {
			text, ok := v.UTM[c.Name]
			if !ok {
				text, ok = queryParameter(v.URL, parameter)
			}
			return ok && match(text)
		}, err
	case onCookie:
		match, err := c.text()
		return func(v *Visit, _ time.Time) bool {
			text, ok := v.Cookies[c.Name]
			return ok && match(text)
		}, err
	case onDevice:
		return func(v *Visit, _ time.Time) bool { return slices.Contains(c.Values, v.device()) }, nil
	case onVisitor:
		return func(v *Visit, _ time.Time) bool {
			return v.Returning != nil && (*v.Returning && slices.Contains(c.Values, "returning") || !*v.Returning && slices.Contains(c.Values, "new"))
		}, nil
	case onCountry:
		return func(v *Visit, _ time.Time) bool { return slices.Contains(c.Values, v.country()) }, nil
	case onWeekday:
		return func(_ *Visit, now time.Time) bool { return slices.Contains(c.Values, weekdays[now.Weekday()]) }, nil
	case onHour:
		spans, err := hourSpans(c.Values)
		return func(_ *Visit, now time.Time) bool {
			return slices.ContainsFunc(spans, func(s hours) bool { return s.contains(now.Hour()) })
		}, err
	}
	return nil, fmt.Errorf("unknown attribute %q", c.Attribute)
}

// page compares whole addresses: is, prefix and wildcard are page patterns, see proxy.MatchPage.
func (c Condition) page() (func(string) bool, error) {
	if c.Op == opRegex {
		return c.text()
	}
	patterns, err := c.patterns()
	return func(url string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return proxy.MatchPage(p, url) })
	}, err
}

// patterns are the page patterns that a condition on the url stands for.
func (c Condition) patterns() ([]string, error) {
	out := slices.Clone(c.Values)
	switch c.Op {
	case opIs, opWildcard:
	case opPrefix:
		for i := range out {
			out[i] += "*"
		}
	default:
		return nil, fmt.Errorf("unknown op %q", c.Op)
	}
	return out, nil
}

// text compares text as it is, with regard to case.
func (c Condition) text() (func(string) bool, error) {
	var one func(value, text string) bool
	switch c.Op {
	case opExists:
		return func(string) bool { return true }, nil
	case opIs:
		one = func(value, text string) bool { return text == value }
	case opPrefix:
		one = func(value, text string) bool { return strings.HasPrefix(text, value) }
	case opWildcard:
		one = proxy.MatchGlob
	case opRegex:
		return c.regex()
	default:
		return nil, fmt.Errorf("unknown op %q", c.Op)
	}
	return func(text string) bool {
		return len(text) <= longestSeen && slices.ContainsFunc(c.Values, func(v string) bool { return one(v, text) })
	}, nil
}

// regex finds one of the expressions anywhere in the text. RE2 takes time linear in the text, whatever the expression.
func (c Condition) regex() (func(string) bool, error) {
	var all []*regexp.Regexp
	for _, v := range c.Values {
		r, err := regexp.Compile(v)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return func(text string) bool {
		return len(text) <= longestSeen && slices.ContainsFunc(all, func(r *regexp.Regexp) bool { return r.MatchString(text) })
	}, nil
}

var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// hours are those from up to but not including to; from 22 to 6 goes over midnight.
type hours struct{ from, to int }

func (h hours) contains(hour int) bool {
	if h.from < h.to {
		return h.from <= hour && hour < h.to
	}
	return hour >= h.from || hour < h.to
}

// parseHours reads 9-18. A span has at least an hour.
func parseHours(text string) (hours, bool) {
	a, b, found := strings.Cut(text, "-")
	from, err1 := strconv.ParseUint(a, 10, 8)
	to, err2 := strconv.ParseUint(b, 10, 8)
	return hours{int(from), int(to)}, found && err1 == nil && err2 == nil && from <= 23 && to <= 24 && from != to
}

func hourSpans(values []string) (out []hours, err error) {
	for _, v := range values {
		h, ok := parseHours(v)
		if !ok {
			return nil, fmt.Errorf("hours %q", v)
		}
		out = append(out, h)
	}
	return out, nil
}
