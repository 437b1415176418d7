//go:build e2e

package snippet_test

import (
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// An address can ask for a variant of what runs. It is shown on every page of the tab, says so, and counts for nothing.
func TestVariantOfTheAddressIsShownAndNeverCounted(t *testing.T) {
	t.Parallel()
	e := test("hero", text("#title", "new")).with(func(e *experiment) {
		e.URL = "/sale"
		e.Splits[0].Weights = always(0)
	})
	tr, s, tab := setup(t, headline, e)
	s.page(tr, "/sale", headline)
	tab.Open(s.URL + "/sale#smp=hero:variant")
	tab.Until(`title.textContent === "new" && document.querySelector("html > button").textContent === "Samplit preview: hero:variant ×"`)
	if got := browser.Eval[string](tab, `location.hash`); got != "" {
		t.Errorf("the address keeps %s", got)
	}
	tab.Open(s.URL)
	tab.Until(`title.textContent === "new" && document.querySelector("html > button").textContent.includes("visitors do not see it on this page")`)
	tab.Run(`title.click(); new Promise(done => setTimeout(done, 700))`)
	if got := tr.seen(); len(got) != 0 {
		t.Errorf("sent %+v", got)
	}
	if got := browser.Eval[string](tab, `document.cookie + Object.keys(localStorage)`); got != "" {
		t.Errorf("stored %q", got)
	}
	for _, unknown := range []string{"hero:third", "other:variant", "hero:", "hero:variant.variant"} {
		tab.Open("about:blank") // an address that differs in its hash alone loads nothing
		tab.Open(s.URL + "/sale#smp=" + unknown)
		tab.Until(`sessionStorage._smp_p === "[]"`)
		if got := browser.Eval[string](tab, `title.textContent`); got != "old" {
			t.Errorf("%s shows %q", unknown, got)
		}
	}
	noErrors(t, tab)
}
