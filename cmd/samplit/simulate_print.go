package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/samplit/samplit/engine/simulate"
)

// printSimulation writes an answer for people, ± being one standard error.
func printSimulation(w io.Writer, answer any) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, c)
		}
		fmt.Fprintln(t)
	}
	switch a := answer.(type) {
	case simulate.BanditAnswer:
		printBandit(row, a)
	case simulate.PeekingAnswer:
		row("Rule", "Decided", "Visitors per arm")
		for _, name := range slices.Sorted(maps.Keys(a.Rules)) {
			row(name, percent(a.Rules[name].Decided), plusMinus(a.Rules[name].Visitors))
		}
	case simulate.InferenceAnswer:
		printInference(row, a)
	case simulate.DelayAnswer:
		row("Conversions lost", plusMinus(a.Regret))
		row("Share of visitors by arm", percents(a.Share))
	case simulate.SearchAnswer:
		row("Conversions lost", plusMinus(a.Regret))
		row("… in the second half", plusMinus(a.SecondHalf))
		row("Best", fmt.Sprint(a.Best))
		row("Last tenth of visitors on it", fmt.Sprintf("%s ± %s", percent(a.OnBest.Mean), percent(a.OnBest.SE)))
		row("Runs that end on it", percent(a.Ends))
	case simulate.VerdictAnswer:
		printVerdict(row, a)
	case simulate.CompareResult:
		printComparison(row, a)
	default:
		return fmt.Errorf("no summary of %T; ask for --json", answer)
	}
	return t.Flush()
}

func printBandit(row func(...any), a simulate.BanditAnswer) {
	row("Periods", plusMinus(a.Periods))
	if a.Saved != nil {
		row("Conversions saved against the classical test", plusMinus(*a.Saved))
		row("Runs longer than the classical test", percent(*a.Longer))
	}
	row("Runs that end with the right arm", percent(a.Right))
	row("Share of visitors by arm", percents(a.Share))
	for _, rule := range slices.Sorted(maps.Keys(a.Stopped)) {
		row("Stopped by "+rule, percent(a.Stopped[rule]))
	}
	visits := slices.SortedFunc(maps.Keys(a.Regret), func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)) })
	for _, at := range visits {
		row("Conversions lost after "+at+" visits", plusMinus(a.Regret[at]))
	}
}

func printInference(row func(...any), a simulate.InferenceAnswer) {
	row("Estimator", "Arm", "Bias", "Coverage", "Width", "Too low", "Too high")
	line := func(name, arm string, x simulate.Accuracy) {
		row(name, arm, plusMinus(x.Bias), percent(x.Coverage), plusMinus(x.Width), percent(x.MissLow), percent(x.MissHigh))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Arms)) {
		for i, x := range a.Arms[name] {
			line(name, strconv.Itoa(i), x)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Contrast)) {
		line(name, "last - first", a.Contrast[name])
	}
}

func printVerdict(row func(...any), a simulate.VerdictAnswer) {
	row("Decided by the test", percent(a.Decided))
	row("… falsely", percent(a.False))
	row("A fixed-horizon test would have decided", percent(a.FixedHorizon))
	row("Verdict: ship", percent(a.Shipped))
	row("Verdict: stop", percent(a.Stopped))
	row("Verdict: stop, too little traffic", percent(a.GaveUp))
	row("Verdict: fix", percent(a.Fix))
	row("No verdict", percent(a.Undecided))
	row("Wrong verdicts", percent(a.Wrong))
	row("Days until the verdict", plusMinus(a.Days))
	row("Intervals of the last look that cover", percent(a.Coverage))
	row("Runs whose intervals always cover", percent(a.Always))
	row("Alarms about the split behind the verdict", percent(a.SRM))
	row("… by the chi-square test of one look", percent(a.ChiSquare))
}

func printComparison(row func(...any), a simulate.CompareResult) {
	f, l := a.Fixed, a.Adaptive
	row("", "Fixed split", "Learning")
	row("Conversions", plusMinus(f.Conversions), plusMinus(l.Conversions))
	row("Shipped", percent(f.Shipped), percent(l.Shipped))
	row("Stopped", percent(f.Stopped), percent(l.Stopped))
	row("Stopped, too little traffic", percent(f.GaveUp), percent(l.GaveUp))
	row("No verdict", percent(f.Undecided), percent(l.Undecided))
	row("Wrong verdicts", percent(f.Wrong), percent(l.Wrong))
	row("Days until the verdict", plusMinus(f.Days), plusMinus(l.Days))
	row("Conversions lost", number(f.Lost[len(f.Lost)-1]), number(l.Lost[len(l.Lost)-1]))
	row("Share of the last day by arm", percents(f.Share[len(f.Share)-1]), percents(l.Share[len(l.Share)-1]))
	row("Extra conversions of learning", plusMinus(a.Extra))
	row("Runs in which it had fewer", percent(a.Fewer))
}

func plusMinus(m simulate.Mean) string { return number(m.Mean) + " ± " + number(m.SE) }

func number(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

func percent(p float64) string { return strconv.FormatFloat(100*p, 'f', 1, 64) + " %" }

func percents(shares []float64) string {
	all := make([]string, len(shares))
	for i, p := range shares {
		all[i] = percent(p)
	}
	return strings.Join(all, ", ")
}
