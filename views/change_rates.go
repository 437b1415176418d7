package views

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

// ChangeRates says of every change of an experiment whether browsers can make it, and whether its element was on the page when we
// last looked. POST /experiments/{id}/pages looks again; GET answers with the table alone.
type ChangeRates struct {
	Experiment string // id
	Rows       []ChangeRate
	Pages      []CheckedPage // of the last look
	Checked    time.Time     // zero: never
	UnderWay   bool          // a look has begun; the table asks for itself until it has ended
	CanCheck   bool          // the site carries the snippet
}

// ChangeRate is one change. The counts are page views of the last 14 days; Words a finished sentence. Check is found, healed, missed
// or empty.
type ChangeRate struct {
	Variant, VariantID, Element   string
	Index                         int // of the variant
	Change                        Change
	Made, Healed, Missed, Blocked int64
	Check                         string
	Words                         string
	Alarm                         bool
}

// CheckedPage is a page that was opened, or could not be: Problem says why. An URL may be a pattern for which no page is known.
type CheckedPage struct {
	URL, Problem string
	Status       int
}

func (r ChangeRate) views() int64 { return r.Made + r.Missed + r.Blocked }

// shareOfViews is a part of the page views that told about a change.
func (r ChangeRate) share(ctx context.Context, n int64) string {
	if r.views() == 0 {
		return "–"
	}
	return locale.Percent(ctx, float64(n)/float64(r.views()), 0)
}

var (
	foundWords = map[string]string{"found": "rates.found", "healed": "rates.healed", "missed": "rates.missed"}
	foundIcons = map[string]string{"found": "circle-check", "healed": "circle-check", "missed": "circle-dashed"}

	pageProblems = map[string]string{
		"unknown": "rates.p_unknown", "elsewhere": "rates.p_elsewhere", "moved": "rates.p_moved", "unreachable": "rates.p_unreachable",
		"refused": "rates.p_refused", "large": "rates.p_large", "status": "rates.p_status", "login": "rates.p_login",
		"challenge": "rates.p_challenge", "not_page": "rates.p_not_page",
	}
)

// problem says why a page told nothing.
func (c CheckedPage) problem(ctx context.Context) string {
	if id, ok := pageProblems[c.Problem]; ok {
		return t(ctx, id, "Status", c.Status)
	}
	return c.Problem
}

// ratesLine is the table's answer in one line.
func ratesLine(ctx context.Context, m ChangeRates) string {
	alarms, views := 0, int64(0)
	for _, r := range m.Rows {
		views += r.views()
		if r.Alarm {
			alarms++
		}
	}
	switch {
	case alarms > 0:
		return t(ctx, "rates.line_alarm", "Count", alarms)
	case views > 0:
		return t(ctx, "rates.line_good")
	case !m.Checked.IsZero():
		return t(ctx, "rates.line_checked")
	}
	return t(ctx, "rates.line_quiet")
}

// checkedLine says when we looked ourselves.
func checkedLine(ctx context.Context, p Page, m ChangeRates) string {
	switch {
	case m.UnderWay:
		return t(ctx, "rates.under_way")
	case m.Checked.IsZero():
		return t(ctx, "rates.never")
	}
	return t(ctx, "rates.checked", "When", locale.Ago(ctx, m.Checked, p.Now))
}

// ratesPoll makes the table ask for itself while a look is under way.
func ratesPoll(m ChangeRates) templ.Attributes {
	if !m.UnderWay {
		return nil
	}
	return templ.Attributes{"hx-get": string(pathTo("experiments", m.Experiment, "pages")), "hx-trigger": "every 2s", "hx-swap": "outerHTML", "hx-target": "this", "data-poll": true}
}
