package views

import (
	"context"
	"math"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

// moment is when the gallery's pages are looked at.
var moment = time.Date(2026, 11, 22, 12, 4, 0, 0, time.UTC)

// exhibit is one page in one state.
type exhibit struct {
	name      string
	signedOut bool
	page      func(ctx context.Context, p Page) templ.Component
	model     any                             // nil for a page without one
	with      func(Page, any) templ.Component // the page with another model of the same type
}

// samplePage is the frame data of a signed-in person with two sites.
func samplePage(lang, theme string) Page {
	return Page{
		Lang: lang, Theme: theme, CSPNonce: "gallery", Path: "/home", Now: moment,
		User: &User{Name: "Ana Ruiz", Email: "ana@acme.example"}, Account: Account{Name: "Acme Outdoor"},
		Sites: []SiteRef{{"s1", "Acme shop", "shop.acme.example"}, {"s2", "Acme blog", "blog.acme.example"}}, DevMail: true,
	}
}

// render shows the exhibit in a language and a theme.
func (e exhibit) component(lang, theme string) (context.Context, templ.Component) {
	ctx := locale.With(context.Background(), lang)
	p := samplePage(lang, theme)
	if e.signedOut {
		p.User, p.Sites, p.DevMail = nil, nil, false
	}
	return ctx, e.page(ctx, p)
}

// fixed makes an exhibit of a page that needs only its model.
func fixed[M any](name string, page func(Page, M) templ.Component, m M) exhibit {
	return exhibit{
		name: name, model: m,
		page: func(_ context.Context, p Page) templ.Component { return page(p, m) },
		with: func(p Page, other any) templ.Component { return page(p, other.(M)) },
	}
}

func outsider(e exhibit) exhibit {
	e.signedOut = true
	return e
}

// gallery is every page in every state that looks different.
func gallery() []exhibit {
	var all []exhibit
	for _, wing := range [][]exhibit{outsideWing(), homeWing(), siteWing(), experimentWing(), formWing(), resultWing(), elementsWing(), changesWing(), settingsWing(), simulatorWing(), debuggerWing(), editorWing(), auditWing(), shareWing(), analyticsWing(), oddWing(), segmentsWing()} {
		all = append(all, wing...)
	}
	return all
}

func outsideWing() []exhibit {
	wing := []exhibit{
		{name: "landing", page: func(_ context.Context, p Page) templ.Component { return LandingPage(p) }},
		fixed("login", LoginPage, LoginForm{Next: "/home"}),
		fixed("login-error", LoginPage, LoginForm{Email: "ana@acme.example", Errors: Errors{"": "error.bad_credentials"}}),
		fixed("register", RegisterPage, RegisterForm{}),
		fixed("register-error", RegisterPage, RegisterForm{Name: "Ana Ruiz", Email: "ana@", Company: "Acme",
			Errors: Errors{"email": "error.email", "password": "error.too_short_password"}}),
		fixed("register-closed", RegisterPage, RegisterForm{InviteOnly: true}),
		fixed("forgot", ForgotPage, ForgotForm{}),
		fixed("forgot-sent", ForgotPage, ForgotForm{Email: "ana@acme.example", Sent: true}),
		fixed("reset", ResetPage, ResetForm{Token: "t"}),
		fixed("reset-invalid", ResetPage, ResetForm{Invalid: true}),
		fixed("problem-outside", ProblemPage, Problem{Status: 404, RequestID: "01JD2Q4V7K"}),
		fixed("mailbox-outside", MailboxPage, Mailbox{Mails: sampleMails()}),
	}
	for i := range wing {
		wing[i] = outsider(wing[i])
	}
	return wing
}

func sampleMails() []MailRow {
	return []MailRow{
		{"m2", "ana@acme.example", "Choose a new password", moment.Add(-4 * time.Minute)},
		{"m1", "ana@acme.example", "Your Samplit account is ready", moment.Add(-26 * time.Hour)},
	}
}

func sampleRows() []ExperimentRow {
	return []ExperimentRow{
		{ID: "e1", Name: "Shorter headline on the home page", Site: "shop.acme.example", Status: "running", Method: "sequential", Verdict: "winner",
			Lift: &Lift{Mean: 0.124, Low: 0.041, High: 0.21}, Leader: "Variant B", Visitors: 18234, Goal: "Signed up",
			Trend: []int{410, 520, 640, 610, 700, 820, 760, 900, 980, 930, 1010, 1104}, Started: moment.AddDate(0, 0, -14), Updated: moment.Add(-2 * time.Minute)},
		{ID: "e2", Name: "Free shipping banner", Site: "shop.acme.example", Status: "running", Method: "thompson", Verdict: "learning",
			Lift: &Lift{Mean: 0.031, Low: -0.052, High: 0.118}, Leader: "Free over 50 €", Visitors: 4120, Goal: "Added to basket", DaysLeft: 6,
			Trend: []int{300, 380, 420, 390, 460, 510, 480}, Started: moment.AddDate(0, 0, -7), Updated: moment.Add(-12 * time.Minute)},
		{ID: "e3", Name: "Checkout button colour", Site: "shop.acme.example", Status: "running", Method: "sequential", Verdict: "fix",
			Lift: &Lift{Mean: -0.014, Low: -0.07, High: 0.04}, Leader: "Variant B", Visitors: 9420, Goal: "Bought",
			Trend: []int{900, 860, 910, 400, 380, 390}, Started: moment.AddDate(0, 0, -6), Updated: moment.Add(-3 * time.Hour)},
		{ID: "e4", Name: "Newsletter box above the fold", Site: "blog.acme.example", Status: "paused", Method: "sequential", Verdict: "tie",
			Lift: &Lift{Mean: -0.061, Low: -0.11, High: -0.012}, Leader: "Variant B", Visitors: 22108, Goal: "Subscribed",
			Trend: []int{800, 820, 790, 810, 0, 0}, Started: moment.AddDate(0, 0, -30), Updated: moment.AddDate(0, 0, -2)},
		{ID: "e5", Name: "Price per month or per year", Site: "shop.acme.example", Status: "draft", Method: "sequential", Goal: "Bought", Updated: moment.AddDate(0, 0, -1)},
		{ID: "e6", Name: "Photo of the team", Site: "blog.acme.example", Status: "completed", Method: "thompson", Verdict: "winner",
			Lift: &Lift{Mean: 0.082, Low: 0.02, High: 0.15}, Leader: "Variant C", Visitors: 31240, Goal: "Wrote to us", Updated: moment.AddDate(0, -2, 0)},
	}
}

func sampleHistory() []HistoryRow {
	return []HistoryRow{
		{Seq: 1284, At: moment.Add(-3 * time.Minute), Action: "epoch.opened", Subject: "Free shipping banner", URL: "/experiments/e2",
			Detail: []HistoryDetail{{"Free over 50 €", "41%", "48%"}, {"Original", "33%", "27%"}}},
		{Seq: 1283, At: moment.Add(-50 * time.Minute), Actor: "Ana Ruiz", Action: "experiment.traffic", Subject: "Checkout button colour", URL: "/experiments/e3",
			Detail: []HistoryDetail{{"traffic", "50%", "100%"}}},
		{Seq: 1279, At: moment.Add(-26 * time.Hour), Actor: "Tom Becker", Action: "experiment.paused", Subject: "Newsletter box above the fold", URL: "/experiments/e4"},
		{Seq: 1270, At: moment.AddDate(0, 0, -4), Actor: "Ana Ruiz", Action: "experiment.started", Subject: "Shorter headline on the home page", URL: "/experiments/e1"},
	}
}

func homeWing() []exhibit {
	steps := []ChecklistStep{{"site", true, "/sites/s1"}, {"install", true, "/sites/s1"}, {"experiment", false, "/experiments/new"},
		{"launch", false, "/experiments"}, {"visitors", false, "/experiments"}}
	return []exhibit{
		fixed("home", HomePage, Home{Running: sampleRows()[:3], Activity: sampleHistory(), Tasks: []Task{
			{"decide", "Shorter headline on the home page", "Variant B gets 12% more sign-ups. Show it to everyone?", "/experiments/e1"},
			{"fix", "Checkout button colour", "Visitors are not split as planned since Thursday.", "/experiments/e3"}}}),
		fixed("home-impact", HomePage, Home{Running: sampleRows()[:2], Activity: sampleHistory(), Tasks: []Task{
			{"losing", "Free shipping banner", "Free over 50 € is worse than the original (−12% to −4%) while the rest is open.", "/experiments/e2"}},
			Impact: &Impact{Days: 30, Choices: []int{7, 30, 90}, Visitors: 18204, Gains: []Gain{{"", 123, 40, 206}, {"EUR", 1840.2, -120, 3800}}}}),
		fixed("home-draft", HomePage, Home{Running: sampleRows()[1:2], Activity: sampleHistory(), Next: "/experiments/e5"}),
		fixed("home-calm", HomePage, Home{Running: sampleRows()[1:2], Activity: sampleHistory()}),
		fixed("home-idle", HomePage, Home{Activity: sampleHistory()[2:]}),
		fixed("home-new", HomePage, Home{Checklist: &Checklist{Steps: steps, DemoURL: "/experiments/demo"}}),
		{name: "home-flash", page: func(_ context.Context, p Page) templ.Component {
			p.Slim = true
			p.Flash = &Flash{Kind: "good", Text: "flash.paused", Undo: "/experiments/e1/status", UndoFields: map[string]string{"status": "running"}}
			return HomePage(p, Home{Running: sampleRows()[:2], Activity: sampleHistory()})
		}},
		fixed("search", SearchPage, Search{Query: "head", Results: []SearchResult{{"experiment", "Shorter headline on the home page", "Running", "/experiments/e1"}, {"site", "Acme shop", "shop.acme.example", "/sites/s1"}}}),
		fixed("search-none", SearchPage, Search{Query: "zebra"}),
	}
}

func siteWing() []exhibit {
	snippet := `<script src="https://samplit.acme.example/s/inst_9f2c1b7ad0e84c11.js"></script>`
	site := func(in Install) Site {
		in.SiteID = "s1"
		return Site{ID: "s1", Name: "Acme shop", URL: "https://shop.acme.example", Token: "inst_9f2c1b7ad0e84c11", Snippet: snippet, Install: in}
	}
	working := site(Install{State: "found", LastSeen: moment.Add(-40 * time.Second), Path: "/products/tent", Verdict: "early", Checked: moment})
	working.Experiments = sampleRows()[:2]
	ruled := working
	ruled.CanEdit, ruled.Origins, ruled.Partners, ruled.PartnersWrong = true, "https://shop.acme.example", "pay.acme-payments.example\nco.uk", true
	return []exhibit{
		fixed("sites", SitesPage, SiteList{Sites: []SiteRow{
			{"s1", "Acme shop", "https://shop.acme.example", "found", moment.Add(-40 * time.Second), 3},
			{"s2", "Acme blog", "https://blog.acme.example", "missing", time.Time{}, 0}}}),
		fixed("sites-empty", SitesPage, SiteList{}),
		fixed("site-new", SiteFormPage, SiteForm{}),
		fixed("site-new-error", SiteFormPage, SiteForm{URL: "acme shop", Name: "Acme", Errors: Errors{"url": "error.url"}}),
		fixed("site-waiting", SitePage, site(Install{State: "waiting", Watching: true, Since: moment.Add(-20 * time.Second)})),
		fixed("site-missing", SitePage, site(Install{State: "missing", Verdict: "blocked", Detail: "script-src https://samplit.acme.example; connect-src https://samplit.acme.example", Checked: moment})),
		fixed("site-found", SitePage, working), fixed("site-rules", SitePage, ruled),
	}
}

func sampleExperiment(status string) Experiment {
	e := Experiment{ID: "e1", Name: "Shorter headline on the home page", Key: "shorter-headline", Status: status, Method: "sequential", SiteID: "s1",
		Site: "shop.acme.example", URL: "https://shop.acme.example/", Goal: "Signed up", Version: 7, CanEdit: true,
		Hypothesis: "A headline of five words is understood at a glance, so more people will sign up."}
	if status != "draft" {
		e.Started = moment.AddDate(0, 0, -14)
	}
	if status == "completed" {
		e.Ended = moment.AddDate(0, 0, -1)
	}
	return e
}

func experimentWing() []exhibit {
	smart := sampleExperiment("running")
	smart.Method = "thompson"
	rows := sampleRows()
	weights := []WeightField{{Key: "control", Name: "Original", Value: "50"}, {Key: "b", Name: "Variant B", Index: 1, Value: "50"}}
	choices := []WinnerChoice{{"control", "Original", 0, 0.0412, nil, 9126}, {"b", "Variant B", 1, 0.0463, rows[0].Lift, 9108}}
	changes := []VariantChanges{{0, "Original", 0.5, nil, "control", "", "v0"}, {1, "Variant B", 0.5, []Change{
		{"text", "h1.hero-title", "", "Sleep under the stars"}, {"style", ".hero .button", "background-color", "#0b7285"}, {"hide", ".hero .badge", "", ""}}, "b", "", "v1"}}
	return []exhibit{
		fixed("experiments", ExperimentsPage, ExperimentList{Rows: rows, Total: len(rows), Page: 1, Pages: 1, Any: true}),
		fixed("experiments-pages", ExperimentsPage, ExperimentList{Query: "o", Status: "running", Rows: rows[:3], Total: 43, Page: 2, Pages: 5, Any: true}),
		fixed("experiments-none", ExperimentsPage, ExperimentList{Query: "zebra", Any: true}),
		fixed("experiments-empty", ExperimentsPage, ExperimentList{}),
		fixed("changes", ChangesPage, Changes{Experiment: sampleExperiment("running"), Variants: changes}),
		fixed("changes-ruled", ChangesPage, Changes{Experiment: sampleExperiment("draft"), Variants: changes, Who: sampleRules()}),
		fixed("experiment-settings", ExperimentSettingsPage, ExperimentSettings{Experiment: sampleExperiment("running"), Traffic: "100", Weights: weights, Visitors: 18234}),
		fixed("experiment-settings-error", ExperimentSettingsPage, ExperimentSettings{Experiment: sampleExperiment("running"), Traffic: "120", Weights: weights, Visitors: 18234,
			Errors: Errors{"traffic": "error.percent", "weights": "error.sum_100"}}),
		fixed("experiment-settings-smart", ExperimentSettingsPage, ExperimentSettings{Experiment: smart, Traffic: "80", Visitors: 1, Who: sampleRules()}),
		fixed("experiment-settings-closed", ExperimentSettingsPage, ExperimentSettings{Experiment: sampleExperiment("completed"), Traffic: "100", Weights: weights}),
		{name: "experiment-history", page: func(_ context.Context, p Page) templ.Component {
			e := sampleExperiment("running")
			return HistoryPage(p, History{Experiment: &e, Rows: sampleHistory()[:2], Next: "?before=1283"})
		}},
		fixed("confirm-complete", StatusConfirmPage, StatusConfirm{Experiment: sampleExperiment("running"), Target: "completed", Recommended: "b", Choices: choices}),
		fixed("confirm-archive", StatusConfirmPage, StatusConfirm{Experiment: sampleExperiment("draft"), Target: "archived"}),
		fixed("audit", HistoryPage, History{Rows: sampleHistory(), MayErase: true}),
		fixed("audit-empty", HistoryPage, History{}),
	}
}

func sampleRules() RulesForm {
	return RulesForm{Timezone: "Europe/Madrid", Start: "2027-03-01T08:00", End: "2027-03-15T00:00", Layer: "checkout", Ranges: "0-50", Holdout: "2027-q1", HoldoutShare: "5",
		Conditions: []ConditionForm{{Attribute: "device", Picked: []string{"mobile", "tablet"}}, {Attribute: "utm", Campaign: "source", Op: "is", Values: "newsletter\nmail"},
			{Attribute: "url", Op: "wildcard", Not: true, Values: "/checkout/*"}, {Attribute: "weekday", Picked: []string{"mon", "tue", "wed", "thu", "fri"}},
			{Attribute: "cookie", Cookie: "plan", Op: "exists"}},
		Addresses: "203.0.113.7\n10.0.0.0/8", Emails: "*@acme.example", Cookies: "staff\nrole=tester", Parameters: "qa=1"}
}

func formWing() []exhibit {
	sites := samplePage("en", "").Sites
	ruled := NewExperimentForm(sites[:1])
	ruled.Rules = sampleRules()
	ruled.Rules.Open = true
	folded := ruled
	folded.Rules.Open = false
	mistaken := NewExperimentForm(sites[:1])
	mistaken.Rules = RulesForm{Open: true, Timezone: "Madrid", Start: "2027-03-01T08:00", End: "2027-02-01T08:00", Ranges: "half", HoldoutShare: "120", Addresses: "10.0.0.0/8\nhere",
		Conditions: []ConditionForm{{Attribute: "device"}, {Attribute: "hour", Hours: "9-30"}, {Attribute: "country", Countries: "Spain"}, {Attribute: "referrer", Op: "regex", Values: "a(b"}, {Attribute: "cookie", Op: "is"}}}
	mistaken.Errors = Errors{"": "error.form", "conditions[0][picked]": "error.required", "conditions[1][hours]": "error.hours", "conditions[2][countries]": "error.country",
		"conditions[3][values]": "error.regex", "conditions[4][cookie]": "error.required", "timezone": "error.timezone", "end": "error.order", "ranges": "error.ranges", "layer": "error.both",
		"holdout": "error.both", "holdout_share": "error.reserve", "addresses": "error.address"}
	filled := ExperimentForm{
		ID: "e1", Version: "7", Sites: sites, SiteID: "s1", Name: "Shorter headline on the home page", URL: "shop.acme.example",
		Hypothesis: "Fewer words, more sign-ups.", Method: "thompson", Traffic: "150", Goal: GoalForm{Type: "url", URL: "https://shop.acme.example/thanks"}, Elements: newElementsForm(),
		Variants: []VariantForm{{Key: "control", Name: "Original"},
			{Key: "b", Name: "Short", Changes: []Change{{"text", "h1 <", "", "Sleep under the stars"}, {"style", ".button", "background-color", "#0b7285"}, {"hide", ".badge", "", ""}}},
			{Key: "", Name: "", Changes: []Change{{"attr", "img.hero", "alt", "A tent"}}}},
		Errors: Errors{"": "error.form", "url": "error.url", "traffic": "error.percent", "variants[1][changes][0][selector]": "error.selector", "goals[0][name]": "error.required"},
	}
	return []exhibit{
		fixed("form-new", ExperimentFormPage, NewExperimentForm(sites[:1])),
		fixed("form-errors", ExperimentFormPage, filled),
		fixed("form-rules", ExperimentFormPage, ruled),
		fixed("form-rules-folded", ExperimentFormPage, folded),
		fixed("form-rules-errors", ExperimentFormPage, mistaken),
		{name: "form-no-site", page: func(_ context.Context, p Page) templ.Component {
			p.Sites = nil
			return ExperimentFormPage(p, NewExperimentForm(nil))
		}},
	}
}

func resultWing() []exhibit {
	goal := GoalRef{"signup", "Signed up"}
	good := []Health{{"split", "good", ""}, {"snippet", "good", ""}, {"goal", "good", ""}, {"looks", "good", ""}, {"filtered", "good", "214 left out"}}
	p := func(x float64) *float64 { return &x }
	winner := Results{
		Experiment: sampleExperiment("running"), AsOf: moment, ETag: "v42", Goal: goal, Goals: []GoalRef{goal, {"basket", "Added to basket"}}, Health: good,
		Verdict: Verdict{State: "winner", Action: "ship", Variant: "b", Headline: "Variant B gets 12% more sign-ups. 96\u00a0in\u00a0100 chance it is better than the original.",
			Reason: "It brings 5 more sign-ups per 1,000 visitors (between 2 and 9). You risk at most 0.4 if this is wrong.", Rule: "the 95% range leaves zero out, at any look."},
		Variants: []VariantResult{
			{Key: "control", Name: "Original", Visitors: 9108, Conversions: 375, Rate: 0.04117, RateLow: 0.0373, RateHigh: 0.0454, ChanceBest: p(0.03), Risk: p(0.0051), Weight: 0.5},
			{Key: "b", Name: "Variant B", Index: 1, Visitors: 9126, Conversions: 423, Rate: 0.04635, RateLow: 0.0422, RateHigh: 0.0509,
				Lift: &Lift{0.124, 0.041, 0.21, &Interval{0.094, 0.154}}, ChanceToBeat: p(0.963), ChanceBest: p(0.97), Risk: p(0.0004), Weight: 0.5, Leading: true}},
	}
	winner.Rates = sampleRates(winner.Variants, 14)
	winner.Explained, winner.Technical = true, []Fact{{"technical.p", "0.00312"}, {"technical.alpha", "5%"}, {"technical.expected", "Original 9117 · Variant B 9117"}}
	winner.Curves = sampleCurves(winner.Variants)
	winner.Notes = []Note{{"n1", "Newsletter to 40,000 readers", "Ana Ruiz", moment.AddDate(0, 0, -6).Truncate(24 * time.Hour)}}
	for _, role := range []string{"secondary", "guardrail"} {
		winner.Others = append(winner.Others, GoalRow{GoalRef{"basket", "Added to basket"}, role, true, VariantResult{Key: "b", Name: "Variant B", Index: 1, Visitors: 9126,
			Conversions: 1204, Rate: 0.1319, Lift: &Lift{0.021, -0.06, 0.11, nil}}, "open"})
	}
	for d := range 14 {
		winner.Days = append(winner.Days, DayRow{moment.AddDate(0, 0, -d), []DayCell{{650, 27, 0.0415}, {652, 30, 0.046}}})
	}
	winner.Period = &Period{From: moment.AddDate(0, 0, -6), To: moment, Before: moment.AddDate(0, 0, -13), First: moment.AddDate(0, 0, -13), Last: moment, Days: 7, Whole: true,
		Rows: []PeriodRow{{winner.Variants[0], DayCell{4500, 190, 0.0422}, DayCell{4608, 185, 0.0401}}, {winner.Variants[1], DayCell{4520, 215, 0.0476}, DayCell{4606, 208, 0.0452}}}}
	learning := winner
	learning.Experiment = sampleExperiment("running")
	learning.Experiment.Method, learning.Experiment.Name, learning.Experiment.Goal = "thompson", "Free shipping banner", "Added to basket"
	learning.Goals = nil
	learning.Verdict = Verdict{State: "learning", Action: "keep_running", DaysLeft: 6, Headline: "Free over 50 € is in front, but it is too early to be sure.",
		Reason: "The difference could still be anything between −5% and +12%.", Rule: "no verdict below 500 visitors a variant."}
	learning.Variants = []VariantResult{
		{Key: "control", Name: "Original", Visitors: 1312, Conversions: 131, Rate: 0.0998, ChanceBest: p(0.1), Risk: p(0.004), Weight: 0.27},
		{Key: "b", Name: "Free over 50 €", Index: 1, Visitors: 1640, Conversions: 171, Rate: 0.1043, Lift: &Lift{0.031, -0.052, 0.118, &Interval{0.002, 0.06}}, ChanceToBeat: p(0.74), Risk: p(0.0012), Weight: 0.48, Leading: true},
		{Key: "c", Name: "Free for members with a very long name to fit", Index: 2, Visitors: 1168, Conversions: 112, Rate: 0.0959, Lift: &Lift{-0.04, -0.14, 0.06, &Interval{-0.074, -0.006}}, ChanceToBeat: p(0.006), Risk: p(0.0061), Weight: 0.25}}
	learning.Rates, learning.Epochs = sampleRates(learning.Variants, 9), sampleEpochs()
	broken := winner
	broken.Health = []Health{{"split", "bad", "Variant B got 8,410 visitors, about 9,120 were due."}, {"snippet", "good", ""}, {"goal", "warn", "Silent since yesterday, 18:20."}, {"looks", "good", ""}, {"crossovers", "idle", ""}}
	broken.Verdict = Verdict{State: "fix", Action: "fix", Headline: "Do not trust these numbers: visitors are not split as planned.",
		Reason: "Variant B got 8,410 visitors and should have got about 9,120. Often a redirect, a bot or a second snippet is the cause."}
	early := winner
	early.Progress = &Progress{Visitors: 124, VisitorsNeeded: 500, Conversions: 9, ConversionsNeeded: 50, DaysLeft: 4}
	early.Verdict = Verdict{State: "learning", Action: "keep_running", DaysLeft: 4, Headline: "Too early to judge.", Reason: "251 visitors and 9 conversions so far. Below 500 visitors a variant, chance decides."}
	early.Variants = []VariantResult{{Key: "control", Name: "Original", Visitors: 127, Conversions: 4, Rate: 0.0315, Weight: 0.5},
		{Key: "b", Name: "Variant B", Index: 1, Visitors: 124, Conversions: 5, Rate: 0.0403, Lift: &Lift{Mean: 0.28, Low: -0.62, High: 2.9}, Weight: 0.5}}
	early.Rates = sampleRates(early.Variants, 3)
	tie := winner
	tie.Experiment = sampleExperiment("paused")
	tie.Verdict = Verdict{State: "tie", Action: "stop", Headline: "No real difference. Keep the version you like best.", Reason: "Whatever the true difference is, it is too small to matter: between −2% and +1%.", Rule: "the 95% range fits inside ±2%."}
	done := winner
	done.Experiment = sampleExperiment("completed")
	done.Experiment.Winner = "Variant B"
	done.Verdict.Headline = "Variant B is now shown to everyone."
	money := winner
	money.Money, money.Currency, money.Harmed = true, "EUR", []string{"Added to basket"}
	money.Verdict.Headline = "Variant B earns 8% more per visitor. 97\u00a0in\u00a0100 chance it is better than the original."
	money.Others = []GoalRow{winner.Others[0], winner.Others[1]}
	money.Others[1].State = "worse"
	money.Others[1].Variant.Lift = &Lift{-0.12, -0.2, -0.04, nil}
	money.Variants = []VariantResult{winner.Variants[0], winner.Variants[1]}
	money.Variants[0].Revenue = &Revenue{2.41, 2.2, 2.62, 180, 2.38}
	money.Variants[1].Revenue = &Revenue{2.6, 2.39, 2.82, 180, 2.55}
	draft := Results{Experiment: sampleExperiment("draft"), Launch: &Launch{Days: 12, VisitorsByDay: 1300, Steps: []LaunchStep{{"install", true, "/sites/s1"}, {"changes", true, ""}, {"goal", true, ""}}}}
	unready := Results{Experiment: sampleExperiment("draft"), Launch: &Launch{Steps: []LaunchStep{{"install", false, "/sites/s1"}, {"changes", false, "/experiments/e1/edit"}, {"goal", true, ""}}}}
	hopeless := Results{Experiment: sampleExperiment("draft"), Launch: &Launch{Days: 240, VisitorsByDay: 38, Hopeless: true, Steps: []LaunchStep{{"install", true, "/sites/s1"}, {"changes", true, ""}, {"goal", true, ""}}}}
	waiting := Results{Experiment: sampleExperiment("running"), AsOf: moment, Goal: goal, Health: good[:2], Progress: &Progress{VisitorsNeeded: 500, ConversionsNeeded: 50},
		Verdict:  Verdict{State: "learning", Action: "keep_running", Headline: "No visitors yet. Results appear as soon as the first ones arrive."},
		Variants: []VariantResult{{Key: "control", Name: "Original", Weight: 0.5}, {Key: "b", Name: "Variant B", Index: 1, Weight: 0.5}}}
	return []exhibit{
		fixed("results-winner", ResultsPage, winner), fixed("results-learning", ResultsPage, learning), fixed("results-fix", ResultsPage, broken), fixed("results-money", ResultsPage, money),
		fixed("results-numbers", NumbersPage, Numbers{Experiment: sampleExperiment("running"), Goal: goal, Variant: winner.Variants[1], Figures: []Figure{
			{"rate", "4.64%", "423 ÷ 9,126 = 4.64%\n(p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) ÷ (1 + z²/n), p = 4.64%, n = 9,126, z = 1.96\n= 4.22% to 5.09%", "Visitors who converted, divided by visitors. The range is Wilson’s."},
			{"chance", "96%", "P(θ > θ₀), θ ~ Beta(1 + 423, 1 + 8,703), θ₀ ~ Beta(1 + 375, 1 + 8,733)", "θ is the true value per visitor, θ₀ that of the original."}}}),
		fixed("results-note", func(p Page, f NoteForm) templ.Component {
			return NotePage(p, winner, f)
		}, NoteForm{Day: "2031-01-01", Errors: Errors{"day": "error.date", "text": "error.required"}}),
		fixed("results-early", ResultsPage, early), fixed("results-waiting", ResultsPage, waiting), fixed("results-paused", ResultsPage, tie), fixed("results-done", ResultsPage, done),
		fixed("results-draft", ResultsPage, draft), fixed("results-unready", ResultsPage, unready), fixed("results-hopeless", ResultsPage, hopeless),
	}
}

// sampleCurves are hills at each variant's rate.
func sampleCurves(variants []VariantResult) *Curves {
	c := &Curves{Low: 0.034, High: 0.054}
	for n, v := range variants {
		shape := CurveShape{Variant: n, Mean: v.Rate, Low: v.RateLow, High: v.RateHigh}
		for i := range 96 {
			z := (c.Low + (c.High-c.Low)*float64(i)/95 - v.Rate) / 0.0021
			shape.Heights = append(shape.Heights, math.Exp(-z*z/2))
		}
		c.Shapes = append(c.Shapes, shape)
	}
	return c
}

// sampleRates draws a cumulative rate that settles on each variant's own.
func sampleRates(variants []VariantResult, days int) []RatePoint {
	var points []RatePoint
	for d := 1; d <= days; d++ {
		for i, v := range variants {
			n := v.Visitors * int64(d) / int64(days)
			wobble := 0.35 * math.Sin(float64(3*d+5*i)) / math.Sqrt(float64(d)) / float64(d)
			rate := v.Rate * (1 + wobble)
			half := 1.96 * math.Sqrt(rate*(1-rate)/float64(max(n, 1)))
			points = append(points, RatePoint{moment.AddDate(0, 0, d-days).Truncate(24 * time.Hour), v.Key, n, int64(rate * float64(n)), rate, math.Max(0, rate-half), rate + half})
		}
	}
	return points
}

func sampleEpochs() []Epoch {
	var epochs []Epoch
	for i, w := range [][3]float64{{0.34, 0.33, 0.33}, {0.31, 0.38, 0.31}, {0.3, 0.36, 0.34}, {0.28, 0.43, 0.29}, {0.29, 0.45, 0.26}, {0.27, 0.48, 0.25}} {
		reason := "epoch.learned"
		if i == 0 {
			reason = "epoch.start"
		}
		epochs = append(epochs, Epoch{i + 1, moment.AddDate(0, 0, -9).Add(time.Duration(i*i*7) * time.Hour), map[string]float64{"control": w[0], "b": w[1], "c": w[2]}, reason})
	}
	return epochs
}

func settingsWing() []exhibit {
	profile := ProfileForm{Name: "Ana Ruiz", Email: "ana@acme.example"}
	sessions := []Session{{"x1", "Chrome on Linux", "203.0.113.7", false, moment, true}, {"x2", "Safari on iPhone", "198.51.100.20", true, moment.Add(-5 * time.Hour), false}}
	wing := []exhibit{
		fixed("settings", SettingsPage, Settings{Profile: profile, Sessions: sessions, MayErase: true}),
		fixed("settings-error", SettingsPage, Settings{Profile: ProfileForm{Email: "ana@acme.example", Lang: "es", Theme: "ink", Errors: Errors{"name": "error.required"}},
			Password: PasswordForm{Errors: Errors{"current": "error.wrong_password", "password": "error.too_short_password"}}, Sessions: sessions[:1]}),
		fixed("mailbox", MailboxPage, Mailbox{Mails: sampleMails()}),
		fixed("mailbox-empty", MailboxPage, Mailbox{}),
		fixed("mail", CaughtMailPage, CaughtMail{MailRow: sampleMails()[0], From: "samplit@acme.example", Links: []string{"http://localhost:8080/reset?token=abc"},
			Text: ResetMailText(context.Background(), ResetMail{"Ana", "http://localhost:8080/reset?token=abc", 60})}),
	}
	for _, status := range []int{403, 404, 405, 413, 429, 500, 503} {
		m := Problem{Status: status, RequestID: "01JD2Q4V7K"}
		if status == 429 {
			m.RetryAfter = 12
		}
		wing = append(wing, fixed("problem-"+locale.Plain(status), ProblemPage, m))
	}
	return wing
}
