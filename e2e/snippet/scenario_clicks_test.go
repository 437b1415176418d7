//go:build e2e

package snippet_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/samplit/samplit/e2e/browser"
)

// agency is the template with links that lead somewhere, a form that is sent, and a router that takes the brand's link over.
type agency struct {
	*site
	mu    sync.Mutex
	asked []string // documents, in the order in which browsers asked for them
}

func newAgency(t *testing.T, head string) *agency {
	t.Helper()
	folder, err := browser.Agency.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(filepath.Join(folder, "dist/index.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(index)
	for _, edit := range [][2]string{
		{`<head>`, `<head>` + head},
		{`text-decoration-none me-3" href="#!"`, `text-decoration-none me-3" href="/legal"`},
		{`text-decoration-none" href="#!"`, `text-decoration-none" href="/terms" target="_blank"`},
		{`<form id="contactForm"`, `<form id="contactForm" action="/sent"`},
		{`text-uppercase disabled" id="submitButton"`, `text-uppercase" id="submitButton"`},
		{`</body>`, `<script>document.querySelector(".navbar-brand").addEventListener("click", event => {
			event.preventDefault();
			history.pushState(null, "", "/routed");
		})</script></body>`},
	} {
		if strings.Count(page, edit[0]) != 1 {
			t.Fatalf("the template has %s %d times", edit[0], strings.Count(page, edit[0]))
		}
		page = strings.Replace(page, edit[0], edit[1], 1)
	}
	a := &agency{site: newSite(t)}
	a.mux.Handle("GET /", http.FileServer(http.Dir(filepath.Join(folder, "dist"))))
	a.serve("/{$}", page)
	for _, path := range []string{"/legal", "/terms", "/sent"} {
		a.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			a.mu.Lock()
			a.asked = append(a.asked, r.URL.Path)
			a.mu.Unlock()
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			write(w, "<!doctype html><h1>"+path+"</h1>")
		})
	}
	return a
}

// click clicks an element of the front page and returns what came of it, once it has come to what is wanted of it: the documents that
// were asked for, where the tab is, and how long its history.
func (a *agency) click(t *testing.T, tab *browser.Tab, selector string, want outcome, how ...chromedp.MouseOption) outcome {
	t.Helper()
	at := browser.Eval[map[string]float64](tab, `(element => {
		element.scrollIntoView({block: "center", behavior: "instant"});
		const {x, y, width, height} = element.getBoundingClientRect();
		return {x: x + width / 2, y: y + height / 2};
	})(document.querySelector(`+quote(selector)+`))`)
	tab.Do(chromedp.MouseClickXY(at["x"], at["y"], how...))
	tab.Until(fmt.Sprintf(`location.pathname + location.hash === %s`, quote(want.at)))
	for left := 200; left > 0 && !slices.Equal(a.documents(), want.asked); left-- {
		tab.Run(`new Promise(done => setTimeout(done, 50))`)
	}
	tab.Run(`new Promise(done => setTimeout(done, 300))`) // whatever comes after it
	return outcome{a.documents(), browser.Eval[string](tab, `location.pathname + location.hash`), browser.Eval[int](tab, `history.length`)}
}

func (a *agency) documents() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

type outcome struct {
	asked []string
	at    string
	past  int
}

// What a click does on a real page is the same with the snippet and without, and the click counts once.
func TestBug12Scenario08ClicksOnARealPage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		selector string
		want     outcome
		how      []chromedp.MouseOption
	}{
		"link":          {".link-dark.me-3", outcome{[]string{"/legal"}, "/legal", 3}, nil},
		"target":        {".link-dark:not(.me-3)", outcome{[]string{"/terms"}, "/", 2}, nil},
		"control key":   {".link-dark.me-3", outcome{[]string{"/legal"}, "/", 2}, []chromedp.MouseOption{chromedp.ButtonModifiers(chromedp.ModifierCtrl)}},
		"middle button": {".link-dark.me-3", outcome{[]string{"/legal"}, "/", 2}, []chromedp.MouseOption{chromedp.ButtonMiddle}},
		"anchor":        {".masthead .btn", outcome{nil, "/#services", 3}, nil},
		"empty anchor":  {".team-member .btn", outcome{nil, "/#!", 3}, nil},
		"router":        {".navbar-brand", outcome{nil, "/routed", 3}, nil},
		"submit":        {"#submitButton", outcome{[]string{"/sent"}, "/sent", 3}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := test("agency", text(".masthead-heading", ours)).with(func(e *experiment) {
				e.Goals = []goal{{Key: "g", Type: "click", Selector: c.selector, Window: 7}}
			})
			tr := newTracker(t, e)
			for kind, a := range map[string]*agency{"without": newAgency(t, ""), "with": newAgency(t, tag(tr))} {
				tab := chromium.NewTab(t)
				tab.Open(a.URL)
				if kind == "with" {
					tr.await(1, "exposures", exposureOf(e))
				}
				if got := a.click(t, tab, c.selector, c.want, c.how...); quote(got.asked) != quote(c.want.asked) || got.at != c.want.at || got.past != c.want.past {
					t.Errorf("%s the snippet: %+v, want %+v", kind, got, c.want)
				}
			}
			tr.await(1, "clicks", conversionOf(e, "g"))
			counted(t, tr, chromium.NewTab(t), e, 1)
		})
	}
}
