//go:build e2e

package snippet_test

import (
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/edge"
)

// edgeBlog is the blog with the snippet in its head, behind an edge.
func edgeBlog(t *testing.T, tr *tracker) *httptest.Server {
	t.Helper()
	folder, err := browser.CleanBlog.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(filepath.Join(folder, "dist/index.html"))
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.serve("/{$}", strings.Replace(string(index), "<head>", "<head>"+tag(tr), 1))
	return atEdge(t, tr, s)
}

// atEdge is a site behind an edge.
func atEdge(t *testing.T, tr *tracker, s *site) *httptest.Server {
	t.Helper()
	e, err := edge.New(edge.Config{Tracker: tr.URL, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	upstream, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(e.Proxy(upstream))
	t.Cleanup(front.Close)
	return front
}

func blogTest() experiment {
	inserted := `<p class="note">Only today</p>`
	return test("edge", text(".site-heading h1", "Served"), style(".subheading", "color", "rgb(1, 2, 3)"),
		change{ID: "c3", Selector: ".site-heading", Action: "insert", Position: "last", Value: &inserted})
}

func TestEdgeServesTheVariantWithoutScripts(t *testing.T) {
	t.Parallel()
	front := edgeBlog(t, newTracker(t, blogTest()))
	tab := chromium.NewTab(t)
	tab.WithoutScripts()
	tab.Open(front.URL)
	for selector, want := range map[string]string{".site-heading h1": "Served", ".note": "Only today"} {
		if got := browser.Eval[string](tab, `document.querySelector("`+selector+`").textContent`); got != want {
			t.Errorf("%s is %q, want %q", selector, got, want)
		}
	}
	if got := browser.Eval[string](tab, `getComputedStyle(document.querySelector(".subheading")).color`); got != "rgb(1, 2, 3)" {
		t.Errorf("the style is %s, want the variant's", got)
	}
}

// With scripts the snippet finds the page made, counts it once and does nothing to it.
func TestEdgeAndSnippetShareAPage(t *testing.T) {
	t.Parallel()
	e := blogTest()
	tr := newTracker(t, e)
	front := edgeBlog(t, tr)
	tab := chromium.NewTab(t)
	tab.OnNewDocument(`
		window.frames = new Set();
		const look = () => {
			const title = document.querySelector(".site-heading h1");
			if (title) frames.add(getComputedStyle(title).visibility + " " + title.textContent);
			requestAnimationFrame(look);
		};
		look();`)
	tab.Open(front.URL)
	tr.await(1, "exposures", exposureOf(e))
	time.Sleep(700 * time.Millisecond) // a second exposure would have come by now
	if got := tr.accepted(ofType("exposure")); len(got) != 1 {
		t.Errorf("got %d exposures, want one", len(got))
	}
	if got := browser.Eval[[]string](tab, `Array.from(frames)`); quote(got) != `["visible Served"]` {
		t.Errorf("frames show %q, want the variant alone", got)
	}
	if got := browser.Eval[int](tab, `document.querySelectorAll(".note").length`); got != 1 {
		t.Errorf("the note is there %d times, want once", got)
	}
	if got := browser.Eval[int](tab, `document.adoptedStyleSheets.reduce((n, sheet) => n + sheet.cssRules.length, 0)`); got != 0 {
		t.Errorf("the snippet drew %d rules, want none", got)
	}
	if got := browser.Eval[string](tab, `samplit("debug")[0].why`); got != "served" {
		t.Errorf("the snippet says %q, want served", got)
	}
	for _, line := range tab.Console.Errors() {
		if strings.HasPrefix(line, "exception") { // the blog's own files are not here
			t.Error(line)
		}
	}
}

// Whom a partner domain hands over, the edge and the snippet take for the same visitor on the first page already, which then counts.
func TestEdgeAndSnippetTakeOverTheSameVisitor(t *testing.T) {
	t.Parallel()
	e := test("handed", text("#paid", "Served")).with(func(e *experiment) { e.URL = "/pay" })
	tr, s, tab := partners(t, e)
	front := atEdge(t, tr, s)
	pay := strings.Replace(front.URL, "127.0.0.1", "pay.test", 1)
	tab.Open(pay + "/pay")
	tab.Run(`document.cookie = "_smp=` + newer + `;path=/"`)
	tab.Open(s.at("shop.test", "/"))
	id := browser.Eval[string](tab, `document.cookie = "_smp=`+older+`;path=/"; localStorage._smp = JSON.stringify(["`+older+`"]); "`+older+`"`)
	tab.Open(s.at("shop.test", "/"))
	tr.await(1, "exposures", exposureOf(e)) // of the first visit to the other domain
	tab.Run(`const to = samplit("link", ` + quote(pay+"/pay?plan=b") + `); setTimeout(() => { location.href = to })`)
	tab.Until(`document.readyState === "complete" && document.querySelector("#paid")`)
	got := browser.Eval[[]string](tab, `[`+idHere+`, JSON.parse(document.querySelector("#samplit-served").textContent).visitor, samplit("debug")[0].why, samplit("debug")[0].arm, location.search]`)
	if diff := cmp.Diff([]string{id, id[:22], "served", "variant", "?plan=b"}, got); diff != "" {
		t.Errorf("id, visitor of the edge, why, arm and query (-want +got)\n%s", diff)
	}
	if last := tr.await(2, "exposures", exposureOf(e))[1]; last.VisitorID != id[:22] {
		t.Errorf("%s has seen the page, want %s", last.VisitorID, id)
	}
}
