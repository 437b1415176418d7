//go:build e2e

package journey_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/e2e/program"
)

// TestSomebodyWatchesTheirSite keeps the debugger open while visitors are on their site, looks at one of them, and becomes a test
// visitor.
func TestSomebodyWatchesTheirSite(t *testing.T) {
	t.Parallel()
	p := program.New(t, "LEARN_INTERVAL=1h")
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
	m.Open(p.URL + "/home")
	m.Run(`document.querySelector("nav a[href^='/debugger']").click()`)
	m.Until(`document.querySelector("[data-state='open']")`)

	visitor := chrome.NewTab(t)
	shop := site.address() + "/"
	visitor.Open(shop)
	m.seesRow("Page view", "Stored")
	m.seesRow("Saw a variant", "Counted")
	visitor.Open(shop)
	m.seesRow("Saw a variant", "Known visitor")

	m.Run(`document.querySelector("[data-pause]").click()`)
	visitor.Open(shop)
	m.Until(`/\d/.test(document.querySelector("[data-held]").textContent)`)
	m.Run(`document.querySelector("[data-clear]").click()`)
	if n := browser.Eval[int](m.Tab, `document.querySelectorAll("[data-rows] tr").length`); n != 0 {
		t.Errorf("%d rows after clearing, while paused", n)
	}
	m.Run(`document.querySelector("[data-pause]").click()`)
	m.seesRow("Page view", "Stored")
	m.Until(`/new event/.test(document.querySelector("[data-said]").textContent)`)

	m.Run(`document.querySelector("[data-rows] .cell-visitor a").click()`)
	m.Until(`location.search.startsWith("?visitor=") && document.querySelector("[data-state='open']")`)
	m.Until(`document.querySelector(".visitor-why").textContent.includes("stored since")`)
	m.Until(`document.querySelectorAll(".rows-past tbody tr").length > 3`)
	other := chrome.NewTab(t)
	other.Open(shop)

	link := browser.Eval[string](m.Tab, `document.querySelector("[data-test-visitor]").href`)
	test := link[strings.Index(link, "smp-test-"):]
	m.Open(fmt.Sprintf("%s?visitor=%s", browser.Eval[string](m.Tab, `location.origin + location.pathname`), test))
	m.Until(`document.querySelector("[data-state='open']")`)
	tester := visitor.Sibling()
	tester.Open(link)
	m.seesRow("Page view", "Stored", test)
	m.seesRow("Saw a variant", "Not counted", test)
	if strangers := browser.Eval[int](m.Tab, fmt.Sprintf(`[...document.querySelectorAll("[data-rows] tr")].filter(r => !r.textContent.includes(%s)).length`, quote(test))); strangers > 0 {
		t.Errorf("%d rows of others pass the filter", strangers)
	}
	if got := browser.Eval[string](tester, `location.hash + " " + JSON.parse(localStorage._smp)[0]`); strings.Contains(got, test) {
		t.Errorf("the test visitor stays in the address or in the person's own storage: %s", got)
	}
	m.Open(browser.Eval[string](m.Tab, `location.href`))
	m.Until(`document.querySelector(".visitor-why").textContent.includes("Not counted")`)
	if errs := visitor.Console.Errors(); len(errs) > 0 && !onlyTheirs(errs) {
		t.Errorf("console errors of the visitor: %q", errs)
	}
	if errs := m.Console.Errors(); len(errs) > 0 {
		t.Errorf("console errors of the marketer: %q", errs)
	}
}

// seesRow waits for a row of the live table with all texts.
func (m *marketer) seesRow(texts ...string) {
	m.t.Helper()
	for i, text := range texts {
		texts[i] = fmt.Sprintf("row.textContent.includes(%s)", quote(text))
	}
	m.Until(`[...document.querySelectorAll("[data-rows] tr")].some(row => ` + strings.Join(texts, " && ") + `)`)
}
