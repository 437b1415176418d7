package views

import (
	"slices"
	"strings"
)

// oddWing are pages about experiments whose names are as long as names may be, without a space, and in both directions of text.
func oddWing() []exhibit {
	long, arabic := strings.Repeat("W", 255), strings.Repeat("مرحبا", 51)
	rows := slices.Clone(sampleRows()[:4])
	rows[0].Name, rows[0].Leader, rows[0].Goal = long, arabic, long
	rows[1].Name, rows[1].Leader, rows[1].Goal = arabic, long, arabic
	m := exhibited[Results](resultWing(), "results-winner")
	m.Experiment.Name, m.Experiment.Goal = arabic, long
	m.Variants = slices.Clone(m.Variants)
	m.Variants[0].Name, m.Variants[1].Name = long, arabic
	m.Goals = []GoalRef{{"g", long}, {"h", arabic}}
	return []exhibit{
		fixed("odd-list", ExperimentsPage, ExperimentList{Any: true, Rows: rows, Total: 4, Page: 1, Pages: 1}),
		fixed("odd-home", HomePage, Home{Running: rows, Tasks: []Task{{"decide", long, arabic, "/experiments/e1"}, {"fix", arabic, long, "/experiments/e2"}}}),
		fixed("odd-results", ResultsPage, m),
		fixed("odd-search", SearchPage, Search{Query: "w", Results: []SearchResult{{"experiment", long, "Running", "/experiments/e1"}, {"experiment", arabic, "Running", "/experiments/e2"}}}),
	}
}

// exhibited is the model of an exhibit.
func exhibited[M any](wing []exhibit, name string) M {
	at := slices.IndexFunc(wing, func(e exhibit) bool { return e.name == name })
	return wing[at].model.(M)
}
