//go:build e2e

package snippet_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/samplit/samplit/e2e/browser"
)

func refuse(status int, retryAfter string) func(request, http.ResponseWriter) int {
	return func(_ request, w http.ResponseWriter) int {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		return status
	}
}

// awaitStatus waits until n event requests were answered with status.
func (tr *tracker) awaitStatus(n, status int) []request {
	tr.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		var found []request
		for _, r := range tr.seen() {
			if r.status == status {
				found = append(found, r)
			}
		}
		if len(found) >= n {
			return found
		}
		if time.Now().After(deadline) {
			tr.t.Fatalf("got %d of %d requests answered %d in %+v", len(found), n, status, tr.seen())
		}
	}
}

func ids(events []event) []string {
	var all []string
	for _, e := range events {
		all = append(all, e.ID)
	}
	return all
}

// After a failure the same events come again under the same ids, on the same page …
func TestFailedBatchIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusInternalServerError, http.StatusTooManyRequests} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			e := test("retry", text("#title", "new"))
			tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
			tr.respond(refuse(status, ""))
			tab.Open(s.URL)
			failed := tr.awaitStatus(1, status)[0]
			tab.Until(fmt.Sprintf(`JSON.parse(localStorage._smp_q || "[]").length === %d`, len(failed.events)))
			tr.respond(nil)
			tr.await(1, "exposures", exposureOf(e))
			again := tr.awaitStatus(1, http.StatusOK)[0]
			same := again.events[:min(len(again.events), len(failed.events))] // what happened meanwhile may follow
			if quote(ids(same)) != quote(ids(failed.events)) || same[0].T != failed.events[0].T {
				t.Errorf("sent %v first and %v again, want the same", failed.events, again.events)
			}
			if again.raw["sent_at"].(float64) <= failed.raw["sent_at"].(float64) {
				t.Error("the second batch does not say when it was sent")
			}
			tab.Until(`localStorage._smp_q === "[]"`)
		})
	}
}

// … and on the next one, when the visitor has gone on.
func TestFailedBatchIsSentFromTheNextPage(t *testing.T) {
	t.Parallel()
	e := test("retry", text("#title", "new"))
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tr.respond(refuse(http.StatusServiceUnavailable, "600"))
	tab.Open(s.URL)
	failed := tr.awaitStatus(1, http.StatusServiceUnavailable)[0]
	tab.Until(`(localStorage._smp_q || "").includes(` + quote(failed.events[0].ID) + `)`)
	tr.respond(nil)
	tab.Open(s.URL)
	tr.await(2, "exposures", exposureOf(e))
	seen := map[string]int{}
	for _, r := range tr.awaitStatus(1, http.StatusOK) {
		for _, e := range r.events {
			seen[e.ID]++
		}
	}
	for _, id := range ids(failed.events) {
		if seen[id] != 1 {
			t.Errorf("event %s was accepted %d times, want once", id, seen[id])
		}
	}
}

// A server that asks for a pause gets it, from new events too.
func TestRetryAfterIsHeeded(t *testing.T) {
	t.Parallel()
	e := funnel()
	tr, s, tab := setup(t, shop, e)
	tr.respond(refuse(http.StatusTooManyRequests, "3"))
	tab.Open(s.URL)
	tr.awaitStatus(1, http.StatusTooManyRequests)
	tr.respond(nil)
	tab.Run(`samplit("goal", "Sign-up")`)
	got := tr.await(1, "sign-ups", conversionOf(e, "signup"))
	requests := tr.seen()
	if len(requests) != 2 {
		t.Errorf("got %d requests, want the refused one and one with everything", len(requests))
	}
	first, second := requests[0].raw["sent_at"].(float64), requests[1].raw["sent_at"].(float64)
	if second-first < 3000 {
		t.Errorf("the second batch left %v ms after the first, want at least 3000", second-first)
	}
	if len(got) != 1 || len(tr.accepted(exposureOf(e))) != 1 {
		t.Errorf("got %+v, want one exposure and one sign-up", requests[1].events)
	}
}

// What the server understood and refused is not sent again.
func TestRefusedBatchIsDropped(t *testing.T) {
	t.Parallel()
	e := funnel()
	tr, s, tab := setup(t, shop, e)
	tr.respond(refuse(http.StatusUnprocessableEntity, ""))
	tab.Open(s.URL)
	tr.awaitStatus(1, http.StatusUnprocessableEntity)
	tr.respond(nil)
	tab.Run(`samplit("goal", "Sign-up")`)
	tr.await(1, "sign-ups", conversionOf(e, "signup"))
	if got := tr.accepted(ofType("exposure")); len(got) != 0 {
		t.Errorf("sent again: %+v", got)
	}
}

func TestBug14Scenario09OfflineEventsArriveLater(t *testing.T) {
	t.Parallel()
	e := test("offline", text("#title", "new"))
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tab.OnNewDocument(`{ const real = fetch; window.offline = true; window.fetch = (...args) => offline ? Promise.reject(new TypeError("offline")) : real(...args); }`)
	tab.Open(s.URL)
	tab.Until(`JSON.parse(localStorage._smp_q || "[]").length === 2`)
	tab.Run(`offline = false`)
	tr.await(1, "exposures", exposureOf(e))
	noErrors(t, tab)
}

// The stored queue is bounded in number and age, and survives whatever else is found there.
func TestStoredQueueIsBounded(t *testing.T) {
	t.Parallel()
	tr, s, tab := setup(t, ``)
	s.document("/plain", "", "")
	tab.Open(s.URL + "/plain")
	const old = `const old = (t, i) => ({id: "old-" + i, type: "custom", t, visitor_id: "v"});`
	tab.Run(old + `
		localStorage._smp_q = JSON.stringify([null, 1, "x", {}, [], {t: "soon"}, old(Date.now() - 864e5 - 1, "stale"), old(Date.now() - 864e5 + 6e4, "fresh")])`)
	tr.respond(refuse(http.StatusServiceUnavailable, "600"))
	tab.Open(s.URL)
	got := ids(tr.awaitStatus(1, http.StatusServiceUnavailable)[0].events)
	if len(got) != 2 || got[0] != "old-fresh" {
		t.Errorf("sent %q, want the fresh one and a page view", got)
	}
	tab.Open(s.URL + "/plain")
	tab.Run(old + `localStorage._smp_q = JSON.stringify(Array.from({length: 90}, (_, i) => old(Date.now(), i)))`)
	tab.Open(s.URL)
	tr.awaitStatus(2, http.StatusServiceUnavailable)
	tab.Until(`JSON.parse(localStorage._smp_q).length === 50 && JSON.parse(localStorage._smp_q)[49].type === "pageview"`)
	tab.Run(`localStorage._smp_q = "{broken"`)
	tr.respond(nil)
	tab.Open(s.URL)
	tr.await(1, "page views", ofType("pageview"))
}

// A page left within the batching delay still delivers, by beacon.
func TestBug13Scenario09UnloadDeliversByBeacon(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*browser.Tab, *site){
		"navigation": func(tab *browser.Tab, s *site) { tab.Open(s.URL + "/away") },
		"tab closed": func(tab *browser.Tab, _ *site) { tab.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := funnel()
			tr, s := newTracker(t, e), newSite(t)
			s.page(tr, "/{$}", shop)
			s.document("/away", "", "away")
			tab := chromium.NewTab(t).Sibling()
			tab.Open(s.URL)
			tr.await(1, "exposures", exposureOf(e))
			tab.Run(`samplit("goal", "Sign-up")`)
			leave(tab, s)
			tr.await(1, "sign-ups", conversionOf(e, "signup"))
			for _, r := range tr.seen() {
				for _, got := range r.events {
					if got.Type == "conversion" && r.mode != "no-cors" {
						t.Errorf("the conversion came by %s, want a beacon", r.mode)
					}
				}
			}
			if got := tr.accepted(ofType("conversion")); len(got) != 1 {
				t.Errorf("got %d conversions, want one", len(got))
			}
		})
	}
}

func TestBug14RefusedBeaconIsKept(t *testing.T) {
	t.Parallel()
	e := funnel()
	tr, s, tab := setup(t, shop, e)
	s.document("/away", "", "away")
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Run(`navigator.sendBeacon = () => false; samplit("goal", "Sign-up")`)
	tab.Open(s.URL + "/away")
	tab.Until(`JSON.parse(localStorage._smp_q)[0].goal === "signup"`)
	tab.Open(s.URL)
	tr.await(1, "sign-ups", conversionOf(e, "signup"))
}

// Bodies stay below the browser's limit for requests that outlive a page, measured in bytes and not in characters.
func TestBug14BodiesAreSplitByBytes(t *testing.T) {
	t.Parallel()
	e := test("many", text("#title", "new"))
	for i := range 300 {
		name := fmt.Sprintf("%s %d", strings.Repeat("目标", 40), i)
		e.Goals = append(e.Goals, goal{Key: fmt.Sprint("goal-", i), Type: "custom", Name: name, Window: 7})
	}
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tab.Open(s.URL)
	tr.await(1, "exposures", exposureOf(e))
	tab.Run(quote(e.Goals) + `.forEach(goal => samplit("goal", goal.name))`)
	tr.await(len(e.Goals), "conversions", ofType("conversion"))
	for _, r := range tr.seen() {
		if r.size > 48<<10 {
			t.Errorf("a body has %d bytes, want at most %d", r.size, 48<<10)
		}
	}
	if got := tr.accepted(ofType("conversion")); len(got) != len(e.Goals) {
		t.Errorf("got %d conversions, want each once", len(got))
	}
}

// One page view is one page view, also on a site without experiments: it shows that the snippet is installed.
func TestPageViewIsTheHeartbeat(t *testing.T) {
	t.Parallel()
	tr, s, tab := setup(t, ``)
	tab.Open(s.URL + "/?utm=1#secret")
	tr.await(1, "page views", ofType("pageview"))
	tab.Run(`new Promise(done => setTimeout(done, 1200))`)
	got := tr.accepted(func(event) bool { return true })
	if len(got) != 1 || got[0].URL != s.URL+"/?utm=1" {
		t.Errorf("got %+v, want one page view without the fragment", got)
	}
	noErrors(t, tab)
}

// A request needs no preflight, which the tracker of these tests would refuse, and carries no cookie: cookies do not mind the
// port, so the page's own would reach the tracker here.
func TestBug13RequestsAreSimpleAndAnonymous(t *testing.T) {
	t.Parallel()
	tr, s, tab := setup(t, ``)
	tab.Open(s.URL)
	tr.await(1, "page views", ofType("pageview"))
	got := tr.seen()[0]
	if got.mode != "cors" || got.cookie != "" || !browser.Eval[bool](tab, `document.cookie.includes("_smp=")`) {
		t.Errorf("mode %q, cookie %q, want cors without the page's cookie", got.mode, got.cookie)
	}
}
