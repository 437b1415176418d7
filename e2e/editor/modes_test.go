//go:build e2e

package editor_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/samplit/samplit/e2e/browser"
)

// pricing is a page whose links and picture name its own site in full, as many content systems write them.
const pricing = `<!doctype html><html lang="en"><head><title>Pricing</title></head><body>
<header><a href="%[1]s/"><img alt="" src="%[1]s/logo.svg" width="40" height="40"></a><a href="%[1]s/plans">Plans</a><a href="%[1]s/help">Help</a></header>
<main><h1>Simple prices</h1><p>For teams of every size.</p><a href="/start">Begin</a></main></body></html>`

const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>`

// pricingSite serves the page to whoever is let in, with what else its answers say.
func pricingSite(t *testing.T, header http.Header, letIn func(*http.Request) bool) *site {
	t.Helper()
	return serve(t, func(s *site, w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/logo.svg":
			w.Header().Set("Content-Type", "image/svg+xml")
			fmt.Fprint(w, logo)
		case !letIn(r):
			w.WriteHeader(http.StatusForbidden)
			s.send(w, "<!doctype html><html><head></head><body>Members only</body></html>")
		default:
			for name, values := range header {
				w.Header()[name] = values
			}
			s.send(w, fmt.Sprintf(pricing, s.URL))
		}
	})
}

func everybody(*http.Request) bool { return true }

// members carry the cookie of a sign-in, which servers that fetch the page have not.
func members(r *http.Request) bool {
	_, err := r.Cookie("member")
	return err == nil
}

// newMember is a desk whose browser is signed in at the site, and whose site is known to carry the snippet.
func newMember(t *testing.T, header http.Header) *desk {
	t.Helper()
	d := newDesk(t, pricingSite(t, header, members))
	d.found(d.member())
	return d
}

// found lets a visitor open the site, and waits until its snippet is known.
func (d *desk) found(visitor *browser.Tab) {
	d.t.Helper()
	visitor.Open(d.site.URL + "/")
	d.Open(d.p.URL + "/sites")
	d.Until(`[...document.querySelectorAll("main a[href^='/sites/']")].length > 0`)
	d.Run(`location.assign([...document.querySelectorAll("main a[href^='/sites/']")].find(a => /[0-9a-f-]{36}$/.test(a.pathname)).href)`)
	d.Until(`document.querySelector("#install.install-found")`)
}

// member is another tab of the same browser, signed in at the site.
func (d *desk) member() *browser.Tab {
	d.t.Helper()
	tab := d.Sibling()
	tab.Open(d.site.URL + "/robots.txt")
	tab.Run(`document.cookie = "member=1; path=/"`)
	return tab
}

// openTab opens the page in a tab of its own from the editor, and waits until the two have found each other.
func (d *desk) openTab() *browser.Tab {
	d.t.Helper()
	d.Open(d.p.URL + "/experiments/" + d.id + "/editor")
	return d.followTab()
}

// followTab is openTab where the editor offers the tab already.
func (d *desk) followTab() *browser.Tab {
	d.t.Helper()
	d.Until(`document.querySelector("#editor-frame [data-open-tab]")`)
	clickOn(d.Tab, "#editor-frame [data-open-tab]")
	page := d.Popup(d.site.URL + "/")
	d.Until(`document.querySelector("#editor-frame[data-state=ready]") && document.querySelector("#structure [role=treeitem]")`)
	page.Show()
	return page
}

// choose clicks on an element of the page, in whatever tab that is, until the panel shows its text.
func (d *desk) choose(page *browser.Tab, selector, text string) {
	d.t.Helper()
	for range 20 { // a tab that has just come to the front does not hear the mouse at once
		clickOn(page, selector)
		time.Sleep(200 * time.Millisecond)
		if browser.Eval[string](d.Tab, `document.getElementById("edit-text-").value`) == text {
			return
		}
	}
	d.t.Fatalf("a click on %s does not show it in the panel", selector)
}

func clickOn(tab *browser.Tab, selector string) {
	at := browser.Eval[[]float64](tab, fmt.Sprintf(`(() => { const box = document.querySelector(%s).getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; })()`, quote(selector)))
	tab.Click(at[0], at[1])
}

// headline gives the page another headline, as typed into the panel.
func (d *desk) headline(page *browser.Tab, text string) {
	d.t.Helper()
	d.choose(page, "h1", "Simple prices")
	d.Show()
	d.set("edit-text-", text)
	page.Until(fmt.Sprintf(`document.querySelector("h1").textContent === %s`, quote(text)))
	d.saved()
	if got := d.changes(); len(got) != 1 || got[0]["selector"] != "h1" || got[0]["value"] != text {
		d.t.Errorf("saved %v", got)
	}
}

// seenBy launches and looks until a visitor sees the headline.
func (d *desk) seenBy(visitor func() *browser.Tab, text string) {
	d.t.Helper()
	d.launch()
	for range 20 {
		someone := visitor()
		someone.Open(d.site.URL + "/")
		someone.Until(`document.readyState === "complete"`)
		if browser.Eval[string](someone, `document.querySelector("h1").textContent`) == text {
			return
		}
	}
	d.t.Errorf("none of twenty visitors sees %q", text)
}

func (d *desk) stranger() *browser.Tab {
	tab := chrome.NewTab(d.t)
	tab.Open(d.site.URL + "/robots.txt")
	tab.Run(`document.cookie = "member=1; path=/"`)
	return tab
}

// A page behind a sign-in is edited in a tab of its own.
func TestEditorOnThePageItself(t *testing.T) {
	d := newMember(t, nil)
	d.headline(d.openTab(), "Fair prices")
	d.seenBy(d.stranger, "Fair prices")
}

// So is any other, when somebody prefers it.
func TestEditorInATabByChoice(t *testing.T) {
	d := newDesk(t, pricingSite(t, nil, everybody))
	d.found(chrome.NewTab(t))
	d.Open(d.p.URL + "/experiments/" + d.id + "/editor")
	d.Until(`document.querySelector("#editor-frame[data-state=ready][data-mode=proxy]")`)
	clickOn(d.Tab, "#editor-frame [data-own-tab]")
	d.headline(d.followTab(), "Fair prices")
	d.seenBy(d.stranger, "Fair prices")
}

// One that cuts its tie to the tab that opened it is spoken with by way of the server.
func TestEditorOnAPageThatCutsItsTie(t *testing.T) {
	d := newMember(t, http.Header{"Cross-Origin-Opener-Policy": {"same-origin"}})
	page := d.openTab()
	if browser.Eval[bool](page, "window.opener !== null") {
		t.Fatal("the page still has its opener")
	}
	d.headline(page, "Fair prices")
	d.Run(`document.querySelector("form[data-step=undo]").requestSubmit()`)
	page.Until(`document.querySelector("h1").textContent === "Simple prices"`)
	d.Run(`document.querySelector("form[data-step=redo]").requestSubmit()`)
	page.Until(`document.querySelector("h1").textContent === "Fair prices"`)
	d.seenBy(d.stranger, "Fair prices")
}

// A copy that somebody kept on the page, as visitors see it, is what is edited next.
func TestEditorOnACopy(t *testing.T) {
	d := newMember(t, nil)
	page := d.openTab()
	d.headline(page, "Fair prices")
	page.Show()
	clickOn(page, "html > button[data-samplit]")
	page.Until(`document.querySelector("html > [role=alert][data-samplit]")`)
	page.Close()
	d.Show()
	d.Run(`document.querySelector("form[data-step=undo]").requestSubmit()`)
	d.Until(`document.querySelectorAll("#edits .edit").length === 0`)
	d.Open(d.p.URL + "/experiments/" + d.id + "/editor")
	d.Until(`document.querySelector("#editor-frame[data-state=ready][data-mode=snapshot]") && document.querySelector("#structure [role=treeitem]")`)
	copied := d.Frame(".preview.localhost")
	if got := browser.Eval[string](copied, `document.querySelector("h1").textContent + document.querySelectorAll("[data-samplit]").length`); got != "Simple prices0" && got != "Simple prices1" {
		t.Errorf("the copy holds %q", got)
	}
	d.headline(copied, "Fair prices")
	d.seenBy(d.stranger, "Fair prices")
}

// Without a domain for previews the page is shown on the app's own host, in a sandbox; what an address is called there stays there.
func TestEditorOnOneHost(t *testing.T) {
	d := newDesk(t, pricingSite(t, nil, everybody), "PREVIEW_URL=none")
	d.found(chrome.NewTab(t))
	d.Open(d.p.URL + "/experiments/" + d.id + "/editor")
	d.Until(`document.querySelector("#editor-frame[data-state=ready]") && document.querySelector("#structure [role=treeitem]")`)
	if src := browser.Eval[string](d.Tab, `document.querySelector("#editor-frame iframe").src`); !strings.HasPrefix(src, d.p.URL+"/preview/") {
		t.Errorf("the page is at %s", src)
	}
	page := d.Frame("/preview/")
	d.Show()
	d.headline(page, "Fair prices")
	d.link(page)
	d.seenBy(d.stranger, "Fair prices")
}

// link checks what is known of a link that names its own site in full, changes its text and sees it change.
func (d *desk) link(page *browser.Tab) {
	d.t.Helper()
	d.choose(page, "header a:last-child", "Help")
	if got := browser.Eval[string](d.Tab, `document.getElementById("edit-link-").value`); got != d.site.URL+"/help" {
		d.t.Errorf("the link leads to %s", got)
	}
	d.set("edit-text-", "Support")
	page.Until(`document.querySelectorAll("header a")[2].textContent === "Support"`)
	d.saved()
	got := d.changes()
	if last := got[len(got)-1]; last["selector"] != `a[href$="/help"]` || strings.Contains(fmt.Sprint(last["fingerprint"]), "preview") {
		d.t.Errorf("the link is told by %v", last)
	}
}

// The same where pages have a domain of their own.
func TestEditorKnowsAddressesAsVisitorsDo(t *testing.T) {
	d := newDesk(t, pricingSite(t, nil, everybody))
	d.found(chrome.NewTab(t))
	d.Open(d.p.URL + "/experiments/" + d.id + "/editor")
	d.Until(`document.querySelector("#editor-frame[data-state=ready]") && document.querySelector("#structure [role=treeitem]")`)
	page := d.Frame(".preview.localhost")
	d.Show()
	d.link(page)
	d.launch()
	for range 20 {
		someone := chrome.NewTab(t)
		someone.Open(d.site.URL + "/")
		someone.Until(`document.readyState === "complete"`)
		if browser.Eval[string](someone, `document.querySelectorAll("header a")[2].textContent`) == "Support" {
			return
		}
	}
	t.Error("none of twenty visitors sees the link's new text")
}
