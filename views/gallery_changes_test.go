package views

import "time"

// changesWing is how changes fare, and what leads a new site on.
func changesWing() []exhibit {
	running := sampleExperiment("running")
	step := func(action, selector string) Change { return Change{Action: action, Selector: selector} }
	rates := ChangeRates{Experiment: running.ID, CanCheck: true, Checked: moment.Add(-9 * time.Hour), Rows: []ChangeRate{
		{Variant: "Short", VariantID: "v1", Element: "Headline", Index: 1, Change: step("text", "main > section.hero-large h1"), Made: 4210, Check: "found", Words: "It finds its element."},
		{Variant: "Urgent", VariantID: "v2", Element: "Button", Index: 1, Change: step("style", "#buy span"), Made: 3170, Healed: 2900, Blocked: 12, Check: "healed",
			Words: "The page took it back on 12 page views. Make it by a style, or on another element."},
		{Variant: "None", VariantID: "v3", Element: "Picture", Index: 2, Change: step("hide", "img.hero"), Made: 900, Missed: 3300, Check: "missed", Alarm: true,
			Words: "Made on 21% of page views since yesterday; before that it was 100%. The page may have been rebuilt."},
	}, Pages: []CheckedPage{{URL: "https://shop.acme.example/tents/dome"}, {URL: "https://shop.acme.example/account", Problem: "login"}}}
	asking, unseen := rates, rates
	asking.UnderWay = true
	unseen.Checked, unseen.Pages, unseen.Rows = time.Time{}, nil, []ChangeRate{{Variant: "Short", VariantID: "v1", Index: 1, Change: step("text", "h1"), Words: "Nothing is known yet."}}
	changes := func(r ChangeRates) Changes { return Changes{Experiment: running, Rates: r} }
	site := Site{ID: "s1", Name: "Acme shop", URL: "https://shop.acme.example", Snippet: `<script src="https://samplit.acme.example/s/inst_5x2k.js"></script>`,
		Install: Install{SiteID: "s1", State: "found", LastSeen: moment.Add(-time.Minute), Path: "/", Verdict: "early"},
		Checklist: &Checklist{Steps: []ChecklistStep{{"verify", true, "#snippet-head"}, {"goal", true, "/experiments/new"}, {"experiment", true, "/experiments/new"},
			{"preview", false, "/experiments/e1/changes"}, {"launch", false, "/experiments/e1"}}}}
	weighed := sampleSettingsOfElements(running)
	return []exhibit{
		fixed("changes-alarm", ChangesPage, changes(rates)), fixed("changes-checking", ChangesPage, changes(asking)), fixed("changes-unseen", ChangesPage, changes(unseen)),
		fixed("site-steps", SitePage, site), fixed("experiment-settings-elements", ExperimentSettingsPage, weighed),
	}
}

func sampleSettingsOfElements(e Experiment) ExperimentSettings {
	m := ExperimentSettings{Experiment: e, Traffic: "100", Visitors: 18234}
	for _, of := range [][2]string{{"headline", "Headline"}, {"button", "Button"}} {
		m.Weights = append(m.Weights, WeightField{Key: "o", Name: "Original", Value: "70.5", Of: of[0], Element: of[1]}, WeightField{Key: "b", Name: "Urgent", Index: 1, Value: "29.5", Of: of[0], Element: of[1]})
	}
	return m
}
