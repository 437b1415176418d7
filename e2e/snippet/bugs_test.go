//go:build e2e

package snippet_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/samplit/samplit/e2e/browser"
)

// hydrated is a page that a React server has rendered, and that its application takes over a moment after it has loaded.
const hydrated = `<script src="/react/umd/react.production.min.js"></script><script src="/react-dom/umd/react-dom.production.min.js"></script>
<div id="root"><main><h1 id="title">Theirs</h1><p id="text">Text</p><section id="box"><b>Box</b></section></main></div>
<script>
const e = React.createElement;
const page = (title, more) => e("main", null, e("h1", {id: "title"}, title), more && e("p", {id: "text"}, "Text"), more && e("section", {id: "box"}, e("b", null, "Box")));
addEventListener("load", () => setTimeout(() => { window.app = ReactDOM.hydrateRoot(document.getElementById("root"), page("Theirs", true)); }, 300));
</script>`

// Changes that wait for hydration do not get in its way, and React may take away and put back what they have changed.
func TestBug03Hydration(t *testing.T) {
	t.Parallel()
	later := func(c change) change { c.When = "hydrated"; return c }
	note := `<em class="note">New</em>`
	e := test("hydration", later(text("#title", "Ours")), style("#title", "color", "rgb(1, 2, 3)"), change{ID: "gone", Selector: "#box", Action: "remove"},
		later(change{ID: "note", Selector: "#text", Action: "insert", Position: "after", Value: &note}))
	tr, s := newTracker(t, e), newSite(t)
	s.mount(t, "/react/", browser.React, ".", "", "")
	s.mount(t, "/react-dom/", browser.ReactDOM, ".", "", "")
	s.page(tr, "/{$}", hydrated)
	tab := chromium.NewTab(t)
	tab.Open(s.URL)
	const state = `[title.textContent, getComputedStyle(title).color, document.querySelectorAll("#text + .note").length, document.querySelectorAll(".note").length].join()`
	whole, less := `"Ours,rgb(1, 2, 3),1,1"`, `"Ours,rgb(1, 2, 3),0,0"`
	tab.Until(`window.app && ` + state + ` === ` + whole)
	if got := browser.Eval[string](tab, `getComputedStyle(box).display`); got != "none" {
		t.Errorf("the removed element is %s", got)
	}
	for _, step := range []struct{ script, want string }{
		{`app.render(page("Again", false))`, less}, {`app.render(page("Again", true))`, whole},
		{`app.render(e("div", null, page("Other", true)))`, whole}, {`app.render(page("Theirs", true))`, whole},
	} {
		tab.Run(step.script)
		tab.Until(state + ` === ` + step.want)
	}
	noErrors(t, tab)
}

// Both arms of a redirect are counted once each, under the one id of the visitor, when the request that leaves with the page is lost.
func TestBug07RedirectLosesNoExposure(t *testing.T) {
	t.Parallel()
	for name, arm := range map[string]int{"stays": 0, "leaves": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := moved("/a", "/b").with(func(e *experiment) { e.Splits[0].Weights = always(arm) })
			tr, s := newTracker(t, e), newSite(t)
			s.page(tr, "/a", `<h1>a</h1>`)
			s.page(tr, "/b", `<h1>b</h1>`)
			tab := chromium.NewTab(t)
			tr.respond(refuse(http.StatusServiceUnavailable, ""))
			tab.Run(`location = ` + quote(s.URL+"/a"))
			tab.Until(`location.pathname === ` + quote([]string{"/a", "/b"}[arm]) + ` && document.readyState === "complete"`)
			refused := tr.awaitStatus(1, http.StatusServiceUnavailable)[0].events[0]
			tr.respond(nil)
			tab.Open(s.URL + "/b")
			ids := map[string]bool{}
			for _, got := range tr.await(1, "exposures", exposureOf(e)) {
				ids[got.ID] = true
				if got.VisitorID != refused.VisitorID || got.Arm != e.Splits[0].Arms[arm] {
					t.Errorf("exposure %+v, want that of the visitor %s", got, refused.VisitorID)
				}
			}
			if len(ids) != 1 {
				t.Errorf("exposures with %d ids, want one", len(ids))
			}
		})
	}
}

// A router's page that a redirect leaves is out of sight until the next one is there.
func TestBug09RedirectHidesThePageThatIsLeft(t *testing.T) {
	t.Parallel()
	tr, s := newTracker(t, moved("/a", "/b")), newSite(t)
	s.page(tr, "/start", `<h1 id="title">original</h1><script>
		window.leave = () => {
			const start = performance.now();
			history.pushState(null, "", "/a");
			let frames = 0;
			requestAnimationFrame(function frame() { // the first may come before the router's change is noticed; the page comes back after a second
				const visible = title.checkVisibility({visibilityProperty: true});
				if (++frames === 4 || performance.now() - start > 800) return navigator.sendBeacon("/seen?" + visible);
				requestAnimationFrame(frame);
			});
		};
	</script>`)
	seen, arrived := make(chan string, 1), make(chan struct{})
	s.mux.HandleFunc("POST /seen", func(_ http.ResponseWriter, r *http.Request) { seen <- r.URL.RawQuery })
	s.mux.HandleFunc("GET /b", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-arrived:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		write(w, "<!doctype html><h1>b</h1>")
	})
	tab := chromium.NewTab(t)
	tab.Open(s.URL + "/start")
	tab.Run(`leave()`)
	select {
	case got := <-seen:
		if got != "false" {
			t.Error("the page that is being left is in sight")
		}
	case <-time.After(patience):
		t.Error("the page that is being left says nothing")
	}
	close(arrived)
	tab.Until(`location.pathname === "/b" && document.querySelector("h1").textContent === "b"`)
}

// Where no experiment runs nothing is hidden, also with the loader and to a visitor who knows other pages.
func TestBug09PagesWithoutATestAreNotHidden(t *testing.T) {
	tpl := templates[0]
	e := test("elsewhere", text(tpl.selector, ours)).with(func(e *experiment) { e.URL = "/elsewhere" })
	for _, form := range []string{"standard", "loader"} {
		t.Run(form, func(t *testing.T) {
			tr, s := newTracker(t, e), newSite(t)
			head := tag(tr)
			if form == "loader" {
				head = loader(t, tr)
			}
			tpl.stream(t, s, head)
			s.document("/elsewhere", tag(tr), `<div class="site-heading"><h1>elsewhere</h1></div>`)
			tab := chromium.NewTab(t)
			tab.Open(s.URL + "/elsewhere")
			tr.await(1, "exposures", exposureOf(e))
			if got := watch(t, tab, s.URL); got.Hidden != 0 || got.Ours != 0 {
				t.Errorf("the frames were %+v, want the original and never hidden", got)
			}
		})
	}
}

// Pages with Trusted Types that know our policy take HTML; on others such a change is refused, told of, and alone in that.
func TestBug11TrustedTypes(t *testing.T) {
	t.Parallel()
	filled, note := "<b>Filled</b>", "<em class=note>New</em>"
	for policy, want := range map[string][]string{
		"samplit": {"<b>Filled</b>", "1", "Ours", "found found found"},
		"'none'":  {"old", "0", "Ours", "refused refused found"},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			e := test("types", change{ID: "html", Selector: "#box", Action: "html", Value: &filled}, change{ID: "insert", Selector: "#box", Action: "insert", Position: "after", Value: &note},
				change{ID: "text", Selector: "#title", Action: "text", Value: &[]string{"Ours"}[0]})
			tr, s := newTracker(t, e), newSite(t)
			s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.Header().Set("Content-Security-Policy", "require-trusted-types-for 'script'; trusted-types "+policy)
				write(w, `<!doctype html><head>`+tag(tr)+`</head><body><h1 id="title">old</h1><div id="box">old</div></body>`)
			})
			tab := chromium.NewTab(t)
			tab.Open(s.URL)
			tr.await(1, "exposures", exposureOf(e))
			got := browser.Eval[[]string](tab, `[box.innerHTML, document.querySelectorAll(".note").length + "", title.textContent, (c => [c.html, c.insert, c.text].join(" "))(samplit("debug")[0].changes)]`)
			if quote(got) != quote(want) {
				t.Errorf("the page has %q, want %q", got, want)
			}
			for _, line := range tab.Console.Errors() {
				if policy == "samplit" || !strings.Contains(line, "Creating a TrustedTypePolicy named 'samplit'") { // nobody can ask without it
					t.Error(line)
				}
			}
		})
	}
}

// An event names the page on which it happened, also when it leaves with a later one.
func TestBug16EventsNameTheirPage(t *testing.T) {
	t.Parallel()
	e := test("pages", text("#title", "new")).with(func(e *experiment) {
		e.Goals = []goal{{Key: "first", Type: "custom"}, {Key: "second", Type: "custom"}}
	})
	tr, s, tab := setup(t, spa, e)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Run(`samplit("goal", "first"); go("/two#part"); samplit("goal", "second"); dispatchEvent(new PageTransitionEvent("pagehide"))`)
	for key, path := range map[string]string{"first": "/", "second": "/two"} {
		got := tr.await(1, key, conversionOf(e, key))
		if len(got) != 1 || got[0].URL != s.URL+path {
			t.Errorf("goal %s: %+v, want one on %s", key, got, path)
		}
	}
	tr.await(2, "page views", ofType("pageview"))
	if got := tr.accepted(ofType("pageview")); len(got) != 2 || got[1].URL != s.URL+"/two" {
		t.Errorf("page views: %+v", got)
	}
}

// Headless browsers are served like anybody, and told apart from the visitors that count.
func TestBug17HeadlessVisitorsAreServedAndNotCounted(t *testing.T) {
	sv := newServer(t)
	ours := "Ours"
	id := sv.Start("robots", map[string]any{"mode": "single", "variants": []any{
		map[string]any{"key": "control", "name": "Original", "is_control": true},
		map[string]any{"key": "b", "name": "Bolder", "changes": []change{{ID: "c1", Selector: "#title", Action: "text", Value: &ours}}}}})
	e := sv.told(id, 1)
	s := newSite(t)
	s.document("/{$}", sv.tag(), `<h1 id="title">Theirs</h1>`)
	robot, err := browser.StartAs("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36")
	if err != nil {
		t.Fatal(err)
	}
	defer robot.Close()
	visit := func(with *browser.Browser) {
		tab := with.NewTab(t)
		known(tab, e.visitorOf("b"))
		tab.Open(s.URL)
		tab.Until(`title.textContent === "Ours"`)
		tab.Open("about:blank")
	}
	for range 3 {
		visit(robot)
	}
	sv.p.Await("robots told apart", func() bool { return sv.results(id)["excluded"].(map[string]any)["bot"] == 3.0 })
	visit(chromium)
	results := sv.awaitVisitors(id, 1)
	for _, v := range results["variants"].([]any) {
		variant := v.(map[string]any)
		if want := map[any]float64{"control": 0, "b": 1}[variant["key"]]; variant["visitors"] != want {
			t.Errorf("variant %v has %v visitors, want %v", variant["key"], variant["visitors"], want)
		}
	}
}

// A preview shows its variant and nothing of the one that the visitor has, on every route; leaving it brings that back.
func TestBug19PreviewUndoesWhatTheVisitorHas(t *testing.T) {
	t.Parallel()
	e := test("seen", text("#title", "Mine"), attr("#note", "title", "mine"), style("#note", "color", "rgb(1, 2, 3)"))
	tr, s, tab := setup(t, spa, e)
	tr.decide = func(question) any { return forced("/", style("#title", "color", "rgb(4, 5, 6)")) }
	const state = `[title.textContent, note.title, getComputedStyle(note).color, getComputedStyle(title).color].join(" ")`
	mine, preview, plain := "Mine mine rgb(1, 2, 3) rgb(0, 0, 0)", "home theirs rgb(0, 0, 0) rgb(4, 5, 6)", "two theirs rgb(0, 0, 0) rgb(0, 0, 0)"
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Until(state + ` === ` + quote(mine))
	tab.Open(s.URL + "/?samplit_preview=" + previewToken(e))
	for range 2 {
		tab.Until(state + ` === ` + quote(preview))
		tab.Run(`go("/two")`)
		tab.Until(state + ` === ` + quote(plain))
		tab.Run(`go("/")`)
	}
	tab.Until(state + ` === ` + quote(preview))
	tab.Run(`document.querySelector("body + button").click()`)
	tab.Until(state + ` === ` + quote(mine))
	noErrors(t, tab)
}

// A page that never stops to change, in whatever it changes, is looked at a bounded number of times.
func TestBug20EndlessMutationsAreThrottled(t *testing.T) {
	t.Parallel()
	tr, s, tab := setup(t, `<h1 id="title">old</h1><p id="clock"></p>`, test("flood", text("#title", "new")))
	tab.Open(s.URL)
	tr.await(1, "exposures", ofType("exposure"))
	looks := browser.Eval[int](tab, `(async () => {
		const real = document.querySelectorAll;
		let looks = 0;
		document.querySelectorAll = function (selector) {
			if (selector === "#title") looks++;
			return real.call(this, selector);
		};
		for (let i = 0; i < 5000; i++) { // one task: no timer of anybody runs in it
			clock.textContent = i;
			await null;
		}
		return looks;
	})()`)
	if looks == 0 || looks > 400 {
		t.Errorf("5,000 mutations made the snippet look %d times, want at most 400", looks)
	}
	tab.Run(`title.textContent = "again"`)
	tab.Until(`title.textContent === "new"`)
}

// A page that decorates its links while they are clicked gets them where it wants, and the click counts once.
func TestBug20LinksChangedOnClick(t *testing.T) {
	t.Parallel()
	e := funnel()
	tr, s, tab := setup(t, shop+`<script>
		plain.addEventListener("mousedown", () => { plain.href = "/thanks?decorated=mousedown"; });
		plain.addEventListener("click", () => {
			plain.href = "/thanks?decorated=click";
			plain.replaceChildren(Object.assign(document.createElement("b"), {textContent: "Buying"}));
		});
	</script>`, e)
	addresses := make(chan string, 10)
	thanks(s, tr, func(r *http.Request) { addresses <- r.URL.String() })
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	at := browser.Eval[map[string]float64](tab, `(({x, y}) => ({x: x + 5, y: y + 5}))(plain.getBoundingClientRect())`)
	tab.Click(at["x"], at["y"])
	tab.Until(`location.pathname === "/thanks"`)
	if got := <-addresses; got != "/thanks?decorated=click" {
		t.Errorf("the link led to %s", got)
	}
	tr.await(1, "pages reached", conversionOf(e, "thanks"))
	if got := tr.await(1, "clicks", conversionOf(e, "buy")); len(got) != 1 {
		t.Errorf("%d clicks, want 1", len(got))
	}
	noErrors(t, tab)
}
