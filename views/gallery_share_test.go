package views

import (
	"fmt"
	"time"
)

func shareWing() []exhibit {
	x := sampleResults().Experiment
	link := "https://samplit.acme.example/shared/AZ8Kq1VxdJ6aB0mXy2nWkQGfCqtVcXSeoAdJl8tpFpYAAAAAafn1gIZ0mJwq2vXo8Lk1TtQ"
	full := Share{Experiment: x, Days: "30",
		Exports: []ExportRow{
			{ID: "x3", What: "assignments", Format: "parquet", State: "running", Written: 3_120_000, Expected: 9_800_000, CreatedAt: moment},
			{ID: "x2", What: "conversions", Format: "csv", State: "ready", Written: 48_201, Expected: 48_200, Bytes: 5_204_113, CreatedAt: moment.AddDate(0, 0, -1),
				ExpiresAt: moment.AddDate(0, 0, 6), URL: "/exports/token"},
			{ID: "x1", What: "assignments", Format: "csv", State: "failed", CreatedAt: moment.AddDate(0, 0, -2)},
		},
		Links: []ShareLink{{ID: "l1", URL: link, Author: "Ana Ruiz", Text: true, Site: true, CreatedAt: moment, ExpiresAt: moment.AddDate(0, 0, 30)}}}
	published := full
	published.Exports, published.Links, published.Public = nil, nil, &ShareLink{ID: "p", URL: link, Author: "Ana Ruiz"}
	published.Errors = Errors{"links": "error.share_many", "exports": "error.exports_busy"}
	reader := full
	reader.Experiment.CanEdit = false

	sheet := sampleSheet()
	over := func(id string) exhibit { return outsider(fixed(id, LinkOverPage, "error."+id)) }
	return []exhibit{
		fixed("share", SharePage, full), fixed("share-public", SharePage, published), fixed("share-reader", SharePage, reader),
		outsider(fixed("sheet", SheetPage, sheet)), outsider(fixed("sheet-learning", SheetPage, learningSheet())), outsider(fixed("sheet-many", SheetPage, manySheet())), over("link_over"), over("link_bad"),
		fixed("plan", PlanPage, sampleForecast(true)), fixed("plan-draft", PlanPage, sampleForecast(false)), fixed("plan-unknown", PlanPage, Forecast{Experiment: x, Lift: 0.2}),
		fixed("alerts", AlertsPage, sampleAlerts()), fixed("alerts-none", AlertsPage, Alerts{Choices: sampleAlerts().Choices}),
		outsider(fixed("alerts-stop", AlertStopPage, AlertStop{Kind: "decided"})), outsider(fixed("alerts-stopped", AlertStopPage, AlertStop{Kind: "weekly", Done: true})),
	}
}

func sampleSheet() Sheet {
	r := sampleResults()
	r.Rates, r.Curves = sampleRates(r.Variants, 14), sampleCurves(r.Variants)
	g := SheetGoal{Results: r, Blocks: []SheetBlock{{}}}
	for _, v := range r.Variants {
		g.Blocks[0].Variants = append(g.Blocks[0].Variants, SheetRow{VariantResult: v})
	}
	money := g
	money.Goal, money.Money, money.Currency = GoalRef{"revenue", "Bought"}, true, "EUR"
	amount := 3.42
	money.Blocks = []SheetBlock{{Variants: []SheetRow{{g.Blocks[0].Variants[0].VariantResult, &amount}, {g.Blocks[0].Variants[1].VariantResult, nil}}}}
	return Sheet{Experiment: r.Experiment, AsOf: moment, Expires: moment.AddDate(0, 0, 7), Goals: []SheetGoal{g, money}}
}

// sheetAbout is a sheet about one goal.
func sheetAbout(r Results) Sheet {
	g := SheetGoal{Results: r, Blocks: []SheetBlock{{}}}
	for _, v := range r.Variants {
		g.Blocks[0].Variants = append(g.Blocks[0].Variants, SheetRow{VariantResult: v})
	}
	return Sheet{Experiment: r.Experiment, AsOf: moment, Goals: []SheetGoal{g}}
}

// learningSheet is about a test whose traffic moves.
func learningSheet() Sheet {
	r := sampleResults()
	r.Verdict = Verdict{State: "learning", Action: "keep_running", Headline: "Variant B is in front, but it is too early to be sure."}
	r.Experiment.Method, r.Epochs = "thompson", sampleEpochs()
	r.Variants = append(r.Variants, VariantResult{Key: "c", Name: "Free for members with a very long name to fit", Index: 2, Visitors: 1168, Conversions: 47, Rate: 0.0402,
		Lift: &Lift{-0.04, -0.14, 0.06, nil}, Weight: 0.25})
	r.Rates = sampleRates(r.Variants, 45)
	return sheetAbout(r)
}

// manySheet is as much as a sheet has to show: 20 variants, 120 days, 400 sets of weights.
func manySheet() Sheet {
	r := sampleResults()
	r.Experiment.Method = "thompson"
	control := r.Variants[0]
	r.Variants = nil
	for i := range 20 {
		v := control
		v.Key, v.Name, v.Index, v.Weight = fmt.Sprintf("v%d", i), fmt.Sprintf("Headline number %d", i+1), i, 0.05
		v.Rate *= 1 + 0.02*float64(i)
		r.Variants = append(r.Variants, v)
	}
	r.Rates, r.Curves = sampleRates(r.Variants, 120), nil
	for n := range 400 {
		e := Epoch{Number: n + 1, OpenedAt: moment.Add(time.Duration(n-400) * 7 * time.Hour), Weights: map[string]float64{}, Reason: "epoch.learned"}
		for i, v := range r.Variants {
			e.Weights[v.Key] = (1 + float64(n*i)/4000) / (20 + 190*float64(n)/4000)
		}
		r.Epochs = append(r.Epochs, e)
	}
	return sheetAbout(r)
}

func sampleForecast(started bool) Forecast {
	m := Forecast{Experiment: sampleResults().Experiment, Daily: 1840, Rate: 0.031, Measured: true, Lift: 0.2, Days: 19, Power: 0.91, Detectable: 0.164, Within: 28}
	if started {
		m.Plan = &LaunchPlan{Goal: "Signed up", FalseAlarms: 0.05, Margin: 0.05, LeastVisitors: 100, LeastConversions: 25, LongestDays: 90, PlannedPerArm: 5000, Days: 19,
			Lift: 0.2, StoredAt: moment.AddDate(0, 0, -14), Hash: "sha256:5f8a0c3be1", Seq: 1204, Intact: true, Visitors: 18234}
	}
	return m
}

func sampleAlerts() Alerts {
	return Alerts{
		List: []Alert{
			{Kind: "decided", Name: "Shorter headline on the home page", URL: "/experiments/e1", At: moment.Add(-3 * 60e9), New: true,
				Lines: []string{"Variant B gets 12% more conversions. 96 in 100 chance it is better than the original.", "Variant B brings 12 more per 1,000 visitors (between 3 and 21)."}},
			{Kind: "unhealthy", Name: "Checkout button colour", URL: "/experiments/e3", At: moment.AddDate(0, 0, -1), Lines: []string{"The split of visitors is not what it should be."}},
			{Kind: "weekly", At: moment.AddDate(0, 0, -6), Lines: []string{"Free shipping banner: still learning.", "Photo of the team: no real difference."}},
		},
		Choices: []AlertChoice{{"decided", true, true}, {"unhealthy", true, true}, {"weekly", true, false}},
	}
}

// sampleResults is a test with a winner.
func sampleResults() Results {
	p := func(x float64) *float64 { return &x }
	return Results{Experiment: sampleExperiment("running"), AsOf: moment, Goal: GoalRef{"signup", "Signed up"},
		Verdict: Verdict{State: "winner", Action: "ship", Variant: "b", Headline: "Variant B gets 12% more sign-ups. 96\u00a0in\u00a0100 chance it is better than the original.",
			Reason: "It brings 5 more sign-ups per 1,000 visitors (between 2 and 9).", Rule: "the 95% range leaves zero out, at any look."},
		Variants: []VariantResult{
			{Key: "control", Name: "Original", Visitors: 9108, Conversions: 375, Rate: 0.04117, RateLow: 0.0373, RateHigh: 0.0454, ChanceBest: p(0.03), Risk: p(0.0051), Weight: 0.5},
			{Key: "b", Name: "Variant B", Index: 1, Visitors: 9126, Conversions: 423, Rate: 0.04635, RateLow: 0.0422, RateHigh: 0.0509, Lift: &Lift{0.124, 0.041, 0.21, nil},
				ChanceToBeat: p(0.963), ChanceBest: p(0.97), Risk: p(0.0004), Weight: 0.5, Leading: true}}}
}
