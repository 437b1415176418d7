//go:build e2e

package journey_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/e2e/program"
)

const (
	headline = ".site-heading h1"
	theirs   = "Clean Blog"
	ours     = "A headline that was measured"
)

// recorder notes in every animation frame, just before it is painted, what the headline shows.
const recorder = `<script>
window.seen = {};
(function frame() {
	const e = document.querySelector("` + headline + `");
	if (e && e.textContent.trim() && e.checkVisibility({visibilityProperty: true, opacityProperty: true})) seen[e.textContent.trim()] = (seen[e.textContent.trim()] || 0) + 1;
	requestAnimationFrame(frame);
})();
</script>`

// blog serves the pages of a published template as a customer's site, with the snippet high in the head.
type blog struct {
	*httptest.Server
	snippet atomic.Pointer[string]
}

func newBlog(t *testing.T) *blog {
	t.Helper()
	folder, err := browser.CleanBlog.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	b := &blog{}
	root := filepath.Join(folder, "dist")
	files := http.FileServer(http.Dir(root))
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = "index.html"
		}
		if !strings.HasSuffix(name, ".html") {
			files.ServeHTTP(w, r)
			return
		}
		page, err := os.ReadFile(filepath.Join(root, filepath.Base(name)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		head := recorder
		if s := b.snippet.Load(); s != nil {
			head = *s + head
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(bytes.Replace(page, []byte("<head>"), []byte("<head>"+head), 1))
	}))
	t.Cleanup(b.Close)
	return b
}

// address is the blog under a name of its own: another site than the dashboard's.
func (b *blog) address() string { return strings.Replace(b.URL, "127.0.0.1", "blog.test", 1) }

func TestMarketerMeasuresARealPage(t *testing.T) {
	p := program.New(t)
	p.Serve()
	site := newBlog(t)
	m := register(t, p)
	siteID, snippet := m.addSite(site.address())
	site.snippet.Store(&snippet)
	m.seeTheSnippetAlive(siteID, site)
	id := m.launch(map[string]string{
		"name": "Headline", "url": "/", "goals[0][name]": "Opens a post", "goals[0][type]": "click", "goals[0][selector]": ".post-preview a",
		"variants[1][name]": "Measured", "variants[1][changes][0][action]": "text", "variants[1][changes][0][selector]": headline,
		"variants[1][changes][0][value]": ours, "site": siteID,
	})
	script := snippet[strings.Index(snippet, "http") : strings.Index(snippet, ".js")+3]
	p.Await("told to browsers", func() bool { return strings.Contains(get(t, script), id) })

	m.Open(p.URL + "/experiments/" + id)
	visitors, measured, converted := 0, 0, false
	for range 40 {
		visitor := chrome.NewTab(t)
		visitor.Open(site.address() + "/")
		visitor.Until(`document.readyState === "complete" && document.querySelector("` + headline + `")`)
		visitors++
		shown := browser.Eval[string](visitor, `document.querySelector("`+headline+`").textContent.trim()`)
		seen := browser.Eval[map[string]int](visitor, "seen")
		if shown == ours {
			measured++
			if seen[theirs] > 0 {
				t.Errorf("the variant's visitor saw %d frames of the original", seen[theirs])
			}
		}
		if shown == ours && !converted {
			converted = true
			visitor.Run(`document.querySelector(".post-preview a").click()`)
			visitor.Until(`location.pathname.endsWith("post.html")`)
			start := time.Now()
			m.seesCounted("Measured", 1, 1)
			t.Logf("the conversion was on the page after %s", time.Since(start).Round(10*time.Millisecond))
		}
		if errs := visitor.Console.Errors(); len(errs) > 0 && !onlyTheirs(errs) {
			t.Errorf("console errors of the visitor: %q", errs)
		}
		visitor.Close()
		if converted && visitors >= 6 {
			break
		}
	}
	if !converted {
		t.Fatal("40 visitors and none got the variant")
	}
	m.seesCounted("Measured", measured, 1)
	m.seesCounted("Original", visitors-measured, 0)
	checkStored(t, p, id, visitors)
	if errs := m.Console.Errors(); len(errs) > 0 {
		t.Errorf("console errors of the marketer: %q", errs)
	}
}

// onlyTheirs: the template asks for files of other hosts, which do not exist here, with the snippet or without.
func onlyTheirs(errs []string) bool {
	for _, e := range errs {
		if !strings.Contains(e, "bootstrap") && !strings.Contains(e, "net::ERR_NAME_NOT_RESOLVED") && !strings.Contains(e, "use.fontawesome") && !strings.Contains(e, "fonts.googleapis") {
			return false
		}
	}
	return true
}

func checkStored(t *testing.T, p *program.Program, id string, visitors int) {
	t.Helper()
	_, conn := p.Database()
	var exposed, converters int
	p.Await(fmt.Sprintf("%d exposures in the database", visitors), func() bool {
		err := conn.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM assignments WHERE experiment_id = $1 AND exposed_at IS NOT NULL AND counted), (SELECT count(*) FROM conversions WHERE experiment_id = $1)", id).Scan(&exposed, &converters)
		if err != nil {
			t.Fatal(err)
		}
		return exposed >= visitors
	})
	if exposed != visitors || converters != 1 {
		t.Errorf("the database holds %d exposures and %d converters, want %d and 1", exposed, converters, visitors)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
