package services

import (
	"regexp"
	"slices"
	"strings"

	"github.com/samplit/samplit/proxy"
)

// featureCondition tells whom an experiment is for in the words of GrowthBook SDKs, as a condition on the attributes of their user; nil
// for everybody. ok is false when they cannot decide it as the tracker does.
func featureCondition(x *live) (condition map[string]any, ok bool) {
	var all []any
	if x.url != "" {
		pattern, ok := proxy.PageRegexp(x.url)
		if !ok {
			return nil, false
		}
		all = append(all, map[string]any{onURL: map[string]any{"$regex": pattern}})
	}
	if t := x.rules.Targeting; t != nil {
		for _, c := range t.Conditions {
			one, ok := c.feature()
			if !ok {
				return nil, false
			}
			all = append(all, one)
		}
	}
	switch len(all) {
	case 0:
		return nil, true
	case 1:
		return all[0].(map[string]any), true
	}
	return map[string]any{"$and": all}, true
}

// featureAttributes are the names that GrowthBook SDKs give to what they find out by themselves.
var featureAttributes = map[string]string{onURL: "url", onReferrer: "referrer", onDevice: "deviceType", onCountry: "country"}

// feature is the condition in the words of GrowthBook SDKs.
func (c Condition) feature() (map[string]any, bool) {
	attribute := featureAttributes[c.Attribute]
	if c.Attribute == onUTM {
		attribute = "utm" + strings.ToUpper(c.Name[:1]) + c.Name[1:]
	}
	expressions, ok := c.expressions()
	if attribute == "" || !ok {
		return nil, false
	}
	var out map[string]any
	switch {
	case c.Op == opExists:
		out = map[string]any{attribute: map[string]any{"$exists": true}}
	case expressions == nil:
		out = map[string]any{attribute: map[string]any{"$in": c.Values}}
	default:
		choices := make([]any, len(expressions))
		for i, e := range expressions {
			want := map[string]any{"$exists": true, "$regex": e} // or what is absent would read "undefined"
			if c.Attribute != onUTM {
				want["$ne"] = ""
			}
			choices[i] = map[string]any{attribute: want}
		}
		if out = choices[0].(map[string]any); len(choices) > 1 {
			out = map[string]any{"$or": choices}
		}
	}
	if c.Not {
		out = map[string]any{"$not": out}
	}
	return out, true
}

// expressions are the values of the condition as regular expressions for RE2 and JavaScript alike; nil where equality will do.
func (c Condition) expressions() (out []string, ok bool) {
	switch {
	case c.Op == opRegex:
		return c.Values, !slices.ContainsFunc(c.Values, func(v string) bool { return !portable(v) })
	case c.Attribute == onURL:
		patterns, err := c.patterns()
		for _, p := range patterns {
			e, ok := proxy.PageRegexp(p)
			if !ok {
				return nil, false
			}
			out = append(out, e)
		}
		return out, err == nil
	case c.Op == opPrefix:
		for _, v := range c.Values {
			out = append(out, "^"+regexp.QuoteMeta(v))
		}
	case c.Op == opWildcard:
		for _, v := range c.Values {
			pieces := strings.Split(v, "*")
			for i := range pieces {
				pieces[i] = regexp.QuoteMeta(pieces[i])
			}
			out = append(out, "^"+strings.Join(pieces, `[\s\S]*`)+"$")
		}
	}
	return out, true
}
