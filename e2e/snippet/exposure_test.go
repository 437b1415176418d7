//go:build e2e

package snippet_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/engine"
)

// Control and variant must be counted by one rule: by the elements that any arm changes, not by what the visitor's arm does.
func TestBug06ControlExposesUnderTheSameRule(t *testing.T) {
	t.Parallel()
	for name, arm := range map[string]int{"control": 0, "variant": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := func(e *experiment) { e.Splits[0].Weights = always(arm) }
			present := test("present", text("#title", "new"), style("#absent", "color", "red")).with(one)
			absent := test("absent", text("#absent", "new")).with(one)
			onlyStyle := test("style", style("#title", "color", "red")).with(one)
			nothing := test("nothing").with(one)
			tr, s, tab := setup(t, `<h1 id="title">old</h1><div id="root"></div>`, present, absent, onlyStyle, nothing)
			tab.Open(s.URL)
			tr.await(3, "exposures", ofType("exposure"))
			if got := tr.accepted(exposureOf(absent)); len(got) > 0 {
				t.Errorf("exposed to a change of an element that is not there: %+v", got)
			}
			tab.Run(`root.innerHTML = "<p id=absent>late</p>"`)
			tr.await(1, "late exposures", exposureOf(absent))
			for _, e := range []experiment{present, absent, onlyStyle, nothing} {
				got := tr.accepted(exposureOf(e))
				if len(got) != 1 || got[0].Arm != name || got[0].Epoch != 1 || got[0].URL != s.URL+"/" || len(got[0].VisitorID) != 22 {
					t.Errorf("exposures of %s: %+v, want one of arm %s", e.Key, got, name)
				}
			}
			noErrors(t, tab)
		})
	}
}

func TestIndependentElementsExposeByThemselves(t *testing.T) {
	t.Parallel()
	e := test("page")
	e.Splits = nil
	for _, element := range []string{"title", "cta"} {
		e.Splits = append(e.Splits, split{
			Key: element, Seed: "page/" + element, Epoch: 7, Arms: []string{"control", "variant"}, Weights: always(1),
			Changes: [][]change{{}, {text("#"+element, "new")}},
		})
	}
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tab.Open(s.URL)
	got := tr.await(1, "exposures", exposureOf(e))
	tab.Run(`document.body.insertAdjacentHTML("beforeend", "<a id=cta>old</a>")`)
	got = append(got[:1], tr.await(2, "exposures", exposureOf(e))[1])
	for i, element := range []string{"title", "cta"} {
		if got[i].Split != element || got[i].Epoch != 7 || got[i].Arm != "variant" {
			t.Errorf("exposure %d is %+v, want split %s, epoch 7, arm variant", i, got[i], element)
		}
	}
}

// What was first shown stays: through new weights, a new epoch, a smaller traffic share, and a pause.
func TestBug18Scenario04FirstAssignmentStays(t *testing.T) {
	t.Parallel()
	e := test("sticky", text("#title", "new"))
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tab.Open(s.URL)
	first := tr.await(1, "exposures", exposureOf(e))[0]
	later := e.with(func(e *experiment) {
		e.Traffic = 0
		e.Splits = []split{e.Splits[0]}
		e.Splits[0].Epoch, e.Splits[0].Weights = 2, always(0)
	})
	tr.reconfigure(later)
	tab.Open(s.URL)
	again := tr.await(2, "exposures", exposureOf(e))[1]
	if again.Arm != "variant" || again.Epoch != 1 || again.VisitorID != first.VisitorID || again.ID == first.ID {
		t.Errorf("second exposure is %+v, want arm and epoch of the first under a new id", again)
	}
	tab.Until(`title.textContent === "new"`)

	tr.reconfigure(later.with(func(e *experiment) { e.State = "paused" }))
	tab.Open(s.URL)
	tab.Until(`title.textContent === "new"`)
	tr.await(3, "page views", ofType("pageview"))
	if got := tr.accepted(exposureOf(e)); len(got) != 2 {
		t.Errorf("got %d exposures, want none while paused", len(got))
	}
	stranger := chromium.NewTab(t)
	stranger.Open(s.URL)
	tr.await(4, "page views", ofType("pageview"))
	if got := browser.Eval[string](stranger, `title.textContent`); got != "old" {
		t.Errorf("a new visitor of a paused experiment sees %q, want the control", got)
	}
}

func TestTrafficShareIsTheServersHash(t *testing.T) {
	t.Parallel()
	experiments := make([]experiment, 40)
	for i := range experiments {
		experiments[i] = test(string(rune('a'+i%26))+string(rune('a'+i/26))+"-share", text("#title", "new")).with(func(e *experiment) {
			e.Traffic = 0.5
			e.Splits[0].Weights = []int{3_000, 7_000}
		})
	}
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, experiments...)
	tab.Open(s.URL)
	visitor := tr.await(1, "page views", ofType("pageview"))[0].VisitorID
	in := 0
	for _, e := range experiments {
		got := tr.accepted(exposureOf(e))
		if !engine.InTraffic(e.Key, visitor, 0.5) {
			if len(got) > 0 {
				t.Errorf("%s: exposed outside the traffic share", e.Key)
			}
			continue
		}
		in++
		want := e.Splits[0].Arms[engine.ChooseRange(engine.Hash(e.Key, visitor), engine.BucketRanges(2, 1, []float64{0.3, 0.7}))]
		if got = tr.await(1, "exposures", exposureOf(e)); got[0].Arm != want {
			t.Errorf("%s: got arm %s, want %s", e.Key, got[0].Arm, want)
		}
	}
	if in == 0 || in == len(experiments) {
		t.Errorf("%d of %d experiments include the visitor, want some", in, len(experiments))
	}
}

func TestWinnerIsShownToEverybodyAndCountsNothing(t *testing.T) {
	t.Parallel()
	variant := 1
	e := test("won", text("#title", "new")).with(func(e *experiment) {
		e.State, e.Traffic = "winner", 0
		e.Splits[0].Winner, e.Splits[0].Weights = &variant, always(0)
		e.Goals = []goal{{Key: "click", Type: "click", Selector: "#title"}}
	})
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tab.Open(s.URL)
	tab.Until(`title.textContent === "new"`)
	tab.Run(`title.click()`)
	tr.await(1, "page views", ofType("pageview"))
	tab.Open(s.URL)
	tr.await(2, "page views", ofType("pageview"))
	if got := tr.accepted(func(e event) bool { return e.Type != "pageview" }); len(got) > 0 {
		t.Errorf("a decided experiment sent %+v", got)
	}
	if got := browser.Eval[[]string](tab, `[localStorage._smp_a || ""]`)[0]; got != "" {
		t.Errorf("a decided experiment stored %q", got)
	}
}

func TestScenario11GlobalPrivacyControl(t *testing.T) {
	t.Parallel()
	variant := 1
	won := test("won", style("#title", "color", "rgb(1, 2, 3)")).with(func(e *experiment) {
		e.State, e.Splits[0].Winner = "winner", &variant
	})
	running := test("gpc", text("#title", "new")).with(func(e *experiment) {
		e.Goals = []goal{{Key: "click", Type: "click", Selector: "#title"}}
	})
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, running, won)
	tab.Open(s.URL)
	tr.await(1, "exposures", ofType("exposure"))
	tab.OnNewDocument(`Object.defineProperty(navigator, "globalPrivacyControl", {value: true})`)
	tab.Open(s.URL)
	tab.Run(`title.click(); samplit("goal", "x"); samplit("identify", "u1"); new Promise(done => setTimeout(done, 1200))`)
	if got := browser.Eval[[]string](tab, `[title.textContent, document.cookie, Object.keys(localStorage).join(), samplit("debug")[0].why]`); quote(got) != `["old","","","private"]` {
		t.Errorf("title, cookie, storage, reason: got %q, want the control and nothing stored", got)
	}
	if got := browser.Eval[string](tab, `getComputedStyle(title).color`); got != "rgb(1, 2, 3)" {
		t.Errorf("the winner of a finished experiment is not shown: color %s", got)
	}
	sent := len(tr.seen())
	tab.Open("about:blank")
	time.Sleep(200 * time.Millisecond) // a beacon of the page just left would be here by now
	if got := len(tr.seen()); got != sent || sent != 1 {
		t.Errorf("got %d requests, want only the one from before", got)
	}
}

// Nobody has seen a page in a hidden tab.
func TestBug15HiddenPageExposesWhenItIsShown(t *testing.T) {
	t.Parallel()
	e := test("hidden", text("#title", "new"))
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tab.OnNewDocument(`window.state = "hidden"; Object.defineProperty(document, "visibilityState", {get: () => state})`)
	tab.Open(s.URL)
	tab.Until(`title.textContent === "new"`)
	tab.Run(`new Promise(done => setTimeout(done, 1000))`)
	if got := tr.seen(); len(got) > 0 {
		t.Fatalf("a hidden page sent %+v", got)
	}
	tab.Run(`state = "visible"; document.dispatchEvent(new Event("visibilitychange"))`)
	tr.await(1, "exposures", exposureOf(e))
	tr.await(1, "page views", ofType("pageview"))
}

// DevTools forbids prerendering in the tabs it is attached to, so the page runs in one that a tab opens, and reports by itself.
func TestBug15Scenario09PrerenderedPageExposesWhenItIsActivated(t *testing.T) {
	t.Parallel()
	e := test("prerender", text("#title", "new")).with(func(e *experiment) { e.URL = "/next" })
	tr, s := newTracker(t, e), newSite(t)
	reports, released := make(chan string, 10), make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	defer release()
	s.mux.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) { reports <- r.URL.RawQuery })
	s.mux.HandleFunc("POST /release", func(http.ResponseWriter, *http.Request) { <-released })
	s.page(tr, "/next", `<h1 id="title">old</h1><script>
		const report = what => fetch("/report?" + what + "&" + title.textContent, {method: "POST"});
		addEventListener("load", () => report(document.prerendering ? "prerendered" : "loaded"));
		document.addEventListener("prerenderingchange", () => report("activated"));
	</script>`)
	s.document("/start", "", `<a id="go" href="/next">go</a>
		<script type="speculationrules">{"prerender":[{"urls":["/next"],"eagerness":"immediate"}]}</script>
		<script>fetch("/release", {method: "POST"}).then(() => go.click())</script>`)
	s.document("/{$}", "", "")
	tab := chromium.NewTab(t)
	tab.Open(s.URL)
	tab.Run(`open("/start", "_blank", "noopener")`)
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-reports:
			if got != want {
				t.Fatalf("the page reported %q, want %q", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("the page never reported %q", want)
		}
	}
	expect("prerendered&new")
	time.Sleep(1200 * time.Millisecond) // a batch would have left by now
	if got := tr.seen(); len(got) > 0 {
		t.Errorf("a prerendered page sent %+v", got)
	}
	release()
	expect("activated&new")
	tr.await(1, "exposures", exposureOf(e))
	tr.await(1, "page views", ofType("pageview"))
}
