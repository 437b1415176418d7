package views

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

// Simulator is the page that plays a test through before it is run.
type Simulator struct {
	Rates      []string // as typed, in percent, the original's first
	MaxRates   int
	Daily      string
	Days       string
	Seed       string
	Errors     Errors // by rates[0] …, daily, days, csv
	Own        string // name of the experiment of the account that the numbers come from
	FromFile   bool   // the rates come from a file that was just read
	Busy       bool   // others are first
	Simulation *Simulated
}

// Simulated is how the test went in both ways. Link opens the same page again, Again plays it with other chance.
type Simulated struct {
	Headline        string
	Advice          []string
	State           string // gain, loss or level
	Days, Runs      int
	Fixed, Adaptive SimulatedSide
	Link, Again     string
}

// SimulatedSide is one way to split the traffic. Shares are parts of all runs.
type SimulatedSide struct {
	Conversions, Low, High float64
	Answered, Wrong, Best  float64
	MedianDays             *int
	Lost                   []float64   // by the end of each day
	Share                  [][]float64 // of each version, by day
}

// lostData is what the script beside the chart of lost conversions holds: each side by the end of each day.
type lostData struct {
	Lang   string        `json:"lang"`
	Day    string        `json:"day"`
	Series []chartSeries `json:"series"`
	Values [][]float64   `json:"values"` // by series, then day
}

// sharesData is what the script beside the chart of traffic by day holds.
type sharesData struct {
	Lang   string        `json:"lang"`
	Day    string        `json:"day"`
	Series []chartSeries `json:"series"`
	Days   [][]float64   `json:"days"` // by day, in the order of Series
}

// versionName is Original, Variant B, Variant C and so on.
func versionName(ctx context.Context, i int) string {
	if i == 0 {
		return t(ctx, "form.control")
	}
	return t(ctx, "form.variant_default", "Letter", string(rune('A'+i)))
}

func versionSeries(ctx context.Context, n int) []chartSeries {
	series := make([]chartSeries, n)
	for i := range series {
		series[i] = chartSeries{strconv.Itoa(i), versionName(ctx, i), i}
	}
	return series
}

func lostOf(ctx context.Context, s Simulated) lostData {
	return lostData{Lang: locale.Lang(ctx), Day: t(ctx, "chart.day"), Values: [][]float64{rounded(s.Fixed.Lost), rounded(s.Adaptive.Lost)},
		Series: []chartSeries{{"fixed", t(ctx, "method.sequential"), 0}, {"adaptive", t(ctx, "method.thompson"), 1}}}
}

func sharesOf(ctx context.Context, s Simulated) sharesData {
	data := sharesData{Lang: locale.Lang(ctx), Day: t(ctx, "chart.day"), Series: versionSeries(ctx, s.versions()), Days: [][]float64{}}
	for _, day := range s.Adaptive.Share {
		shares := make([]float64, len(day))
		for i, share := range day {
			shares[i] = round(share, 1e4)
		}
		data.Days = append(data.Days, shares)
	}
	return data
}

// versions is how many there are.
func (s Simulated) versions() int {
	if len(s.Adaptive.Share) == 0 {
		return 0
	}
	return len(s.Adaptive.Share[0])
}

func rounded(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = round(v, 10)
	}
	return out
}

// round keeps what can be seen; the rest would only make the page longer.
func round(x, parts float64) float64 { return float64(int64(x*parts+0.5)) / parts }

// last is the value at the end.
func last(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return values[len(values)-1]
}

// lostFinding is the title of the chart of lost conversions.
func lostFinding(ctx context.Context, s Simulated) string {
	return t(ctx, "simulate.lost_finding", "Fixed", locale.Number(ctx, last(s.Fixed.Lost), 0), "Smart", locale.Number(ctx, last(s.Adaptive.Lost), 0))
}

// shareFinding is the title of the chart of traffic: who gets most of it in the end.
func shareFinding(ctx context.Context, s Simulated) string {
	if s.versions() == 0 {
		return t(ctx, "chart.traffic_title")
	}
	final, most := s.Adaptive.Share[len(s.Adaptive.Share)-1], 0
	for i, share := range final {
		if share > final[most] {
			most = i
		}
	}
	return t(ctx, "simulate.share_finding", "Name", versionName(ctx, most), "Share", locale.Percent(ctx, final[most], 0))
}

// medianText is the day by which half of the runs had an answer.
func medianText(ctx context.Context, s SimulatedSide) string {
	if s.MedianDays == nil {
		return t(ctx, "simulate.never")
	}
	return locale.Int(ctx, int64(*s.MedianDays))
}

// simulatedRow is one measure of both sides.
type simulatedRow struct {
	key, label, info string
	fixed, adaptive  string
	detail           [2]string
}

func simulatedRows(ctx context.Context, s Simulated) []simulatedRow {
	sides := [2]SimulatedSide{s.Fixed, s.Adaptive}
	row := func(key, label, info string, value func(SimulatedSide) string) simulatedRow {
		return simulatedRow{key: key, label: label, info: info, fixed: value(sides[0]), adaptive: value(sides[1])}
	}
	conversions := row("conversions", t(ctx, "simulate.conversions"), t(ctx, "simulate.conversions_info"),
		func(s SimulatedSide) string { return locale.Number(ctx, s.Conversions, 0) })
	for i, side := range sides {
		conversions.detail[i] = t(ctx, "results.between", "Low", locale.Number(ctx, side.Low, 0), "High", locale.Number(ctx, side.High, 0))
	}
	return []simulatedRow{
		conversions,
		row("lost", t(ctx, "simulate.lost"), t(ctx, "simulate.lost_info"), func(s SimulatedSide) string { return locale.Number(ctx, last(s.Lost), 0) }),
		row("answered", t(ctx, "simulate.answered", "Days", s.Days), t(ctx, "simulate.answered_info"),
			func(s SimulatedSide) string { return locale.Chance(ctx, s.Answered) }),
		row("median", t(ctx, "simulate.median"), t(ctx, "simulate.median_info"), func(s SimulatedSide) string { return medianText(ctx, s) }),
		row("wrong", t(ctx, "simulate.wrong"), t(ctx, "simulate.wrong_info"), func(s SimulatedSide) string { return locale.Chance(ctx, s.Wrong) }),
		row("best", t(ctx, "simulate.best"), t(ctx, "simulate.best_info"), func(s SimulatedSide) string { return locale.Chance(ctx, s.Best) }),
	}
}

// rateField names the field of a rate in Errors.
func rateField(i int) string { return "rates[" + strconv.Itoa(i) + "]" }

// rateError ties a rate's error to its input.
func rateError(m Simulator, i int) templ.Attributes {
	if m.Errors[rateField(i)] == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": "rate-" + strconv.Itoa(i) + "-error"}
}
