//go:build e2e

package snippet_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// Routers and single-page applications that nobody here wrote.
var (
	turbo = browser.Package{Name: "@hotwired/turbo", Version: "8.0.23",
		Integrity: "sha512-GZ7cijxEZ6Ig71u7rD6LHaRv/wcE/hNsc+nEfiWOkLNqUgLOwo5MNGWOy5ZV9ZUDSiQx1no7YxjTNnT4O6//cQ=="}
	htmx = browser.Package{Name: "htmx.org", Version: "2.0.11",
		Integrity: "sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA=="}
	reveal = browser.Package{Name: "reveal.js", Version: "6.0.2",
		Integrity: "sha512-JYIg5D9aoxoaLeb84O+OvAwsKWdIavVgEDScxtYEXFCT6t6TQrhNtSgogcjdCpdLsWglhJn3zyE3fUOwiH5KEg=="}
	swagger = browser.Package{Name: "swagger-ui-dist", Version: "5.35.0",
		Integrity: "sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ=="}
)

// mount serves the files of a package below a path, every page with head at the start of its head and attributes in its body tag.
func (s *site) mount(t *testing.T, path string, pkg browser.Package, folder, head, body string) {
	t.Helper()
	root, err := pkg.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	files := http.FileServer(http.Dir(filepath.Join(root, folder)))
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, path)
		if !strings.HasSuffix(name, ".html") {
			http.StripPrefix(strings.TrimSuffix(path, "/"), files).ServeHTTP(w, r)
			return
		}
		page, err := os.ReadFile(filepath.Join(root, folder, filepath.FromSlash(name)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		write(w, strings.NewReplacer("<head>", "<head>"+head, "<body", "<body "+body).Replace(string(page)))
	})
}

// The right changes on the right pages through ten moves of a router, nothing left behind, one exposure of each experiment.
func TestScenario06TourOfARealSite(t *testing.T) {
	for name, c := range map[string]struct {
		router       browser.Package
		script, body string
		ready        string // the router has taken the links of a page over
	}{
		"turbo": {turbo, "/router/dist/turbo.es2017-umd.js", "", `true`},
		"htmx":  {htmx, "/router/dist/htmx.min.js", `hx-boost="true"`, `document.querySelector("nav a")["htmx-internal-data"]?.boosted`},
	} {
		t.Run(name, func(t *testing.T) {
			home := test("home", text(".site-heading h1", "Our blog"), style(".site-heading h1", "color", "rgb(1, 2, 3)")).with(func(e *experiment) { e.URL = "/index.html" })
			about := test("about", text(".page-heading h1", "Our story"), attr(".page-heading h1", "title", "ours")).with(func(e *experiment) { e.URL = "/about.html" })
			tr, s := newTracker(t, home, about), newSite(t)
			s.mount(t, "/", browser.CleanBlog, "dist", tag(tr)+`<script src="`+c.script+`"></script>`, c.body)
			s.mount(t, "/router/", c.router, ".", "", "")
			tab := chromium.NewTab(t)
			tab.Open(s.URL + "/index.html")
			tab.Run(`window.stayed = true`)
			const state = `[location.pathname, document.querySelector("h1").textContent.trim(), document.querySelector("h1").title, document.adoptedStyleSheets[0].cssRules.length].join()`
			blog, story, plain := "/index.html,Our blog,,1", "/about.html,Our story,ours,0", "/contact.html,Contact Me,,0"
			tab.Until(state + " === " + quote(blog))
			link := func(to string) string { return fmt.Sprintf(`document.querySelector('nav a[href=%q]').click()`, to) }
			for i, step := range []struct{ script, want string }{
				{link("about.html"), story}, {link("contact.html"), plain}, {`history.back()`, story}, {`history.back()`, blog}, {`history.forward()`, story},
				{link("contact.html"), plain}, {link("index.html"), blog}, {link("about.html"), story}, {`history.back()`, blog}, {`history.go(-2)`, story},
			} {
				tab.Until(c.ready)
				tab.Run(step.script + ";0")
				tab.Until(state + " === " + quote(step.want))
				if !browser.Eval[bool](tab, `window.stayed === true`) {
					t.Fatalf("step %d left the page: the router did not do it", i)
				}
			}
			for _, e := range []experiment{home, about} {
				if got := tr.await(1, "exposures", exposureOf(e)); len(got) != 1 {
					t.Errorf("%s: %d exposures, want 1", e.Key, len(got))
				}
			}
		})
	}
}

// A deck of slides is one page whatever its hash says, also on the way back.
func TestScenario07Slides(t *testing.T) {
	e := test("deck", text(".slides section h2", "Ours"))
	tr, s := newTracker(t, e), newSite(t)
	s.mount(t, "/", reveal, ".", tag(tr), "")
	tab := chromium.NewTab(t)
	tab.Open(s.URL + "/demo.html")
	tab.Until(`window.Reveal && Reveal.isReady()`)
	tr.await(1, "exposures", exposureOf(e))
	for range 5 {
		tab.Run(`window.before = location.hash; Reveal.next(); 0`)
		tab.Until(`location.hash !== before`)
	}
	tab.Run(`window.before = location.hash; location.hash = "#/1"; 0`)
	tab.Until(`Reveal.getState().indexh === 1`)
	tab.Run(`history.back(); 0`)
	tab.Until(`location.hash === before`)
	tab.Run(`new Promise(done => setTimeout(done, 800))`)
	if got := tr.accepted(ofType("pageview")); len(got) != 1 {
		t.Errorf("%d page views, want 1", len(got))
	}
	if got := tr.accepted(exposureOf(e)); len(got) != 1 {
		t.Errorf("%d exposures, want 1", len(got))
	}
}

// A React application renders late, and renders again: what it renders is changed all the same.
func TestScenario07LateApplication(t *testing.T) {
	e := test("late", text(".info .title", "Our interface "), style(".opblock-summary-path", "color", "rgb(1, 2, 3)"))
	tr, s := newTracker(t, e), newSite(t)
	s.mount(t, "/", swagger, ".", tag(tr), "")
	s.mux.HandleFunc("GET /swagger-initializer.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		write(w, `window.onload = () => setTimeout(() => { window.ui = SwaggerUIBundle({url: "/spec.json", dom_id: "#swagger-ui", presets: [SwaggerUIBundle.presets.apis]}) }, 600)`)
	})
	s.mux.HandleFunc("GET /spec.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		write(w, `{"openapi":"3.0.0","info":{"title":"Shop","version":"1"},"paths":{"/bags":{"get":{"responses":{"200":{"description":"ok"}}}}}}`)
	})
	tab := chromium.NewTab(t)
	tab.Open(s.URL + "/index.html")
	tr.await(1, "exposures", exposureOf(e))
	const state = `document.querySelector(".info .title").firstChild.data + getComputedStyle(document.querySelector(".opblock-summary-path")).color`
	tab.Until(state + ` === "Our interface rgb(1, 2, 3)"`)
	tab.Run(`ui.specActions.updateJsonSpec({...ui.specSelectors.specJson().toJS(), info: {title: "Another", version: "2"}})`)
	tab.Until(`document.querySelector(".info").textContent.includes("2") && ` + state + ` === "Our interface rgb(1, 2, 3)"`)
	noErrors(t, tab)
}
