package services

// segmentRow is what is known of one variant in one group about one goal.
type segmentRow struct {
	Goal        string   `parquet:"goal"`
	AsOf        string   `parquet:"as_of"`
	Element     string   `parquet:"element"` // empty unless elements are tested separately
	Dimension   string   `parquet:"dimension"`
	Value       string   `parquet:"value"`
	Variant     string   `parquet:"variant"`
	Name        string   `parquet:"name"`
	IsControl   bool     `parquet:"is_control"`
	Visitors    int64    `parquet:"visitors"`
	Conversions int64    `parquet:"conversions"`
	Rate        float64  `parquet:"rate"`
	RateLow     float64  `parquet:"rate_low"`
	RateHigh    float64  `parquet:"rate_high"`
	Currency    string   `parquet:"currency"`
	RevenueSum  *float64 `parquet:"revenue_sum,optional"`
	PerVisitor  *float64 `parquet:"revenue_per_visitor,optional"`
	RevenueLow  *float64 `parquet:"revenue_per_visitor_low,optional"`
	RevenueHigh *float64 `parquet:"revenue_per_visitor_high,optional"`
	Lift        *float64 `parquet:"lift,optional"`
	LiftLow     *float64 `parquet:"lift_low,optional"`
	LiftHigh    *float64 `parquet:"lift_high,optional"`
	Estimator   string   `parquet:"lift_estimator"`
	State       string   `parquet:"state"`
}

func (all exportedResults) segmentRows() (rows []segmentRow) {
	for _, r := range all {
		if r.Segments == nil || r.Segments.CountedAt == nil {
			continue
		}
		for _, d := range r.Segments.Dimensions {
			for _, value := range d.Values {
				for _, v := range value.Variants {
					rows = append(rows, v.row(segmentRow{Goal: r.Goal, AsOf: cellTime(*r.Segments.CountedAt), Element: d.Element, Dimension: d.Key, Value: value.Value,
						Currency: r.Currency}))
				}
			}
		}
	}
	return rows
}

// row fills in the variant's part of a row.
func (v SegmentVariant) row(f segmentRow) segmentRow {
	f.Variant, f.Name, f.IsControl, f.Visitors, f.Conversions = v.Key, v.Name, v.IsControl, v.Visitors, v.Conversions
	f.Rate, f.RateLow, f.RateHigh, f.State = v.Rate, v.Interval.Low, v.Interval.High, v.State
	if m := v.Revenue; m != nil {
		f.RevenueSum, f.PerVisitor, f.RevenueLow, f.RevenueHigh = &m.Sum, &m.PerVisitor, &m.Interval.Low, &m.Interval.High
	}
	if l := v.Lift; l != nil {
		f.Lift, f.LiftLow, f.LiftHigh, f.Estimator = &l.Mean, &l.Low, &l.High, l.Estimator
	}
	return f
}
