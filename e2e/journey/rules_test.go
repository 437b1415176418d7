//go:build e2e

package journey_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/e2e/program"
)

// condition adds a line to the form's conditions and fills it.
func (m *marketer) condition(i int, values map[string]string) {
	m.t.Helper()
	m.Run(`document.querySelector('[name="do"][value="add-condition"]').click()`)
	m.Until(fmt.Sprintf(`document.getElementsByName("conditions[%d][attribute]").length === 1 && document.querySelector("details.rules").open`, i))
	typed := map[string]string{}
	for name, value := range values {
		typed[fmt.Sprintf("conditions[%d][%s]", i, name)] = value
	}
	m.fill(typed)
}

// Somebody says who takes part, looks at the draft on the site, starts it, and only visits that fit see it: the campaign is told by the
// browser, the country by the server.
func TestMarketerSaysWhoTakesPart(t *testing.T) {
	p := program.New(t)
	p.Serve()
	site := newBlog(t)
	m := register(t, p)
	siteID, snippet := m.addSite(site.address())
	site.snippet.Store(&snippet)
	m.seeTheSnippetAlive(siteID, site)
	m.Open(p.URL + "/experiments/new")
	m.condition(0, map[string]string{"attribute": "utm", "campaign": "source", "op": "is", "values": "newsletter"})
	m.condition(1, map[string]string{"attribute": "country", "not": "not", "countries": "ES"}) // nobody knows where 127.0.0.1 is
	m.fill(map[string]string{
		"name": "Letters", "url": "/", "goals[0][name]": "Opens a post", "goals[0][type]": "click", "goals[0][selector]": ".post-preview a",
		"variants[1][name]": "Measured", "variants[1][changes][0][action]": "text", "variants[1][changes][0][selector]": headline,
		"variants[1][changes][0][value]": ours, "site": siteID,
	})
	m.Run(`document.querySelector("#experiment-form .form-bar .btn-primary").click()`)
	m.Until(`/^.experiments.[0-9a-f-]{36}$/.test(location.pathname) && document.readyState === "complete"`)
	id := browser.Eval[string](m.Tab, `location.pathname.split("/")[2]`)
	script := snippet[strings.Index(snippet, "http") : strings.Index(snippet, ".js")+3]

	m.Open(p.URL + "/experiments/" + id + "/changes")
	m.Until(`document.querySelector(".rules-text").innerText.includes("newsletter")`)
	link := browser.Eval[string](m.Tab, `document.querySelector('a[href$="variant=b"]').href`)
	m.Open(link)
	m.Until(`document.querySelector("` + headline + `").textContent === ` + quote(ours) + ` && document.querySelector("body + button").textContent.includes("Measured")`)
	if got := browser.Eval[string](m.Tab, `location.href + document.cookie`); got != site.address()+"/" {
		t.Errorf("the preview is at %s", got)
	}

	m.Open(p.URL + "/experiments/" + id)
	m.Run(`document.querySelector('form[method=post][action$="/status"] [value=running]').closest("form").requestSubmit()`)
	m.Until(`!document.querySelector('form[action$="/status"] [value=running]') && document.readyState === "complete"`)
	p.Await("told to browsers", func() bool { return strings.Contains(get(t, script), id) })
	other := chrome.NewTab(t)
	other.Open(site.address() + "/?utm_source=ads")
	other.Until(`samplit("debug")[0].why === "targeting"`)
	other.Close()
	measured, original := 0, 0
	for range 40 {
		visitor := chrome.NewTab(t)
		visitor.Open(site.address() + "/?utm_source=newsletter")
		visitor.Until(`samplit("debug")[0].why === "deadline" || samplit("debug")[0].exposed`)
		seen := browser.Eval[map[string]int](visitor, "seen")
		switch browser.Eval[string](visitor, `samplit("debug")[0].arm || ""`) {
		case "b":
			measured++
			if seen[theirs] > 0 {
				t.Errorf("the variant's visitor saw %d frames of the original", seen[theirs])
			}
		case "control":
			original++
		}
		visitor.Open(site.address() + "/about.html") // what waits is sent
		visitor.Close()
		if measured > 0 && original > 0 {
			break
		}
	}
	if measured == 0 || original == 0 {
		t.Fatalf("40 visitors: %d got the variant, %d the original", measured, original)
	}
	m.Open(p.URL + "/experiments/" + id)
	m.seesCounted("Measured", measured, 0)
	m.seesCounted("Original", original, 0)
}
