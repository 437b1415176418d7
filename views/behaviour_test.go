//go:build e2e

package views

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPalette jumps with the keyboard alone: open, type, walk, go.
func TestPalette(t *testing.T) {
	axe, ctx := axeSource(t), browser(t)
	address := galleryServer(t, map[string]http.HandlerFunc{
		"GET /search": func(w http.ResponseWriter, r *http.Request) {
			answer(t, withLang("en"), w, SearchResults(samplePage("en", ""), Search{Query: r.FormValue("q"), Results: []SearchResult{
				{"experiment", "Shorter headline on the home page", "Running", "/gallery/en/paper/results-winner"}}}))
		},
	})
	open(t, ctx, address+"/gallery/en/paper/home", 1280)
	run(t, ctx, chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	until(t, ctx, `document.activeElement.matches("#palette[open] input")`)
	accessible(t, ctx, axe)
	run(t, ctx, chromedp.KeyEvent("head"))
	until(t, ctx, `document.querySelectorAll("#palette-found a").length === 1`)
	until(t, ctx, `document.querySelectorAll("#palette-places a:not([hidden])").length === 0`)
	photograph(t, ctx, "palette.png")
	run(t, ctx, chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#results"))
}

// TestPreferences keeps the theme and the width of the navigation for the next page.
func TestPreferences(t *testing.T) {
	ctx := browser(t)
	address := galleryServer(t, nil)
	open(t, ctx, address+"/gallery/en/paper/home", 1280)
	run(t, ctx, chromedp.Click("[data-theme-switch]"), chromedp.Click("[data-nav-switch]"))
	if got := eval[string](t, ctx, `document.documentElement.dataset.theme + " " + document.documentElement.dataset.nav`); got != "ink slim" {
		t.Errorf("the page is %q", got)
	}
	if got := eval[string](t, ctx, "document.cookie"); !strings.Contains(got, "theme=ink") || !strings.Contains(got, "nav=slim") {
		t.Errorf("cookies are %q", got)
	}
}

// TestMenus opens a menu and closes it by Escape, which gives the focus back, and by a click elsewhere.
func TestMenus(t *testing.T) {
	axe, ctx := axeSource(t), browser(t)
	open(t, ctx, galleryServer(t, nil)+"/gallery/en/paper/results-winner", 1280)
	run(t, ctx, chromedp.Click(".more > summary"))
	until(t, ctx, `document.querySelector(".more").open`)
	photograph(t, ctx, "menu.png")
	accessible(t, ctx, axe)
	run(t, ctx, chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Escape))
	until(t, ctx, `!document.querySelector(".more").open && document.activeElement.matches(".more > summary")`)
	run(t, ctx, chromedp.Click(".more > summary"), chromedp.Click("#headline"))
	until(t, ctx, `!document.querySelector(".more").open`)
	run(t, ctx, chromedp.Click("[popovertarget='info-lift']"))
	until(t, ctx, `document.querySelector("#info-lift").matches(":popover-open")`)
	const gap = `(() => {
		const panel = document.querySelector("#info-lift").getBoundingClientRect();
		const button = document.querySelector("[popovertarget='info-lift']").getBoundingClientRect();
		return Math.max(panel.top - button.bottom, button.top - panel.bottom);
	})()`
	if px := eval[float64](t, ctx, gap); px < 0 || px > 24 {
		t.Errorf("the explanation is %.0f px from its button", px)
	}
	photograph(t, ctx, "info.png")
}

// TestDialog asks for the winner over the page, and leaves by Cancel.
func TestDialog(t *testing.T) {
	axe, ctx := axeSource(t), browser(t)
	var confirm exhibit
	for _, e := range gallery() {
		if e.name == "confirm-complete" {
			confirm = e
		}
	}
	address := galleryServer(t, map[string]http.HandlerFunc{
		"GET /experiments/{id}/confirm": func(w http.ResponseWriter, r *http.Request) {
			answer(t, withLang("en"), w, StatusConfirmBody(samplePage("en", ""), confirm.model.(StatusConfirm)))
		},
	})
	open(t, ctx, address+"/gallery/en/ink/results-winner", 1280)
	run(t, ctx, chromedp.Click(".next a.btn-primary"))
	until(t, ctx, `document.querySelector("#dialog").open && document.activeElement.closest("#dialog") !== null`)
	photograph(t, ctx, "dialog.png")
	accessible(t, ctx, axe)
	run(t, ctx, chromedp.Click("#dialog [data-close]"))
	until(t, ctx, `!document.querySelector("#dialog").open && location.pathname === "/gallery/en/ink/results-winner"`)
}

// formServer answers the experiment form as the application does: rows by "do", anything else is refused.
func formServer(t *testing.T) string {
	save := func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		p := samplePage("en", "")
		f := ParseExperimentForm(r.PostForm, p.Sites)
		status := http.StatusOK
		if !f.Apply(r.PostForm.Get("do")) {
			status, f.Errors = http.StatusUnprocessableEntity, Errors{"": "error.form", "goals[0][name]": "error.required"}
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		component := ExperimentFormPage(p, f)
		if r.Header.Get("HX-Request") == "true" {
			component = ExperimentFormBody(p, f)
		}
		if err := component.Render(withLang("en"), w); err != nil {
			t.Error(err)
		}
	}
	return galleryServer(t, map[string]http.HandlerFunc{"POST /experiments/new": save, "POST /experiments/{id}/edit": save})
}

// TestExperimentForm adds and removes rows without losing what was typed, and leads to the first refused field.
func TestExperimentForm(t *testing.T) {
	ctx := browser(t)
	open(t, ctx, formServer(t)+"/gallery/en/paper/form-new", 1280)
	const changes = `document.querySelectorAll("#variant-form-1 .change-row").length`
	run(t, ctx,
		chromedp.SendKeys("#name", "Shorter headline"), chromedp.SendKeys("#url", "https://shop.acme.example/"),
		chromedp.SendKeys("#variants-1-changes-0-selector", "h1"), chromedp.SendKeys("#variants-1-changes-0-value", "Hello"),
		chromedp.Click("button[value='add-change:1']"))
	until(t, ctx, changes+` === 2 && document.activeElement.id === "variants-1-changes-1-action"`)
	run(t, ctx, chromedp.SetValue("#variants-1-changes-1-action", "hide"), chromedp.Click("button[value='remove-change:1:0']"))
	until(t, ctx, changes+` === 1 && document.querySelector("#variants-1-changes-0-action").value === "hide"`)
	run(t, ctx, chromedp.Click("button[value='add-variant']"))
	until(t, ctx, `document.activeElement.id === "variants-2-name"`)
	if got := eval[string](t, ctx, `document.querySelector("#name").value`); got != "Shorter headline" {
		t.Errorf("the name became %q", got)
	}
	if !eval[bool](t, ctx, `!dispatchEvent(new Event("beforeunload", {cancelable: true}))`) {
		t.Error("leaving the page loses what was typed without a question")
	}
	run(t, ctx, chromedp.SendKeys("#goals-0-name", "x"), chromedp.SendKeys("#variants-1-changes-0-selector", "h1"), chromedp.SendKeys("#variants-2-changes-0-selector", "h2"),
		chromedp.Click(".form-bar button[type='submit']"))
	until(t, ctx, `document.activeElement.id === "goals-0-name" && document.activeElement.getAttribute("aria-invalid") === "true"`)
}

// TestLiveResults changes the numbers under a reader: focus, open tables and drawn charts stay; new data is drawn.
func TestLiveResults(t *testing.T) {
	ctx := browser(t)
	var fresh atomic.Int64
	var model Results
	for _, e := range gallery() {
		if e.name == "results-winner" {
			model = e.model.(Results)
		}
	}
	address := galleryServer(t, map[string]http.HandlerFunc{
		"GET /experiments/{id}/results": func(w http.ResponseWriter, r *http.Request) {
			round := fresh.Add(1)
			if round == 1 && r.Header.Get("If-None-Match") != `"v42"` {
				t.Errorf("the page asks with %q", r.Header.Get("If-None-Match"))
			}
			m := model
			m.ETag = fmt.Sprintf("v%d", 42+round)
			m.Variants = append([]VariantResult(nil), model.Variants...)
			m.Variants[0].Visitors = 10_000 + round
			if round >= 3 {
				m.Rates = m.Rates[:len(m.Rates)-2]
			}
			answer(t, withLang("en"), w, ResultsBody(samplePage("en", ""), m))
		},
	})
	open(t, ctx, address+"/gallery/en/paper/results-winner", 1280)
	until(t, ctx, `document.querySelector("#rates-plot svg") !== null`)
	eval[bool](t, ctx, `window.chart = document.querySelector("#rates-plot svg"), document.querySelector(".twin").open = true, document.querySelector("[popovertarget='info-rate']").focus(), true`)
	until(t, ctx, `document.querySelector("#row-control td.num").textContent.trim() === "10,001"`)
	for what, kept := range map[string]string{
		"the focus":         `document.activeElement.getAttribute("popovertarget") === "info-rate"`,
		"the open table":    `document.querySelector(".twin").open`,
		"the drawn chart":   `document.querySelector("#rates-plot svg") === window.chart`,
		"the new validator": `document.querySelector("#results").getAttribute("hx-headers").includes("v43")`,
	} {
		if !eval[bool](t, ctx, kept) {
			t.Errorf("%s is lost", what)
		}
	}
	until(t, ctx, `document.querySelector("#rates-plot svg") !== window.chart`)
}

// TestChartTip shows a day's numbers under the pointer, and breaks no policy by it.
func TestChartTip(t *testing.T) {
	ctx := browser(t)
	console := watchConsole(ctx)
	open(t, ctx, galleryServer(t, nil)+"/gallery/en/paper/results-learning", 1280)
	for _, plot := range []string{"#rates-plot", "#traffic-plot"} {
		until(t, ctx, `document.querySelector("`+plot+` svg") !== null`)
		eval[bool](t, ctx, `(() => {
			const svg = document.querySelector("`+plot+` svg");
			svg.scrollIntoView();
			const box = svg.getBoundingClientRect();
			for (const kind of ["pointerenter", "pointermove"]) {
				svg.dispatchEvent(new PointerEvent(kind, {bubbles: true, pointerType: "mouse", clientX: box.left + box.width / 2, clientY: box.top + box.height / 2}));
			}
			return true;
		})()`)
		until(t, ctx, `(document.querySelector("`+plot+` [aria-label='tip'] text")?.textContent ?? "").includes("Original")`)
		photograph(t, ctx, "tip"+strings.Trim(plot, "#")+".png")
	}
	for _, line := range console.take() {
		t.Errorf("console: %s", line)
	}
}

// TestTrafficAxis names each day once however young or old an experiment is, and tells the time within a day.
func TestTrafficAxis(t *testing.T) {
	ctx := browser(t)
	var model Results
	for _, e := range gallery() {
		if e.name == "results-learning" {
			model = e.model.(Results)
		}
	}
	var age time.Duration
	address := galleryServer(t, map[string]http.HandlerFunc{
		"GET /young": func(w http.ResponseWriter, r *http.Request) {
			m := model
			first, last := model.Epochs[0], model.Epochs[1]
			first.OpenedAt, last.OpenedAt = m.AsOf.Add(-age), m.AsOf.Add(-age/3)
			m.Epochs = []Epoch{first, last}
			answer(t, withLang("en"), w, ResultsPage(samplePage("en", ""), m))
		},
	})
	const labels = `Array.from(document.querySelectorAll("#traffic-plot [aria-label='x-axis tick label'] text")).map(label => Array.from(label.childNodes).map(line => line.textContent).join(" "))`
	name := regexp.MustCompile(`\d+ [A-Z][a-z]+`)
	for _, age = range []time.Duration{20 * time.Second, 4 * time.Minute, 50 * time.Minute, 5 * time.Hour, 20 * time.Hour, 60 * time.Hour, 9 * 24 * time.Hour, 70 * 24 * time.Hour} {
		for _, width := range []int64{1280, 390} {
			open(t, ctx, address+"/young", width)
			until(t, ctx, `document.querySelector("#traffic-plot svg") !== null`)
			got := eval[[]string](t, ctx, labels)
			if len(got) < 2 {
				t.Errorf("%s at %d px: the axis says %q", age, width, got)
			}
			seen := map[string]bool{}
			for _, label := range got {
				day := name.FindString(label)
				if day != "" && seen[day] {
					t.Errorf("%s at %d px: %s is named twice: %q", age, width, day, got)
				}
				seen[day] = true
				if age < 24*time.Hour && !strings.Contains(label, ":") {
					t.Errorf("%s at %d px: %q tells no time", age, width, label)
				}
			}
		}
	}
}

// TestPasswordMeter says how strong a new password is, and shows it on request.
func TestPasswordMeter(t *testing.T) {
	ctx := browser(t)
	open(t, ctx, galleryServer(t, nil)+"/gallery/en/paper/register", 390)
	run(t, ctx, chromedp.SendKeys("#name", "Ana Ruiz"), chromedp.SendKeys("#email", "ana@acme.example"))
	for _, tc := range []struct{ password, level string }{
		{"short", "0"}, {"password", "1"}, {"AnaRuiz2026", "1"}, {"aaaaaaaaaaaaaaaa", "1"}, {"tentgreen", "1"}, {"tentorange", "2"}, {"tent green 7", "3"}, {"tent green violin march", "4"},
	} {
		eval[bool](t, ctx, `document.querySelector("#password").value = "", true`)
		run(t, ctx, chromedp.SendKeys("#password", tc.password))
		if got := eval[string](t, ctx, `document.querySelector(".meter").dataset.level`); got != tc.level {
			t.Errorf("%q is level %s, want %s", tc.password, got, tc.level)
		}
	}
	photograph(t, ctx, "meter.png")
	run(t, ctx, chromedp.Click("[data-reveal]"))
	if got := eval[string](t, ctx, `document.querySelector("#password").type`); got != "text" {
		t.Errorf("the password is still hidden: %s", got)
	}
}

// TestSort orders the experiments by their uplift, both ways; rows without one stay last.
func TestSort(t *testing.T) {
	ctx := browser(t)
	open(t, ctx, galleryServer(t, nil)+"/gallery/en/paper/experiments", 1280)
	const column = `Array.from(document.querySelectorAll("tbody td:nth-child(3)")).map(td => td.dataset.value).join(" ")`
	until(t, ctx, `document.querySelectorAll("th button.sort").length === 5`)
	run(t, ctx, chromedp.Click("th:nth-child(3) button.sort"))
	if got, want := eval[string](t, ctx, column), "0.124 0.082 0.031 -0.014 -0.061 "; got != want {
		t.Errorf("falling: %q, want %q", got, want)
	}
	run(t, ctx, chromedp.Click("th:nth-child(3) button.sort"))
	if got, want := eval[string](t, ctx, column), "-0.061 -0.014 0.031 0.082 0.124 "; got != want {
		t.Errorf("rising: %q, want %q", got, want)
	}
	if got := eval[string](t, ctx, `document.querySelector("th[aria-sort]").getAttribute("aria-sort")`); got != "ascending" {
		t.Errorf("the head says %q", got)
	}
}

// TestDrawer opens the navigation of a phone over the page, and an outside tap closes it.
func TestDrawer(t *testing.T) {
	axe, ctx := axeSource(t), browser(t)
	open(t, ctx, galleryServer(t, nil)+"/gallery/es/ink/home", 390)
	run(t, ctx, chromedp.Click("[popovertarget='nav']"))
	until(t, ctx, `document.querySelector("#nav").matches(":popover-open") && document.getAnimations().length === 0`)
	photograph(t, ctx, "drawer.png")
	accessible(t, ctx, axe)
	run(t, ctx, chromedp.KeyEvent(kb.Escape))
	until(t, ctx, `!document.querySelector("#nav").matches(":popover-open")`)
}

// TestCopy puts the snippet on the clipboard and says so.
func TestCopy(t *testing.T) {
	ctx := browser(t)
	open(t, ctx, galleryServer(t, nil)+"/gallery/en/paper/site-found", 1280)
	eval[bool](t, ctx, `window.copied = "", navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }, true`)
	run(t, ctx, chromedp.Click("[data-copy='#snippet']"))
	until(t, ctx, `window.copied.startsWith("<script src=") && document.querySelector("[data-copy='#snippet'] span").textContent === "Copied"`)
}
