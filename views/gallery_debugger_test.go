package views

import "time"

// debuggerWing is the debugger waiting, with a visitor looked at, and with everything that can be wrong. What is live comes from
// the stream, see sampleSightings.
func debuggerWing() []exhibit {
	live := Debugger{SiteID: "s1", Host: "shop.acme.example", Stream: "/debugger/s1/stream?", TestVisitor: "smp-test-7d2kq4zv3mxp5tua",
		TestURL: "https://shop.acme.example/#samplit-test=smp-test-7d2kq4zv3mxp5tua"}
	silent, refused, visitor, busy := live, live, live, live
	silent.Silent, silent.Stream = true, "/debugger/s2/stream?"
	refused.Error, refused.Filter = "debugger.c_bad_visitor", SightingFilter{Kind: "exposure", Outcome: "trouble"}
	visitor.Filter = SightingFilter{Visitor: "u7Hq2mXw9dKfT4bYzR1cVg"}
	visitor.Visitor = &VisitorReport{Page: "https://shop.acme.example/products/tent", More: true, Events: sampleSightings()[:6], Verdicts: []VisitorVerdict{
		{ID: "e1", Name: "Shorter headline on the home page", Arms: []VisitorArm{{Arm: "Variant B", Epoch: 3, Stored: true, Exposed: true, Counted: true, Since: moment.Add(-50 * time.Hour)}}},
		{ID: "e2", Name: "Free shipping banner", Arms: []VisitorArm{{Arm: "Free over 50 €", Epoch: 6, Number: 0.1234, From: 0.0833, To: 0.5421}}},
		{ID: "e3", Name: "Checkout button colour", URL: "shop.acme.example/checkout/*", Reason: "targeting"},
		{ID: "e4", Name: "Newsletter box above the fold", Reason: "not_running", Paused: true},
		{ID: "e5", Name: "Price per month or per year", Reason: "outside_traffic", Traffic: 0.3, Number: 0.7412},
		{ID: "e6", Name: "Photo of the team", Winner: true, Arms: []VisitorArm{{Arm: "Variant C"}}},
		{ID: "e7", Name: "Two elements at once", Arms: []VisitorArm{{Element: "headline", Arm: "short", Epoch: 1, Stored: true, Owner: "user-4711", Since: moment},
			{Element: "button", Arm: "green", Epoch: 2, Stored: true, Since: moment}, {Element: "price", Arm: "year", Epoch: 2, Stored: true, Exposed: true, Since: moment}}},
		{ID: "e8", Name: "Held out", Reason: "holdout"}}}
	busy.Filter, busy.Visitor = SightingFilter{Visitor: "new"}, &VisitorReport{Unsearched: true}
	live.SetAside = 3
	held := Quarantine{Total: 43, Page: 1, Pages: 2, CanReplay: true, Rows: []HeldRow{
		{ID: "q3", At: moment.Add(-2 * time.Minute), Kind: "conversion", Visitor: "u7Hq2mXw9dKfT4bYzR1cVg", Page: "https://shop.acme.example/thanks",
			Reason: "apply batch: ERROR: numeric field overflow (SQLSTATE 22003)", Body: `{"events":[{"Kind":2,"Visitor":"u7Hq2mXw9dKfT4bYzR1cVg","Value":999999999999999999}]}`},
		{ID: "q2", At: moment.Add(-26 * time.Hour), Kind: "assignment", Visitor: "server-user-18", Reason: "apply batch: ERROR: value out of range", Tries: 2, Body: `{"assignments":[{}]}`},
		{ID: "q1", At: moment.Add(-27 * time.Hour), Kind: "unknown", Reason: "read quarantine: unexpected end of JSON input", Tries: 1, Body: "{"}}}
	return []exhibit{
		fixed("debugger", DebuggerPage, live), fixed("debugger-silent", DebuggerPage, silent), fixed("debugger-refused", DebuggerPage, refused),
		fixed("debugger-visitor", DebuggerPage, visitor), fixed("debugger-unsearched", DebuggerPage, busy), fixed("debugger-no-site", DebuggerPage, Debugger{}),
		fixed("quarantine", QuarantinePage, held), fixed("quarantine-viewer", QuarantinePage, Quarantine{Rows: held.Rows, Total: 3, Page: 1, Pages: 1}),
		fixed("quarantine-empty", QuarantinePage, Quarantine{}), fixed("discard", DiscardPage, Discard{Count: 43}),
		fixed("discard-refused", DiscardPage, Discard{ID: "q1", Count: 1, Errors: Errors{"count": "error.type_count"}}),
	}
}

// sampleSightings is one of each outcome, newest first.
func sampleSightings() []Sighting {
	const visitor, tent = "u7Hq2mXw9dKfT4bYzR1cVg", "https://shop.acme.example/products/tent"
	rows := []Sighting{
		{Kind: "conversion", Visitor: visitor, Experiment: "shorter-headline", Goal: "bought", Value: "129.5", Page: "https://shop.acme.example/thanks", Door: "events", Outcome: "applied"},
		{Kind: "pageview", Visitor: visitor, Page: tent, Door: "events", Outcome: "stored"},
		{Kind: "exposure", Visitor: visitor, Experiment: "shorter-headline", Arm: "b", Epoch: 3, Page: tent, Door: "events", Outcome: "applied"},
		{Kind: "exposure", Visitor: visitor, Experiment: "free-shipping", Split: "banner", Arm: "over-50", Epoch: 6, Page: tent, Door: "events", Outcome: "again"},
		{Kind: "conversion", Visitor: visitor, Experiment: "free-shipping", Goal: "added-to-basket", Page: tent, Door: "convert", Outcome: "waiting"},
		{Kind: "custom", Visitor: visitor, Name: "scrolled-to-the-end", Page: tent, Door: "events", Outcome: "duplicate"},
		{Kind: "assignment", Visitor: "server-user-18", Experiment: "checkout-colour", Door: "assign", Outcome: "left_out", Code: "outside_traffic"},
		{Kind: "conversion", Visitor: "server-user-18", Experiment: "checkout-colour", Goal: "payed", Door: "convert", Outcome: "rejected", Code: "unknown_goal", Message: "English"},
		{Kind: "exposure", Visitor: "bot", Experiment: "shorter-headline", Arm: "control", Epoch: 3, Page: tent, Door: "events", Outcome: "bot"},
		{Kind: "exposure", Visitor: "flipped", Experiment: "shorter-headline", Arm: "control", Epoch: 2, Page: tent, Door: "events", Outcome: "crossover"},
		{Kind: "assignment", Visitor: "smp-test-7d2kq4zv3mxp5tua", Experiment: "shorter-headline", Arm: "b", Epoch: 3, Door: "flag", Outcome: "test"},
		{Kind: "identify", Visitor: visitor, Name: "user-4711", Door: "identify", Outcome: "stored"},
		{Kind: "conversion", Visitor: visitor, Experiment: "price", Goal: "bought", Door: "events", Outcome: "outside"},
		{Kind: "pageview", Visitor: "odd", Page: "https://shop.acme.example/" + "a-very-long-path-without-any-end/a-very-long-path", Door: "events", Outcome: "quarantined"},
		{More: 37},
		{Lost: true},
	}
	for i := range rows {
		rows[i].ID, rows[i].SiteID, rows[i].At = string(rune('a'+i)), "s1", moment.Add(-time.Duration(i*i)*time.Second)
	}
	return rows
}
