package proxy

import (
	"fmt"
	"strings"
)

// Rule is a declaration for the style sheet of the page, or with no selector a piece of CSS as it is. Media is "" for all windows.
type Rule struct {
	Selector string `json:"selector,omitempty"`
	Property string `json:"property,omitempty"`
	Value    string `json:"value"`
	Media    string `json:"media,omitempty"`
}

// above raises a rule over the page's own, and all rules to one height: so the later change prevails, whatever the selectors are.
const above = ":not(#_#_#_)"

func (a *application) rules() (out []Rule) {
	for _, e := range a.edits {
		if e.state == Left || e.state == Refused {
			continue
		}
		target := e.Selector
		if name := e.marker(); name != "" {
			target = "[" + name + "]"
		}
		for _, r := range e.declarations() {
			if e.Action != "css" {
				r.Selector = target
			}
			r.Media = e.Scope.media()
			out = append(out, r)
		}
	}
	return out
}

// declarations are what a change wants of a style sheet.
func (c Change) declarations() []Rule {
	switch c.Action {
	case "style":
		return []Rule{{Property: c.Name, Value: c.value()}}
	case "remove":
		return []Rule{{Property: "display", Value: "none"}}
	case "hide":
		if c.value() == "keep" {
			return []Rule{{Property: "visibility", Value: "hidden"}}
		}
		return []Rule{{Property: "display", Value: "none"}}
	case "show":
		display := c.value()
		if display == "" {
			display = "revert"
		}
		return []Rule{{Property: "display", Value: display}, {Property: "visibility", Value: "visible"}}
	case "css":
		return []Rule{{Value: c.value()}}
	}
	return nil
}

// marker is the attribute by which the rules of a change find its elements where the selector alone would find others too.
func (e *edit) marker() string {
	if !e.styles() || e.Limit == 0 && e.Fingerprint == nil {
		return ""
	}
	return "data-smp-" + e.mark
}

func (s *Scope) media() string {
	if s == nil {
		return ""
	}
	var parts []string
	if s.MinWidth > 0 {
		parts = append(parts, fmt.Sprintf("(min-width:%dpx)", s.MinWidth))
	}
	if s.MaxWidth > 0 {
		parts = append(parts, fmt.Sprintf("(max-width:%dpx)", s.MaxWidth))
	}
	return strings.Join(parts, " and ")
}

// Sheet is the text of a style sheet with the rules. It cannot end the element that it is put in.
func (a Applied) Sheet() string {
	var out strings.Builder
	for _, r := range a.Rules {
		text := r.Value
		if r.Selector != "" {
			text = ":where(" + r.Selector + ")" + above + "{" + r.Property + ":" + r.Value + "!important}"
		}
		if r.Media != "" {
			text = "@media " + r.Media + "{" + text + "}"
		}
		out.WriteString(strings.ReplaceAll(text, "</", `<\/`))
		out.WriteByte('\n')
	}
	return out.String()
}
