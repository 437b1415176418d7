package views

import (
	"cmp"
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

func periodText(ctx context.Context, from, to time.Time) string {
	if from.Equal(to) {
		return locale.Day(ctx, from)
	}
	return t(ctx, "period.days", "From", locale.Day(ctx, from), "To", locale.Day(ctx, to))
}

// periodChange is how far the rate moved, in percentage points: visitors of different days are different people.
func periodChange(ctx context.Context, row PeriodRow) string {
	if row.Now.Visitors == 0 || row.Then.Visitors == 0 {
		return "–"
	}
	return t(ctx, "period.points", "Points", locale.Signed(ctx, 100*(row.Now.Rate-row.Then.Rate), 2))
}

func periodHelp(ctx context.Context, p Period) string {
	if !p.Whole {
		return t(ctx, "period.help") + " " + t(ctx, "period.short")
	}
	return t(ctx, "period.help")
}

// goalURL shows the results of another goal.
func goalURL(experiment, goal string) templ.SafeURL {
	return goalQuery(string(pathTo("experiments", experiment)), goal)
}

func goalQuery(address, goal string) templ.SafeURL {
	if goal != "" {
		address += "?goal=" + url.QueryEscape(goal)
	}
	return templ.SafeURL(address)
}

// noteDay is today, or the last day of the test, unless another day was typed.
func noteDay(m Results, f NoteForm) string {
	day := m.AsOf
	if !m.Experiment.Ended.IsZero() {
		day = m.Experiment.Ended
	}
	return cmp.Or(f.Day, day.UTC().Format(time.DateOnly))
}
