//go:build e2e

package snippet_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/engine"
)

func TestTargetingVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../static/src/testdata/targeting.json")
	if err != nil {
		t.Fatal(err)
	}
	tab := lab(t)
	wrong := browser.Eval[[]string](tab, string(raw)+`.filter(v => !v.server && smp.parts.targets(v.targeting, v.context, Date.parse(v.context.now || 0)) !== v.match)
		.map(v => JSON.stringify(v).slice(0, 500))`)
	for _, v := range wrong {
		t.Errorf("browser disagrees with %s", v)
	}
	if n := browser.Eval[int](tab, string(raw)+".filter(v => !v.server).length"); n < 90 {
		t.Errorf("got %d vectors, want at least 90", n)
	}
}

// The browser calls devices what the server calls them.
func TestDeviceAgreesWithServer(t *testing.T) {
	t.Parallel()
	tab := lab(t)
	raw, err := os.ReadFile("../../static/src/testdata/devices.json") // which the server is held to as well
	if err != nil {
		t.Fatal(err)
	}
	wrong := browser.Eval[[]string](tab, string(raw)+`.filter(v => (Object.defineProperty(navigator, "userAgent", {value: v.user_agent, configurable: true}), smp.device() !== v.device))
		.map(v => v.user_agent + " is no " + smp.device())`)
	for _, v := range wrong {
		t.Error(v)
	}
	if got := browser.Eval[string](tab, `Object.defineProperty(navigator, "userAgent", {value: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15"}),
		Object.defineProperty(navigator, "maxTouchPoints", {value: 5}), smp.device()`); got != "tablet" {
		t.Errorf("an iPad that asks for desktop pages: got %s", got)
	}
}

const headline = `<h1 id="title">old</h1>`

// why is the state of each experiment on the page, in order.
func why(tab *browser.Tab) []string {
	return browser.Eval[[]string](tab, `samplit("debug").map(row => row.arm ? "shown" : row.why)`)
}

func expect(t *testing.T, tab *browser.Tab, what string, want ...string) {
	t.Helper()
	if got := why(tab); quote(got) != quote(want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func targeted(key string, conditions ...condition) experiment {
	e := test(key, text("#title", key))
	e.Targeting = &targeting{conditions}
	return e
}

func TestTargetingByCookie(t *testing.T) {
	t.Parallel()
	e := targeted("cookie", condition{Attribute: "cookie", Name: "plan", Op: "is", Values: []string{"pro"}})
	tr, s, tab := setup(t, headline, e)
	tab.Open(s.URL)
	expect(t, tab, "without the cookie", "targeting")
	tab.Run(`document.cookie = "plan=pro"`)
	tab.Open(s.URL)
	tab.Until(`title.textContent === "cookie"`)
	tr.await(1, "exposures", exposureOf(e))
	tab.Run(`document.cookie = "plan=free"`)
	tab.Open(s.URL)
	expect(t, tab, "with another value, once exposed", "targeting")
	if got := tr.accepted(exposureOf(e)); len(got) != 1 {
		t.Errorf("got %d exposures, want 1", len(got))
	}
	noErrors(t, tab)
}

// A campaign holds for the session, until the next one.
func TestTargetingByCampaign(t *testing.T) {
	t.Parallel()
	e := targeted("mail", condition{Attribute: "utm", Name: "source", Op: "is", Values: []string{"mail"}})
	_, s, tab := setup(t, headline, e)
	tab.Open(s.URL)
	expect(t, tab, "without a campaign", "targeting")
	tab.Open(s.URL + "/?utm_source=mail&utm_campaign=spring")
	expect(t, tab, "with it", "shown")
	tab.Open(s.URL)
	expect(t, tab, "on the next page", "shown")
	tab.Open(s.URL + "/?utm_source=ads")
	expect(t, tab, "with another", "targeting")
	tab.Open(s.URL)
	expect(t, tab, "after another", "targeting")
	other := chromium.NewTab(t)
	other.Open(s.URL)
	expect(t, other, "in another session", "targeting")
	noErrors(t, tab)
}

func TestCampaignIsNotKeptWithoutNeed(t *testing.T) {
	t.Parallel()
	_, s, tab := setup(t, headline, test("plain", text("#title", "new")))
	tab.Open(s.URL + "/?utm_source=mail")
	if got := browser.Eval[int](tab, `sessionStorage.length`); got != 0 {
		t.Errorf("the session holds %d entries, want none", got)
	}
}

func TestTargetingByVisitorDeviceAndReferrer(t *testing.T) {
	t.Parallel()
	newcomers := targeted("newcomers", condition{Attribute: "visitor", Values: []string{"new"}})
	regulars := targeted("regulars", condition{Attribute: "visitor", Values: []string{"returning"}})
	desktop := targeted("desktop", condition{Attribute: "device", Values: []string{"desktop"}})
	phones := targeted("phones", condition{Attribute: "device", Values: []string{"mobile", "tablet"}})
	linked := targeted("linked", condition{Attribute: "referrer", Op: "wildcard", Values: []string{"*/from"}})
	_, s, tab := setup(t, headline, newcomers, regulars, desktop, phones, linked)
	s.document("/from", "", `<meta name=referrer content=unsafe-url><a id="go" href="/">shop</a>`)
	tab.Open(s.URL)
	expect(t, tab, "first visit", "shown", "targeting", "shown", "targeting", "targeting")
	tab.Run(`document.cookie = "_smp=` + older + `;path=/"`)
	tab.Open(s.URL + "/from")
	tab.Run(`go.click()`)
	tab.Until(`location.pathname === "/" && document.readyState === "complete"`)
	expect(t, tab, "later, by a link", "targeting", "shown", "shown", "targeting", "shown")
	noErrors(t, tab)
}

// Outside of its time an experiment takes nobody in; who is in stays in.
func TestSchedule(t *testing.T) {
	t.Parallel()
	now := time.Now().UnixMilli()
	const day = 86400_000
	open, early, over := test("open", text("#title", "new")), test("early", text("#title", "new")), test("over", text("#title", "new"))
	open.Start, open.End, early.Start, over.End = now-day, now+day, now+day, now-day
	tr, s, tab := setup(t, headline, open, early, over)
	tab.Open(s.URL)
	expect(t, tab, "at present", "shown", "schedule", "schedule")
	tr.await(1, "exposures", exposureOf(open))
	open.Start, open.End = now-2*day, now-day
	tr.reconfigure(open)
	tab.Open(s.URL)
	expect(t, tab, "exposed before the end", "shown")
	if got := tr.accepted(ofType("exposure")); len(got) == 0 || got[0].Experiment != open.ID {
		t.Errorf("got %+v, want exposures of the open one only", got)
	}
	noErrors(t, tab)
}

// Two experiments on one page share a layer: each visitor is in at most one, the one of the server. The holdout keeps out of both.
func TestLayerAndHoldoutAgreeWithServer(t *testing.T) {
	t.Parallel()
	const heldOut = 0.2
	holdout := filter{"holdout/q", [][2]float64{{heldOut, 1}}}
	first, second := test("first", style("#title", "color", "red")), test("second", style("#title", "color", "blue"))
	first.In = []filter{holdout, {"layer/top", [][2]float64{{0, 0.4}}}}
	second.In = []filter{holdout, {"layer/top", [][2]float64{{0.4, 0.7}, {0.9, 1}}}}
	_, s, tab := setup(t, headline, first, second)
	s.document("/plain", "", "")
	tab.Open(s.URL + "/plain")
	seen := map[string]int{}
	for i := range 24 {
		visitor := fmt.Sprintf("visitor-%014d", i)
		tab.Run(`localStorage.clear(); document.cookie = "_smp=` + visitor + `.19000;path=/"`)
		tab.Open(s.URL)
		want := []string{"layer", "layer"}
		n := engine.Hash("layer/top", visitor)
		switch {
		case engine.InHoldout("q", visitor, heldOut):
			want = []string{"holdout", "holdout"}
		case n < 0.4:
			want[0] = "shown"
		case n < 0.7 || n >= 0.9:
			want[1] = "shown"
		}
		seen[fmt.Sprint(want)]++
		expect(t, tab, visitor, want...)
	}
	if len(seen) != 4 {
		t.Errorf("the visitors do not cover all cases: %v", seen)
	}
	noErrors(t, tab)
}
