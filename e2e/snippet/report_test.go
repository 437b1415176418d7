//go:build e2e

package snippet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/e2e/browser"
)

// A page that takes to fighting a change long after it was told of is told of once more, with what it fights then.
func TestConflictThatComesLaterIsTold(t *testing.T) {
	t.Parallel()
	tr, s, tab := setup(t, `<h1 id="title">old</h1><p id="quiet">old</p>`, test("late", numbered(text("#title", "new"), text("#quiet", "new"))...))
	tab.Open(s.URL)
	named := func(name string) func(event) bool {
		return func(e event) bool { return e.Type == "report" && e.Name == name }
	}
	tr.await(2, "reports of what was found", named("found"))
	tab.Run(`history.pushState(null, "", "/next"); setInterval(() => { title.textContent = "theirs"; }, 5)`)
	tr.await(1, "reports of a conflict", named("conflict"))
	tab.Run(`setInterval(() => { quiet.textContent = "theirs"; }, 5)`)
	tab.Until(`samplit("debug")[0].changes.c2 === "conflict"`)
	noErrors(t, tab)
}

// In a browser from before :has() a change that needs it is missed, and the others of its experiment are made.
func TestSelectorsThatTheBrowserCannotRead(t *testing.T) {
	t.Parallel()
	e := test("has", numbered(text("h1:has(+ p)", "new"), style("p:has(b)", "color", "red"), text("#quiet", "new"))...)
	e.Goals = []goal{{Key: "seen", Type: "click", Selector: "p:has(b)"}, {Key: "quiet", Type: "click", Selector: "#quiet"}}
	tr, s, tab := setup(t, `<h1>old</h1><p><b>bold</b></p><p id="quiet">old</p>`, e)
	tab.OnNewDocument(`for (const of of [Document.prototype, DocumentFragment.prototype, Element.prototype]) {
		for (const name of ["querySelector", "querySelectorAll", "matches", "closest"]) {
			const native = of[name];
			if (native) of[name] = function (selector) {
				if (selector.includes(":has(")) throw new DOMException(selector, "SyntaxError");
				return native.call(this, selector);
			};
		}
	}`)
	tab.Open(s.URL)
	if got := browser.Eval[string](tab, `document.body.innerText`); !strings.Contains(got, "old") || !strings.Contains(got, "new") {
		t.Errorf("the page reads %q, want the headline as it was and the last text new", got)
	}
	want := map[string]string{"c1": "missed", "c2": "missed", "c3": "found"}
	if diff := cmp.Diff(want, browser.Eval[map[string]string](tab, `samplit("debug")[0].changes`)); diff != "" {
		t.Errorf("changes (-want +got)\n%s", diff)
	}
	tab.Run(`for (let i = 0; i < 5; i++) quiet.click()`)
	tr.await(1, "conversions", ofType("conversion"))
	if browser.Eval[bool](tab, `"_smp_f" in sessionStorage`) {
		t.Error("the selector counts as a fault of its experiment")
	}
	noErrors(t, tab)
}

// numbered gives changes their ids: c1, c2 and so on.
func numbered(changes ...change) []change {
	for i := range changes {
		changes[i].ID = fmt.Sprint("c", i+1)
	}
	return changes
}
