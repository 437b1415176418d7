//go:build e2e

package views

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"github.com/samplit/samplit/static"
)

// policy is what the pages must live under.
const policy = "default-src 'self'; script-src 'self' 'nonce-gallery'; style-src 'self' 'nonce-gallery'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

// galleryServer serves every exhibit at /gallery/{lang}/{theme}/{name}, and what a test adds to it. What a page asks for by
// itself is answered as unchanged.
func galleryServer(t *testing.T, add map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	unchanged := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }
	framed := func(w http.ResponseWriter, r *http.Request) {
		answer(t, withLang("en"), w, EditorFramed(EditorFrame{Problem: "–"}))
	}
	here := func(w http.ResponseWriter, r *http.Request) {
		answer(t, withLang("en"), w, EditorOthers([]string{"Bo"}, 4))
	}
	mistakes := func(w http.ResponseWriter, r *http.Request) {
		answer(t, withLang("en"), w, PlanMistakes(ForecastMistakes{Known: true, FalseWinner: 0.03, Runs: 200}))
	}
	routes := map[string]http.HandlerFunc{"GET /experiments/{id}/plan/mistakes": mistakes, "POST /experiments/{id}/editor/frame": framed, "POST /experiments/{id}/editor/{variant}/here": here,
		"GET /experiments/{id}/results": unchanged, "GET /sites/{id}/check": unchanged,
		"GET /debugger/{id}/stream": func(w http.ResponseWriter, r *http.Request) { streamSamples(t, w, r) }}
	maps.Copy(routes, add)
	for pattern, handler := range routes {
		mux.HandleFunc(pattern, handler)
	}
	exhibits := make(map[string]exhibit)
	for _, e := range gallery() {
		exhibits[e.name] = e
	}
	mux.HandleFunc("GET /gallery/{lang}/{theme}/{name}", func(w http.ResponseWriter, r *http.Request) {
		e, ok := exhibits[r.PathValue("name")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		ctx, page := e.component(r.PathValue("lang"), r.PathValue("theme"))
		answer(t, ctx, w, page)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// streamSamples sends the sample of sightings of site s1, and of another site nothing, and stays open.
func streamSamples(t *testing.T, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "event: open\ndata:\n\n")
	ctx := withLang("en")
	if strings.Contains(r.Referer(), "/es/") {
		ctx = withLang("es")
	}
	for _, s := range slices.Backward(sampleSightings()) {
		if r.PathValue("id") == "s1" {
			fmt.Fprintf(w, "id: %s\nevent: sighting\ndata: %s\n\n", s.ID, strings.ReplaceAll(render(t, ctx, SightingRow(s)), "\n", "\ndata: "))
		}
	}
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// answer writes a component under the policy that the pages must live with.
func answer(t *testing.T, ctx context.Context, w http.ResponseWriter, component templ.Component) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := component.Render(ctx, w); err != nil {
		t.Errorf("render: %v", err)
	}
}

// patience is how long a step in the browser may take before the test gives up, whatever else the machine does.
const patience = 40 * time.Second

// browser starts a headless Chromium that asks nobody but this test.
func browser(t *testing.T) context.Context {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true))
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// axeSource is the accessibility checker, fetched by npm with its pinned hash.
func axeSource(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("testdata", "axe")
	file := filepath.Join(dir, "node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(file); err != nil {
		cmd := exec.Command("npm", "ci", "--ignore-scripts")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("npm ci in %s: %v\n%s", dir, err, out)
		}
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// violation is what axe found, cut down to what a person needs to repair it.
type violation struct {
	ID    string   `json:"id"`
	Nodes []string `json:"nodes"`
}

const runAxe = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => JSON.stringify(
	r.violations.map(v => ({id: v.id, nodes: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary)}))))`

// view is how a page is looked at.
type view struct {
	lang, theme string
	width       int64
}

// lengthen makes every text 40 % longer, as a language with longer words would.
const lengthen = `(() => {
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	let changed = 0;
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		const text = node.data.trim();
		if (text.length < 2 || node.parentElement.closest("script, svg, code, pre, textarea")) continue;
		node.data += " " + "lengths ".repeat(Math.ceil(text.length * 0.05));
		changed++;
	}
	return changed;
})()`

// looks are each language in each theme, and both widths with each of them; with -artifacts every combination and more widths.
func looks() []view {
	if !keepsPictures() {
		return []view{{"en", "paper", 1280}, {"en", "ink", 390}, {"es", "paper", 390}, {"es", "ink", 1280}}
	}
	var all []view
	for _, lang := range []string{"en", "es"} {
		for _, theme := range []string{"paper", "ink"} {
			for _, width := range []int64{390, 768, 1280, 1920} {
				all = append(all, view{lang, theme, width})
			}
		}
	}
	return all
}

// keepsPictures says whether the tests run with -artifacts; then they take screenshots.
func keepsPictures() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}

// TestLook opens every page in both languages and themes, at a desk's and at a phone's width. No page may break an accessibility
// rule, write to the console or scroll sideways, not even at 320 px with longer words. With go test -artifacts -outputdir DIR it takes screenshots.
func TestLook(t *testing.T) {
	address, ctx, axe := galleryServer(t, nil), browser(t), axeSource(t)
	console := watchConsole(ctx)
	for _, e := range gallery() {
		t.Run(e.name, func(t *testing.T) {
			for _, v := range looks() {
				t.Run(fmt.Sprintf("%s/%s/%d", v.lang, v.theme, v.width), func(t *testing.T) {
					open(t, ctx, fmt.Sprintf("%s/gallery/%s/%s/%s", address, v.lang, v.theme, e.name), v.width)
					until(t, ctx, `!document.querySelector("[data-state='opening']")`)
					fits(t, ctx)
					photograph(t, ctx, shotName(t))
					accessible(t, ctx, axe)
					if v.width == 390 {
						run(t, ctx, chromedp.EmulateViewport(320, 900))
						fits(t, ctx)
						eval[int](t, ctx, lengthen)
						fits(t, ctx)
					}
					for _, line := range console.take() {
						t.Errorf("console: %s", line)
					}
				})
			}
		})
	}
}

// consoleLog collects what pages write to the console.
type consoleLog struct {
	mu    sync.Mutex
	lines []string
}

func watchConsole(ctx context.Context) *consoleLog {
	l := &consoleLog{}
	messages := chromedp.Console(ctx)
	go func() {
		for message, err := range messages {
			if err != nil {
				return
			}
			if message.Type == chromedp.ConsoleDebug || message.Type == chromedp.ConsoleInfo {
				continue
			}
			l.mu.Lock()
			l.lines = append(l.lines, message.String())
			l.mu.Unlock()
		}
	}()
	return l
}

func (l *consoleLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines
	l.lines = nil
	return lines
}

func run(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for i, step := range steps {
		if err := chromedp.Do(limited, step); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
}

func eval[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	value, err := chromedp.Run(limited, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression[:min(len(expression), 80)], err)
	}
	return value
}

// until waits for a condition in the page, over navigations too.
func until(t *testing.T, ctx context.Context, condition string) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		ok, err := chromedp.Run(limited, chromedp.Evaluate[bool]("!!("+condition+")"))
		if ok {
			return
		}
		if limited.Err() != nil {
			t.Fatalf("never came true: %s: %v", condition, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func open(t *testing.T, ctx context.Context, address string, width int64) {
	t.Helper()
	run(t, ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(address))
}

// fits fails when the page is wider than the window.
func fits(t *testing.T, ctx context.Context) {
	t.Helper()
	if wider := eval[int](t, ctx, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wider > 0 {
		t.Errorf("scrolls %d px sideways at %d px", wider, eval[int](t, ctx, "innerWidth"))
	}
}

func photograph(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if !keepsPictures() {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// accessible fails for every rule of axe that the page breaks.
func accessible(t *testing.T, ctx context.Context, axe string) {
	t.Helper()
	var violations []violation
	if err := json.Unmarshal([]byte(eval[string](t, ctx, axe+"\n;"+runAxe)), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("%s\n  %s", v.ID, strings.Join(v.Nodes, "\n  "))
	}
}

// shotName is the test's name as a file: TestLook/home/en/paper/390 is home-en-paper-390.png.
func shotName(t *testing.T) string {
	return strings.ReplaceAll(strings.TrimPrefix(t.Name(), "TestLook/"), "/", "-") + ".png"
}
