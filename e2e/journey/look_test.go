//go:build e2e

package journey_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/e2e/program"
	"github.com/samplit/samplit/services"
)

// violation is what axe found, cut down to what a person needs to repair it.
type violation struct {
	ID, Help string
	Nodes    []string
}

const runAxe = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
	.then(r => JSON.stringify(r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))}))))`

// TestEveryPageIsAccessible opens every page of the demo account in both themes, both widths and both languages. With LOOK_DIR set
// it leaves a screenshot of each there.
func TestEveryPageIsAccessible(t *testing.T) {
	p := program.New(t, "LEARN_INTERVAL=200ms")
	p.Serve()
	if out, code := p.Output("demo", "--visitors", "600"); code != 0 {
		t.Fatalf("demo: exit %d: %s", code, out)
	}
	folder, err := browser.Axe.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	axe, err := os.ReadFile(filepath.Join(folder, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	guest := &marketer{chrome.NewTab(t), t, p.URL}
	for _, path := range []string{"/", "/login", "/register", "/forgot", "/reset?token=none", "/nothing-here", "/simulate", "/simulate?rate=4&rate=5&daily=1000&days=30&seed=7"} {
		guest.look(string(axe), path)
	}
	m := &marketer{chrome.NewTab(t), t, p.URL}
	m.Open(p.URL + "/login")
	m.fill(map[string]string{"email": services.DemoEmail, "password": services.DemoPassword})
	m.submit("/login", "/home")
	for _, path := range m.pages() {
		m.look(string(axe), path)
	}
}

// pages are the signed-in pages, those of one site and one experiment of each method included.
func (m *marketer) pages() []string {
	m.t.Helper()
	first := func(list, prefix string, n int) []string {
		m.Open(m.base + list)
		return browser.Eval[[]string](m.Tab, fmt.Sprintf(`[...new Set([...document.querySelectorAll("main a[href^='%s']")].map(a => a.getAttribute("href")).filter(h => /\/[0-9a-f-]{36}$/.test(h)))].slice(0, %d)`, prefix, n))
	}
	out := []string{"/home", "/sites", "/sites/new", "/experiments", "/experiments?q=nothing-matches", "/experiments/new", "/audit", "/settings", "/dev/mail", "/search?q=button"}
	out = append(out, first("/sites", "/sites/", 1)...)
	experiments := first("/experiments", "/experiments/", 3)
	if len(experiments) < 3 {
		m.t.Fatalf("the list links to %d experiments, want 3", len(experiments))
	}
	out = append(out, experiments...)
	for _, tab := range []string{"/changes", "/settings", "/history", "/confirm?status=completed"} {
		out = append(out, experiments[0]+tab)
	}
	return out
}

func (m *marketer) look(axe, path string) {
	m.t.Helper()
	m.Open(m.base + path)
	for _, theme := range []string{"paper", "ink"} {
		for _, width := range []int64{1280, 390} {
			m.Resize(width, 900)
			m.Run(fmt.Sprintf(`document.cookie = "theme=%s; path=/"`, theme))
			m.Open(m.base + path)
			m.Until(`document.readyState === "complete"`)
			name := fmt.Sprintf("%s %s %d", path, theme, width)
			var found []violation
			if err := json.Unmarshal([]byte(browser.Eval[string](m.Tab, axe+"\n;"+runAxe)), &found); err != nil {
				m.t.Fatal(err)
			}
			for _, v := range found {
				m.t.Errorf("%s: %s: %s %q", name, v.ID, v.Help, v.Nodes)
			}
			if wide := browser.Eval[int](m.Tab, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide > 0 {
				m.t.Errorf("%s: the page is %d px wider than the window", name, wide)
			}
			if dir := os.Getenv("LOOK_DIR"); dir != "" {
				file := strings.Trim(strings.NewReplacer("/", "_", "?", "_", "=", "_").Replace(path), "_")
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s.%s.%d.png", file, theme, width)), m.Screenshot(), 0o644); err != nil {
					m.t.Fatal(err)
				}
			}
		}
	}
}
