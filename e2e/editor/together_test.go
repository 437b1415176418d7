//go:build e2e

package editor_test

import (
	"fmt"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// away makes the tab's saves fail as without a connection, until it is back.
func (d *desk) away(yes bool) {
	d.t.Helper()
	if !yes {
		d.Run(`window.fetch = window.fetchBefore; dispatchEvent(new Event("online"))`)
		return
	}
	d.Run(`window.fetchBefore = window.fetch; window.fetch = () => Promise.reject(new TypeError("offline"))`)
}

func (d *desk) state(name string) {
	d.t.Helper()
	d.Until(fmt.Sprintf(`document.getElementById("editor-status").dataset.state === %s`, quote(name)))
}

// markup is the page's body as it stands, without what the editor draws over it.
func markup(page *browser.Tab) string {
	return browser.Eval[string](page, `document.body.outerHTML`)
}

// step presses undo or redo and waits for the answer.
func (d *desk) step(what string, want int) {
	d.t.Helper()
	d.Run(fmt.Sprintf(`document.querySelector("form[data-step=%s]").requestSubmit()`, what))
	d.Until(fmt.Sprintf(`JSON.parse(document.getElementById("editor-list").textContent).undo === %d`, want))
}

// TestScenario18 has two people edit one variant, one of them without a connection for a while, reloads, and goes fifty steps back and
// forth.
func TestScenario18(t *testing.T) {
	d := newDesk(t, browser.CleanBlog)
	page := d.edit()
	before := markup(page)

	// Two editors, different places: nobody is asked.
	other := *d
	other.Tab = d.Sibling()
	theirs := other.edit()
	d.pick(page, "header h1")
	d.set("edit-text-", "Hers")
	d.saved()
	other.pick(theirs, ".subheading")
	other.set("edit-text-", "His")
	other.saved()
	other.Until(`document.querySelectorAll("#edits .edit").length === 2`)
	theirs.Until(`document.querySelector("header h1").textContent === "Hers"`)

	// The same place: a question, and "both" keeps both.
	d.set("edit-text-", "Hers again")
	d.saved()
	other.pick(theirs, "header h1")
	other.set("edit-text-", "His headline")
	other.Until(`document.getElementById("dialog").open && document.querySelector("[data-conflict] li")`)
	other.Run(`document.querySelector("[data-resolve=copies]").click()`)
	other.saved()
	other.Until(`document.querySelectorAll("#edits .edit").length === 3`)
	other.Close()

	// A minute offline, and a reload after it: nothing is lost, and nothing counts twice.
	d.Open(d.p.URL + "/experiments/" + d.id + "/editor")
	page = d.edit()
	d.away(true)
	d.pick(page, "header h1")
	d.set("edit-style-color", "#112233")
	d.state("offline")
	d.away(false)
	d.saved()
	page = d.edit()
	page.Until(`getComputedStyle(document.querySelector("header h1")).color === "rgb(17, 34, 51)"`)
	if got := d.changes(); len(got) != 4 || got[3]["value"] != "#112233" {
		t.Fatalf("after the reload: %v", got)
	}

	// Fifty steps back and forth.
	d.pick(page, ".subheading")
	start := browser.Eval[int](d.Tab, `JSON.parse(document.getElementById("editor-list").textContent).undo`)
	first := markup(page)
	for i := range 50 {
		d.set("edit-style-font-size", fmt.Sprint(20+i))
		d.Until(fmt.Sprintf(`JSON.parse(document.getElementById("editor-list").textContent).undo === %d`, start+i+1))
	}
	last := browser.Eval[string](page, `getComputedStyle(document.querySelector(".subheading")).fontSize`)
	for i := 49; i >= 0; i-- {
		d.step("undo", start+i)
	}
	page.Until(`getComputedStyle(document.querySelector(".subheading")).fontSize !== "69px"`)
	if got := markup(page); got != first {
		t.Errorf("after undoing 50 steps the page is\n%s\nwant\n%s", got, first)
	}
	for i := range 50 {
		d.step("redo", start+i+1)
	}
	page.Until(fmt.Sprintf(`getComputedStyle(document.querySelector(".subheading")).fontSize === %s`, quote(last)))

	// The original is the page as it was before anybody touched it.
	d.Run(`document.getElementById("original").click()`)
	page.Until(`document.querySelector("header h1").textContent === "Clean Blog"`)
	if got := markup(page); got != before {
		t.Errorf("the original is\n%s\nwant\n%s", got, before)
	}
}
