//go:build e2e

package editor_test

import (
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/samplit/samplit/e2e/browser"
)

// selectors is the generator of selectors alone, for pages that are open without the editor.
func selectors(t *testing.T) string {
	t.Helper()
	result := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: `import { selectorOf } from "./selector"; window.selectorOf = selectorOf;`, ResolveDir: "../../static/src/frame", Loader: api.LoaderTS},
		Bundle: true, Format: api.FormatIIFE, LogLevel: api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		t.Fatal(result.Errors)
	}
	return string(result.OutputFiles[0].Contents)
}

// told is what can be said of a page's elements that somebody would change: how many there are, how many selectors lead elsewhere, how many name a place.
type told struct {
	All, Wrong, Places int
	Slowest            float64
}

const tell = `(() => {
	const all = [...document.querySelectorAll("h1,h2,h3,h4,a,button,img,input,p,li")].filter(e => e.checkVisibility());
	const out = {All: all.length, Wrong: 0, Places: 0, Slowest: 0};
	for (const e of all) {
		const start = performance.now();
		const {selector} = selectorOf(e);
		out.Slowest = Math.max(out.Slowest, performance.now() - start);
		const hits = document.querySelectorAll(selector);
		if (hits.length !== 1 || hits[0] !== e) out.Wrong++;
		if (selector.includes(":nth")) out.Places++;
	}
	return out;
})()`

// Every selector leads to its element and to nothing else. The posts of the blog's front page are alike in everything but their words, so
// most of what is in them can only be told by its place; the shares are what was measured, with a little room.
func TestSelectorsOfRealPages(t *testing.T) {
	script := selectors(t)
	for _, page := range []struct {
		pkg   browser.Package
		name  string
		place float64 // most of the elements that may be told by their place
	}{{browser.CleanBlog, "index.html", 0.85}, {browser.CleanBlog, "contact.html", 0.55}, {browser.Agency, "index.html", 0.55}} {
		site := newSite(t, page.pkg, "dist")
		tab := chrome.NewTab(t)
		tab.Open(site.URL + "/" + page.name)
		tab.Run(script)
		got := browser.Eval[told](tab, tell)
		t.Logf("%s %s: %+v", page.pkg.Name, page.name, got)
		if got.All < 15 || got.Wrong > 0 || float64(got.Places) > page.place*float64(got.All) {
			t.Errorf("%s %s: %+v", page.pkg.Name, page.name, got)
		}
	}
}
