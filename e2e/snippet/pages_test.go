//go:build e2e

package snippet_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/proxy"
	"github.com/samplit/samplit/proxy/changetest"
)

// realPages are pages that nobody here wrote, by package.
var realPages = []struct {
	of   browser.Package
	path string
}{
	{browser.CleanBlog, "dist/index.html"}, {browser.CleanBlog, "dist/post.html"}, {browser.CleanBlog, "dist/contact.html"},
	{browser.Agency, "dist/index.html"}, {browser.Freelancer, "dist/index.html"}, {browser.ShopHome, "dist/index.html"}, {browser.ShopItem, "dist/index.html"},
	{browser.Admin, "login.html"}, {browser.Admin, "register.html"}, {browser.Admin, "index.html"},
	{browser.Gentelella, "dist/production/landing.html"}, {browser.Gentelella, "dist/production/pricing_tables.html"}, {browser.Gentelella, "dist/production/e_commerce.html"},
}

// casesOfPage is how many lists of changes each page is given.
const casesOfPage = 24

// Lists of changes that chance makes do to real pages in the browser what they do to them on the server, also while the page arrives.
func TestRandomChangesOfRealPages(t *testing.T) {
	t.Parallel()
	for i, page := range realPages {
		t.Run(page.of.Name+"/"+filepath.Base(page.path), func(t *testing.T) {
			t.Parallel()
			folder, err := page.of.Fetch()
			if err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(filepath.Join(folder, page.path))
			if err != nil {
				t.Fatal(err)
			}
			d := dice{rand.New(rand.NewPCG(11, uint64(i))), parsed(t, string(raw))}
			tr, tab := newTracker(t), chromium.NewTab(t)
			s := inert(t, tr, string(raw))
			tab.OnNewDocument(dump)
			for n := range casesOfPage {
				list := d.list(n%2 == 0)
				tr.reconfigure(test("random", list...))
				openInTime(t, tab, s.URL)
				sameFromBothEngines(t, tab, string(raw), list)
			}
		})
	}
}

// inert serves a page none of whose own scripts, styles and images are loaded.
func inert(t *testing.T, tr *tracker, page string) *site {
	if strings.Count(page, "<head>") != 1 {
		t.Fatal("the page does not have one head")
	}
	page = strings.Replace(page, "<head>", "<head>"+tag(tr), 1)
	s := newSite(t)
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src "+tr.URL+"; connect-src "+tr.URL)
		write(w, page)
	})
	return s
}

// openInTime opens a page until it comes whole before the deadline of every experiment: a busy machine may need more views, where showing
// the original is right and another test's subject.
func openInTime(t *testing.T, tab *browser.Tab, address string) {
	t.Helper()
	for range 30 {
		if tab.Open(address); browser.Eval[bool](tab, `samplit("debug").every(row => row.why !== "deadline")`) {
			return
		}
	}
	t.Fatal("no page view was in time")
}

func sameFromBothEngines(t *testing.T, tab *browser.Tab, page string, list []change) {
	t.Helper()
	doc := parsed(t, page)
	applied := proxy.Apply(doc, proxy.ChangeList{Seed: "random", Changes: list})
	want := changetest.Dump(bodyOf(t, doc))
	if diff := cmp.Diff(want, browser.Eval[string](tab, `dump(document.body)`)); diff != "" {
		t.Errorf("page (-server +browser)\n%.3000s", diff)
	}
	states := map[string]string{}
	for i, c := range list {
		states[c.ID] = string(applied.States[0][i])
	}
	if diff := cmp.Diff(states, browser.Eval[map[string]string](tab, `samplit("debug")[0].changes`)); diff != "" {
		t.Errorf("states (-server +browser)\n%s", diff)
	}
	if t.Failed() {
		t.Fatalf("%s: %s", browser.Eval[string](tab, `samplit("debug")[0].why`), quote(list))
	}
	sheet, err := json.Marshal(applied.Sheet())
	if err != nil {
		t.Fatal(err)
	}
	tab.Until(fmt.Sprintf(`rules(document.adoptedStyleSheets).join("\n") === rules([sheet(%s)]).join("\n")`, sheet))
}

func parsed(t testing.TB, page string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func bodyOf(t testing.TB, doc *html.Node) *html.Node {
	t.Helper()
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "body" {
			return n
		}
	}
	t.Fatal("there is no body")
	return nil
}

// dice makes changes of a page.
type dice struct {
	*rand.Rand
	page *html.Node
}

var plainName = regexp.MustCompile(`^[A-Za-z][\w-]*$`)

// selector is what somebody would write for an element of the body that chance picks: its id, its classes, or its place in its parent.
// Others may match it too.
func (d dice) selector() string {
	var all []*html.Node
	for n := range d.page.Descendants() {
		if n.Type == html.ElementNode && n.Namespace == "" && slices.ContainsFunc(slices.Collect(n.Ancestors()), func(a *html.Node) bool { return a.Data == "body" }) {
			all = append(all, n)
		}
	}
	n := all[d.IntN(len(all))]
	at := map[string]string{}
	for _, a := range n.Attr {
		at[a.Key] = a.Val
	}
	if id := at["id"]; plainName.MatchString(id) {
		return "#" + id
	}
	out := n.Data
	for _, class := range strings.Fields(at["class"]) {
		if plainName.MatchString(class) {
			out += "." + class
		}
	}
	if out == n.Data {
		out = n.Parent.Data + " > " + out
	}
	return out
}

// list is six changes. With early they are made as the page arrives; else they are made once it is read, and two or three move
// elements or are limited to some, since where those go, and which they are, depends on what is there. Every other selector or so is
// one that an earlier change has, so that changes meet.
func (d dice) list(early bool) (out []change) {
	kinds := []string{"text", "text", "attr", "attr", "class", "link", "image", "insert", "hide", "style", "remove", "show", "html", "html"}
	if !early {
		kinds = append(kinds, "move", "move", "move", "move")
	}
	for i := range 6 {
		c := d.change(kinds[d.IntN(len(kinds))])
		if i > 0 && d.IntN(3) == 0 {
			c.Selector = out[d.IntN(i)].Selector
		}
		c.ID = fmt.Sprint("c", i+1)
		if !early {
			c.When = "ready"
			if d.IntN(3) == 0 {
				c.Limit = 1 + d.IntN(3)
			}
		}
		out = append(out, c)
	}
	return out
}

func (d dice) change(action string) change {
	value := fmt.Sprintf("Value %d <& \"of\" ours", d.IntN(100))
	c := change{Selector: d.selector(), Action: action, Value: &value}
	one := func(words ...string) string { return words[d.IntN(len(words))] }
	switch action {
	case "attr":
		c.Name = one("title", "data-ours", "lang", "Alt")
		if d.IntN(3) == 0 {
			c.Name, c.Value = one("class-of", "alt", "type", "placeholder", "href"), nil
		}
	case "class":
		c.Name, value = one("add", "remove"), one("ours btn", "btn", "container row", "text-center ours")
	case "link", "image":
		value = fmt.Sprintf("/ours/%d?a=1&b=2", d.IntN(100))
	case "html", "insert":
		value = one("<b>Ours</b> and text", "<p class=ours>One<p>Two", "Only text", `<ul><li>a<li>b</ul><img src="/ours.png" alt="">`)
	case "style":
		c.Name, value = one("color", "margin-top", "display"), one("red", "12px", "block")
	case "move":
		value = d.selector()
	default:
		if action != "text" {
			c.Value = nil
		}
	}
	if action == "insert" || action == "move" {
		c.Position = one("before", "after", "first", "last")
	}
	return c
}
