//go:build e2e

package snippet_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/samplit/samplit/e2e/browser"
)

// With the script's host down, broken or lying, the page is the one without a snippet: nothing hidden, nothing thrown. With the loader
// that holds for a visitor too for whom an earlier page has noted what to keep from sight.
func TestScenario02ServerDead(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"garbage": func(w http.ResponseWriter, _ *http.Request) { write(w, "<html>\x00 not { a script") },
		"half": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			write(w, "(()=>{")
		},
		"timeout": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"refused": nil,
	} {
		for _, form := range []string{"standard", "loader"} {
			if name == "timeout" && form == "standard" { // a page that waits waits: the browser's own time limit ends it
				continue
			}
			t.Run(name+"/"+form, func(t *testing.T) {
				e := test("dead", text("#title", "new"))
				tr, s := newTracker(t, e), newSite(t)
				dead := newSite(t)
				if answer != nil {
					dead.mux.HandleFunc("GET /s/", answer)
				} else {
					dead.Close()
				}
				t.Cleanup(dead.CloseClientConnections)
				head := tag(tr)
				if form == "loader" {
					head = loader(t, tr)
				}
				s.document("/{$}", strings.ReplaceAll(head, tr.URL, dead.URL), `<h1 id="title">old</h1>`)
				tab := chromium.NewTab(t)
				tab.Run(`location = ` + quote(s.URL+"/favicon.ico"))
				tab.OnNewDocument(`try { localStorage._smp_m = JSON.stringify([["^/?$", "#title"]]) } catch {}`)
				tab.Run(`location = ` + quote(s.URL))
				tab.Until(`document.querySelector("#title") && getComputedStyle(title).visibility === "visible"`)
				if form == "loader" {
					tab.Until(`samplit.late`)
				}
				if got := browser.Eval[string](tab, `title.textContent + getComputedStyle(title).visibility`); got != "oldvisible" {
					t.Errorf("the page shows %q", got)
				}
				for _, line := range tab.Console.Errors() {
					if strings.HasPrefix(line, "exception") && !strings.Contains(line, "SyntaxError") { // the browser's word on garbage
						t.Errorf("thrown: %s", line)
					}
				}
			})
		}
	}
}

// What the script weighs with 0, 5 and 50 experiments, and how long it takes to start; the build holds it to its budgets.
func TestScenario03Budgets(t *testing.T) {
	for _, n := range []int{0, 5, 50} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var experiments []experiment
			for i := range n {
				experiments = append(experiments, test(fmt.Sprintf("test-%d", i), text(fmt.Sprintf("#e%d h2", i), "A headline"), style(".card", "color", "red"), hide(".gone"), attr("a", "title", "x")))
			}
			tr, s, tab := setup(t, strings.Repeat(`<div class="card"><h2>x</h2><a href="/">a</a></div>`, 300), experiments...)
			var zipped bytes.Buffer
			w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
			fmt.Fprint(w, tr.script(false))
			w.Close()
			s.document("/bare", "", strings.Repeat(`<div class="card"><h2>x</h2><a href="/">a</a></div>`, 300))
			tab.Open(s.URL + "/bare")
			took := browser.Eval[float64](tab, `fetch(`+quote(tr.URL+"/s/"+token+".js")+`).then(r => r.text()).then(code => { const t = performance.now(); (0, eval)(code); return performance.now() - t; })`)
			t.Logf("%d experiments: %d bytes, started in %.1f ms", n, zipped.Len(), took)
			if limit := map[int]int{0: 5_500, 5: 9_000, 50: 15_000}[n]; zipped.Len() > limit {
				t.Errorf("%d bytes, want at most %d", zipped.Len(), limit)
			}
			noErrors(t, tab)
		})
	}
}

// The loader's form shows no frame with the original to a visitor for whom a page before has noted the headline, and nothing jumps.
func TestScenario01NoFlashWithTheLoader(t *testing.T) {
	tpl := templates[0]
	for _, delay := range []time.Duration{30 * time.Millisecond, 300 * time.Millisecond} {
		t.Run(delay.String(), func(t *testing.T) {
			e := test("flash", text(tpl.selector, ours))
			tr, s := newTracker(t, e), newSite(t)
			tr.delay = delay
			tpl.stream(t, s, loader(t, tr))
			for range 5 { // a busy machine may pass the deadline, where showing the original is right
				tab := chromium.NewTab(t)
				watch(t, tab, s.URL)
				tab.Until(`localStorage._smp_m`)
				got := watch(t, tab, s.URL)
				if browser.Eval[string](tab, `samplit("debug")[0].why`) == "deadline" {
					continue
				}
				t.Logf("frames: %+v", got)
				if got.Theirs != 0 {
					t.Errorf("%d frames show the original, want 0: %q", got.Theirs, got.Shown)
				}
				return
			}
			t.Fatal("no page view was in time")
		})
	}
}
