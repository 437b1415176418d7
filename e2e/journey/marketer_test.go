//go:build e2e

package journey_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/e2e/program"
)

// marketer is somebody at the dashboard.
type marketer struct {
	*browser.Tab
	t    *testing.T
	base string
}

// register makes an account and ends on the home page.
func register(t *testing.T, p *program.Program) *marketer {
	t.Helper()
	m := &marketer{chrome.NewTab(t), t, p.URL}
	m.Open(m.base + "/register")
	m.fill(map[string]string{"name": "Marta Marketer", "email": "marta@shop.test", "password": "a-long-enough-secret-7", "company": "Shop"})
	m.submit("/register", "/home")
	return m
}

// fill types values into the fields of the page, by name.
func (m *marketer) fill(values map[string]string) {
	m.t.Helper()
	for name, value := range values {
		found := browser.Eval[bool](m.Tab, fmt.Sprintf(`(() => {
			const field = [...document.getElementsByName(%[1]s)].find(f => f.type !== 'radio' || f.value === %[2]s);
			if (!field) return false;
			if (field.type === 'radio') field.checked = true; else field.value = %[2]s;
			for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {bubbles: true}));
			return true;
		})()`, quote(name), quote(value)))
		if !found {
			m.t.Fatalf("%s has no field %s", browser.Eval[string](m.Tab, "location.href"), name)
		}
	}
}

// submit sends the form that posts to action and waits for a page whose path starts with next.
func (m *marketer) submit(action, next string) {
	m.t.Helper()
	m.Run(fmt.Sprintf(`document.querySelector('form[method=post][action$=%s]').requestSubmit()`, quote(action)))
	m.Until(fmt.Sprintf(`location.pathname.startsWith(%s) && !location.pathname.endsWith(%s) && document.readyState === "complete"`, quote(next), quote(action)))
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// addSite adds a site and returns its id and the line to paste.
func (m *marketer) addSite(url string) (id, snippet string) {
	m.t.Helper()
	m.Open(m.base + "/sites/new")
	m.fill(map[string]string{"url": url, "name": "The blog"})
	m.submit("/sites/new", "/sites/")
	id = browser.Eval[string](m.Tab, `location.pathname.split("/")[2]`)
	snippet = browser.Eval[string](m.Tab, `(document.body.textContent.match(/<script[^>]*src="[^"]+\/s\/inst_[a-z0-9]+\.js"[^>]*><\/script>/) || [""])[0]`)
	if snippet == "" {
		m.t.Fatal("the site's page shows no snippet")
	}
	return id, snippet
}

// launch makes an experiment in the guided form and starts it; it returns its id.
func (m *marketer) launch(values map[string]string) string {
	m.t.Helper()
	m.Open(m.base + "/experiments/new")
	m.fill(values)
	m.submit("/experiments/new", "/experiments/")
	id := browser.Eval[string](m.Tab, `location.pathname.split("/")[2]`)
	m.Open(m.base + "/experiments/" + id)
	m.Run(`document.querySelector('form[method=post][action$="/status"] [value=running]').closest("form").requestSubmit()`)
	m.Until(`!document.querySelector('form[action$="/status"] [value=running]') && document.readyState === "complete"`)
	return id
}

// seesCounted waits until the results page, which updates itself, has these numbers in the variant's row.
func (m *marketer) seesCounted(variant string, visitors, conversions int) {
	m.t.Helper()
	noun := "conversions"
	if conversions == 1 {
		noun = "conversion"
	}
	m.Until(fmt.Sprintf(`[...document.querySelectorAll("#results .rows-variants tbody tr")].some(row =>
		row.querySelector(".variant-name").textContent.trim() === %s &&
		row.cells[1].textContent.trim() === "%d" &&
		row.cells[2].querySelector("small").textContent.trim() === "%d %s")`, quote(variant), visitors, conversions, noun))
}

// seeTheSnippetAlive begins the install check, opens the site as somebody else and waits until the check has seen it.
func (m *marketer) seeTheSnippetAlive(siteID string, site *blog) {
	m.t.Helper()
	m.Open(m.base + "/sites/" + siteID)
	m.Run(`document.querySelector('form[method=post][action$="/check"]').requestSubmit()`)
	visitor := chrome.NewTab(m.t)
	visitor.Open(site.address() + "/about.html")
	m.Until(`document.body.innerText.includes("/about.html")`)
	visitor.Close()
}
