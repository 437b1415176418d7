//go:build e2e

package editor_test

import (
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// What is changed of an element waits for the page's framework, or does not, as its box says: what was changed before the box was ticked, too.
func TestEditorLetsChangesWaitForAFramework(t *testing.T) {
	d := newDesk(t, newSite(t, browser.CleanBlog, "dist"))
	page := d.edit()
	want := func(when ...any) {
		t.Helper()
		d.saved()
		got := d.changes()
		if len(got) != len(when) {
			t.Fatalf("got %v, want %d changes", got, len(when))
		}
		for i := range when {
			if got[i]["when"] != when[i] {
				t.Errorf("change %d waits for %v, want %v", i+1, got[i]["when"], when[i])
			}
		}
	}
	d.pick(page, "header h1")
	d.set("edit-text-", "Measured blog")
	want(nil)
	d.Run(`document.getElementById("when-hydrated").click()`)
	want("hydrated")
	d.set("edit-style-color", "#ff0000")
	want("hydrated", "hydrated")
	page.Until(`document.querySelector("header h1").textContent === "Measured blog"`)
	d.Run(`document.getElementById("when-hydrated").click()`)
	want(nil, nil)
}
