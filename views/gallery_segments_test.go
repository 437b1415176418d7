package views

import "slices"

// segmentRows are the rows of one group: its name, share and what control and variant did.
func segmentRows(value string, share float64, visitors, control, b int64, lift *Lift, state string) []SegmentRow {
	names := []string{"Original", "Variant B"}
	rows := make([]SegmentRow, 2)
	for i, n := range []int64{control, b} {
		rate := float64(n) / float64(visitors)
		rows[i] = SegmentRow{Value: value, First: i == 0, Share: share, Variant: VariantResult{Key: names[i], Name: names[i], Index: i, Visitors: visitors,
			Conversions: n, Rate: rate, RateLow: rate * 0.85, RateHigh: rate * 1.15}}
	}
	rows[1].Variant.Lift, rows[1].State = lift, state
	return rows
}

// paying gives rows what their visitors brought, by row.
func paying(rows []SegmentRow, perVisitor ...float64) []SegmentRow {
	for i, v := range perVisitor {
		rows[i].Variant.Revenue = &Revenue{PerVisitor: v, Low: v * 0.82, High: v * 1.18}
	}
	return rows
}

// moneySegments are groups about a goal that is judged by value per visitor.
func moneySegments() Results {
	m := sampleResults()
	m.Goal, m.Goals, m.Money, m.Currency = GoalRef{"revenue", "Bought"}, []GoalRef{{"revenue", "Bought"}}, true, "EUR"
	m.Verdict.Headline = "Variant B earns 12% more per visitor. 96\u00a0in\u00a0100 chance it is better than the original."
	m.Variants = slices.Clone(m.Variants)
	m.Variants[0].Revenue, m.Variants[1].Revenue = &Revenue{2.41, 2.2, 2.62, 180, 2.38}, &Revenue{2.71, 2.49, 2.93, 180, 2.66}
	device := SegmentDimension{Key: "device", Found: 1}
	device.Rows = append(device.Rows, paying(segmentRows("mobile", 0.62, 5648, 180, 262, &Lift{Mean: 0.38, Low: 0.09, High: 0.74}, "better"), 2.41, 3.32)...)
	device.Rows = append(device.Rows, paying(segmentRows("desktop", 0.37, 3371, 190, 158, &Lift{Mean: -0.168, Low: -0.41, High: 0.07}, "open"), 1204.08, 1001.79)...)
	device.Rows = append(device.Rows, paying(segmentRows("tablet", 0.01, 88, 5, 3, nil, "early"), 0.4, 0.28)...)
	country := SegmentDimension{Key: "country"}
	country.Rows = append(country.Rows, paying(segmentRows("ES", 0.8, 7286, 300, 338, &Lift{Mean: 0.11, Low: -0.06, High: 0.31}, "open"), 2.7, 3)...)
	country.Rows = append(country.Rows, paying(segmentRows("unknown", 0.2, 1822, 75, 85, &Lift{Mean: 0.05, Low: -0.31, High: 0.6}, ""), 2.6, 2.73)...)
	m.Segments = &Segments{CountedAt: moment, Comparisons: 3, Dimensions: []SegmentDimension{device, country, {Key: "source", Unknown: true}}}
	return m
}

func segmentsWing() []exhibit {
	early := sampleResults()
	early.Segments = &Segments{}
	counting := sampleResults()
	counting.Segments = &Segments{CountedAt: moment, Counting: true, Problem: "slow"}
	full := sampleResults()
	device := SegmentDimension{Key: "device", Found: 1}
	device.Rows = append(device.Rows, segmentRows("mobile", 0.62, 5648, 180, 262, &Lift{Mean: 0.455, Low: 0.12, High: 0.82}, "better")...)
	device.Rows = append(device.Rows, segmentRows("desktop", 0.37, 3371, 190, 158, &Lift{Mean: -0.168, Low: -0.41, High: 0.07}, "open")...)
	device.Rows = append(device.Rows, segmentRows("tablet", 0.01, 88, 5, 3, nil, "early")...)
	source := SegmentDimension{Key: "source"}
	source.Rows = append(source.Rows, segmentRows("search", 0.7, 6375, 260, 300, &Lift{Mean: 0.15, Low: -0.04, High: 0.36}, "open")...)
	source.Rows = append(source.Rows, segmentRows("unknown", 0.3, 2733, 115, 123, &Lift{Mean: 0.07, Low: -0.2, High: 0.35}, "")...)
	full.Segments = &Segments{CountedAt: moment, Comparisons: 3, Dimensions: []SegmentDimension{device, source, {Key: "visitor", Unknown: true}, {Key: "country", Unknown: true}}}
	return []exhibit{fixed("results-segments", ResultsPage, full), fixed("results-segments-early", ResultsPage, early), fixed("results-segments-counting", ResultsPage, counting),
		fixed("results-segments-money", ResultsPage, moneySegments())}
}
