//go:build e2e

package snippet_test

import (
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// traces is everything that the snippet has left in the browser.
const traces = `document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)`

func asking(t *testing.T) (*tracker, *site, *browser.Tab, experiment) {
	t.Helper()
	e := test("asked", text("#title", "new")).with(func(e *experiment) { e.Goals = []goal{{Key: "here", Type: "url", URL: "/"}} })
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tr.config.Consent = true
	return tr, s, tab, e
}

func (tab tabOf) quiet(t *testing.T, tr *tracker, when string) {
	t.Helper()
	tab.Run(`samplit("goal", "x"); samplit("identify", "me"); title.click(); new Promise(done => setTimeout(done, 800))`)
	if got := tr.seen(); len(got) != 0 {
		t.Errorf("%s: sent %+v", when, got)
	}
	if got := browser.Eval[string](tab.Tab, traces); got != "" {
		t.Errorf("%s: stored %q", when, got)
	}
	if got := browser.Eval[string](tab.Tab, `title.textContent`); got != "old" {
		t.Errorf("%s: the page shows %q", when, got)
	}
}

type tabOf struct{ *browser.Tab }

// Before the visitor's word nothing is stored, sent or changed; from a yes on the visit counts; a no takes everything back.
func TestScenario11ConsentIsAwaited(t *testing.T) {
	t.Parallel()
	tr, s, tab, e := asking(t)
	tab.Open(s.URL)
	tabOf{tab}.quiet(t, tr, "pending")
	tab.Run(`samplit("consent", "granted")`)
	exposure := tr.await(1, "exposures", exposureOf(e))[0]
	if got := tr.await(1, "page views", ofType("pageview")); len(got) != 1 || got[0].VisitorID != exposure.VisitorID {
		t.Errorf("page views %+v", got)
	}
	if got := browser.Eval[string](tab, `title.textContent`); got != "new" {
		t.Errorf("after a yes the page shows %q", got)
	}
	tab.Open(s.URL)
	tr.await(2, "exposures", exposureOf(e))
	tab.Run(`samplit("consent", "denied")`)
	tab.Until(`title.textContent === "old"`)
	if got := browser.Eval[string](tab, traces); got != "" {
		t.Errorf("after a no there is still %q", got)
	}
	before := len(tr.accepted(func(event) bool { return true }))
	tab.Open(s.URL)
	tab.Run(`new Promise(done => setTimeout(done, 800))`)
	if got := len(tr.accepted(func(event) bool { return true })); got != before {
		t.Errorf("after a no %d more events were sent", got-before)
	}
	noErrors(t, tab)
}

// Consent Mode says the same: a default that denies only asks to wait, an update is the visitor's word.
func TestScenario11ConsentMode(t *testing.T) {
	t.Parallel()
	const gtag = `<script>function gtag(){(window.dataLayer = window.dataLayer || []).push(arguments)}; gtag("consent", "default", {analytics_storage: "%"})</script>`
	for name, c := range map[string]struct{ before, after string }{
		"asked, then yes":    {"denied", `gtag("consent", "update", {analytics_storage: "granted"})`},
		"not asked for here": {"granted", ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr, s, tab, e := asking(t)
			s.document("/mode", replace(gtag, c.before)+tag(tr), `<h1 id="title">old</h1>`)
			tab.Open(s.URL + "/mode")
			if c.after != "" {
				tabOf{tab}.quiet(t, tr, "default denied")
				tab.Run(c.after)
			}
			tr.await(1, "exposures", exposureOf(e))
			tab.Run(`gtag("consent", "update", {analytics_storage: "denied"}); gtag("consent", "update"); gtag("consent")`)
			tab.Until(`title.textContent === "old"`)
			if got := browser.Eval[string](tab, traces); got != "" {
				t.Errorf("after a no there is still %q", got)
			}
			noErrors(t, tab)
		})
	}
}

// Without a setting a no is remembered as the one thing that keeps the visitor out; Global Privacy Control yields to a yes.
func TestScenario11WordOfTheVisitor(t *testing.T) {
	t.Parallel()
	e := test("open", text("#title", "new"))
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tab.OnNewDocument(`Object.defineProperty(navigator, "globalPrivacyControl", {value: true})`)
	tab.Open(s.URL)
	tab.Run(`new Promise(done => setTimeout(done, 700))`)
	if got := tr.seen(); len(got) != 0 {
		t.Errorf("with Global Privacy Control: sent %+v", got)
	}
	tab.Run(`samplit("consent", "granted")`)
	tr.await(1, "exposures", exposureOf(e))
	tab.Open(s.URL)
	tr.await(2, "exposures", exposureOf(e))
	tab.Run(`samplit("consent", "denied")`)
	tab.Open(s.URL)
	if got := browser.Eval[string](tab, `samplit("debug")[0].why + localStorage._smp_c + document.cookie`); got != `private["denied"]` {
		t.Errorf("on the next page: %q", got)
	}
}
