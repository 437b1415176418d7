//go:build e2e

package drift_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/proxy"
)

// The editor makes fingerprints in the browser, the snippet reads them there, and servers do both: all must see the same.
func TestBrowserAndServerReadPagesAlike(t *testing.T) {
	t.Parallel()
	chromium, err := browser.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { chromium.Close() })
	for i, p := range []int{1, 3, 5, 8} {
		page := pages[p]
		t.Run(page.String(), func(t *testing.T) {
			before := parse(t, page.text(t))
			after := parse(t, page.text(t))
			(&drifter{r: rand.New(rand.NewPCG(7, uint64(i))), page: after}).redesign()
			after = parse(t, render(t, after))
			tab := open(t, chromium, render(t, before))
			made := browser.Eval[[]proxy.Fingerprint](tab, `picked.map(smp.fingerprint)`)
			var want []proxy.Fingerprint
			for _, n := range pickedOf(before) {
				want = append(want, proxy.NewFingerprint(before, n))
			}
			if diff := cmp.Diff(want, made, empty); diff != "" {
				t.Fatalf("fingerprints (-server +browser)\n%s", diff)
			}
			tab = open(t, chromium, render(t, after))
			prints, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			got := browser.Eval[[]int](tab, string(prints)+`.map(print => picked.indexOf(smp.recognise(print, [], Array.from(document.getElementsByTagName(print.tag)))))`)
			if diff := cmp.Diff(recognised(after, want), got); diff != "" {
				t.Errorf("elements recognised after a redesign (-server +browser)\n%s", diff)
			}
		})
	}
}

// empty lists and no lists are the same.
var empty = cmp.Options{cmp.Transformer("list", func(list []string) string { return strings.Join(list, " ") })}

// recognised are the places among the picked elements where the server finds fingerprints, -1 for nowhere.
func recognised(doc *html.Node, prints []proxy.Fingerprint) (out []int) {
	all, mark := pickedOf(doc), "found"
	for _, print := range prints {
		c := proxy.Change{ID: "c1", Selector: "#nowhere-at-all", Fingerprint: &print, Action: "attr", Name: "data-edit", Value: &mark}
		proxy.Apply(doc, proxy.ChangeList{Seed: "x", Changes: []proxy.Change{c}})
		out = append(out, slices.Index(all, marked(doc)))
	}
	return out
}

func pickedOf(doc *html.Node) (out []*html.Node) {
	for _, n := range elements(doc) {
		if slices.Contains(picked, n.Data) {
			out = append(out, n)
		}
	}
	return out
}

func render(t *testing.T, doc *html.Node) string {
	t.Helper()
	var out strings.Builder
	if err := html.Render(&out, doc); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// open shows a page whose own scripts do not run, with our functions at smp.
func open(t *testing.T, chromium *browser.Browser, page string) *browser.Tab {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "script-src 'none'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(page))
	}))
	t.Cleanup(s.Close)
	folder, err := filepath.Abs("../../static/src/fingerprint")
	if err != nil {
		t.Fatal(err)
	}
	result := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: `export * from "./make"; export * from "./likeness";`, ResolveDir: folder},
		Bundle: true, Format: api.FormatIIFE, GlobalName: "smp", Target: api.ES2018,
	})
	if len(result.Errors) > 0 {
		t.Fatal(result.Errors)
	}
	tab := chromium.NewTab(t)
	tab.Open(s.URL)
	tab.Run(string(result.OutputFiles[0].Contents) + `
		window.smp = smp;
		window.picked = Array.from(document.body.querySelectorAll("` + strings.Join(picked, ",") + `"));`)
	return tab
}
