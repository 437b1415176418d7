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

// Results is the results page, top to bottom.
type Results struct {
	Experiment Experiment
	AsOf       time.Time
	ETag       string // of the fragment, without quotes; empty leaves it out
	Verdict    Verdict
	Launch     *Launch   // set for a draft, which has no results
	Progress   *Progress // set while there is too little data to judge; hides chances
	Health     []Health
	Goals      []GoalRef // more than one shows a switch (GET ?goal=)
	Goal       GoalRef
	Unit       string // what one conversion is called, plural, lower case: "sign-ups"; empty says conversions
	Variants   []VariantResult
	Rates      []RatePoint
	Epochs     []Epoch
	Currency   string    // of amounts, where the goal has them
	Money      bool      // the goal is judged by value per visitor
	Explained  bool      // every figure has a page that says where it comes from
	Harmed     []string  // guardrails that the variant to ship is proven to harm
	Others     []GoalRow // the other goals, by role
	Curves     *Curves   // nil while there is too little data
	Notes      []Note    // oldest first
	Technical  []Fact    // what statisticians ask for
	Days       []DayRow  // newest first
	DaysBefore int       // older days that are not shown
	Period     *Period   // nil before there are visitors
	Segments   *Segments // nil where there are none

	// Of an experiment with several elements, instead of the table and the charts.
	Elements     []ElementResult
	Combinations *CombinationResults

	Changes ChangeRates
}

// Verdict is the sentence that matters and what follows from it. State is learning, ready, winner, tie or fix; Action is
// keep_running, ship, stop or fix. Headline, Reason and Rule are finished sentences.
type Verdict struct {
	State, Action string
	Headline      string
	Reason        string
	Rule          string
	Variant       string // key of the variant to ship
	DaysLeft      int    // 0 when unknown
}

// Launch is what stands between a draft and its start. Days is how long an answer will take at the page's traffic, 0 when
// that is unknown; Hopeless says that this test cannot end in a reasonable time and why the start should wait.
type Launch struct {
	Steps         []LaunchStep
	Days          int
	VisitorsByDay int64
	Hopeless      bool
}

// LaunchStep is one condition of the start. Key is one of launchKeys.
type LaunchStep struct {
	Key  string
	Done bool
	URL  string
}

// Ready says whether nothing is missing.
func (l Launch) Ready() bool {
	for _, step := range l.Steps {
		if !step.Done {
			return false
		}
	}
	return true
}

// Progress is how far the data is from being judged.
type Progress struct {
	Visitors, VisitorsNeeded       int64 // in the smallest variant
	Conversions, ConversionsNeeded int64
	DaysLeft                       int
}

// Health is one check. Key is one of healthKeys, State good, warn, bad or idle; Detail is a finished sentence, empty for
// the catalogue's.
type Health struct {
	Key, State, Detail string
}

// GoalRef names a goal.
type GoalRef struct {
	Key, Name string
}

// Interval is a range.
type Interval struct {
	Low, High float64
}

// Lift is relative to the control: 0.12 is 12 % more. Inner is the 50 % interval; nil draws the 95 % line alone.
type Lift struct {
	Mean, Low, High float64
	Inner           *Interval
}

// VariantResult is one row of the table. Rate and its interval are what was observed; Lift is by the estimator that decides.
type VariantResult struct {
	Key, Name             string
	Index                 int // 0 is the control; picks the colour
	Visitors, Conversions int64
	Rate                  float64
	RateLow, RateHigh     float64
	Lift                  *Lift    // nil for the control
	ChanceToBeat          *float64 // probability to beat the control; nil for the control
	ChanceBest            *float64
	Risk                  *float64 // expected loss, conversions per visitor
	Weight                float64  // share of new visitors now
	Leading               bool
	Revenue               *Revenue // nil where no values were recorded
}

// Revenue is the amount per visitor with its 95 % range; Capped counts no visitor for more than Cap, 0 where that is not known.
type Revenue struct {
	PerVisitor, Low, High float64
	Cap, Capped           float64
}

// RatePoint is one variant on one day: everything up to the end of that day. Low and High are the 95 % interval of the rate.
type RatePoint struct {
	Day                   time.Time
	Variant               string // key
	Visitors, Conversions int64  // cumulative
	Rate, Low, High       float64
}

// Epoch is one set of weights of the experiment's split. Reason is a finished sentence or a message id.
type Epoch struct {
	Number   int
	OpenedAt time.Time
	Weights  map[string]float64 // by variant key
	Reason   string
}

// resultsPoll makes the results ask for themselves every 3 seconds while visitors come.
func resultsPoll(m Results) templ.Attributes {
	if m.Experiment.Status != "running" {
		return nil
	}
	address := string(pathTo("experiments", m.Experiment.ID, "results"))
	if m.Goal.Key != "" {
		address += "?goal=" + url.QueryEscape(m.Goal.Key)
	}
	attrs := templ.Attributes{
		"hx-get": address, "hx-trigger": "every 3s", "hx-target": "this", "hx-swap": "morph:outerHTML", "hx-ext": "morph", "data-poll": true,
	}
	if m.ETag != "" {
		attrs["hx-headers"] = `{"If-None-Match":"\"` + strings.ReplaceAll(m.ETag, `"`, "") + `\""}`
	}
	return attrs
}

func resultsAxis(m Results) axis {
	lifts := make([]*Lift, 0, len(m.Variants))
	for _, v := range m.Variants {
		lifts = append(lifts, v.Lift)
	}
	return newAxis(lifts)
}

// shownLift is the variant's uplift; the control, the baseline, has none.
func shownLift(m Results, v VariantResult) *Lift {
	if v.Index == 0 {
		return nil
	}
	return v.Lift
}

// chanceText is a probability; the control has none.
func chanceText(ctx context.Context, chance *float64) string {
	if chance == nil {
		return "–"
	}
	return locale.Chance(ctx, *chance)
}

// riskText is a risk in units of the goal per 1,000 visitors.
func riskText(ctx context.Context, risk *float64) string {
	if risk == nil {
		return "–"
	}
	return locale.Fixed(ctx, 1000**risk, 1)
}

// riskUnit is what a risk counts.
func riskUnit(ctx context.Context, m Results) string {
	if m.Money && m.Currency != "" {
		return m.Currency
	}
	return t(ctx, "results.risk_unit")
}

// hasRevenue says whether amounts were recorded.
func (m Results) hasRevenue() bool { return len(m.Variants) > 0 && m.Variants[0].Revenue != nil }

// shipClass leaves it possible but not inviting to ship what harms something.
func shipClass(m Results) string {
	if len(m.Harmed) > 0 {
		return "btn"
	}
	return "btn btn-primary"
}

// numbersURL leads to where a variant's figures come from.
func numbersURL(m Results, v VariantResult, figure string) templ.SafeURL {
	address := string(pathTo("experiments", m.Experiment.ID, "numbers", v.Key))
	if m.Goal.Key != "" {
		address += "?goal=" + url.QueryEscape(m.Goal.Key)
	}
	return templ.SafeURL(address + "#" + figure)
}

// rateText is the observed rate; nobody's is not zero.
func rateText(ctx context.Context, v VariantResult) string {
	if v.Visitors == 0 {
		return "–"
	}
	return locale.Percent(ctx, v.Rate, 2)
}

func healthIcon(state string) string {
	switch state {
	case "good":
		return "circle-check"
	case "warn":
		return "triangle-alert"
	case "bad":
		return "circle-x"
	}
	return "circle-dashed"
}

func healthName(ctx context.Context, key string) string {
	if words, ok := healthWords[key]; ok {
		return t(ctx, words[0])
	}
	return key
}

func healthMeaning(ctx context.Context, key string) string {
	if words, ok := healthWords[key]; ok {
		return t(ctx, words[1])
	}
	return ""
}

// isLoud says whether a check speaks up instead of waiting to be asked.
func isLoud(check Health) bool {
	return check.Detail != "" && (check.State == "bad" || check.State == "warn")
}

func variantName(m Results, key string) string {
	named := m.Variants
	if m.Combinations != nil {
		named = slices.Concat(named, m.Combinations.Top)
	}
	for _, v := range named {
		if v.Key == key {
			return v.Name
		}
	}
	return key
}

// waitText says when to come back.
func waitText(ctx context.Context, p Page, v Verdict) string {
	if v.DaysLeft <= 0 {
		return t(ctx, "results.wait")
	}
	return t(ctx, "results.wait_until", "Count", v.DaysLeft, "Day", locale.Day(ctx, p.Now.AddDate(0, 0, v.DaysLeft)))
}

func launchLine(ctx context.Context, l Launch) string {
	switch {
	case !l.Ready():
		return t(ctx, "launch.line_missing")
	case l.Hopeless:
		return t(ctx, "launch.line_hopeless")
	}
	return t(ctx, "launch.line_ready")
}

func launchWhy(ctx context.Context, l Launch) string {
	switch {
	case l.Days > 0 && l.Hopeless:
		return t(ctx, "launch.why_hopeless", "Count", l.Days, "Visitors", l.VisitorsByDay)
	case l.Days > 0:
		return t(ctx, "launch.why_days", "Count", l.Days, "Visitors", l.VisitorsByDay)
	}
	return t(ctx, "launch.why_unknown")
}

func launchWord(ctx context.Context, step LaunchStep) string {
	words, ok := launchWords[step.Key]
	switch {
	case !ok:
		return step.Key
	case step.Done:
		return t(ctx, words[0])
	}
	return t(ctx, words[1])
}

func firstMissing(l Launch) string {
	for _, step := range l.Steps {
		if !step.Done {
			return step.URL
		}
	}
	return ""
}

// startClass leaves the start possible but not inviting when the test cannot end.
func startClass(l Launch) string {
	if l.Hopeless {
		return "btn"
	}
	return "btn btn-primary"
}
