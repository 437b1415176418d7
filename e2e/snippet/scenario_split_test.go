//go:build e2e

package snippet_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// newVisitors are ids that the snippet makes for visitors without cookies, by random numbers that are the same in every run.
func newVisitors(tab *browser.Tab, n int) []string {
	tab.Run(`window.jar = {}; window.state = 4;
		Object.defineProperty(document, "cookie", {
			get: () => Object.entries(jar).map(pair => pair.join("=")).join("; "),
			set: text => {
				const [name, value] = text.split(";")[0].split("=");
				if (/max-age=0(;|$)/.test(text)) delete jar[name]; else jar[name] = value;
			},
		});
		crypto.getRandomValues = bytes => bytes.map((_, i) => bytes[i] = (state = Math.imul(state, 1664525) + 1013904223 >>> 0) >>> 24)`)
	return browser.Eval[[]string](tab, fmt.Sprintf(`Array.from({length: %d}, () => { jar = {}; return smp.identify(); })`, n))
}

// sameArms holds the browser's choices to the server's.
func sameArms(t *testing.T, tab *browser.Tab, e experiment, visitors []string) {
	t.Helper()
	s := e.Splits[0]
	chosen := browser.Eval[[]int](tab, quote(visitors)+fmt.Sprintf(`.map(id => smp.pick(smp.bucket(%s, id), %s))`, quote(s.Seed), quote(s.Weights)))
	for i, id := range visitors {
		if got, want := s.Arms[chosen[i]], s.armOf(id); got != want {
			t.Fatalf("visitor %s: browser chose %s, server %s", id, got, want)
		}
	}
}

// seen sends the exposures of visitors, as the snippet with that configuration would.
func (s *server) seen(e experiment, visitors []string) {
	s.t.Helper()
	var events []members
	for _, id := range visitors {
		events = append(events, e.exposures(id)...)
	}
	s.count(events)
}

// awaitVisitors waits until the results have so many, and returns them.
func (s *server) awaitVisitors(id string, n int) (results members) {
	s.t.Helper()
	s.p.Await(fmt.Sprint(n, " visitors"), func() bool {
		results = s.results(id)
		total := 0.0
		for _, v := range results["variants"].([]any) {
			total += v.(map[string]any)["visitors"].(float64)
		}
		return total >= float64(n)
	})
	return results
}

// Ids of the real script, through the tracker: weights changed on the way move nobody and alarm nobody, a loss of one event in twenty in one
// arm does.
func TestScenario04SplitThroughTheFrontDoor(t *testing.T) {
	sv, tab := newServer(t), lab(t)
	all := newVisitors(tab, 45_000)
	early, late, stale, lossy := all[:4_000], all[4_000:8_000], all[8_000:9_000], all[9_000:]
	id := sv.Launch("ratio")
	first := sv.told(id, 1)
	sameArms(t, tab, first, all)
	sv.seen(first, early)
	sv.Weigh(id, 4, 6)
	second := sv.told(id, 2)
	sameArms(t, tab, second, all)
	sv.seen(second, late)
	sv.seen(first, stale)         // with a file from a cache
	sv.seen(first, early[:1_000]) // again, with what their browsers remember
	results := sv.awaitVisitors(id, 9_000)
	if srm := results["srm"].(map[string]any); srm["ok"] != true || results["crossovers"] != 0.0 || len(results["epochs"].([]any)) != 2 {
		t.Errorf("after new weights: srm %v, crossovers %v, epochs %v", srm, results["crossovers"], results["epochs"])
	}
	stayed(t, sv, first, early[:200])

	kept := slices.Clone(lossy)
	lost := 0
	kept = slices.DeleteFunc(kept, func(visitor string) bool {
		if second.cellOf(visitor) != "b" {
			return false
		}
		lost++
		return lost%20 == 0
	})
	sv.seen(second, kept)
	results = sv.awaitVisitors(id, 9_000+len(kept))
	srm, verdict := results["srm"].(map[string]any), results["verdict"].(map[string]any)
	if srm["ok"] != false || verdict["action"] != "fix" {
		t.Errorf("with %d of %d events of an arm lost: srm %v, verdict %v, want fix", lost/20, lost, srm, verdict)
	}
	board := sv.dashboard()
	board.Open(sv.p.URL + "/experiments/" + id)
	board.Until(`document.querySelector(".verdict").classList.contains("verdict-fix")`)
}

// stayed asks the server what visitors have whom it first saw under other weights.
func stayed(t *testing.T, sv *server, e experiment, visitors []string) {
	t.Helper()
	for _, visitor := range visitors {
		status, answer := sv.p.Post("assign", members{"installation_token": sv.Token, "experiment": e.Key, "visitor_id": visitor})
		variant, _ := answer["variant"].(map[string]any)
		if status != http.StatusOK || variant["key"] != e.cellOf(visitor) || answer["epoch"] != 1.0 || answer["new"] != false {
			t.Fatalf("visitor %s has %v, want %s of epoch 1", visitor, answer, e.cellOf(visitor))
		}
	}
}
