//go:build e2e

package editor_test

import (
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

func TestEditorChangesARealPage(t *testing.T) {
	d := newDesk(t, newSite(t, browser.CleanBlog, "dist"))
	page := d.edit()
	d.pick(page, "header h1")
	if got := browser.Eval[string](d.Tab, `document.getElementById("edit-text-").value`); got != "Clean Blog" {
		t.Errorf("the panel shows %q, want the headline's text", got)
	}
	d.set("edit-text-", "Measured blog")
	page.Until(`document.querySelector("header h1").textContent === "Measured blog"`)
	d.set("edit-style-color", "#ff0000")
	page.Until(`getComputedStyle(document.querySelector("header h1")).color === "rgb(255, 0, 0)"`)
	d.saved()
	if got := d.changes(); len(got) != 2 || got[0]["value"] != "Measured blog" || got[1]["name"] != "color" {
		t.Fatalf("got %v", got)
	}
	for _, line := range append(d.Console.Errors(), page.Console.Errors()...) {
		if !strings.Contains(line, "ERR_NAME_NOT_RESOLVED") { // of other servers, which are not there
			t.Errorf("console: %s", line)
		}
	}
}
