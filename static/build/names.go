package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/samplit/samplit/static/snippet"
)

// private are the fields that only modules of the runtime know: nothing of the browser, of the page or of what is sent is called
// so, unless the source has it in quotes.
var private = []string{
	"ask", "asked", "change", "claimed", "consentMode", "counted", "edits", "enter", "excludes", "experiment", "fights", "held", "kept", "leave",
	"lost", "marker", "matched", "moment", "original", "ours", "partial", "place", "placed", "recognise", "rules", "served", "since", "spent", "takes", "targets",
	"unplace", "visit", "watched", "whole", "why", "wish",
}

// shortened says which fields get short names, and the names of those that a configuration has.
func shortened() (names string, given map[string]any) {
	given = map[string]any{}
	for name, short := range snippet.Names {
		given[name] = short
	}
	all := append(slices.Sorted(maps.Keys(snippet.Names)), private...)
	return "^(" + strings.Join(all, "|") + ")$", given
}
