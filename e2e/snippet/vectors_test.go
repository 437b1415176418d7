//go:build e2e

package snippet_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/proxy"
	"github.com/samplit/samplit/proxy/changetest"
)

// dump is changetest.Dump, and the state of every change, by experiment.
const dump = `
window.escaped = text => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
window.dump = node => {
	if (node.nodeType === 3) return escaped(node.data);
	if (node.nodeType === 8) return "<!--" + escaped(node.data) + "-->";
	const attributes = Array.from(node.attributes).map(({ name, value }) => " " + name + '="' + escaped(value) + '"').sort();
	const children = (node.localName === "template" ? node.content : node).childNodes;
	return "<" + node.localName + attributes.join("") + ">" + Array.from(children).map(dump).join("") + "</" + node.localName + ">";
};
window.rules = sheets => sheets.flatMap(sheet => Array.from(sheet.cssRules, rule => rule.cssText)).sort();
window.sheet = text => { const made = new CSSStyleSheet(); made.replaceSync(text); return made; };
`

// The server is held to the same vectors in package proxy.
func TestChangeVectors(t *testing.T) {
	t.Parallel()
	all, err := changetest.Load("../../static/src/testdata/changes.json")
	if err != nil {
		t.Fatal(err)
	}
	tabs := make(chan []changetest.Vector)
	go func() {
		defer close(tabs)
		for chunk := range slices.Chunk(all, 60) {
			tabs <- chunk
		}
	}()
	for chunk := range tabs {
		t.Run(chunk[0].Name, func(t *testing.T) {
			t.Parallel()
			tab := chromium.NewTab(t)
			tab.OnNewDocument(dump)
			for _, v := range chunk {
				checkVector(t, tab, v)
			}
		})
	}
}

func checkVector(t *testing.T, tab *browser.Tab, v changetest.Vector) {
	t.Helper()
	var experiments []experiment
	for _, list := range v.Lists {
		experiments = append(experiments, test(list.Seed, list.Changes...))
	}
	tr, s := newTracker(t, experiments...), newSite(t)
	s.serve("/{$}", strings.Replace(v.Page(), "<head>", "<head><meta charset=utf-8>"+tag(tr), 1))
	openInTime(t, tab, s.URL)
	if diff := cmp.Diff(body(t, v.WantPage()), browser.Eval[string](tab, `dump(document.body)`)); diff != "" {
		t.Errorf("%s: page (-want +got)\n%s", v.Name, diff)
	}
	states := browser.Eval[[]map[string]string](tab, `samplit("debug").map(row => row.changes)`)
	if diff := cmp.Diff(wantStates(v), states); diff != "" {
		t.Errorf("%s: changes (-want +got)\n%s", v.Name, diff)
	}
	if len(v.Rules) == 0 {
		return
	}
	text, err := json.Marshal(proxy.Applied{Rules: v.Rules}.Sheet())
	if err != nil {
		t.Fatal(err)
	}
	tab.Until(fmt.Sprintf(`rules(document.adoptedStyleSheets).join("\n") === rules([sheet(%s)]).join("\n")`, text))
}

// wantStates are what a vector wants of its changes, by list, as samplit("debug") tells it. Of a list with a selector that is none the
// snippet tells nothing: it takes the whole experiment off the page.
func wantStates(v changetest.Vector) (out []map[string]string) {
	n := 0
	for _, list := range v.Lists {
		states := map[string]string{}
		for _, c := range list.Changes {
			state := proxy.Found
			if n < len(v.States) {
				state = v.States[n]
			}
			states[c.ID] = string(state)
			n++
		}
		if slices.ContainsFunc(list.Changes, broken) {
			states = map[string]string{}
		}
		out = append(out, states)
	}
	return out
}

func broken(c proxy.Change) bool {
	_, err := proxy.ParseSelector(c.Selector)
	return err != nil && c.Action != "css"
}

// body is the dump of a page's body as another parser reads it.
func body(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Data == "body" {
			return changetest.Dump(n)
		}
	}
	t.Fatal("there is no body")
	return ""
}
