//go:build e2e

package snippet_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

func replace(template, value string) string { return strings.Replace(template, "%", value, 1) }

// moved is an experiment of two addresses.
func moved(from, to string) experiment {
	return test("moved", change{ID: "c", Action: "redirect", Value: &to}).with(func(e *experiment) {
		e.URL = from
		e.Goals = []goal{{Key: "there", Type: "custom", Name: "there"}}
	})
}

// The query goes along, the destination's own keys win, repeated keys keep their order; so does the hash. Nothing is lost on the way.
func TestBug08Scenario10RedirectTakesTheQueryAlong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, open, want string }{
		"other page":      {"/a", "/b?a=9", "/a?a=1&a=2&b=1&b=2&utm_source=x%20y#h", "/b?a=9&b=1&b=2&utm_source=x%20y#h"},
		"own hash":        {"/a", "/b#own", "/a?x=1#h", "/b?x=1#own"},
		"only the query":  {"/a", "?v=2", "/a?utm_medium=mail", "/a?v=2&utm_medium=mail"},
		"same, no change": {"/a", "/a", "/a?x=1", "/a?x=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := moved(c.from, c.to)
			tr, s := newTracker(t, e), newSite(t)
			s.page(tr, "/a", `<h1 id="title">a</h1>`)
			s.page(tr, "/b", `<h1 id="title">b</h1>`)
			tab := chromium.NewTab(t)
			tab.Run(`location = ` + quote(s.URL+c.open))
			tab.Until(`location.href === ` + quote(s.URL+c.want) + ` && document.readyState === "complete"`)
			tab.Run(`samplit("goal", "there"); new Promise(done => setTimeout(done, 800))`)
			tr.await(1, "conversions", conversionOf(e, "there"))
			sent := map[string]bool{}
			for _, x := range tr.accepted(exposureOf(e)) {
				sent[x.ID] = true
			}
			if len(sent) != 1 && c.to != "?v=2" {
				t.Errorf("exposures with %d ids, want 1", len(sent))
			}
			noErrors(t, tab)
		})
	}
}

// A server that takes the query away again must not be asked for ever, and Back leads to the page before.
func TestBug08Scenario10RedirectDoesNotLoop(t *testing.T) {
	t.Parallel()
	e := moved("/a", "/a?v=2")
	tr, s := newTracker(t, e), newSite(t)
	visits := 0
	s.page(tr, "/start", `<a id="go" href="/a">a</a>`)
	s.mux.HandleFunc("GET /a", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			http.Redirect(w, r, "/a", http.StatusFound)
			return
		}
		visits++
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		write(w, "<!doctype html><head>"+tag(tr)+"</head><body><h1 id=title>a</h1></body>")
	})
	tab := chromium.NewTab(t)
	tab.Open(s.URL + "/start")
	tab.Run(`document.querySelector("#go").click()`)
	tab.Until(`location.pathname === "/a" && document.readyState === "complete" && sessionStorage._smp_r`)
	tab.Run(`new Promise(done => setTimeout(done, 1500))`)
	if visits != 2 {
		t.Errorf("the page was asked for %d times, want twice", visits)
	}
	if got := browser.Eval[string](tab, `getComputedStyle(title).visibility`); got != "visible" {
		t.Errorf("the page that stays is %s", got)
	}
	tab.Run(`history.back()`)
	tab.Until(`location.pathname === "/start"`)
}

// The arm that stays tells of itself in the same way, and only where the visitor is really in the experiment.
func TestBug07Scenario10RedirectControlStays(t *testing.T) {
	t.Parallel()
	e := moved("/a", "/b").with(func(e *experiment) { e.Splits[0].Weights = always(0) })
	tr, s := newTracker(t, e), newSite(t)
	s.page(tr, "/a", `<h1 id="title">a</h1>`)
	tab := chromium.NewTab(t)
	tab.Open(s.URL + "/a")
	tr.await(1, "exposures", exposureOf(e))
	tab.Until(`!JSON.parse(localStorage._smp_q || "[]").length`)
	if got := browser.Eval[string](tab, `location.pathname`); got != "/a" {
		t.Errorf("the control went to %s", got)
	}
}

// The page before the redirect stays the referrer for conditions on the page after it.
func TestRedirectKeepsTheReferrer(t *testing.T) {
	t.Parallel()
	from := test("from", text("#title", "from start")).with(func(e *experiment) {
		e.URL = "/b"
		e.Targeting = &targeting{Conditions: []condition{{Attribute: "referrer", Op: "wildcard", Values: []string{"*/start"}}}}
	})
	tr, s := newTracker(t, moved("/a", "/b"), from), newSite(t)
	s.page(tr, "/start", `<a id="go" href="/a">a</a>`)
	s.page(tr, "/a", `<h1 id="title">a</h1>`)
	s.page(tr, "/b", `<h1 id="title">b</h1>`)
	tab := chromium.NewTab(t)
	tab.Open(s.URL + "/start")
	tab.Run(`document.querySelector("#go").click()`)
	tab.Until(`location.pathname === "/b" && document.querySelector("#title")?.textContent === "from start"`)
}

// The loader keeps from sight what the page before has noted; a script that is later than its deadline changes nothing and counts nothing.
func TestLoader(t *testing.T) {
	t.Parallel()
	e := test("async", text("#title", "new"))
	tr, s := newTracker(t, e), newSite(t)
	s.document("/{$}", loader(t, tr), `<h1 id="title">old</h1>`)
	tab := chromium.NewTab(t)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Until(`localStorage._smp_m`)

	hold := make(chan struct{})
	tr.holdScript(hold)
	tab.Run(`location.reload()`)
	tab.Until(`window.samplit && samplit.late && getComputedStyle(title).visibility === "visible" && title.textContent === "old"`)
	tab.Run(`samplit("goal", "x")`)
	close(hold)
	tab.Until(`samplit.v`)
	if got := browser.Eval[string](tab, `samplit("debug")[0].why + title.textContent`); got != "deadlineold" {
		t.Errorf("after the deadline: %q", got)
	}
	tr.await(1, "reports", func(e event) bool { return e.Type == "report" && e.Name == "mask_timeout" })
	if got := tr.accepted(exposureOf(e)); len(got) != 1 {
		t.Errorf("%d exposures, want that of the first page only", len(got))
	}

	tr.holdScript(nil)
	tab.Run(`location.reload()`)
	tr.await(2, "exposures", exposureOf(e))
	tab.Until(`title.textContent === "new" && getComputedStyle(title).visibility === "visible"`)
	noErrors(t, tab)
}
