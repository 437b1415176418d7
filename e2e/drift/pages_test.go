//go:build e2e

// Package drift_test looks for the elements of pages that nobody here wrote after the pages have changed.
package drift_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/samplit/samplit/e2e/browser"
)

// page is a file of a package.
type page struct {
	of   browser.Package
	path string
}

var pages = []page{
	{browser.CleanBlog, "dist/index.html"}, {browser.CleanBlog, "dist/post.html"}, {browser.CleanBlog, "dist/contact.html"},
	{browser.Agency, "dist/index.html"}, {browser.Freelancer, "dist/index.html"}, {browser.ShopHome, "dist/index.html"}, {browser.ShopItem, "dist/index.html"},
	{browser.Admin, "login.html"}, {browser.Admin, "register.html"}, {browser.Admin, "index.html"},
	{browser.Gentelella, "dist/production/landing.html"}, {browser.Gentelella, "dist/production/pricing_tables.html"}, {browser.Gentelella, "dist/production/e_commerce.html"},
}

func (p page) String() string { return p.of.Name + "/" + p.path }

func (p page) text(t testing.TB) string {
	t.Helper()
	folder, err := p.of.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, p.path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parse(t testing.TB, text string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// elements are those of the body in the order of the page.
func elements(doc *html.Node) (out []*html.Node) {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && under(n, "body") && !under(n, "template") {
			out = append(out, n)
		}
	}
	return out
}

func under(n *html.Node, tag string) bool {
	for n = n.Parent; n != nil; n = n.Parent {
		if n.Data == tag {
			return true
		}
	}
	return false
}
