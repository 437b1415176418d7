//go:build e2e

package snippet_test

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/samplit/samplit/e2e/browser"
)

const shop = `
<h1 id="title">old</h1>
<a id="plain" class="buy" href="/thanks"><span id="inner">Buy</span></a>
<a id="blank" class="buy" href="/thanks" target="_blank">Buy in a new tab</a>
<a id="stopped" class="buy" href="#x" onclick="event.stopImmediatePropagation(); event.preventDefault()">Stopped</a>
<form action="/thanks"><button id="submit" class="buy">Submit</button></form>`

func funnel() experiment {
	return test("funnel", text("#title", "new")).with(func(e *experiment) {
		e.URL = "/"
		e.Goals = []goal{
			{Key: "buy", Type: "click", Selector: ".buy", Window: 7},
			{Key: "thanks", Type: "url", URL: "/thanks*", Window: 7},
			{Key: "signup", Type: "custom", Name: "Sign-up", Window: 7},
		}
	})
}

// thanks serves a page that tells how it was reached.
func thanks(s *site, tr *tracker, seen func(*http.Request)) {
	s.mux.HandleFunc("GET /thanks", func(w http.ResponseWriter, r *http.Request) {
		seen(r)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		write(w, "<!doctype html><head>"+tag(tr)+"</head><body><p id=done>Thanks</p></body>")
	})
}

// A click goal is counted once, on the page it leaves, and the link does exactly what it does without the snippet.
func TestBug12Scenario08ClickIsCountedOnceAndNavigationUnchanged(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"#plain", "#inner", "#submit"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			e := funnel()
			tr, s, tab := setup(t, shop, e)
			visits := 0
			thanks(s, tr, func(*http.Request) { visits++ })
			tab.Open(s.URL)
			tr.await(1, "exposures", exposureOf(e))
			tab.Do(chromedp.Click(chromedp.CSS(id)))
			tab.Until(`location.pathname === "/thanks" && document.querySelector("#done")`)
			tr.await(1, "clicks", conversionOf(e, "buy"))
			tr.await(1, "pages reached", conversionOf(e, "thanks"))
			tr.await(2, "page views", ofType("pageview"))
			if got := tr.accepted(conversionOf(e, "buy")); len(got) != 1 || got[0].URL != s.URL+"/" {
				t.Errorf("got %+v, want one click on the page left", got)
			}
			if visits != 1 {
				t.Errorf("the link was followed %d times, want 1", visits)
			}
			noErrors(t, tab)
		})
	}
}

func TestBug12Scenario08ClickVariants(t *testing.T) {
	t.Parallel()
	for name, click := range map[string]func(*browser.Tab){
		"new tab": func(tab *browser.Tab) { tab.Do(chromedp.Click(chromedp.CSS("#blank"))) },
		"middle button": func(tab *browser.Tab) {
			at := browser.Eval[map[string]float64](tab, `(({x, y}) => ({x: x + 5, y: y + 5}))(document.querySelector("#plain").getBoundingClientRect())`)
			tab.Do(chromedp.MouseClickXY(at["x"], at["y"], chromedp.ButtonMiddle))
		},
		"stopped by the page": func(tab *browser.Tab) { tab.Do(chromedp.Click(chromedp.CSS("#stopped"))) },
		"twice": func(tab *browser.Tab) {
			tab.Do(chromedp.Click(chromedp.CSS("#stopped")), chromedp.Click(chromedp.CSS("#stopped")))
		},
		"by keyboard": func(tab *browser.Tab) {
			tab.Do(chromedp.Focus(chromedp.CSS("#stopped")), chromedp.KeyEvent("\r"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := funnel()
			tr, s, tab := setup(t, shop, e)
			thanks(s, tr, func(*http.Request) {})
			tab.Open(s.URL)
			tr.await(1, "exposures", exposureOf(e))
			click(tab)
			tr.await(1, "clicks", conversionOf(e, "buy"))
			if got := browser.Eval[string](tab, `location.pathname`); got != "/" {
				t.Errorf("the page went to %s", got)
			}
			tab.Run(`samplit("goal", "Sign-up"); new Promise(done => setTimeout(done, 100))`)
			tr.await(1, "sign-ups", conversionOf(e, "signup"))
			if got := tr.accepted(conversionOf(e, "buy")); len(got) != 1 {
				t.Errorf("got %d clicks, want 1", len(got))
			}
		})
	}
}

func TestRightClickIsNoClick(t *testing.T) {
	t.Parallel()
	e := funnel()
	tr, s, tab := setup(t, shop, e)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Run(`plain.dispatchEvent(new MouseEvent("auxclick", {bubbles: true, button: 2})); samplit("goal", "Sign-up")`)
	tr.await(1, "sign-ups", conversionOf(e, "signup"))
	if got := tr.accepted(conversionOf(e, "buy")); len(got) != 0 {
		t.Errorf("a right click was counted: %+v", got)
	}
}

func TestGoalsInsideShadowRoots(t *testing.T) {
	t.Parallel()
	e := funnel()
	tr, s, tab := setup(t, shop+`<div id="host"></div>`, e)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Run(`host.attachShadow({mode: "open"}).innerHTML = "<button class=buy>Buy</button>"; host.shadowRoot.firstChild.click()`)
	tr.await(1, "clicks", conversionOf(e, "buy"))
}

func TestCustomGoal(t *testing.T) {
	t.Parallel()
	e := funnel()
	tr, s, tab := setup(t, shop, e)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Run(`samplit("goal", "Sign-up"); samplit("goal", "Sign-up"); samplit("goal", "other"); samplit("goal"); samplit("nonsense", {})`)
	got := tr.await(1, "sign-ups", conversionOf(e, "signup"))
	if len(got) != 1 || got[0].Name != "Sign-up" {
		t.Errorf("got %+v, want one conversion named Sign-up", got)
	}
	noErrors(t, tab)
}

// The stub of the install guide keeps calls made before the script is there.
func TestQueuedCalls(t *testing.T) {
	t.Parallel()
	e := funnel()
	tr, s, tab := setup(t, shop, e)
	const stub = `<script>window.samplit=window.samplit||function(){(samplit.q=samplit.q||[]).push(arguments)};samplit("goal","Sign-up");samplit("identify","user-1")</script>`
	s.document("/stub", stub+tag(tr), shop)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Open(s.URL + "/stub")
	tr.await(1, "sign-ups", conversionOf(e, "signup"))
	for _, r := range tr.seen() {
		if r.path != "/api/v1/tracker/identify" {
			continue
		}
		if r.raw["user_id"] != "user-1" || r.raw["visitor_id"] != tr.accepted(ofType("pageview"))[0].VisitorID {
			t.Errorf("identify sent %v", r.raw)
		}
		return
	}
	t.Error("identify was not sent")
}

// Whoever has not been exposed cannot convert, and reaching the goal's page is no exposure.
func TestGoalsBeforeExposureAreNotSent(t *testing.T) {
	t.Parallel()
	e := funnel()
	tr, s, tab := setup(t, shop, e)
	thanks(s, tr, func(*http.Request) {})
	s.page(tr, "/shop", shop)
	tab.Open(s.URL + "/thanks")
	tab.Open(s.URL + "/shop")
	tab.Run(`samplit("goal", "Sign-up"); document.querySelector("#stopped").click()`)
	tab.Open(s.URL)
	tr.await(3, "page views", ofType("pageview"))
	tr.await(1, "exposures", exposureOf(e))
	if got := tr.accepted(ofType("conversion")); len(got) > 0 {
		t.Errorf("sent before exposure: %+v", got)
	}
	tab.Open(s.URL + "/thanks")
	tr.await(1, "pages reached", conversionOf(e, "thanks"))
}
