//go:build e2e

package snippet_test

import (
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// spa is a router that re-renders one headline and keeps the rest of the page.
const spa = `
<h1 id="title">home</h1><p id="note" title="theirs">note</p>
<script>
function render() { title.textContent = location.pathname.slice(1) || "home"; }
function go(path) { const result = history.pushState({path}, "", path); render(); return result; }
addEventListener("popstate", render);
</script>`

func TestBug05Scenario06RouteChangeReverts(t *testing.T) {
	t.Parallel()
	home := test("home", text("#title", "Home variant"), attr("#note", "title", "ours"), style("#note", "color", "rgb(1, 2, 3)"), hide("#note")).with(func(e *experiment) {
		e.URL = "/"
		e.Goals = []goal{{Key: "about", Type: "url", URL: "/about"}}
	})
	about := test("about", text("#title", "About variant")).with(func(e *experiment) { e.URL = "/about" })
	tr, s, tab := setup(t, spa, home, about)
	tab.Open(s.URL)
	const state = `[title.textContent, note.title, getComputedStyle(note).display, location.pathname].join()`
	variant, other, plain := "Home variant,ours,none,/", "About variant,theirs,block,/about", "pricing,theirs,block,/pricing"
	before := browser.Eval[string](tab, `note.outerHTML.replace('"ours"', '"theirs"')`)
	tab.Until(state + " === " + quote(variant))
	for range 3 {
		for _, step := range []struct{ script, want string }{
			{`go("/about")`, other}, {`go("/pricing")`, plain}, {`history.back()`, other}, {`history.back()`, variant},
			{`history.go(2)`, plain}, {`go("/")`, variant},
		} {
			tab.Run(step.script + ";0")
			tab.Until(state + " === " + quote(step.want))
		}
	}
	tab.Run(`go("/pricing")`)
	tab.Until(state + " === " + quote(plain))
	if got := browser.Eval[string](tab, `note.outerHTML`); got != before {
		t.Errorf("left behind %s, want %s", got, before)
	}
	if got := browser.Eval[int](tab, `document.adoptedStyleSheets[0].cssRules.length`); got != 0 {
		t.Errorf("left %d style rules behind", got)
	}
	tr.await(1, "goals", conversionOf(home, "about"))
	tr.await(20, "page views", ofType("pageview"))
	for _, e := range []experiment{home, about} {
		if got := tr.accepted(exposureOf(e)); len(got) != 1 {
			t.Errorf("%s: got %d exposures, want one", e.Key, len(got))
		}
	}
	noErrors(t, tab)
}

// The frame that shows the next route's headline must not show this route's variant, nor the other way round.
func TestBug05RouteChangeDoesNotFlash(t *testing.T) {
	home := test("home", text("#title", "Home variant")).with(func(e *experiment) { e.URL = "/" })
	about := test("about", text("#title", "About variant")).with(func(e *experiment) { e.URL = "/about" })
	_, s, tab := setup(t, spa, home, about)
	tab.Open(s.URL)
	tab.Until(`title.textContent === "Home variant"`)
	wrong := browser.Eval[[]string](tab, `new Promise(resolve => {
		const wrong = [];
		let left = 40;
		(function frame() {
			const want = {"/": "Home variant", "/about": "About variant", "/pricing": "pricing"}[location.pathname];
			if (title.textContent !== want) wrong.push(location.pathname + " shows " + title.textContent);
			if (!left--) return resolve(wrong);
			if (left % 4 === 0) setTimeout(() => go(["/about", "/pricing", "/"][left / 4 % 3]));
			requestAnimationFrame(frame);
		})();
	})`)
	if len(wrong) > 0 {
		t.Errorf("%d frames show the wrong headline: %q", len(wrong), wrong)
	}
}

func TestBug16Scenario07HashRouteChanges(t *testing.T) {
	t.Parallel()
	e := test("hash", text("#title", "new")).with(func(e *experiment) { e.URL = "/#/offer" })
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tab.Open(s.URL)
	for range 2 {
		tab.Run(`location.hash = "#/offer"`)
		tab.Until(`title.textContent === "new"`)
		tab.Run(`location.hash = "#/other"`)
		tab.Until(`title.textContent === "old"`)
	}
	tab.Run(`history.back()`)
	tab.Until(`title.textContent === "new"`)
	tr.await(1, "exposures", exposureOf(e))
	if views, exposures := tr.accepted(ofType("pageview")), tr.accepted(exposureOf(e)); len(views) != 1 || len(exposures) != 1 {
		t.Errorf("got %d page views and %d exposures, want one each", len(views), len(exposures))
	}
}

// A router in the middle of its work must not find the page changed under its hands by its own call of pushState.
func TestBug04PushStateTouchesNothing(t *testing.T) {
	t.Parallel()
	home := test("home", text("#title", "Home variant")).with(func(e *experiment) { e.URL = "/" })
	_, s, tab := setup(t, spa, home)
	tab.Open(s.URL)
	tab.Until(`title.textContent === "Home variant"`)
	if got := browser.Eval[string](tab, `history.pushState(null, "", "/about"), title.textContent`); got != "Home variant" {
		t.Errorf("right after pushState the page shows %q, want it untouched", got)
	}
	tab.Until(`title.textContent === "home"`)
}

// The page's router must not notice that history is wrapped.
func TestBug04HistoryStaysWhatItWas(t *testing.T) {
	t.Parallel()
	_, s, tab := setup(t, spa, test("home", text("#title", "new")))
	tab.Open(s.URL)
	got := browser.Eval[[]string](tab, `[
		String(history.pushState({a: 1}, "", "/x?y#z")), location.pathname + location.search + location.hash, String(history.state.a),
		String(history.replaceState(null, "")), String(history.state),
		(() => { try { history.pushState(null, "", "https://elsewhere.example/"); } catch (error) { return error.name; } })(),
		(() => { try { history.pushState.call({}, null, ""); } catch (error) { return error.name; } })(),
		(() => { try { history.pushState(); } catch (error) { return error.name; } })(),
	]`)
	want := []string{"undefined", "/x?y#z", "1", "undefined", "null", "SecurityError", "TypeError", "TypeError"}
	if quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	noErrors(t, tab)
}

func TestScenario09BackForwardCache(t *testing.T) {
	t.Parallel()
	e := test("cache", text("#title", "new"))
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	s.document("/away", "", "away")
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Run(`dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}))`)
	tr.await(2, "page views", ofType("pageview"))
	tab.Run(`dispatchEvent(new PageTransitionEvent("pageshow", {persisted: false})); new Promise(done => setTimeout(done, 800))`)
	if views, exposures := tr.accepted(ofType("pageview")), tr.accepted(exposureOf(e)); len(views) != 2 || len(exposures) != 1 {
		t.Errorf("got %d page views and %d exposures, want 2 and 1", len(views), len(exposures))
	}
}
