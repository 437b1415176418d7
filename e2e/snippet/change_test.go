//go:build e2e

package snippet_test

import (
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

const landing = `
<h1 id="title">Original title</h1>
<p id="mixed"><b>Bold</b> tail</p>
<p id="nested"><b>Only</b><i>elements</i></p>
<p id="empty"></p>
<a id="cta" class="btn" href="/buy" onclick="return true">Buy</a>
<img id="hero" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="old">
<aside id="banner" style="display:block">Banner</aside>
<script id="code" type="text/plain">code</script>`

func TestFourActions(t *testing.T) {
	t.Parallel()
	removed := change{ID: "c", Selector: "#hero", Action: "attr", Name: "src"}
	tr, s, tab := setup(t, landing, test("actions",
		text("#title", "New title"), text("#mixed", "New tail"), text("#nested", "gone"), text("#empty", "Filled"),
		style("#title", "color", "rgb(1, 2, 3)"), style("#cta", "background-color", "rgb(4, 5, 6)"),
		attr("#cta", "href", "/offer"), attr("#hero", "alt", "new"), removed, hide("#banner"),
	))
	tab.Open(s.URL)
	for expression, want := range map[string]string{
		`document.querySelector("#title").textContent`:                       "New title",
		`document.querySelector("#title").childNodes.length + ""`:            "1",
		`document.querySelector("#mixed").innerHTML`:                         "<b>Bold</b>New tail",
		`document.querySelector("#nested").innerHTML`:                        "<b>Only</b><i>elements</i>",
		`document.querySelector("#empty").textContent`:                       "Filled",
		`getComputedStyle(document.querySelector("#title")).color`:           "rgb(1, 2, 3)",
		`getComputedStyle(document.querySelector("#cta")).backgroundColor`:   "rgb(4, 5, 6)",
		`document.querySelector("#cta").getAttribute("href")`:                "/offer",
		`document.querySelector("#hero").alt`:                                "new",
		`document.querySelector("#hero").hasAttribute("src") + ""`:           "false",
		`getComputedStyle(document.querySelector("#banner")).display`:        "none",
		`document.querySelector("#title").getAttribute("style") + ""`:        "null",
		`document.querySelectorAll("style").length + ""`:                     "0",
		`getComputedStyle(document.querySelector("#title")).visibility`:      "visible",
		`document.adoptedStyleSheets[0].cssRules.length + ""`:                "3",
		`Object.keys(window).filter(key => /samplit|smp/i.test(key)).join()`: "samplit",
	} {
		tab.Until(expression + " === " + quote(want))
	}
	tr.await(1, "exposures", exposureOf(tr.config.X[0]))
	noErrors(t, tab)
}

// A customer's editor must not be able to run code through a change, whatever reached the configuration.
func TestUnsafeChangesAreRefused(t *testing.T) {
	t.Parallel()
	_, s, tab := setup(t, landing+`<iframe id="frame"></iframe>`, test("unsafe",
		attr("#cta", "onclick", "window.hacked=1"), attr("#cta", "OnFocus", "window.hacked=1"),
		attr("#cta", "href", "javascript:window.hacked=1"), attr("#hero", "src", " \tJava\nScript:window.hacked=1"),
		attr("#frame", "srcdoc", "<script>parent.hacked=1</script>"), attr("#code", "type", "text/javascript"),
		text("#code", "window.hacked=1"), style("#title", "color", "red}body{display:none"), style("#title", "background", "red;display:none"),
		text("#title", "<img src=x onerror=window.hacked=1>"),
	))
	tab.Open(s.URL)
	tab.Until(`document.querySelector("#title").textContent === "<img src=x onerror=window.hacked=1>"`)
	for expression, want := range map[string]string{
		`document.querySelector("#cta").getAttribute("onclick")`:           "return true",
		`document.querySelector("#cta").getAttribute("onfocus") + ""`:      "null",
		`document.querySelector("#cta").getAttribute("href")`:              "/buy",
		`document.querySelector("#hero").getAttribute("src").slice(0, 10)`: "data:image",
		`document.querySelector("#frame").hasAttribute("srcdoc") + ""`:     "false",
		`document.querySelector("#code").type`:                             "text/plain",
		`document.querySelector("#code").textContent`:                      "code",
		`document.querySelector("#title").children.length + ""`:            "0",
		`getComputedStyle(document.body).display`:                          "block",
		`getComputedStyle(document.querySelector("#title")).display`:       "block",
		`window.hacked + ""`: "undefined",
	} {
		if got := browser.Eval[string](tab, expression); got != want {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
	noErrors(t, tab)
}

func TestBug02LateAndRepeatedElementsAreChangedBeforeTheyAreSeen(t *testing.T) {
	t.Parallel()
	_, s, tab := setup(t, `<ul id="list"></ul>`, test("late", text(".item", "ours"), attr(".item", "title", "ours")))
	tab.Open(s.URL)
	seen := browser.Eval[[]string](tab, `new Promise(resolve => {
		const seen = [];
		let left = 5;
		const step = () => {
			for (const item of document.querySelectorAll(".item")) seen.push(item.textContent + item.title);
			if (!left--) return resolve(seen);
			const item = document.createElement("li");
			item.className = "item";
			item.textContent = "theirs";
			list.append(item);
			requestAnimationFrame(step);
		};
		setTimeout(step, 600);
	})`)
	if len(seen) != 15 {
		t.Fatalf("saw %d items, want 15", len(seen))
	}
	for _, got := range seen {
		if got != "oursours" {
			t.Errorf("a frame shows %q, want oursours", got)
		}
	}
}

// A page that insists gets its way, and stays alive.
func TestBug01LoopGuard(t *testing.T) {
	t.Parallel()
	_, s, tab := setup(t, `<h1 id="title">theirs</h1><p id="styled">styled</p>`,
		test("war", text("#title", "ours"), style("#styled", "color", "rgb(1, 2, 3)")))
	tab.Open(s.URL)
	tab.Until(`title.textContent === "ours"`)
	writes := browser.Eval[int](tab, `new Promise(resolve => {
		let writes = 0;
		new MutationObserver(() => {
			if (title.textContent !== "ours") return;
			if (++writes > 10000) return;
			title.textContent = "theirs " + writes;
		}).observe(title, {subtree: true, childList: true, characterData: true});
		title.textContent = "theirs";
		setTimeout(() => resolve(writes), 300);
	})`)
	if writes > 10 {
		t.Errorf("the page wrote %d times before the change gave up, want at most 10", writes)
	}
	if got := browser.Eval[string](tab, `title.textContent`); got[:6] != "theirs" {
		t.Errorf("the page shows %q, want its own text", got)
	}
	if got := browser.Eval[string](tab, `getComputedStyle(styled).color`); got != "rgb(1, 2, 3)" {
		t.Errorf("the style is %q, want it to hold", got)
	}
	noErrors(t, tab)
}

// A page that answers every change with a new element cannot be told from one that loads more; it must only not hang.
func TestBug01EndlessReplacementDoesNotHang(t *testing.T) {
	t.Parallel()
	_, s, tab := setup(t, `<div id="root"><h1 class="title">theirs</h1></div>`, test("replace", text(".title", "ours")))
	tab.Open(s.URL)
	tab.Until(`document.querySelector(".title").textContent === "ours"`)
	alive := browser.Eval[bool](tab, `new Promise(resolve => {
		const watcher = new MutationObserver(() => {
			if (root.textContent === "ours") root.innerHTML = '<h1 class="title">theirs</h1>';
		});
		watcher.observe(root, {subtree: true, childList: true, characterData: true});
		root.innerHTML = '<h1 class="title">theirs</h1>';
		setTimeout(() => { watcher.disconnect(); resolve(true); }, 300);
	})`)
	if !alive {
		t.Error("the page did not come back")
	}
	tab.Until(`document.querySelector(".title").textContent === "ours"`)
}

// Ordinary re-rendering, now and then, is not a war.
func TestBug03ReRenderedElementKeepsItsChange(t *testing.T) {
	t.Parallel()
	_, s, tab := setup(t, `<h1 id="title">theirs</h1>`, test("render", text("#title", "ours"), attr("#title", "lang", "es")))
	tab.Open(s.URL)
	tab.Until(`title.textContent === "ours"`)
	for _, script := range []string{
		`title.textContent = "again"`, `title.firstChild.data = "again"`, `title.innerHTML = "again"`, `title.lang = "en"`,
		`title.outerHTML = "<h1 id=title>again</h1>"`,
	} {
		tab.Run(script)
		tab.Until(`title.textContent === "ours" && title.lang === "es"`)
	}
}

func TestTwoExperimentsOnOneSlotComposeInOrder(t *testing.T) {
	t.Parallel()
	tr, s, tab := setup(t, `<h1 id="title">theirs</h1>`, test("first", text("#title", "first")), test("second", text("#title", "second")))
	tab.Open(s.URL)
	tr.await(2, "exposures", ofType("exposure"))
	if got := browser.Eval[string](tab, `title.textContent`); got != "second" {
		t.Errorf("the page shows %q, want second", got)
	}
}
