package services

import (
	"slices"
	"strings"
)

// overlaps finds the elements whose changes would get into each other's way: the same slot of the same part of the page, or one
// part inside of another. It goes by the selectors: of parts that are the same by other selectors nothing is known here.
func overlaps(elements []Element) map[int][]int {
	touched := make([][]touch, len(elements))
	for i, e := range elements {
		touched[i] = e.touches()
	}
	out := map[int][]int{}
	for i := range elements {
		for j := range i {
			if slices.ContainsFunc(touched[i], func(a touch) bool { return slices.ContainsFunc(touched[j], a.meets) }) {
				out[i] = append(out[i], j)
			}
		}
	}
	return out
}

// touch is what a change does to which part of the page.
type touch struct {
	path []string // compounds of the selector, each with the combinator before it
	slot string   // empty: the whole part
}

// touches are those of all variants; an element without changes, whose variants are made in code, is its selector.
func (e Element) touches() (out []touch) {
	for _, v := range e.Variants {
		for _, c := range v.Changes {
			for _, path := range selectorPaths(c.Selector) {
				out = append(out, touch{path, slotOf(c)})
			}
		}
	}
	if out == nil {
		for _, path := range selectorPaths(e.Selector) {
			out = append(out, touch{path, ""})
		}
	}
	return out
}

// slotOf names what of a part a change owns; empty is all of it.
func slotOf(c Change) string {
	switch c.Action {
	case "style", "attr", "class":
		return c.Action + " " + strings.ToLower(c.Name)
	case "text", "image", "link", "insert":
		return c.Action
	}
	return ""
}

func (a touch) meets(b touch) bool {
	if slices.Equal(a.path, b.path) {
		return a.slot == b.slot || a.slot == "" || b.slot == ""
	}
	return inside(a.path, b.path) || inside(b.path, a.path)
}

// inside says whether what inner selects lies within what outer selects: inner goes on where outer ends.
func inside(inner, outer []string) bool {
	if len(inner) <= len(outer) || !slices.Equal(inner[:len(outer)], outer) {
		return false
	}
	next := inner[len(outer)][0]
	return next == ' ' || next == '>'
}

// selectorPaths takes the selectors of a list apart: "a > b" is "a", ">b".
func selectorPaths(list string) (paths [][]string) {
	var path []string
	var part strings.Builder
	combinator := ""
	end := func() {
		if part.Len() > 0 {
			path = append(path, combinator+part.String())
			part.Reset()
			combinator = " "
		}
	}
	depth, quote := 0, rune(0)
	for _, r := range list {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '(' || r == '[':
			depth++
		case r == ')' || r == ']':
			depth--
		}
		switch {
		case quote != 0 || depth > 0 || !strings.ContainsRune(" \t\r\n\f>+~,", r):
			part.WriteRune(r)
		case r == ',':
			end()
			paths, path, combinator = append(paths, path), nil, ""
		default:
			end()
			if r == '>' || r == '+' || r == '~' {
				combinator = string(r)
			}
		}
	}
	end()
	if path != nil {
		paths = append(paths, path)
	}
	return paths
}
