//go:build e2e

package editor_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/e2e/program"
)

// stations are how often Tab has to be pressed to come to the first element that matches, by the order of the page; Shift Tab where
// negative.
const stations = `(selector => {
	const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
		.filter(e => e.tabIndex >= 0 && !e.disabled && e.type !== "hidden" && (e.type !== "radio" || e.checked) && e.checkVisibility() && !e.closest("fieldset:disabled"));
	const to = all.findIndex(e => e.matches(selector)), from = all.indexOf(document.activeElement);
	return to < 0 ? 0 : to - from;
})(%s)`

// tabTo presses Tab until an element that matches has the focus. It looks where it is when the page's order says that it is there.
func (d *desk) tabTo(selector string) {
	d.t.Helper()
	focused := fmt.Sprintf(`document.activeElement.matches(%s)`, quote(selector))
	for range 40 {
		steps := browser.Eval[int](d.Tab, fmt.Sprintf(stations, quote(selector)))
		for range steps {
			d.Press(kb.Tab)
		}
		for range -steps {
			d.Press(kb.Tab, chromedp.ModifierShift)
		}
		if browser.Eval[bool](d.Tab, focused) {
			return
		}
		d.Press(kb.Tab)
	}
	d.t.Fatalf("no way by Tab to %s on %s", selector, browser.Eval[string](d.Tab, "location.href"))
}

// enter types into a field that Tab leads to, in the place of what it holds.
func (d *desk) enter(selector, text string) {
	d.t.Helper()
	d.tabTo(selector)
	d.Press("a", chromedp.ModifierCtrl)
	d.Press(text)
}

// follow goes to a link or button by Tab, presses Enter and waits for the page that it leads to.
func (d *desk) follow(selector, path string) {
	d.t.Helper()
	d.tabTo(selector)
	d.Press(kb.Enter)
	d.Until(fmt.Sprintf(`new RegExp(%s).test(location.pathname) && document.readyState === "complete"`, quote(path)))
}

// walk goes down the tree of the page by labels, unfolding on the way, and ends with the focus on the last.
func (d *desk) walk(labels ...string) {
	d.t.Helper()
	const below = `(label => {
		const all = [...document.querySelectorAll("#structure [role=treeitem]")];
		const from = all.indexOf(document.activeElement);
		return all.slice(from).findIndex(e => e.querySelector("code").textContent === label);
	})(%s)`
	for i, label := range labels {
		steps := browser.Eval[int](d.Tab, fmt.Sprintf(below, quote(label)))
		if steps < 0 {
			d.t.Fatalf("no %s in the tree", label)
		}
		for range steps {
			d.Press(kb.ArrowDown)
		}
		if i+1 == len(labels) {
			return
		}
		const unfolded = `document.activeElement.getAttribute("aria-expanded") === "true"`
		if !browser.Eval[bool](d.Tab, unfolded) {
			d.Press(kb.ArrowRight)
			d.Until(unfolded)
		}
	}
}

// structure leads to the tree, its first element.
func (d *desk) structure() {
	d.t.Helper()
	d.tabTo("[role=tab][aria-selected=true]")
	for browser.Eval[string](d.Tab, `document.activeElement.dataset.tab`) != "structure" {
		d.Press(kb.ArrowRight)
	}
	d.tabTo("[role=treeitem]")
	d.Press(kb.Home)
}

// stops are the places where the page is checked, and photographed when EDITOR_PICTURES names a folder.
type stops struct {
	axe   string
	count int
}

func (s *stops) stop(d *desk, name string) {
	d.t.Helper()
	if s.axe == "" {
		folder, err := browser.Axe.Fetch()
		if err != nil {
			d.t.Fatal(err)
		}
		source, err := os.ReadFile(filepath.Join(folder, "axe.min.js"))
		if err != nil {
			d.t.Fatal(err)
		}
		s.axe = string(source)
	}
	var found []struct {
		ID, Help string
		Nodes    []string
	}
	const run = `axe.run(document, {iframes: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then(r => JSON.stringify(r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))}))))`
	if err := json.Unmarshal([]byte(browser.Eval[string](d.Tab, s.axe+"\n;"+run)), &found); err != nil {
		d.t.Fatal(err)
	}
	for _, v := range found {
		d.t.Errorf("%s: %s: %s %q", name, v.ID, v.Help, v.Nodes)
	}
	s.count++
	if dir := os.Getenv("EDITOR_PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d-%s.jpg", s.count, name)), d.Photo(), 0o644); err != nil {
			d.t.Fatal(err)
		}
	}
}

// TestScenario14 is a marketer's whole path without a mouse, in Spanish: from the account to the result.
func TestScenario14(t *testing.T) {
	p := program.New(t, "ALLOW_PRIVATE_NETWORKS=true", "LEARN_INTERVAL=200ms")
	p.Serve()
	d := &desk{Tab: chrome.NewTab(t), t: t, p: p, site: newSite(t, browser.Agency, "dist")}
	at := &stops{}
	d.Open(p.URL + "/register")
	d.Run(`document.cookie = "lang=es; path=/"`)
	d.Open(p.URL + "/register")
	d.enter("[name=name]", "Marta")
	d.enter("[name=email]", "marta@tienda.test")
	d.enter("[name=password]", "una-clave-bien-larga-7")
	d.Press(kb.Enter)
	d.Until(`location.pathname === "/home" && document.readyState === "complete"`)
	if lang := browser.Eval[string](d.Tab, "document.documentElement.lang"); lang != "es" {
		t.Fatalf("the page is in %s", lang)
	}
	at.stop(d, "inicio")

	d.follow("a[href='/sites/new']", "^/sites/new$")
	d.enter("[name=url]", d.site.URL)
	d.Press(kb.Enter)
	d.Until(`/^\/sites\/[0-9a-f-]{36}/.test(location.pathname) && document.readyState === "complete"`)
	at.stop(d, "instalar")
	snippet := browser.Eval[string](d.Tab, `(document.body.textContent.match(/<script[^>]*src="[^"]+\/s\/inst_[a-z0-9]+\.js"[^>]*><\/script>/) || [""])[0]`)
	d.site.snippet.Store(&snippet)
	visitor := chrome.NewTab(t)
	visitor.Open(d.site.URL + "/")
	d.Until(`document.querySelector("#install.install-found")`)
	at.stop(d, "comprobado")

	d.follow(".nav a[href='/experiments']", "^/experiments$")
	d.follow("main a[href='/experiments/new']", "^/experiments/new$")
	d.enter("[name=name]", "Portada más clara")
	d.enter("[name=url]", d.site.URL+"/")
	d.enter("[name='goals[0][selector]']", "a.btn-xl")
	d.enter("[name='goals[0][name]']", "Quiere saber más")
	at.stop(d, "experimento")
	d.follow("button[value=edit-visually]", "/editor$")
	d.id = browser.Eval[string](d.Tab, `location.pathname.split("/")[2]`)
	d.Until(`document.querySelector("#editor-frame[data-state=ready]") && document.querySelector("#structure [role=treeitem]")`)
	page := d.Frame(".preview.localhost")
	at.stop(d, "editor")

	d.structure()
	d.walk("header.masthead", "div.container", "div.masthead-heading.text-uppercase")
	at.stop(d, "estructura")
	d.Press(kb.Enter)
	d.Until(`document.activeElement.id === "edit-text-"`)
	d.Press("a", chromedp.ModifierCtrl)
	d.Press("Hecho para ti")
	page.Until(`document.querySelector(".masthead-heading").textContent === "Hecho para ti"`)
	at.stop(d, "titular")

	d.structure()
	d.walk("header.masthead", "div.container", "a.btn.btn-primary")
	d.Press(kb.Enter)
	d.Until(`document.activeElement.id === "edit-text-"`)
	d.enter("#edit-style-background-color", "#0b5f5a")
	page.Until(`getComputedStyle(document.querySelector("header .btn")).backgroundColor === "rgb(11, 95, 90)"`)
	at.stop(d, "boton")

	d.structure()
	d.walk("section#portfolio", "div.container", "div.row", "div.col-lg-4.col-sm-6", "div.portfolio-item", "a.portfolio-link", "img.img-fluid")
	d.Press(kb.Enter)
	d.Until(`document.activeElement.id === "edit-image-"`)
	d.Press("a", chromedp.ModifierCtrl)
	d.Press("assets/img/portfolio/5.jpg")
	page.Until(`document.querySelector("#portfolio img").src.endsWith("/5.jpg")`)
	at.stop(d, "imagen")

	d.structure()
	d.walk("section#services")
	d.Press(kb.Delete)
	page.Until(`document.querySelector("#services").offsetParent === null`)
	d.saved()
	d.tabTo("#device")
	d.Press("M") // the first that begins so
	if browser.Eval[string](d.Tab, `document.getElementById("device").value`) != "390" {
		d.Press(kb.Enter) // where the list has opened
	}
	d.Until(`document.querySelector("#editor-frame iframe").style.width === "390px"`)
	page.Until("innerWidth === 390")
	at.stop(d, "movil")

	d.follow(".editor-ways .btn-primary", "^/experiments/[0-9a-f-]{36}$")
	at.stop(d, "listo")
	d.tabTo("form[action$='/status'] button")
	d.Press(kb.Enter)
	d.Until(`!document.querySelector("form[action$='/status'] [value=running]") && document.readyState === "complete"`)
	script := snippet[strings.Index(snippet, "http") : strings.Index(snippet, ".js")+3]
	p.Await("told to browsers", func() bool { return strings.Contains(get(t, script), d.id) })

	seen := 0
	for range 8 {
		someone := chrome.NewTab(t)
		someone.Open(d.site.URL + "/")
		someone.Until(`document.readyState === "complete"`)
		if browser.Eval[string](someone, `document.querySelector(".masthead-heading").textContent`) == "Hecho para ti" {
			seen++
			someone.Until(`[getComputedStyle(document.querySelector("header .btn")).backgroundColor, // which the page's own sheet fades in
				document.querySelector("#portfolio img").src.split("/").pop(), document.querySelector("#services").offsetParent === null].join(" ") === "rgb(11, 95, 90) 5.jpg true"`)
		}
		someone.Run(`document.querySelector("a.btn-xl").click()`)
	}
	if seen == 0 {
		t.Fatal("none of eight visitors sees the variant")
	}
	d.Open(p.URL + "/experiments/" + d.id)
	d.Until(fmt.Sprintf(`[...document.querySelectorAll("#results .rows-variants tbody tr")].some(row => row.cells[1].textContent.trim() === "%d" && parseInt(row.cells[2].querySelector("small").textContent) > 0)`, seen))
	at.stop(d, "resultado")
}
