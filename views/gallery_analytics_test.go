package views

import (
	"slices"
	"strings"
)

// analyticsWing is what tests did together, and what they taught.
func analyticsWing() []exhibit {
	m := Analytics{Days: 30, Choices: []int{7, 30, 90, 0}, Since: moment.AddDate(0, 0, -29), Ever: true, Started: 6, Ended: 9, Decided: 7, Won: 3, Lost: 1, Flat: 3, Undecided: 2,
		WinRate: &Span{0.4286, 0.158, 0.75}, MedianDays: new(18.4),
		Shipped: ShippedSum{Count: 3, Measured: 3, Observed: new(0.31), Corrected: &Span{0.142, 0.021, 0.277}, Basis: 24, Needed: 5}}
	for i := range 30 {
		p := VolumePoint{Day: m.Since.AddDate(0, 0, i), Visitors: int64(900 + 37*(i*i%19) - 200*(i%7/5)), Conversions: int64(61 + 3*(i*i%17) - 11*(i%7/5))}
		m.Trend, m.Visitors, m.Conversions = append(m.Trend, p), m.Visitors+p.Visitors, m.Conversions+p.Conversions
	}
	few, quiet, weekly := m, Analytics{Days: 7, Choices: m.Choices, Since: moment.AddDate(0, 0, -6), Ever: true}, m
	few.Shipped = ShippedSum{Count: 1, Measured: 1, Observed: new(0.124), Basis: 2, Needed: 5}
	few.Unjudged, few.WinRate, few.MedianDays, few.Decided = 200, nil, nil, 0
	weekly.Days, weekly.Weekly, weekly.Since = 0, true, moment.AddDate(-1, 0, 0)
	weekly.Trend = slices.Clone(m.Trend)
	for i := range weekly.Trend {
		weekly.Trend[i].Day = weekly.Since.AddDate(0, 0, 7*i)
	}
	return append([]exhibit{
		fixed("analytics", AnalyticsPage, m), fixed("analytics-few", AnalyticsPage, few), fixed("analytics-quiet", AnalyticsPage, quiet),
		fixed("analytics-weekly", AnalyticsPage, weekly), fixed("analytics-empty", AnalyticsPage, Analytics{Days: 30, Choices: m.Choices}),
	}, learningsWing()...)
}

func sampleLearnings() []LearningRow {
	long := strings.Repeat("W", 255)
	return []LearningRow{
		{ID: "e1", Name: "Shorter headline on the home page", Site: "shop.acme.example", Outcome: "won", Variant: "Variant B", Shipped: true, Effect: &Lift{Mean: 0.124, Low: 0.041, High: 0.21},
			Text: "Nobody reads the second line.\nNext: try it on the category pages, where the headline is even longer.", Author: "Ana Ruiz", Tags: []string{"headline", "home page"},
			Ended: moment.AddDate(0, 0, -4), Written: moment.AddDate(0, 0, -3)},
		{ID: "e2", Name: "Free shipping banner", Site: "shop.acme.example", Outcome: "flat", Variant: "Free over 50 €", Effect: &Lift{Mean: 0.004, Low: -0.021, High: 0.03},
			Hypothesis: "People leave at the basket because they only see the shipping costs there.", Ended: moment.AddDate(0, -1, 0)},
		{ID: "e3", Name: strings.Repeat("مرحبا", 51), Site: "shop.acme.example", Outcome: "lost", Variant: long, Effect: &Lift{Mean: -0.08, Low: -0.13, High: -0.02}, Text: long,
			Author: "Tom Becker", Tags: []string{strings.Repeat("w", 40), "سعر"}, Ended: moment.AddDate(0, -2, 0), Written: moment.AddDate(0, -2, 0)},
		{ID: "e4", Name: "Photo of the team", Site: "blog.acme.example", Outcome: "inconclusive", Variant: "Variant C", Ended: moment.AddDate(0, -5, 0)},
	}
}

func learningsWing() []exhibit {
	rows := sampleLearnings()
	ended := sampleExperiment("completed")
	ended.Ended = rows[0].Ended
	form := LearningForm{Experiment: ended, Learning: rows[0], Text: rows[0].Text, Tags: "headline, home page", Version: "2"}
	refused := form
	refused.Errors = Errors{"": "error.changed_elsewhere", "tags": "error.too_many_tags", "text": "error.too_long"}
	read := form
	read.Experiment.CanEdit = false
	unwritten := read
	unwritten.Learning = rows[3]
	return []exhibit{
		fixed("learnings", LearningsPage, LearningList{Any: true, Rows: rows, Tags: []string{"headline", "price"}, Next: "/learnings?after=1"}),
		fixed("learnings-nothing", LearningsPage, LearningList{Query: "banner", Tag: "price", Outcome: "won", Tags: []string{"headline"}}),
		fixed("learnings-empty", LearningsPage, LearningList{}),
		fixed("learning", LearningPage, form), fixed("learning-refused", LearningPage, refused), fixed("learning-read", LearningPage, read), fixed("learning-unwritten", LearningPage, unwritten),
	}
}
