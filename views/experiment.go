package views

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

// ExperimentList is the list at /experiments: GET with q, status and site.
type ExperimentList struct {
	Query, Status string
	Rows          []ExperimentRow
	Total         int  // matching rows on all pages
	Page, Pages   int  // from 1
	Any           bool // the account has experiments at all, matching or not
}

// ExperimentRow is one experiment where several are listed.
type ExperimentRow struct {
	ID, Name string
	Site     string // host
	Status   string // draft, running, paused, completed, archived
	Method   string // "sequential" (fair split) or "thompson" (smart traffic)
	Verdict  string // learning, ready, winner, tie, fix; empty before the first visitor
	Lift     *Lift  // of the leading variant
	Leader   string // its name
	Visitors int64
	Goal     string
	DaysLeft int   // 0 when unknown
	Trend    []int // visitors per day, oldest first, for the sparkline
	Started  time.Time
	Updated  time.Time
}

// Experiment is the head of every page about one experiment.
type Experiment struct {
	ID, Name, Hypothesis string
	Key                  string
	Status               string
	Method               string
	SiteID, Site         string
	URL                  string
	Goal                 string
	Verdict              string // as in ExperimentRow
	Winner               string // name of the variant served for good, when completed with one
	Started, Ended       time.Time
	Version              int
	CanEdit              bool // the user may change it
}

// Changes is the tab that says what exactly is different.
type Changes struct {
	Experiment Experiment
	Variants   []VariantChanges
	Who        RulesForm
	Rates      ChangeRates

	// Combinations of mode factorial, and where to look at each; 0 in other modes.
	Combinations int
	Matrix       Matrix
}

// VariantChanges is one variant and its change list. Element is the name of what it is a version of where there are several
// elements.
type VariantChanges struct {
	Index   int // 0 is the control
	Name    string
	Weight  float64
	Changes []Change
	Key     string // of the variant, or of the combination that shows it with the originals of all other elements
	Element string
	ID      string
}

// Change is one change: action is text, style, attr, hide or any other action of the change format.
type Change struct {
	Action, Selector, Name, Value string
}

// Settings of an experiment: what may still be changed, and how. POST /experiments/{id}/traffic with traffic (percent) and,
// for a fair split, weights[KEY] (percent), with several elements weights[ELEMENT][KEY].
type ExperimentSettings struct {
	Experiment Experiment
	Traffic    string // percent as typed, "100"
	Weights    []WeightField
	Visitors   int64 // so far
	Who        RulesForm
	Errors     Errors
}

// WeightField is one variant's share, in percent as typed. Of, with Element for a name, is the key of what it is a version of where
// there are several elements.
type WeightField struct {
	Key, Name   string
	Index       int
	Value       string
	Of, Element string
}

// Field is the name of the field.
func (w WeightField) Field() string {
	if w.Of != "" {
		return "weights[" + w.Of + "][" + w.Key + "]"
	}
	return "weights[" + w.Key + "]"
}

// StatusConfirm asks before a change of status that needs a decision: completed (choose the winner) or archived. It posts
// status and winner to /experiments/{id}/status. Winner may be empty: nobody sees a change any more.
type StatusConfirm struct {
	Experiment  Experiment
	Target      string // completed or archived
	Recommended string // key of the variant to preselect; empty preselects the original
	Choices     []WinnerChoice
	Elements    []WinnerElement // instead of choices, where each element has a winner: posts winner[KEY]
	Errors      Errors          // status
}

// WinnerElement is an element whose version is chosen. Recommended is the key of the one to preselect.
type WinnerElement struct {
	Key, Name, Recommended string
	Choices                []WinnerChoice
}

// WinnerChoice is one variant that can be served for good. Visitors is how many of those counted have seen something else and
// would see this one from now on.
type WinnerChoice struct {
	Key, Name string
	Index     int
	Rate      float64
	Lift      *Lift
	Visitors  int64
}

type tab struct {
	key, label string
	path       []string
}

var experimentTabs = []tab{
	{"results", "experiment.results", nil}, {"learning", "experiment.learning", []string{"learning"}}, {"changes", "experiment.changes", []string{"changes"}},
	{"plan", "experiment.plan", []string{"plan"}}, {"settings", "experiment.settings", []string{"settings"}}, {"history", "experiment.history", []string{"history"}},
	{"share", "experiment.share", []string{"share"}},
}

// tabs are those that the experiment has in its state.
func (e Experiment) tabs() []tab {
	return slices.DeleteFunc(slices.Clone(experimentTabs), func(item tab) bool { return item.key == "learning" && e.Ended.IsZero() })
}

// experimentSpan says when the experiment ran.
func experimentSpan(ctx context.Context, e Experiment) string {
	switch {
	case e.Started.IsZero():
		return ""
	case e.Ended.IsZero():
		return t(ctx, "experiments.since", "Day", locale.Day(ctx, e.Started))
	}
	return t(ctx, "experiment.span", "From", locale.Day(ctx, e.Started), "To", locale.Day(ctx, e.Ended))
}

func confirmURL(id, status, winner string) templ.SafeURL {
	query := url.Values{"status": {status}}
	if winner != "" {
		query.Set("winner", winner)
	}
	return pathTo("experiments", id, "confirm") + templ.SafeURL("?"+query.Encode())
}

// previewURL opens the site with a variant, whatever the rules say.
func previewURL(id, variant string) templ.SafeURL {
	return pathTo("experiments", id, "preview") + templ.SafeURL("?"+url.Values{"variant": {variant}}.Encode())
}

func variantID(v VariantChanges) string {
	if v.Element != "" { // whose variants may have the keys of another's
		return "variant-" + strings.Join(strings.Fields(v.Element), "-") + "-" + v.Key
	}
	return "variant-" + v.Key
}

func unchangedText(ctx context.Context, index int) string {
	if index == 0 {
		return t(ctx, "changes.control")
	}
	return t(ctx, "changes.none")
}

// trafficOpen says whether the form may be used: a draft and a running experiment have traffic to share.
func trafficOpen(m ExperimentSettings) bool {
	return m.Experiment.CanEdit && (m.Experiment.Status == "running" || m.Experiment.Status == "draft")
}

func trafficHelp(ctx context.Context, m ExperimentSettings) string {
	switch {
	case m.Experiment.Status == "paused":
		return t(ctx, "traffic.paused")
	case m.Experiment.Status != "running" && m.Experiment.Status != "draft":
		return t(ctx, "traffic.closed")
	case m.Experiment.Method == "sequential":
		return t(ctx, "traffic.fair")
	}
	return t(ctx, "traffic.smart")
}

func confirmTitle(ctx context.Context, m StatusConfirm) string {
	if m.Target == "archived" {
		return t(ctx, "confirm.archive_title")
	}
	return t(ctx, "confirm.complete_title")
}

func confirmAction(ctx context.Context, m StatusConfirm) string {
	if m.Target == "archived" {
		return t(ctx, "experiment.archive")
	}
	return t(ctx, "confirm.complete_do")
}

// isPreselected marks the recommended variant, or the original when nothing is recommended.
func isPreselected(m StatusConfirm, c WinnerChoice) bool {
	if m.Recommended == "" {
		return c.Index == 0
	}
	return c.Key == m.Recommended
}

func choiceFacts(ctx context.Context, c WinnerChoice) string {
	rate := t(ctx, "confirm.rate", "Rate", locale.Percent(ctx, c.Rate, 2))
	if c.Lift == nil {
		return rate
	}
	return rate + " · " + t(ctx, "confirm.lift", "Lift", locale.SignedPercent(ctx, c.Lift.Mean, 1))
}

// choiceEffect is the consequence in numbers.
func choiceEffect(ctx context.Context, c WinnerChoice) string {
	if c.Index == 0 {
		return t(ctx, "confirm.effect_control", "Count", c.Visitors)
	}
	return t(ctx, "confirm.effect", "Count", c.Visitors)
}
