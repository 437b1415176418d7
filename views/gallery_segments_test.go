package views

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
	return []exhibit{fixed("results-segments", ResultsPage, full), fixed("results-segments-early", ResultsPage, early), fixed("results-segments-counting", ResultsPage, counting)}
}
