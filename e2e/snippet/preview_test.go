//go:build e2e

package snippet_test

import (
	"encoding/base64"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// previewToken has the form of the server's; only the server knows the signature.
func previewToken(e experiment) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"i":"site","x":"`+e.ID+`","k":"`+e.Key+`","f":{"":"b"},"e":1}`)) + ".c2ln-_"
}

func forced(page string, changes ...change) members {
	return members{"assigned": true, "forced": true, "page": page, "variant": members{"key": "b", "name": "Variant B"}, "changes": changes,
		"assignments": []members{{"arm": "b"}}}
}

// The tab shows the variant on the experiment's pages until the member leaves; nothing is stored beyond the session, or sent.
func TestPreviewIsShownAndNeverCounted(t *testing.T) {
	t.Parallel()
	e := test("seen", text("#title", "counted")).with(func(e *experiment) { e.Goals = []goal{{Key: "here", Type: "url", URL: "/*"}} })
	tr, s, tab := setup(t, headline+spaLink, e, test("other", attr("#title", "lang", "es")))
	s.page(tr, "/sale", headline)
	tr.decide = func(q question) any {
		if q.Preview != previewToken(e) || q.Experiment != e.ID {
			t.Errorf("asked %+v", q)
		}
		return forced("/sale?*", text("#title", "previewed"))
	}
	tab.Open(s.URL + "/sale?size=4&samplit_preview=" + previewToken(e) + "#top")
	tab.Until(`title.textContent === "previewed"`)
	if got := browser.Eval[string](tab, `location.search + location.hash`); got != "?size=4#top" {
		t.Errorf("the address keeps %s", got)
	}
	tab.Run(`samplit("goal", "here"); samplit("identify", "me"); title.click()`)
	tab.Open(s.URL)
	tab.Until(`document.querySelector("body + button")`)
	if got := browser.Eval[string](tab, `title.textContent`); got != "old" {
		t.Errorf("another page shows %q", got)
	}
	tab.Open(s.URL + "/sale?")
	tab.Until(`title.textContent === "previewed" && document.querySelector("body + button").textContent === "Samplit preview: Variant B ×"`)
	tab.Run(`new Promise(done => setTimeout(done, 700))`)
	if got := tr.seen(); len(got) != 0 {
		t.Errorf("sent %+v", got)
	}
	if got := browser.Eval[string](tab, `document.cookie + Object.keys(localStorage)`); got != "" {
		t.Errorf("stored %q", got)
	}
	tab.Run(`document.querySelector("body + button").click()`)
	tab.Until(`title.textContent === "counted"`)
	tr.await(1, "exposures", exposureOf(e))
	noErrors(t, tab)
}

const spaLink = `<a href="/sale">sale</a>`

// A token that the server refuses, or that is none, leaves the original, and the next page is a visit like any other.
func TestRefusedPreviewShowsTheOriginal(t *testing.T) {
	t.Parallel()
	e := test("seen", text("#title", "counted"))
	for name, c := range map[string]struct {
		token string
		reply any
	}{
		"expired":  {previewToken(e), members{"status": 422, "code": "invalid"}},
		"fault":    {previewToken(e), nil},
		"no token": {"bogus", nil},
	} {
		tr, s, tab := setup(t, headline, e)
		tr.decide = func(question) any { return c.reply }
		tab.Open(s.URL + "/?samplit_preview=" + c.token)
		tab.Until(`sessionStorage._smp_p === "[]"`)
		if got := browser.Eval[string](tab, `title.textContent + document.querySelectorAll("body + button").length`); got != "old0" {
			t.Errorf("%s: the page shows %q", name, got)
		}
		if got := tr.seen(); len(got) != 0 {
			t.Errorf("%s: sent %+v", name, got)
		}
		tab.Open(s.URL)
		tab.Until(`title.textContent === "counted"`)
	}
}
