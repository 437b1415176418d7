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

var (
	freelancer = browser.Package{Name: "startbootstrap-freelancer", Version: "7.0.7",
		Integrity: "sha512-KdqOM+MdbFPwBugLvze3sKGW+XS3t4amtOCOupkGwdoc7CfI+89VwQy7adZgZj4u3cL6pY57XZGYmMCyVFAMLw=="}
	shopHome = browser.Package{Name: "startbootstrap-shop-homepage", Version: "5.0.6",
		Integrity: "sha512-B8TNIkJrc0iYCjrfgAolSopz1nek66gmhxkwCKP5zBX0axuF/OGae5z53bupgrlAOw1F4Cs6mkLVcw7K9G1exA=="}
	shopItem = browser.Package{Name: "startbootstrap-shop-item", Version: "5.0.6",
		Integrity: "sha512-2u6+IC1znfs6G7rmigBLu8h0NUrtV7jlNDrAXj+k9ftMcMwSNkkU1HR8RFnDn0i+x+qZBrSbg6pA4YItikDWHg=="}
	admin = browser.Package{Name: "startbootstrap-sb-admin-2", Version: "4.1.4",
		Integrity: "sha512-Zr0JNu4tRD4EJVDwVLETKWfMniFx4Dy3qAnJ96ucqUqIZ8Ns4/H5a6Y0E44/K5lxO05EBQwi24hPxaLEz+2IhA=="}
	gentelella = browser.Package{Name: "gentelella", Version: "4.2.0",
		Integrity: "sha512-etbwRsQv+fl5tAnmE+SCZGGWWU6H6EudoWFZEPDJ93jGtVlDOnUmG09XW/BY+V3K1n28jZJ3fJx4V3WH7MVzOQ=="}
)

var pages = []page{
	{browser.CleanBlog, "dist/index.html"}, {browser.CleanBlog, "dist/post.html"}, {browser.CleanBlog, "dist/contact.html"},
	{browser.Agency, "dist/index.html"}, {freelancer, "dist/index.html"}, {shopHome, "dist/index.html"}, {shopItem, "dist/index.html"},
	{admin, "login.html"}, {admin, "register.html"}, {admin, "index.html"},
	{gentelella, "dist/production/landing.html"}, {gentelella, "dist/production/pricing_tables.html"}, {gentelella, "dist/production/e_commerce.html"},
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
