//go:build e2e

package snippet_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/samplit/samplit/e2e/browser"
)

const long = `<h1 id="title">old</h1><div style="height:3000px"></div><p id="deep">deep</p>`

// withGoal returns an experiment whose only goal is g, and that is exposed at once.
func withGoal(g goal) experiment {
	return test("goal", text("#title", "new")).with(func(e *experiment) { g.Key = "g"; e.Goals = []goal{g} })
}

// ready opens the front page and waits for the exposure.
func ready(tr *tracker, s *site, tab *browser.Tab, e experiment) {
	tr.t.Helper()
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
}

// counted waits for what is on its way; the goal must then have been counted n times.
func counted(t *testing.T, tr *tracker, tab *browser.Tab, e experiment, n int) []event {
	t.Helper()
	tab.Run(`new Promise(done => setTimeout(done, 700))`)
	got := tr.accepted(conversionOf(e, "g"))
	if len(got) != n {
		t.Errorf("got %d conversions, want %d: %+v", len(got), n, got)
	}
	return got
}

func TestScrollGoal(t *testing.T) {
	t.Parallel()
	e := withGoal(goal{Type: "custom", Trigger: "scroll", Percent: 75})
	tr, s, tab := setup(t, long, e)
	ready(tr, s, tab, e)
	tab.Run(`scrollTo(0, 500)`)
	counted(t, tr, tab, e, 0)
	tab.Run(`scrollTo(0, document.documentElement.scrollHeight)`)
	tr.await(1, "conversions", conversionOf(e, "g"))
	tab.Run(`scrollTo(0, 0); scrollTo(0, document.documentElement.scrollHeight)`)
	counted(t, tr, tab, e, 1)
}

// An element counts when half of it was in sight for a second, wherever it came from; a glimpse does not.
func TestSeenGoal(t *testing.T) {
	t.Parallel()
	e := withGoal(goal{Type: "custom", Trigger: "seen", Selector: ".late"})
	tr, s, tab := setup(t, long, e)
	ready(tr, s, tab, e)
	tab.Run(`deep.className = "late"; new Promise(done => setTimeout(done, 2500))`)
	counted(t, tr, tab, e, 0)
	tab.Run(`deep.scrollIntoView()`)
	tr.await(1, "conversions", conversionOf(e, "g"))
	counted(t, tr, tab, e, 1)
}

func TestEngagedGoal(t *testing.T) {
	t.Parallel()
	e := withGoal(goal{Type: "custom", Trigger: "engaged", Seconds: 2})
	tr, s, tab := setup(t, long, e)
	tab.OnNewDocument(`let focused = false; Document.prototype.hasFocus = () => focused; window.focusPage = () => { focused = true; }`)
	ready(tr, s, tab, e)
	tab.Run(`new Promise(done => setTimeout(done, 3000))`)
	counted(t, tr, tab, e, 0)
	tab.Run(`focusPage()`)
	tr.await(1, "conversions", conversionOf(e, "g"))
	counted(t, tr, tab, e, 1)
}

const signUp = `<h1 id="title">old</h1><form id="join" onsubmit="event.preventDefault(); setTimeout(() => joined.hidden = false, 300)">
	<input id="mail" type="email" required><button>Join</button></form><form id="other" onsubmit="return false"><button>Other</button></form>`

// A form counts when the browser would send it; one with a sign of success when that has come.
func TestFormGoal(t *testing.T) {
	t.Parallel()
	for name, success := range map[string]string{"sent": "", "taken": "#joined:not([hidden])"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := withGoal(goal{Type: "form", Selector: "#join", Success: success})
			tr, s, tab := setup(t, signUp+`<p id="joined" hidden>Thanks</p>`, e)
			ready(tr, s, tab, e)
			tab.Do(chromedp.Click(chromedp.CSS("#join button")), chromedp.Click(chromedp.CSS("#other button")))
			counted(t, tr, tab, e, 0)
			tab.Run(`mail.value = "ana@example.test"`)
			tab.Do(chromedp.Click(chromedp.CSS("#join button")))
			tr.await(1, "conversions", conversionOf(e, "g"))
			tab.Do(chromedp.Click(chromedp.CSS("#join button")))
			counted(t, tr, tab, e, 1)
			noErrors(t, tab)
		})
	}
}

// Every purchase counts, an order once, with its value to the cent.
func TestRevenueGoal(t *testing.T) {
	t.Parallel()
	e := withGoal(goal{Type: "revenue", Name: "buy"})
	tr, s, tab := setup(t, long, e)
	ready(tr, s, tab, e)
	tab.Run(`samplit("goal", "buy", {value: 0.1 + 0.2, currency: "EUR", order: 1001}); samplit("goal", "buy", {value: 0.3, currency: "EUR", order: 1001});
		samplit("goal", "buy", {value: "12.5"}); samplit("goal", "buy", {value: 12.5}); samplit("goal", "buy", {value: -0.3, order: 1001}); samplit("goal", "buy", {value: "much"})`)
	tr.await(5, "purchases", conversionOf(e, "g"))
	got := counted(t, tr, tab, e, 5)
	if got[0].Value == nil || *got[0].Value != 0.3 || got[0].Currency != "EUR" || got[0].Order != "1001" || *got[1].Value != 12.5 || *got[3].Value != -0.3 || got[4].Value != nil {
		t.Errorf("got %s", quote(got))
	}
}

// Events of the data layer count, those that were there before the snippet too, with the purchase that they tell.
func TestDataLayerGoal(t *testing.T) {
	t.Parallel()
	e := withGoal(goal{Type: "revenue", Name: "purchase", Trigger: "datalayer"})
	tr, s := newTracker(t, e), newSite(t)
	s.document("/{$}", `<script>function gtag(){dataLayer.push(arguments)}; dataLayer = [{event: "other"}]</script>`+tag(tr), long)
	tab := chromium.NewTab(t)
	ready(tr, s, tab, e)
	tab.Run(`dataLayer.push({event: "purchase", ecommerce: {value: 20, currency: "EUR", transaction_id: "t1"}}, {event: "view"}); gtag("event", "purchase", {value: 5, transaction_id: "t2"});
		gtag("js", new Date()); dataLayer.push(null, "odd", {event: "purchase", ecommerce: null})`)
	tr.await(3, "purchases", conversionOf(e, "g"))
	got := counted(t, tr, tab, e, 3)
	if *got[0].Value != 20 || got[0].Order != "t1" || *got[1].Value != 5 || got[1].Order != "t2" {
		t.Errorf("got %s", quote(got))
	}
	if n := browser.Eval[int](tab, `dataLayer.length`); n != 8 {
		t.Errorf("the page's own list has %d entries, want 8", n)
	}
	noErrors(t, tab)
}

func TestGoogleAnalyticsBridge(t *testing.T) {
	t.Parallel()
	e := test("bridge", text("#title", "new"))
	tr, s := newTracker(t, e), newSite(t)
	tr.config.Bridge = true
	s.page(tr, "/{$}", long)
	s.document("/tagged", `<script>window.told = []; function gtag(...args) { told.push(args); }</script>`+tag(tr), long)
	tab := chromium.NewTab(t)
	ready(tr, s, tab, e)
	want := `[{"event":"experience_impression","exp_variant_string":"samplit-bridge-variant"}]`
	if got := quote(browser.Eval[any](tab, `dataLayer`)); got != want {
		t.Errorf("the data layer holds %s", got)
	}
	tab.Open(s.URL + "/tagged")
	tab.Until(`told.length`)
	if got := quote(browser.Eval[any](tab, `told`)); got != `[["event","experience_impression",{"exp_variant_string":"samplit-bridge-variant"}]]` {
		t.Errorf("the tag was told %s", got)
	}
}
