package services

import (
	"context"
	"encoding/json"
	"io"

	"github.com/samplit/samplit/locale"
)

// Formats of a file of results.
const (
	FormatCSV     = "csv"
	FormatXLSX    = "xlsx"
	FormatJSON    = "json"
	FormatParquet = "parquet"

	// FormatSegments is a CSV file of what groups of visitors did.
	FormatSegments = "segments"
)

// File is something to download. Write may be called once.
type File struct {
	Name, Media string
	Write       func(io.Writer) error
}

var exportMedia = map[string]string{
	FormatCSV:     "text/csv; charset=utf-8",
	FormatXLSX:    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	FormatJSON:    "application/json",
	FormatParquet: "application/vnd.apache.parquet",

	FormatSegments: "text/csv; charset=utf-8",
}

// ResultRow is what is known of one variant about one goal: a row of a file of results, whatever its format. The numbers are those of
// Results, unrounded.
type ResultRow struct {
	Goal              string   `parquet:"goal"`
	Element           string   `parquet:"element"` // empty in mode single; combination: all elements together
	Variant           string   `parquet:"variant"`
	Name              string   `parquet:"name"`
	IsControl         bool     `parquet:"is_control"`
	Visitors          int64    `parquet:"visitors"`
	Conversions       int64    `parquet:"conversions"`
	Rate              float64  `parquet:"rate"`
	RateLow           float64  `parquet:"rate_low"`
	RateHigh          float64  `parquet:"rate_high"`
	Currency          string   `parquet:"currency"`
	RevenueSum        *float64 `parquet:"revenue_sum,optional"`
	RevenuePerVisitor *float64 `parquet:"revenue_per_visitor,optional"`
	RevenueLow        *float64 `parquet:"revenue_per_visitor_low,optional"`
	RevenueHigh       *float64 `parquet:"revenue_per_visitor_high,optional"`
	Lift              *float64 `parquet:"lift,optional"`
	LiftLow           *float64 `parquet:"lift_low,optional"`
	LiftHigh          *float64 `parquet:"lift_high,optional"`
	Estimator         string   `parquet:"lift_estimator"`
	ProbBest          float64  `parquet:"prob_best"`
	ProbBeatsControl  *float64 `parquet:"prob_beats_control,optional"`
	ExpectedLoss      float64  `parquet:"expected_loss"`
	WeightNow         float64  `parquet:"weight_now"`
}

// resultDay is one variant on one day.
type resultDay struct {
	Goal        string   `parquet:"goal"`
	Day         string   `parquet:"day"`
	Variant     string   `parquet:"variant"`
	Visitors    int64    `parquet:"visitors"`
	Conversions int64    `parquet:"conversions"`
	Revenue     *float64 `parquet:"revenue,optional"`
}

// resultSentence is what is said about one goal.
type resultSentence struct {
	Experiment string  `parquet:"experiment"`
	Status     string  `parquet:"status"`
	AsOf       string  `parquet:"as_of"`
	Goal       string  `parquet:"goal"`
	Action     string  `parquet:"action"`
	Variant    string  `parquet:"variant"`
	Headline   string  `parquet:"headline"`
	Why        string  `parquet:"why"`
	Rule       string  `parquet:"rule"`
	P          float64 `parquet:"sequential_p"`
	SplitP     float64 `parquet:"fair_split_p"`
}

// combinationElement stands for the element in rows about a combination of all of them.
const combinationElement = "combination"

// Rows are the rows of a file of results about the goal of r.
func (r Results) Rows() []ResultRow {
	var rows []ResultRow
	add := func(element string, list []VariantResult) {
		for _, v := range list {
			rows = append(rows, r.row(element, v))
		}
	}
	for _, e := range r.Elements {
		add(e.Key, e.Variants)
	}
	if len(r.Elements) == 0 {
		add("", r.Variants)
	}
	add(combinationElement, r.Combinations)
	return rows
}

func (r Results) row(element string, v VariantResult) ResultRow {
	f := ResultRow{Goal: r.Goal, Element: element, Variant: v.Key, Name: v.Name, IsControl: v.IsControl, Visitors: v.Visitors, Conversions: v.Conversions,
		Rate: v.Rate, RateLow: v.Interval.Low, RateHigh: v.Interval.High, ProbBest: v.ProbBest, ProbBeatsControl: v.ProbBeatsControl,
		ExpectedLoss: v.ExpectedLoss, WeightNow: v.WeightNow}
	if m := v.Revenue; m != nil {
		f.Currency, f.RevenueSum, f.RevenuePerVisitor, f.RevenueLow, f.RevenueHigh = r.Currency, &m.Sum, &m.PerVisitor, &m.Interval.Low, &m.Interval.High
	}
	if l := v.Lift; l != nil {
		f.Lift, f.LiftLow, f.LiftHigh, f.Estimator = &l.Mean, &l.Low, &l.High, l.Estimator
	}
	return f
}

// exportedResults are the results of every goal, the primary one first.
type exportedResults []Results

// Export returns the results of an experiment as a file, on every goal, with sentences in the language of ctx. Any member may.
// NotFound: the experiment is absent or another account's, or there is no such format.
func (a *Analytics) Export(ctx context.Context, by Actor, id, format string) (File, error) {
	media, ok := exportMedia[format]
	if !ok {
		return File{}, notFound("format")
	}
	list, err := a.EveryGoal(ctx, by, id)
	if err != nil {
		return File{}, err
	}
	all, first := exportedResults(list), list[0]
	ending := "." + format
	if format == FormatSegments {
		ending = "-segments.csv"
	}
	name := first.Experiment.Key + "-" + first.AsOf.UTC().Format("2006-01-02") + ending
	return File{name, media, func(w io.Writer) error { return all.write(ctx, w, format) }}, nil
}

// EveryGoal returns the results of an experiment on every goal, the primary one first. Any member may. NotFound if the experiment is
// absent or another account's.
func (a *Analytics) EveryGoal(ctx context.Context, by Actor, id string) ([]Results, error) {
	first, err := a.Results(ctx, by, id, "")
	if err != nil {
		return nil, err
	}
	all := []Results{first}
	for _, g := range first.Experiment.Goals {
		if g.Key == first.Goal {
			continue
		}
		r, err := a.Results(ctx, by, id, g.Key)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (all exportedResults) write(ctx context.Context, w io.Writer, format string) error {
	switch format {
	case FormatJSON:
		return json.NewEncoder(w).Encode(map[string]any{"results": []Results(all)})
	case FormatXLSX:
		return writeXLSX(w, all.sheets(ctx))
	case FormatSegments:
		return writeTable(w, FormatCSV, all.segmentRows())
	}
	return writeTable(w, format, all.rows())
}

func writeTable[T any](w io.Writer, format string, list []T) error {
	rows, err := newRowWriter[T](w, format)
	if err != nil {
		return err
	}
	for _, row := range list {
		if err := rows.write(row); err != nil {
			return err
		}
	}
	return rows.close()
}

func (all exportedResults) rows() (rows []ResultRow) {
	for _, r := range all {
		rows = append(rows, r.Rows()...)
	}
	return rows
}

// sheets are the tables of a workbook.
func (all exportedResults) sheets(ctx context.Context) []workSheet {
	var said []resultSentence
	var days []resultDay
	for _, r := range all {
		said = append(said, resultSentence{Experiment: r.Experiment.Name, Status: string(r.Status), AsOf: cellTime(r.AsOf), Goal: r.Goal, Action: r.Verdict.Action,
			Variant: r.Verdict.Variant, Headline: r.Verdict.Headline, Why: r.Why(ctx), Rule: r.RuleText(ctx), P: r.Sequential.P, SplitP: r.SRM.P})
		for _, d := range r.Timeline {
			days = append(days, resultDay{r.Goal, d.Day, d.Variant, d.Visitors, d.Conversions, d.Revenue})
		}
	}
	return []workSheet{
		newWorkSheet(locale.T(ctx, "export.sheet_summary"), said), newWorkSheet(locale.T(ctx, "export.sheet_variants"), all.rows()),
		newWorkSheet(locale.T(ctx, "export.sheet_days"), days), newWorkSheet(locale.T(ctx, "export.sheet_segments"), all.segmentRows()),
	}
}
