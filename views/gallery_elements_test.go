package views

// sampleElements are a headline, a button and a photo with two, two and three versions.
func sampleElements() []ElementForm {
	return []ElementForm{
		{Key: "headline", Name: "Headline", Selector: "h1.hero", Variants: []VariantForm{{Key: "o", Name: "Original"},
			{Key: "b", Name: "Short", Changes: []Change{{Action: "text", Value: "Sleep under the stars"}}}}},
		{Key: "button", Name: "Button", Selector: "#buy", Variants: []VariantForm{{Key: "o", Name: "Original"},
			{Key: "b", Name: "Urgent", Changes: []Change{{Action: "text", Value: "Book tonight"}, {Action: "style", Selector: "#buy span", Name: "color", Value: "#0b7285"}}}}},
		{Key: "photo", Name: "Photo", Selector: ".hero img", Variants: []VariantForm{{Key: "o", Name: "Original"},
			{Key: "b", Name: "People", Changes: []Change{{Action: "attr", Name: "alt", Value: "A family"}}}, {Key: "c", Name: "None", Changes: []Change{{Action: "hide"}}}}},
	}
}

func sampleMatrix(stored bool) Matrix {
	m := Matrix{Columns: []string{"Original", "People", "None"}}
	for i, name := range []string{"Original + Original", "Original + Urgent", "Short + Original", "Short + Urgent"} {
		row := MatrixRow{Name: name}
		for j, column := range m.Columns {
			cell := MatrixCell{Name: name + " + " + column, Excluded: i == 3 && j == 2, Control: i == 0 && j == 0}
			if stored {
				cell.Key = "o.o.b"
			}
			row.Cells = append(row.Cells, cell)
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

func elementsWing() []exhibit {
	sites := samplePage("en", "").Sites
	p := func(x float64) *float64 { return &x }
	combined := NewExperimentForm(sites[:1])
	combined.Elements = ElementsForm{Mode: "factorial", Elements: sampleElements(), Pairs: []PairForm{{"0:1", "2:2"}, {}}}
	separate := combined
	separate.Elements.Mode = "independent"
	wrong := combined
	wrong.Errors = Errors{"": "error.form", "elements": "error.combinations", "elements[1][selector]": "error.elements_overlap", "pairs[0][a]": "error.pair", "pairs": "error.nothing_left",
		"elements[1][variants][1][changes][0][selector]": "error.selector", "elements[0][name]": "error.required", "elements[2][variants]": "error.too_few", "elements[2][variants][1][name]": "error.too_long"}
	planned := combined
	planned.Elements.Plan = &ElementsPlan{Combinations: 11, Excluded: 1, Days: 34, VisitorsByDay: 1840, Lift: 0.2, Rate: 0.05, Matrix: sampleMatrix(false)}
	long := separate
	long.Elements.Plan = &ElementsPlan{Many: true, Days: 214, Long: true, VisitorsByDay: 120, Lift: 0.2, Rate: 0.031, Measured: true}

	running := sampleExperiment("running")
	row := func(key, name string, index int, conversions int64, lift *Lift) VariantResult {
		v := VariantResult{Key: key, Name: name, Index: index, Visitors: 3010, Conversions: conversions, Rate: float64(conversions) / 3010, Risk: p(0.001), Weight: 0.08, Lift: lift}
		if lift != nil {
			v.ChanceToBeat = p(0.93)
		}
		return v
	}
	elements := []ElementResult{
		{Key: "headline", Name: "Headline", Headline: "No version of it stands out yet.", Variants: []VariantResult{row("headline-o", "Original", 0, 310, nil), row("headline-b", "Short", 1, 315, &Lift{Mean: 0.01, Low: -0.05, High: 0.07})}},
		{Key: "button", Name: "Button", Headline: "“Urgent” brings +21% (between +14% and +29%), whatever the other elements show.",
			Variants: []VariantResult{row("button-o", "Original", 0, 301, nil), row("button-b", "Urgent", 1, 366, &Lift{Mean: 0.21, Low: 0.14, High: 0.29})}},
		{Key: "photo", Name: "Photo", Headline: "No version of it stands out yet.", Variants: []VariantResult{row("photo-o", "Original", 0, 310, nil), row("photo-b", "People", 1, 305, &Lift{Mean: -0.02, Low: -0.08, High: 0.05}),
			row("photo-c", "None", 2, 330, &Lift{Mean: 0.05, Low: -0.01, High: 0.12})}},
	}
	results := Results{Experiment: running, AsOf: moment, Goal: GoalRef{"signup", "Signed up"}, Elements: elements, Health: []Health{{"split", "good", ""}},
		Verdict: Verdict{State: "winner", Action: "ship", Variant: "o.b.c", Headline: "Original + Urgent + None gets 26% more sign-ups. 98\u00a0in\u00a0100 chance it is better than the original."},
		Combinations: &CombinationResults{Best: "Original + Urgent + None looks best: +26% compared with the original (between +17% and +36%). Chance to be the best of all: 71%.", More: 3,
			Together: []string{"No sign that the elements depend on each other: choose the best version of each."}, Top: []VariantResult{row("o.o.o", "Original + Original + Original", 0, 300, nil)}}}
	for i := range 8 {
		v := row("c"+string(rune('a'+i)), "Original + Urgent + None", i+1, int64(380-6*i), &Lift{Mean: 0.26 - 0.03*float64(i), Low: 0.17 - 0.03*float64(i), High: 0.36 - 0.03*float64(i)})
		if v.Leading = i == 0; v.Leading {
			v.Key = "o.b.c"
		}
		results.Combinations.Top = append(results.Combinations.Top, v)
	}
	apart := results
	apart.Combinations, apart.Elements = nil, nil
	apart.Verdict = Verdict{State: "learning", Action: "keep_running", Headline: "Already better than the original: “Urgent” for Button. Still open: 2."}
	for i, state := range []string{"learning", "winner", "tie"} {
		e := elements[i]
		e.State = state
		apart.Elements = append(apart.Elements, e)
	}
	young := apart
	young.Progress = &Progress{Visitors: 40, VisitorsNeeded: 100, Conversions: 3, ConversionsNeeded: 25}
	choices := []WinnerChoice{{"o", "Original", 0, 0.1, nil, 3010}, {"b", "Urgent", 1, 0.12, &Lift{Mean: 0.21, Low: 0.14, High: 0.29}, 3010}}
	changes := Changes{Experiment: running, Combinations: 12, Matrix: sampleMatrix(true)}
	for _, e := range sampleElements() {
		for i, v := range e.Variants {
			changes.Variants = append(changes.Variants, VariantChanges{Index: i, Name: v.Name, Weight: 0.5, Changes: v.Changes, Key: e.Key + "." + v.Key, Element: e.Name})
		}
	}
	wing := []exhibit{
		fixed("form-elements", ExperimentFormPage, combined), fixed("form-elements-separate", ExperimentFormPage, separate), fixed("form-elements-errors", ExperimentFormPage, wrong),
		fixed("form-elements-plan", ExperimentFormPage, planned), fixed("form-elements-long", ExperimentFormPage, long),
		fixed("results-combinations", ResultsPage, results), fixed("results-elements", ResultsPage, apart), fixed("results-elements-young", ResultsPage, young),
		fixed("changes-elements", ChangesPage, changes),
		fixed("confirm-elements", StatusConfirmPage, StatusConfirm{Experiment: running, Target: "completed", Elements: []WinnerElement{
			{Key: "headline", Name: "Headline", Recommended: "o", Choices: choices}, {Key: "button", Name: "Button", Recommended: "b", Choices: choices}}}),
	}
	return wing
}
