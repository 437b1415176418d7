package views

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

// Segments are what groups of visitors did about the goal that is shown.
type Segments struct {
	CountedAt   time.Time // zero: never
	Counting    bool
	Problem     string // slow or failed: why there is no newer count
	Comparisons int
	Dimensions  []SegmentDimension
}

// SegmentDimension is one way to tell visitors apart. Key is device, source, visitor or country.
type SegmentDimension struct {
	Key     string
	Element string // name of the element that the variants are of, where there are several
	Unknown bool   // nothing is known of anybody
	Found   int    // comparisons that prove something
	Rows    []SegmentRow
}

// SegmentRow is one variant in one group. State is better, worse, open, early, or empty where nothing is claimed.
type SegmentRow struct {
	Value   string
	First   bool // of its group: carries the name
	Share   float64
	Variant VariantResult
	State   string
}

var (
	dimensionWords = map[string]string{"device": "segments.device", "source": "segments.source", "visitor": "segments.visitor", "country": "segments.country"}
	absentWords    = map[string]string{"device": "segments.no_device", "source": "segments.no_source", "visitor": "segments.no_visitor", "country": "segments.no_country"}
	segmentWords   = map[string]string{"desktop": "rules.desktop", "mobile": "rules.mobile", "tablet": "rules.tablet",
		"direct": "segments.direct", "search": "segments.search", "social": "segments.social", "email": "segments.email", "paid": "segments.paid",
		"campaign": "segments.campaign", "assistant": "segments.assistant", "referral": "segments.referral", "inside": "segments.inside",
		"new": "segments.new", "returning": "segments.returning", "other": "segments.other", "unknown": "segments.unknown"}
)

// segmentsPoll makes the section ask for itself while it is being counted.
func segmentsPoll(m Results) templ.Attributes {
	if !m.Segments.Counting {
		return nil
	}
	return templ.Attributes{"hx-get": string(goalQuery(segmentsURL(m), shownGoal(m))), "hx-trigger": "every 2s", "hx-target": "this", "hx-swap": "outerHTML"}
}

func segmentsURL(m Results) string { return string(pathTo("experiments", m.Experiment.ID, "segments")) }

// shownGoal is the goal that the address names, empty where there is only one.
func shownGoal(m Results) string {
	if len(m.Goals) > 1 {
		return m.Goal.Key
	}
	return ""
}

func dimensionAxis(d SegmentDimension) axis {
	var lifts []*Lift
	for _, row := range d.Rows {
		lifts = append(lifts, row.Variant.Lift)
	}
	return newAxis(lifts)
}

func dimensionTitle(ctx context.Context, d SegmentDimension) string {
	return joined(word(ctx, dimensionWords, d.Key), d.Element)
}

// dimensionFinding is what stands beside the title, so that nobody has to open a table in which there is nothing.
func dimensionFinding(ctx context.Context, d SegmentDimension) string {
	if d.Found == 0 {
		return t(ctx, "segments.found_none")
	}
	return t(ctx, "segments.found", "Count", d.Found)
}

func segmentState(ctx context.Context, state string) string { return t(ctx, goalStates[state][0]) }

// rateRange is where the true rate lies 95 times in 100.
func rateRange(ctx context.Context, v VariantResult) string {
	return t(ctx, "results.between", "Low", locale.Percent(ctx, v.RateLow, 1), "High", locale.Percent(ctx, v.RateHigh, 1))
}

// comparedWord is what the groups are compared by.
func comparedWord(m Results) string {
	if m.Money {
		return "results.revenue"
	}
	return "results.rate"
}

// segmentConversions are how many converted, with their part of the visitors where it has no column of its own.
func segmentConversions(ctx context.Context, m Results, v VariantResult) string {
	count := t(ctx, "results.conversions", "Count", v.Conversions)
	if m.Money && v.Visitors > 0 {
		return joined(count, locale.Percent(ctx, v.Rate, 2))
	}
	return count
}

// SegmentsURL is where the section stands for whoever has no scripts.
func SegmentsURL(experiment, goal string) string {
	address := string(pathTo("experiments", experiment))
	if goal != "" {
		address += "?goal=" + url.QueryEscape(goal)
	}
	return address + "#segments"
}
