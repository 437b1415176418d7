package views

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

var statusOptions = []option{
	{Value: "", Label: "experiments.all"}, {Value: "running", Label: "status.running"}, {Value: "draft", Label: "experiments.drafts"},
	{Value: "paused", Label: "status.paused"}, {Value: "completed", Label: "experiments.completed"}, {Value: "archived", Label: "experiments.archived"},
}

// listLine counts what the list holds, in words.
func listLine(ctx context.Context, m ExperimentList) string {
	if !m.Any {
		return ""
	}
	running, ready := 0, 0
	for _, row := range m.Rows {
		if row.Status == "running" {
			running++
			if row.Verdict == "ready" || row.Verdict == "winner" || row.Verdict == "tie" {
				ready++
			}
		}
	}
	if (m.Query != "" || m.Status != "") && m.Total == 0 {
		return "" // the empty list says it
	}
	if m.Query != "" || m.Status != "" || m.Pages > 1 {
		return t(ctx, "experiments.line_found", "Count", m.Total)
	}
	line := t(ctx, "experiments.line_running", "Count", running)
	if ready > 0 {
		line += " " + t(ctx, "experiments.line_ready", "Count", ready)
	}
	return line
}

func listURL(m ExperimentList, page int) templ.SafeURL {
	query := url.Values{"page": {strconv.Itoa(page)}}
	if m.Query != "" {
		query.Set("q", m.Query)
	}
	if m.Status != "" {
		query.Set("status", m.Status)
	}
	return templ.SafeURL("/experiments?" + query.Encode())
}

// emptyListURL is the first thing to do in an account without experiments: without a site, there is nothing to test on.
func emptyListURL(p Page) string {
	if len(p.Sites) == 0 {
		return "/sites/new"
	}
	return "/experiments/new"
}

func emptyListAction(ctx context.Context, p Page) string {
	if len(p.Sites) == 0 {
		return t(ctx, "sites.add")
	}
	return t(ctx, "experiments.new")
}

// joined puts the parts that are not empty in one line.
func joined(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, " · ")
}

func liftValue(lift *Lift) string {
	if lift == nil {
		return ""
	}
	return strconv.FormatFloat(lift.Mean, 'g', -1, 64)
}

// rowWhen says since when an experiment runs, or when it was last touched.
func rowWhen(ctx context.Context, row ExperimentRow, now time.Time) string {
	if row.Status == "running" && !row.Started.IsZero() {
		return t(ctx, "experiments.since", "Day", locale.Day(ctx, row.Started))
	}
	return locale.Ago(ctx, row.Updated, now)
}

// visitorText counts visitors; a draft has none to count.
func visitorText(ctx context.Context, row ExperimentRow) string {
	if row.Status == "draft" {
		return "–"
	}
	return locale.Int(ctx, row.Visitors)
}
