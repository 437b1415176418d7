package handlers

import (
	"context"
	"strings"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// mostGoalRows keeps the table of goals readable: beyond it only one variant of each goal is shown.
const mostGoalRows = 16

// goalRows are the other goals, secondary ones before guardrails, with every variant; of many only the one that matters.
func goalRows(r services.Results) (rows []views.GoalRow) {
	only := ""
	if len(r.Goals)*(len(r.Variants)-1) > mostGoalRows {
		if only = r.Verdict.Variant; only == "" || only == r.Control().Key {
			only = r.Contender().Key
		}
	}
	for _, role := range []string{"primary", "secondary", "guardrail"} {
		for _, g := range r.Goals {
			if g.Role != role {
				continue
			}
			first := true
			for i, v := range g.Variants[1:] {
				if only == "" || v.Key == only {
					rows = append(rows, views.GoalRow{Goal: views.GoalRef{Key: g.Key, Name: g.Name}, Role: role, First: first, Variant: variantOf(i+1, v, false), State: g.States[v.Key]})
					first = false
				}
			}
		}
	}
	return rows
}

// mostCurves can be told apart.
const mostCurves = 6

// curvesOf shows the control and the variants most likely the best.
func curvesOf(r services.Results) *views.Curves {
	curves, low, high := r.Curves()
	if curves == nil {
		return nil
	}
	m := &views.Curves{Low: low, High: high}
	for i, c := range curves {
		better := 0
		for _, v := range r.Variants[1:] {
			if v.ProbBest > r.Variants[i].ProbBest {
				better++
			}
		}
		if i > 0 && better >= mostCurves-1 || len(m.Shapes) == mostCurves {
			continue
		}
		m.Shapes = append(m.Shapes, views.CurveShape{Variant: i, Mean: c.Mean, Low: c.Low, High: c.High, Heights: c.Heights})
	}
	return m
}

// mostDayCells bounds the table of days.
const mostDayCells = 240

// dayRows are the newest days, each by itself, and how many older ones there are.
func dayRows(r services.Results) (rows []views.DayRow, before int) {
	days := r.Daily()
	shown := max(mostDayCells/len(r.Variants), 7)
	for i := len(days) - 1; i >= 0 && len(rows) < shown; i-- {
		row := views.DayRow{Day: days[i].Day}
		for _, c := range days[i].Counts {
			row.Cells = append(row.Cells, dayCell(c))
		}
		rows = append(rows, row)
	}
	return rows, len(days) - len(rows)
}

func dayCell(c services.PeriodCounts) views.DayCell {
	return views.DayCell{Visitors: c.Visitors, Conversions: c.Conversions, Rate: c.Rate}
}

// periodProblems are the words for what is wrong with the days asked for.
var periodProblems = map[string]string{"bad_date": "period.bad_date", "order": "period.order", "outside": "period.outside"}

func periodOf(r services.Results, in services.PeriodInput) *views.Period {
	p, ok := r.Period(in)
	if !ok {
		return nil
	}
	m := &views.Period{From: p.From, To: p.To, Before: p.Before, First: p.First, Last: p.Last, Days: p.DayCount, Whole: p.Whole, Problem: periodProblems[p.Problem]}
	for i, v := range r.Variants {
		m.Rows = append(m.Rows, views.PeriodRow{Variant: variantOf(i, v, false), Now: dayCell(p.Now[i]), Then: dayCell(p.Then[i])})
	}
	return m
}

func notesOf(r services.Results) (notes []views.Note) {
	for _, n := range r.Notes {
		notes = append(notes, views.Note{ID: n.ID.String(), Text: n.Text, Author: n.Author, Day: n.Day})
	}
	return notes
}

// technical is what a statistician asks for.
func technical(ctx context.Context, r services.Results) []views.Fact {
	t := r.Technical()
	prior := "technical.prior_flat"
	if t.Normal {
		prior = "technical.prior_normal"
	}
	var expected []string
	for i, v := range r.Variants {
		expected = append(expected, v.Name+" "+locale.Fixed(ctx, r.Expected[i], 0))
	}
	return []views.Fact{
		{Term: "technical.p", Value: locale.Number(ctx, r.Sequential.P, 5)},
		{Term: "technical.alpha", Value: locale.Percent(ctx, t.Alpha, 0)},
		{Term: "technical.estimator", Value: t.Estimator},
		{Term: "technical.planned", Value: locale.Int(ctx, t.Planned)},
		{Term: "technical.minimum", Value: locale.T(ctx, "technical.minimum_value", "Visitors", r.Progress.NeedVisitors, "Conversions", r.Progress.NeedConversions)},
		{Term: "technical.margin", Value: locale.Percent(ctx, t.Margin, 0)},
		{Term: "technical.window", Value: locale.Days(ctx, r.Shown.Config.WindowDays)},
		{Term: "technical.prior", Value: locale.T(ctx, prior)},
		{Term: "technical.srm", Value: locale.Number(ctx, r.SRM.P, 4)},
		{Term: "technical.expected", Value: strings.Join(expected, " · ")},
		{Term: "technical.epochs", Value: locale.Int(ctx, int64(len(r.Epochs)))},
	}
}
