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

// look is how a page is looked at.
type look struct {
	lang, theme string
	width       int64
}

// looks are English in both themes at both widths, and Spanish once in each theme and at each width; all of them, when screenshots
// are wanted.
func looks() []look {
	all := []look{{"en", "paper", 1280}, {"en", "paper", 390}, {"en", "ink", 1280}, {"en", "ink", 390}, {"es", "paper", 390}, {"es", "ink", 1280}}
	if os.Getenv("LOOK_DIR") != "" {
		all = append(all, look{"es", "paper", 1280}, look{"es", "ink", 390})
	}
	return all
}

// TestEveryPageIsAccessible opens every page of the demo account in both languages, both themes and both widths. With LOOK_DIR set
// it leaves screenshots there.
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
	out := []string{"/home", "/debugger", "/sites", "/sites/new", "/experiments", "/experiments?q=nothing-matches", "/experiments/new", "/analytics?days=0", "/learnings", "/audit", "/audit/erase", "/settings", "/dev/mail", "/search?q=button"}
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

// look opens a page in every look: it may break no rule of axe, nor be wider than the window.
func (m *marketer) look(axe, path string) {
	m.t.Helper()
	m.Open(m.base + path)
	for _, l := range looks() {
		m.Resize(l.width, 900)
		m.Run(fmt.Sprintf(`document.cookie = "theme=%s; path=/", document.cookie = "lang=%s; path=/"`, l.theme, l.lang))
		m.Until(fmt.Sprintf(`document.cookie.includes("theme=%s") && document.cookie.includes("lang=%s")`, l.theme, l.lang))
		m.Open(m.base + path)
		m.Until(`document.readyState === "complete"`)
		name := fmt.Sprintf("%s %s %s %d", path, l.lang, l.theme, l.width)
		if got := browser.Eval[string](m.Tab, `document.documentElement.lang + " " + document.documentElement.dataset.theme`); got != l.lang+" "+l.theme {
			m.t.Errorf("%s: the page is in %s", name, got)
		}
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
		m.photograph(path, l)
	}
}

// photograph leaves a picture of the page in LOOK_DIR, when there is one.
func (m *marketer) photograph(path string, l look) {
	m.t.Helper()
	dir := os.Getenv("LOOK_DIR")
	if dir == "" {
		return
	}
	page := strings.Trim(strings.NewReplacer("/", "_", "?", "_", "=", "_").Replace(path), "_")
	file := filepath.Join(dir, fmt.Sprintf("%s.%s.%s.%d.png", page, l.lang, l.theme, l.width))
	if err := os.WriteFile(file, m.Screenshot(), 0o644); err != nil {
		m.t.Fatal(err)
	}
}
