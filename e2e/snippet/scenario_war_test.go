//go:build e2e

package snippet_test

import (
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// hostile is a page whose React root sets its headline every 16 ms.
const hostile = `<script src="/react/umd/react.production.min.js"></script><script src="/react-dom/umd/react-dom.production.min.js"></script>
<div id="root"></div>
<script>
const e = React.createElement, app = ReactDOM.createRoot(document.getElementById("root"));
window.renders = 0;
setInterval(() => app.render(e("main", null, e("h1", {id: "title"}, "Theirs " + ++renders), e("p", {id: "quiet"}, "quiet"))), 16);
</script>`

// watchWar counts what a change writes into texts, and what the browser calls a long task: one of 50 ms or more.
const watchWar = `
window.writes = window.long = 0;
const data = Object.getOwnPropertyDescriptor(CharacterData.prototype, "data");
Object.defineProperty(CharacterData.prototype, "data", {...data, set(value) {
	if (value === "Ours") writes++;
	data.set.call(this, value);
}});
new PerformanceObserver(list => { window.long += list.getEntries().length; }).observe({type: "longtask"});`

// hostileSite serves the page with head in its head.
func hostileSite(t *testing.T, head string) *site {
	s := newSite(t)
	s.mount(t, "/react/", browser.React, ".", "", "")
	s.mount(t, "/react-dom/", browser.ReactDOM, ".", "", "")
	s.document("/{$}", head, hostile)
	return s
}

// longTasks are those of a hostile page over three seconds of rendering, once it has started.
func longTasks(tab *browser.Tab, address string) int {
	tab.OnNewDocument(watchWar)
	tab.Open(address)
	tab.Until(`renders > 20`)
	tab.Run(`long = 0`)
	tab.Until(`renders > 200`)
	return browser.Eval[int](tab, `long`)
}

// A React root that resets the headline every 16 ms wins it after seven writes, and neither side keeps the page busy. The style of the
// same headline holds, the marketer is told of the one and not of the other.
func TestScenario05ReRenderWar(t *testing.T) {
	sv := newServer(t)
	ours, red := "Ours", "rgb(1, 2, 3)"
	id := sv.Start("war", map[string]any{"mode": "single", "variants": []any{
		map[string]any{"key": "control", "name": "Original", "is_control": true},
		map[string]any{"key": "b", "name": "Bolder", "changes": []change{
			{ID: "words", Selector: "#title", Action: "text", Value: &ours},
			{ID: "colour", Selector: "#title", Action: "style", Name: "color", Value: &red},
			{ID: "calm", Selector: "#quiet", Action: "text", Value: &ours},
		}},
	}})
	visitor := sv.told(id, 1).visitorOf("b")
	peaceful, war := hostileSite(t, ""), hostileSite(t, sv.tag())
	tab := quietest(t, peaceful, war, visitor)

	if got := browser.Eval[int](tab, `writes`); got < 2 || got > 8 { // one to the quiet text, one and six more to the headline
		t.Errorf("the changes wrote %d times, want at most 8", got)
	}
	tab.Run(`writes = 0`)
	tab.Until(`renders > 300`)
	const state = `[writes, title.textContent.split(" ")[0], getComputedStyle(title).color, quiet.textContent].join()`
	if got := browser.Eval[string](tab, state); got != "0,Theirs,rgb(1, 2, 3),Ours" {
		t.Errorf("writes, headline, its colour and the quiet text in the end: %s", got)
	}
	noErrors(t, tab)
	sv.tellsOfConflict(id)
}

// quietest returns a tab in which the page was at war without a long task, or with no more than the same page has without us: on a busy
// machine any page has some.
func quietest(t *testing.T, peaceful, war *site, visitor string) *browser.Tab {
	t.Helper()
	var counts []string
	for range 5 {
		tab := chromium.NewTab(t)
		known(tab, visitor)
		with := longTasks(tab, war.URL)
		if with == 0 {
			return tab
		}
		without := longTasks(chromium.NewTab(t), peaceful.URL)
		if with <= without {
			return tab
		}
		counts = append(counts, quote([]int{with, without}))
	}
	t.Fatalf("long tasks with and without the change: %s", strings.Join(counts, ", "))
	return nil
}

// The count of long tasks would show one.
func TestScenario05LongTasksAreSeen(t *testing.T) {
	s := hostileSite(t, "")
	tab := chromium.NewTab(t)
	tab.OnNewDocument(watchWar)
	tab.Open(s.URL)
	tab.Until(`renders > 20`)
	tab.Run(`setTimeout(() => { for (const end = performance.now() + 120; performance.now() < end;); })`)
	tab.Until(`long > 0`)
}

// tellsOfConflict waits until the results say which change the page fights, by the API and in the dashboard.
func (s *server) tellsOfConflict(id string) {
	s.t.Helper()
	var told map[string]members
	s.p.Await("told of the conflict", func() bool {
		told = map[string]members{}
		for _, c := range s.results(id)["changes"].([]any) {
			rate := c.(map[string]any)
			told[rate["change"].(string)] = rate
		}
		return len(told) == 3
	})
	for change, want := range map[string][2]float64{"words": {0, 1}, "colour": {1, 0}, "calm": {1, 0}} {
		if got := told[change]; (got["found"].(float64) > 0) != (want[0] > 0) || (got["conflicts"].(float64) > 0) != (want[1] > 0) {
			s.t.Errorf("change %s is told as %v", change, got)
		}
	}
	tab := s.dashboard()
	tab.Open(s.p.URL + "/experiments/" + id)
	tab.Until(`document.querySelector("#health")?.textContent.includes("The page takes one change back again and again")`)
}
