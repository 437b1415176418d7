//go:build e2e

package editor_test

import (
	"fmt"
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
	code := string(result.OutputFiles[0].Contents)
	return fmt.Sprintf(`(() => {
		const script = document.createElement("script");
		Object.assign(script.dataset, {site: location.origin, target: location.origin});
		script.textContent = %s;
		document.head.append(script);
	})()`, quote(code))
}

// told is what the generator says of a page's elements.
type told struct {
	Page, All   int     // elements of the page, and those of them that somebody would change
	Wrong       int     // selectors that lead elsewhere, too
	Places      int     // selectors with a place
	Deep        int     // selectors with more than two places
	Twins       int     // elements of which nothing but the place tells them from another
	Single      int     // elements told by their place although they have no twin
	Queries     int     // most searches of the page for one selector
	Median, P95 float64 // milliseconds for one selector, to be read only
}

// tell makes a selector of each element, counts searches and milliseconds on the way, and looks for twins: elements whose tag and
// attributes, whose descendants', whose ancestors', and whose neighbour's before are those of another.
const tell = `(() => {
	const all = [...document.querySelectorAll(%q)].filter(e => e.localName !== "script" && (%s));
	const own = e => e ? e.localName + [...e.attributes].filter(a => a.name !== "style").map(a => a.name + "=" + a.value).sort().join() : "";
	const chain = e => e ? own(e) + "/" + chain(e.parentElement) : "";
	const sign = e => chain(e) + "|" + own(e.previousElementSibling) + "|" + [...e.querySelectorAll("*")].map(own).sort().join();
	const signs = new Map();
	for (const e of document.querySelectorAll("body *")) signs.set(sign(e), (signs.get(sign(e)) || 0) + 1);
	const out = {Page: document.querySelectorAll("*").length, All: all.length, Wrong: 0, Places: 0, Deep: 0, Twins: 0, Single: 0, Queries: 0};
	const native = Document.prototype.querySelectorAll;
	let queries = 0;
	Document.prototype.querySelectorAll = function (selector) { queries++; return native.call(this, selector); };
	const times = all.map(e => {
		queries = 0;
		const start = performance.now();
		const {selector, grade} = selectorOf(e);
		const took = performance.now() - start;
		out.Queries = Math.max(out.Queries, queries);
		const hits = native.call(document, selector);
		if (hits.length !== 1 || hits[0] !== e) out.Wrong++;
		const places = selector.split(":nth").length - 1;
		if (places !== 0) out.Places++;
		if ((places !== 0) !== (grade === "fragile")) out.Wrong++;
		if (places > 2) out.Deep++;
		const twin = signs.get(sign(e)) > 1;
		if (twin) out.Twins++;
		if (!twin && places) out.Single++;
		return took;
	}).sort((a, b) => a - b);
	Document.prototype.querySelectorAll = native;
	return {...out, Median: times[times.length >> 1], P95: times[Math.floor(times.length * 0.95)]};
})()`

// worth are the elements that somebody would change.
const worth = "h1,h2,h3,h4,h5,h6,a,button,img,input,select,textarea,p,li"

// mostQueries bounds how often the page is searched for one selector.
const mostQueries = 60

// Every selector leads to its element and to nothing else. What repeats on a page, such as posts that are alike in everything but their
// words, can only be told by its place; hardly anything else is.
func TestSelectorsOfRealPages(t *testing.T) {
	script := selectors(t)
	tab := chrome.NewTab(t)
	var sum told
	for _, page := range []struct {
		pkg          browser.Package
		folder, name string
	}{
		{browser.CleanBlog, "dist", "index.html"}, {browser.CleanBlog, "dist", "contact.html"}, {browser.Agency, "dist", "index.html"},
		{browser.Freelancer, "dist", "index.html"}, {browser.ShopHome, "dist", "index.html"}, {browser.ShopItem, "dist", "index.html"},
		{browser.Admin, ".", "register.html"}, {browser.Admin, ".", "index.html"}, {browser.Gentelella, "dist", "production/pricing_tables.html"},
		{browser.Gentelella, "dist", "production/landing.html"}, {browser.Gentelella, "dist", "production/e_commerce.html"}, {browser.Reveal, ".", "demo.html"},
	} {
		tab.Open(newSite(t, page.pkg, page.folder).URL + "/" + page.name)
		tab.Run(script)
		got := browser.Eval[told](tab, fmt.Sprintf(tell, worth, "e.checkVisibility()"))
		t.Logf("%s %s: %+v", page.pkg.Name, page.name, got)
		if got.All < 10 || got.Wrong > 0 || got.Queries > mostQueries || got.Single > 1+got.All/6 || got.Deep > got.All/10 {
			t.Errorf("%s %s: %+v", page.pkg.Name, page.name, got)
		}
		sum.All, sum.Places, sum.Twins = sum.All+got.All, sum.Places+got.Places, sum.Twins+got.Twins
	}
	t.Logf("of %d elements %d are told by their place, %d have a twin", sum.All, sum.Places, sum.Twins)
	if share := float64(sum.Places) / float64(sum.All); share > 0.27 {
		t.Errorf("%.0f %% are told by their place, want at most 27", 100*share)
	}
	// What the search costs, on every element of the largest page, the hidden ones too.
	got := browser.Eval[told](tab, fmt.Sprintf(tell, "body *", "true"))
	t.Logf("every element of a page of %d: median %.1f ms, 95 %% within %.1f ms, at most %d searches", got.Page, got.Median, got.P95, got.Queries)
	if got.Wrong > 0 || got.Queries > mostQueries {
		t.Errorf("%+v", got)
	}
}
