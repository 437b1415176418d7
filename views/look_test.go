//go:build e2e

package views

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/samplit/samplit/static"
)

// policy is what the pages must live under.
const policy = "default-src 'self'; script-src 'self' 'nonce-gallery'; style-src 'self' 'nonce-gallery'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

// galleryServer serves every exhibit at /gallery/{lang}/{theme}/{name}.
func galleryServer(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	unchanged := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }
	mux.HandleFunc("GET /experiments/{id}/results", unchanged)
	mux.HandleFunc("GET /sites/{id}/check", unchanged)
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
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		ctx, page := e.component(r.PathValue("lang"), r.PathValue("theme"))
		if err := page.Render(ctx, w); err != nil {
			t.Errorf("%s: %v", e.name, err)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

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

// TestLook opens every page in both languages and themes, at a desk's and at a phone's width. No page may break an accessibility
// rule, write to the console or scroll sideways. Screenshots go to the test's artifacts (go test -artifacts -outputdir DIR).
func TestLook(t *testing.T) {
	address, ctx, axe := galleryServer(t), browser(t), axeSource(t)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	console := watchConsole(ctx)
	for _, e := range gallery() {
		t.Run(e.name, func(t *testing.T) {
			for _, lang := range []string{"en", "es"} {
				for _, theme := range []string{"paper", "ink"} {
					for _, width := range []int64{1280, 390} {
						t.Run(fmt.Sprintf("%s/%s/%d", lang, theme, width), func(t *testing.T) {
							look(t, ctx, fmt.Sprintf("%s/gallery/%s/%s/%s", address, lang, theme, e.name), width, axe)
							for _, line := range console.take() {
								t.Errorf("console: %s", line)
							}
						})
					}
				}
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

func look(t *testing.T, ctx context.Context, address string, width int64, axe string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	overflow, err := chromedp.Run(ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
	if err != nil {
		t.Fatal(err)
	}
	if overflow > 0 {
		t.Errorf("scrolls %d px sideways", overflow)
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), shotName(t)), picture, 0o644); err != nil {
		t.Fatal(err)
	}
	report, err := chromedp.Run(ctx, chromedp.Evaluate[string](axe+"\n;"+runAxe, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var violations []violation
	if err := json.Unmarshal([]byte(report), &violations); err != nil {
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
