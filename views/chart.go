package views

import (
	"context"
	"slices"
	"time"

	"github.com/samplit/samplit/locale"
)

// chartSeries is one variant as the script draws it: its key in the data, its name, its place in the palette.
type chartSeries struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Index int    `json:"index"`
}

// ratesData is what the script element beside the rate chart holds.
type ratesData struct {
	Lang   string        `json:"lang"`
	Unit   string        `json:"unit"`
	Of     string        `json:"of"`
	Series []chartSeries `json:"series"`
	Points []ratePoint   `json:"points"`
	Notes  []chartNote   `json:"notes"`
}

// chartNote is what somebody noted about a day.
type chartNote struct {
	Day  string `json:"day"`
	Text string `json:"text"`
}

func chartNotes(m Results) []chartNote {
	notes := make([]chartNote, 0, len(m.Notes))
	for _, n := range m.Notes {
		notes = append(notes, chartNote{n.Day.Format(time.DateOnly), n.Text})
	}
	return notes
}

type ratePoint struct {
	Day         string  `json:"day"`
	Key         string  `json:"key"`
	Rate        float64 `json:"rate"`
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
	Visitors    int64   `json:"visitors"`
	Conversions int64   `json:"conversions"`
}

// epochsData is what the script element beside the traffic chart holds. End closes the last epoch.
type epochsData struct {
	Lang   string        `json:"lang"`
	End    time.Time     `json:"end"`
	Series []chartSeries `json:"series"`
	Epochs []chartEpoch  `json:"epochs"`
	Notes  []chartNote   `json:"notes"`
}

type chartEpoch struct {
	At      time.Time `json:"at"`
	Weights []float64 `json:"weights"` // in the order of Series
	Reason  string    `json:"reason"`
}

func chartSeriesOf(m Results) []chartSeries {
	series := make([]chartSeries, 0, len(m.Variants))
	for _, v := range m.Variants {
		series = append(series, chartSeries{v.Key, v.Name, v.Index})
	}
	return series
}

func rateData(ctx context.Context, m Results) ratesData {
	data := ratesData{Lang: locale.Lang(ctx), Unit: t(ctx, "results.rate"), Of: t(ctx, "chart.of_short"), Series: chartSeriesOf(m), Notes: chartNotes(m)}
	data.Points = make([]ratePoint, 0, len(m.Rates))
	for _, p := range m.Rates {
		data.Points = append(data.Points, ratePoint{p.Day.Format(time.DateOnly), p.Variant, p.Rate, p.Low, p.High, p.Visitors, p.Conversions})
	}
	return data
}

func trafficData(ctx context.Context, m Results) epochsData {
	data := epochsData{Lang: locale.Lang(ctx), End: m.AsOf, Series: chartSeriesOf(m), Notes: chartNotes(m)}
	if !m.Experiment.Ended.IsZero() {
		data.End = m.Experiment.Ended
	}
	for _, epoch := range m.Epochs {
		weights := make([]float64, 0, len(m.Variants))
		for _, v := range m.Variants {
			weights = append(weights, epoch.Weights[v.Key])
		}
		data.Epochs = append(data.Epochs, chartEpoch{epoch.OpenedAt, weights, t(ctx, epoch.Reason)})
	}
	return data
}

// rateRow is one day of the table twin; points follow the order of the variants, nil where there is none.
type rateRow struct {
	day    time.Time
	points []*RatePoint
}

// rateRows turns the points into rows, newest day first.
func rateRows(m Results) []rateRow {
	var rows []rateRow
	for i := range m.Rates {
		point := &m.Rates[i]
		at := slices.IndexFunc(rows, func(row rateRow) bool { return row.day.Equal(point.Day) })
		if at < 0 {
			rows = append(rows, rateRow{point.Day, make([]*RatePoint, len(m.Variants))})
			at = len(rows) - 1
		}
		for column, v := range m.Variants {
			if v.Key == point.Variant {
				rows[at].points[column] = point
			}
		}
	}
	slices.SortFunc(rows, func(a, b rateRow) int { return b.day.Compare(a.day) })
	return rows
}

// rateFinding is the chart's title: who is in front, and for how many days without a break.
func rateFinding(ctx context.Context, m Results) string {
	leader, days := "", 0
	for _, row := range rateRows(m) {
		best := -1
		for column, point := range row.points {
			if point != nil && (best < 0 || point.Rate > row.points[best].Rate) {
				best = column
			}
		}
		if best < 0 || (leader != "" && m.Variants[best].Name != leader) {
			break
		}
		leader = m.Variants[best].Name
		days++
	}
	if days < 2 || m.Progress != nil {
		return t(ctx, "chart.rate_title")
	}
	return t(ctx, "chart.rate_finding", "Name", leader, "Count", days)
}

// trafficFinding is the chart's title: who gets most of the new visitors now.
func trafficFinding(ctx context.Context, m Results) string {
	if len(m.Variants) == 0 {
		return t(ctx, "chart.traffic_title")
	}
	most := slices.MaxFunc(m.Variants, func(a, b VariantResult) int {
		switch {
		case a.Weight < b.Weight:
			return -1
		case a.Weight > b.Weight:
			return 1
		}
		return 0
	})
	return t(ctx, "chart.traffic_finding", "Name", most.Name, "Share", locale.Percent(ctx, most.Weight, 0))
}

func newestFirst(epochs []Epoch) []Epoch {
	reversed := slices.Clone(epochs)
	slices.Reverse(reversed)
	return reversed
}
