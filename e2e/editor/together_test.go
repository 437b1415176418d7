//go:build e2e

package editor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/samplit/samplit/e2e/browser"
)

func (d *desk) state(name string) {
	d.t.Helper()
	d.Until(fmt.Sprintf(`document.getElementById("editor-status").dataset.state === %s`, quote(name)))
}

// markup is the page's body as it stands, without what the editor draws over it.
func markup(page *browser.Tab) string {
	return browser.Eval[string](page, `document.body.outerHTML`)
}

// same waits until the page's body is what it was.
func same(t *testing.T, page *browser.Tab, when, want string) {
	t.Helper()
	got := ""
	for range 100 {
		if got = markup(page); got == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%s the page is\n%s\nwant\n%s", when, got, want)
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
	d := newDesk(t, newSite(t, browser.CleanBlog, "dist"))
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

	// A minute offline: where nothing was done in it all is well after it, and what was done is saved.
	d.Open(d.p.URL + "/experiments/" + d.id + "/editor")
	page = d.edit()
	d.Offline(true)
	d.state("offline")
	d.Offline(false)
	d.saved()
	d.pick(page, "header h1")
	d.Offline(true)
	d.set("edit-style-color", "#112233")
	d.state("offline")
	d.Offline(false)
	d.saved()

	// A reload while offline, in the middle of an edit: the page asks first, and nothing is lost, and nothing counts twice.
	d.Offline(true)
	d.set("edit-style-background-color", "#ddeeff")
	d.state("offline")
	d.set("edit-style-color", "#445566")
	if !d.Reload() {
		t.Error("a page with unsaved changes lets itself be reloaded without a question")
	}
	d.Offline(false)
	page = d.edit()
	page.Until(`getComputedStyle(document.querySelector("header h1")).color === "rgb(68, 85, 102)"`)
	page.Until(`getComputedStyle(document.querySelector("header h1")).backgroundColor === "rgb(221, 238, 255)"`)
	d.saved()
	if got := d.changes(); len(got) != 5 || got[3]["value"] != "#445566" || got[4]["value"] != "#ddeeff" {
		t.Fatalf("after the reload: %v", got)
	}
	if d.Reload() {
		t.Error("a page whose changes are saved asks before it is reloaded")
	}
	page = d.edit()

	// Fifty steps back and forth lead through the same pages.
	d.pick(page, ".subheading")
	start := browser.Eval[int](d.Tab, `JSON.parse(document.getElementById("editor-list").textContent).undo`)
	first := markup(page)
	for i := range 50 {
		d.set("edit-style-font-size", fmt.Sprint(20+i))
		d.Until(fmt.Sprintf(`JSON.parse(document.getElementById("editor-list").textContent).undo === %d`, start+i+1))
	}
	page.Until(`getComputedStyle(document.querySelector(".subheading")).fontSize === "69px"`)
	last := markup(page)
	for i := 49; i >= 0; i-- {
		d.step("undo", start+i)
	}
	same(t, page, "after undoing 50 steps", first)
	page.Until(`getComputedStyle(document.querySelector(".subheading")).fontSize !== "69px"`)
	for i := range 50 {
		d.step("redo", start+i+1)
	}
	page.Until(`getComputedStyle(document.querySelector(".subheading")).fontSize === "69px"`)
	same(t, page, "after doing them again", last)

	// The original is the page as it was before anybody touched it.
	d.Run(`document.getElementById("original").click()`)
	page.Until(`document.querySelector("header h1").textContent === "Clean Blog"`)
	same(t, page, "without the changes", before)
}

// TestEditorCompares puts the original over the variant, up to a divider that keys and the pointer move.
func TestEditorCompares(t *testing.T) {
	d := newDesk(t, newSite(t, browser.CleanBlog, "dist"))
	page := d.edit()
	d.pick(page, "header h1")
	d.set("edit-text-", "Measured blog")
	d.saved()
	d.Run(`document.getElementById("compare").click()`)
	d.Until(`document.querySelector("#editor-before iframe") && document.activeElement.id === "editor-split"`)
	before := d.Frame(browser.Eval[string](d.Tab, `new URL(document.querySelector("#editor-before iframe").src).host`))
	before.Until(`document.querySelector("header h1")?.textContent === "Clean Blog"`)
	page.Until(`document.querySelector("header h1").textContent === "Measured blog"`)

	now := `Number(document.getElementById("editor-split").getAttribute("aria-valuenow"))`
	d.Press(kb.ArrowRight)
	d.Press(kb.PageUp)
	d.Until(now + ` === 62`)
	box := browser.Eval[[]float64](d.Tab, `(() => { const {left, top, width, height} = document.querySelector(".editor-view").getBoundingClientRect(); return [left, top, width, height]; })()`)
	y := box[1] + box[3]/2
	d.Drag(box[0]+0.62*box[2], y, box[0]+0.25*box[2], y)
	d.Until(`Math.abs(` + now + ` - 25) <= 1`)

	page.Run(`scrollTo(0, 300)`)
	before.Until(`scrollY === 300`)
	d.Press(kb.Escape)
	d.Until(`document.getElementById("editor-before").hidden && document.activeElement.id === "compare"`)
}
