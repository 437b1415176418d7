package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
)

// stateWords are what the results page calls the states of a verdict.
var stateWords = map[string]string{
	services.VerdictLearning: "verdict.learning", services.VerdictReady: "verdict.ready", services.VerdictWinner: "verdict.winner",
	services.VerdictTie: "verdict.tie", services.VerdictFix: "verdict.fix",
}

// printResults writes what the results page shows, from top to bottom.
func printResults(ctx context.Context, w io.Writer, tally services.Tally, r services.Results) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s: %s\n", locale.T(ctx, stateWords[r.State()]), r.Verdict.Headline)
	if why := r.Why(ctx); why != "" {
		fmt.Fprintln(out, why)
	}
	if rule := r.RuleText(ctx); rule != "" {
		fmt.Fprintln(out, locale.T(ctx, "results.rule"), rule)
	}
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range resultRows(ctx, r) {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	table.Flush()
	fmt.Fprintln(out)
	split := map[bool]string{true: "analyze.split_good", false: "analyze.split_bad"}[r.SRM.OK]
	fmt.Fprintln(out, locale.T(ctx, split, "P", locale.Number(ctx, r.SRM.P, 4)))
	if tally.Crossovers > 0 {
		fmt.Fprintln(out, locale.T(ctx, "analyze.crossovers", "Count", tally.Crossovers))
	}
	if tally.Repeats > 0 {
		fmt.Fprintln(out, locale.T(ctx, "analyze.repeats", "Count", tally.Repeats))
	}
	return out.Flush()
}

// resultRows is the table of variants with its head. Chances and risks stay away until there is enough data for them.
func resultRows(ctx context.Context, r services.Results) [][]string {
	head := []string{"results.variant", "results.visitors", "analyze.conversions", "analyze.rate", "analyze.lift"}
	if r.Progress.Enough {
		head = append(head, "results.chance", "results.risk")
	}
	if r.Control().Revenue != nil {
		head = append(head, "analyze.revenue")
	}
	for i, id := range head {
		head[i] = locale.T(ctx, id)
	}
	rows := [][]string{head}
	for _, v := range r.Variants {
		rows = append(rows, resultRow(ctx, r, v))
	}
	return rows
}

func resultRow(ctx context.Context, r services.Results, v services.VariantResult) []string {
	between := func(value, low, high string) string {
		return fmt.Sprintf("%s (%s)", value, locale.T(ctx, "results.between", "Low", low, "High", high))
	}
	row := []string{v.Name, locale.Int(ctx, v.Visitors), locale.Int(ctx, v.Conversions), "–", "–"}
	if v.Visitors > 0 {
		row[3] = between(locale.Percent(ctx, v.Rate, 2), locale.Percent(ctx, v.Interval.Low, 2), locale.Percent(ctx, v.Interval.High, 2))
	}
	if v.IsControl {
		row[4] = locale.T(ctx, "results.baseline")
	} else if l := v.Lift; l != nil {
		row[4] = between(locale.Uplift(ctx, l.Mean), locale.Uplift(ctx, l.Low), locale.Uplift(ctx, l.High))
	}
	if r.Progress.Enough {
		chance := "–"
		if v.ProbBeatsControl != nil {
			chance = locale.Chance(ctx, *v.ProbBeatsControl)
		}
		row = append(row, chance, locale.Fixed(ctx, 1000*v.ExpectedLoss, 1))
	}
	if m := v.Revenue; m != nil {
		row = append(row, between(locale.Fixed(ctx, m.PerVisitor, 2), locale.Fixed(ctx, m.Interval.Low, 2), locale.Fixed(ctx, m.Interval.High, 2)))
	}
	return row
}
