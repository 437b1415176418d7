//go:build e2e

package snippet_test

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/edge"
	"github.com/samplit/samplit/engine/stats"
)

// threeElements are a headline, a button and a line below the headline with two, two and three variants. All of their changes are sent
// with one id, and some leave marks by their ids on the page.
func threeElements(mode string, over members) members {
	change := func(action, name, value, position string, limit int) members {
		return members{"id": "c1", "action": action, "name": name, "value": value, "position": position, "limit": limit}
	}
	original := members{"key": "o", "name": "Original", "is_control": true}
	body := members{"mode": mode, "url": "/" + mode + "*", "elements": []members{
		{"key": "headline", "name": "Headline", "selector": ".site-heading h1", "variants": []members{original,
			{"key": "b", "name": "Short", "changes": []members{change("style", "color", "rgb(1, 2, 3)", "", 1), {"action": "text", "value": "Blog"}}}}},
		{"key": "button", "name": "Button", "selector": ".btn-primary", "variants": []members{original,
			{"key": "b", "name": "Plain", "changes": []members{change("style", "color", "rgb(4, 5, 6)", "", 1), {"action": "text", "value": "More"}}}}},
		{"key": "line", "name": "Line", "selector": ".subheading", "variants": []members{original,
			{"key": "b", "name": "Noted", "changes": []members{change("insert", "", "<em class=note>New</em>", "after", 0)}},
			{"key": "c", "name": "Gone", "changes": []members{change("hide", "", "", "", 1)}}}}}}
	maps.Copy(body, over)
	return body
}

// cellShown is the combination that a document shows, by the keys of its variants.
const cellShown = `(doc => {
	const style = selector => doc.defaultView.getComputedStyle(doc.querySelector(selector));
	return [
		doc.querySelector(".site-heading h1").textContent === "Blog" && style(".site-heading h1").color === "rgb(1, 2, 3)" ? "b" : "o",
		doc.querySelector(".btn-primary").textContent === "More" && style(".btn-primary").color === "rgb(4, 5, 6)" ? "b" : "o",
		style(".subheading").display === "none" ? "c" : doc.querySelectorAll(".subheading + .note").length ? "b" : "o",
	].join(".");
})`

// elementsSite is the blog at every address that ends with blog, and at those with light a page of the three elements alone. /be makes
// the browser that of a visitor, as does the query of a page for its scripts.
func elementsSite(t *testing.T, head string) *site {
	t.Helper()
	folder, err := browser.CleanBlog.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(filepath.Join(folder, "dist/index.html"))
	if err != nil {
		t.Fatal(err)
	}
	const become = `<script>{
		const as = new URLSearchParams(location.search).get("as");
		if (as) { localStorage.clear(); sessionStorage.clear(); document.cookie = "_smp=" + as + ".20000;path=/"; }
	}</script>`
	s := newSite(t)
	s.mux.Handle("GET /", http.FileServer(http.Dir(filepath.Join(folder, "dist"))))
	s.mux.HandleFunc("GET /be", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "_smp", Value: r.URL.Query().Get("as") + ".20000", Path: "/"})
		http.SetCookie(w, &http.Cookie{Name: "_smp_e", Path: "/", MaxAge: -1}) // what the one before was served
		io.WriteString(w, "yes")
	})
	for _, mode := range []string{"independent", "factorial"} {
		s.serve("/"+mode+"-blog", strings.Replace(string(index), "<head>", "<head>"+become+head, 1))
		s.document("/"+mode+"-light", become+head, `<div class="site-heading"><h1>Clean Blog</h1><span class="subheading">A blog</span></div><a class="btn-primary">Older</a>`)
	}
	s.document("/walk", "", "")
	return s
}

// behindEdge is the site as server mode serves it.
func (s *server) behindEdge(of *site) *httptest.Server {
	s.t.Helper()
	e, err := edge.New(edge.Config{Tracker: s.p.URL, Token: s.Token})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := e.Refresh(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	upstream, err := url.Parse(of.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	front := httptest.NewServer(e.Proxy(upstream))
	s.t.Cleanup(front.Close)
	return front
}

// walk sends visitors to a page, one after the other, and returns what each was shown.
func walk(t *testing.T, s *site, path string, visitors []string) []string {
	t.Helper()
	tab := chromium.NewTab(t)
	tab.Open(s.URL + "/walk")
	tab.Run(`window.seen = []; (async () => {
		const frame = document.body.appendChild(document.createElement("iframe"));
		for (const id of ` + quote(visitors) + `) {
			await new Promise(loaded => { frame.onload = loaded; frame.src = ` + quote(path) + ` + "?as=" + id; });
			seen.push(` + cellShown + `(frame.contentDocument));
		}
	})(); 0`)
	for done := 0; done < len(visitors); {
		tab.Until(fmt.Sprintf(`seen.length === %d || seen.length >= %d`, len(visitors), done+30))
		done = browser.Eval[int](tab, `seen.length`)
	}
	return browser.Eval[[]string](tab, `seen`)
}

// Three elements with two, two and three variants, each by itself and in combinations.
func TestScenario20Elements(t *testing.T) {
	sv := newServer(t)
	s := elementsSite(t, sv.tag())
	for _, mode := range []string{"independent", "factorial"} {
		t.Run(mode, func(t *testing.T) {
			id := sv.Start(mode, threeElements(mode, nil))
			e := sv.told(id, 1)
			t.Run("server and browser make the same page", func(t *testing.T) { sameFromServerAndBrowser(t, s, sv.behindEdge(s), mode, e) })
			t.Run("cells are even and elements independent", func(t *testing.T) { evenAndIndependent(t, s, mode, e) })
			t.Run("the results name what is better", func(t *testing.T) { namesTheWinner(t, sv, e) })
			sv.Status(id, "completed")
		})
	}
}

// cells are all combinations of the variants.
func cells() (out []string) {
	for _, headline := range []string{"o", "b"} {
		for _, button := range []string{"o", "b"} {
			for _, line := range []string{"o", "b", "c"} {
				out = append(out, strings.Join([]string{headline, button, line}, "."))
			}
		}
	}
	return out
}

func sameFromServerAndBrowser(t *testing.T, s *site, front *httptest.Server, mode string, e experiment) {
	served, made := chromium.NewTab(t), chromium.NewTab(t)
	served.WithoutScripts()
	for _, cell := range cells() {
		visitor := e.visitorOf(cell)
		served.Open(front.URL + "/be?as=" + visitor)
		served.Open(front.URL + "/" + mode + "-blog")
		made.Open(s.URL + "/" + mode + "-blog?as=" + visitor)
		for name, tab := range map[string]*browser.Tab{"server": served, "browser": made} {
			if got := browser.Eval[string](tab, cellShown+`(document)`); got != cell {
				t.Errorf("the %s shows %s, want %s", name, got, cell)
			}
		}
		if diff := cmp.Diff(whole(served), whole(made)); diff != "" {
			t.Errorf("%s (-server +browser)\n%s", cell, diff)
		}
	}
	for _, line := range made.Console.Errors() {
		if !strings.Contains(line, "net::ERR_NAME_NOT_RESOLVED") { // the template asks for files of other hosts, which do not exist here
			t.Error(line)
		}
	}
}

// whole is the document without what is only there to tell the snippet, and the rules that servers write and browsers hold elsewhere.
func whole(tab *browser.Tab) string {
	tab.Run(dump)
	return browser.Eval[string](tab, `(copy => {
		copy.querySelectorAll("#samplit-served, style[data-smp]").forEach(element => element.remove());
		return dump(copy);
	})(document.documentElement.cloneNode(true))`)
}

func evenAndIndependent(t *testing.T, s *site, mode string, e experiment) {
	var visitors []string
	for i := range 240 {
		visitors = append(visitors, fmt.Sprintf("walking-%014d", i))
	}
	shown := walk(t, s, "/"+mode+"-light", visitors)
	count := map[string]float64{}
	for i, cell := range shown {
		if want := e.cellOf(visitors[i]); cell != want {
			t.Fatalf("visitor %s is shown %s, want %s", visitors[i], cell, want)
		}
		count[cell]++
	}
	var observed, even []float64
	for _, cell := range cells() {
		observed, even = append(observed, count[cell]), append(even, 1)
	}
	if p, _, _ := stats.SRM(observed, even); p < 0.001 {
		t.Errorf("p %.5f of an even split: %v", p, count)
	}
	for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
		if p := dependence(shown, pair[0], pair[1]); p < 0.001 {
			t.Errorf("elements %v depend on each other, p %.5f", pair, p)
		}
	}
}

// dependence is the p-value of a chi-square test of two elements of cells.
func dependence(cells []string, a, b int) float64 {
	pairs, first, second := map[[2]string]float64{}, map[string]float64{}, map[string]float64{}
	for _, cell := range cells {
		levels := strings.Split(cell, ".")
		pairs[[2]string{levels[a], levels[b]}]++
		first[levels[a]]++
		second[levels[b]]++
	}
	chi := 0.0
	for x, m := range first {
		for y, n := range second {
			want := m * n / float64(len(cells))
			have := pairs[[2]string{x, y}]
			chi += (have - want) * (have - want) / want
		}
	}
	return stats.ChiSquareTail(chi, float64((len(first)-1)*(len(second)-1)))
}

// namesTheWinner plants an effect: each element's last variant doubles the rate.
func namesTheWinner(t *testing.T, sv *server, e experiment) {
	r := rand.New(rand.NewPCG(20, 1))
	var events []members
	for i := range 12_000 {
		visitor, rate := fmt.Sprintf("planted-%014d", i), 0.04
		for place, better := range []string{"b", "b", "c"} {
			if strings.Split(e.cellOf(visitor), ".")[place] == better {
				rate *= 2
			}
		}
		events = append(events, e.exposures(visitor)...)
		if r.Float64() < rate {
			events = append(events, members{"type": "conversion", "visitor_id": visitor, "experiment": e.ID, "goal": "buy"})
		}
	}
	sv.count(events)
	var verdict map[string]any
	sv.p.Await("decided", func() bool {
		verdict = sv.results(e.ID)["verdict"].(map[string]any)
		return verdict["action"] != "keep_running"
	})
	if verdict["action"] != "ship" || verdict["variant"] != "b.b.c" {
		t.Errorf("the verdict is %v, want to ship b.b.c", verdict)
	}
	tab := sv.dashboard()
	tab.Open(sv.p.URL + "/experiments/" + e.ID)
	tab.Until(`["Short", "Plain", "Gone"].every(name => document.querySelector(".verdict").textContent.includes(name))`)
}

// What is not to go together is never shown together, by neither door.
func TestScenario20ExcludedPair(t *testing.T) {
	sv := newServer(t)
	s := elementsSite(t, sv.tag())
	e := sv.told(sv.Start("factorial", threeElements("factorial", members{"excluded_pairs": []members{{"headline": "b", "line": "c"}}})), 1)
	var visitors []string
	for i := range 200 {
		visitors = append(visitors, fmt.Sprintf("walking-%014d", i))
	}
	seen := map[string]int{}
	for _, cell := range walk(t, s, "/factorial-light", visitors) {
		seen[cell]++
	}
	if len(seen) != 10 || seen["b.o.c"]+seen["b.b.c"] > 0 || len(e.Splits[0].Arms) != 10 {
		t.Errorf("visitors were shown %v of %v", seen, e.Splits[0].Arms)
	}
}
