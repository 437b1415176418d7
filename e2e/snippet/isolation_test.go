//go:build e2e

package snippet_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/static/snippet"
)

// A broken experiment harms neither the page nor its neighbours, and is off after three faults.
func TestFaultsStayInTheirExperiment(t *testing.T) {
	t.Parallel()
	selector := test("selector", text("h1[", "new"), text("#title", "broken"), style("#title", "color", "rgb(1, 2, 3)"))
	name := test("name", text("", "new"), text("#title", "broken"))
	shape := test("shape")
	shape.Splits[0].Arms, shape.Splits[0].Weights, shape.Splits[0].Changes = nil, nil, nil
	elsewhere := test("elsewhere").with(func(e *experiment) { e.URL, e.Splits[0].Changes = "/elsewhere", nil })
	good := test("good", text("#title", "good"))
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, selector, name, shape, elsewhere, good)
	for i := range 4 {
		tab.Open(s.URL)
		tr.await(i+1, "exposures", exposureOf(good))
		tab.Until(`title.textContent === "good"`)
		tab.Run(`title.textContent = "rendered again"`)
		tab.Until(`title.textContent === "good"`)
		if got := browser.Eval[string](tab, `getComputedStyle(title).color`); got != "rgb(0, 0, 0)" {
			t.Errorf("half of a broken experiment is shown: color %s", got)
		}
	}
	if got := browser.Eval[[]string](tab, `samplit("debug").filter(row => !/good|elsewhere/.test(row.experiment)).map(row => row.why)`); quote(got) != `["faults","faults","faults"]` {
		t.Errorf("broken experiments are %q after three faults, want off", got)
	}
	if got := tr.accepted(ofType("exposure")); len(got) != 4 {
		t.Errorf("got %d exposures, want only those of the good experiment", len(got))
	}
	noErrors(t, tab)
}

func TestSecondCopyOnlyLeavesANote(t *testing.T) {
	t.Parallel()
	e := test("twice", text("#title", "new"))
	tr, s := newTracker(t, e), newSite(t)
	s.page(tr, "/{$}", `<h1 id="title">old</h1>`+tag(tr)+tag(tr))
	tab := chromium.NewTab(t)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Run(`new Promise(done => setTimeout(done, 700))`)
	if got := tr.accepted(func(event) bool { return true }); len(got) != 2 {
		t.Errorf("got %+v, want one page view and one exposure", got)
	}
	if got := browser.Eval[int](tab, `samplit.copies`); got != 3 {
		t.Errorf("counted %d copies, want 3", got)
	}
	noErrors(t, tab)
}

// Whatever the script's address answers, the page is what it is without it.
func TestScenario02BrokenScriptLeavesThePageAlone(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"unconfigured": `"__SAMPLIT_CONFIG__"`,
		"null":         `null`,
		"empty":        `{}`,
		"odd":          `{"v":1,"base":"","x":[null,1,{}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.mux.HandleFunc("GET /s.js", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/javascript")
				write(w, strings.Replace(built(t), snippet.ConfigMark, config, 1))
			})
			s.mux.HandleFunc("POST /api/v1/tracker/events", func(http.ResponseWriter, *http.Request) {})
			s.document("/{$}", `<script src="/s.js"></script>`, `<h1 id="title">old</h1>`)
			tab := chromium.NewTab(t)
			tab.Open(s.URL)
			tab.Run(`title.click(); history.pushState(null, "", "/x"); new Promise(done => setTimeout(done, 300))`)
			if got := browser.Eval[string](tab, `title.textContent + getComputedStyle(title).visibility`); got != "oldvisible" {
				t.Errorf("the page shows %q", got)
			}
			noErrors(t, tab)
		})
	}
}

// A strict content security policy stops nothing that we do.
func TestBug10Scenario12StrictContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	e := test("csp", text("#title", "new"), style("#title", "color", "rgb(1, 2, 3)"), attr("#title", "lang", "es"), hide("#gone"))
	tr, s := newTracker(t, e), newSite(t)
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy",
			"default-src 'none'; script-src "+tr.URL+"; connect-src "+tr.URL+"; require-trusted-types-for 'script'; trusted-types 'none'")
		write(w, `<!doctype html><head>`+tag(tr)+`</head><body><h1 id="title">old</h1><p id="gone">gone</p></body>`)
	})
	tab := chromium.NewTab(t)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	if got := browser.Eval[[]string](tab, `[title.textContent, getComputedStyle(title).color, title.lang, getComputedStyle(gone).display]`); quote(got) != `["new","rgb(1, 2, 3)","es","none"]` {
		t.Errorf("the page shows %q", got)
	}
	noErrors(t, tab)
}

// Browsers without constructable sheets get a style element; it carries the script's nonce.
func TestBug10StyleElementFallback(t *testing.T) {
	t.Parallel()
	e := test("old", style("#title", "color", "rgb(1, 2, 3)"))
	tr, s := newTracker(t, e), newSite(t)
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "script-src 'nonce-abc'; style-src 'nonce-abc'")
		write(w, `<!doctype html><head><script nonce="abc">window.CSSStyleSheet = function () { throw new TypeError("Illegal constructor"); }</script>
			<script nonce="abc" src="`+tr.URL+`/s/`+token+`.js"></script></head><body><h1 id="title">old</h1></body>`)
	})
	tab := chromium.NewTab(t)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	if got := browser.Eval[string](tab, `getComputedStyle(title).color + document.querySelectorAll("style").length`); got != "rgb(1, 2, 3)1" {
		t.Errorf("color and style elements: %q", got)
	}
	noErrors(t, tab)
}

// The real pages log nothing with the snippet that they do not log without it.
func TestRealPagesLogNothingMore(t *testing.T) {
	t.Parallel()
	for _, tpl := range templates {
		t.Run(tpl.name, func(t *testing.T) {
			t.Parallel()
			e := test("real", text(tpl.selector, ours), style("body", "color", "red"), hide("footer"))
			tr, with, without := newTracker(t, e), newSite(t), newSite(t)
			tpl.stream(t, with, tag(tr))
			tpl.stream(t, without, "")
			plain, changed := chromium.NewTab(t), chromium.NewTab(t)
			watch(t, plain, without.URL)
			watch(t, changed, with.URL)
			if got, want := len(changed.Console.Errors()), len(plain.Console.Errors()); got != want {
				t.Errorf("got %d errors, want the page's own %d: %q", got, want, changed.Console.Errors())
			}
		})
	}
}

func TestDebugTellsWhy(t *testing.T) {
	t.Parallel()
	page := test("page", text("#title", "x")).with(func(e *experiment) { e.URL = "/elsewhere" })
	traffic := test("traffic", text("#title", "x")).with(func(e *experiment) { e.Traffic = 0 })
	paused := test("paused", text("#title", "x")).with(func(e *experiment) { e.State = "paused" })
	shown := test("shown", text("#title", "new"), text("#missing", "new"))
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, page, traffic, paused, shown)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(shown))
	got := browser.Eval[[]string](tab, `samplit("debug").map(row => [row.experiment, row.why, row.arm, row.exposed, row.missing].join(" "))`)
	want := []string{"page page  false ", "traffic traffic  false ", "paused paused  false ", "shown running variant true #missing"}
	if quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
