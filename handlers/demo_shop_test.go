package handlers

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/samplit/samplit/static"
)

const demoSnippet = `<script src="https://tracker.test/s/inst_1.js"></script>`

// demoPaths are the pages of the shop, the one that is not there included.
var demoPaths = []string{
	"/", "/cart", "/checkout", "/thanks", "/no-such-page",
	"/products/small-ember", "/products/kitchen-window", "/products/paper-lantern",
	"/products/four-weeks", "/products/knee-high", "/products/slow-fuse",
}

func demoAsk(method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, "http://demo.localhost/", nil)
	r.URL.Path = path
	demoShop(func() string { return demoSnippet }).ServeHTTP(w, r)
	return w
}

func demoDocument(t *testing.T, path string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(demoAsk(http.MethodGet, path).Body)
	if err != nil {
		t.Fatalf("parse %s: %v", path, err)
	}
	return doc
}

func TestDemoShopServesEveryEmbeddedPage(t *testing.T) {
	t.Parallel()
	served := make(map[string]bool)
	for _, path := range demoPaths {
		want := http.StatusOK
		if path == "/no-such-page" {
			want = http.StatusNotFound
		}
		w := demoAsk(http.MethodGet, path)
		if w.Code != want {
			t.Errorf("GET %s = %d, want %d", path, w.Code, want)
		}
		served[w.Body.String()] = true
	}
	embedded := 0
	_ = fs.WalkDir(static.DemoFS, "demo", func(name string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(name, ".html") {
			embedded++
		}
		return err
	})
	if len(served) != embedded {
		t.Errorf("%d different pages are served, %d are embedded", len(served), embedded)
	}
}

func TestDemoShopHeaders(t *testing.T) {
	t.Parallel()
	tests := []struct{ path, contentType, cache string }{
		{"/", "text/html; charset=utf-8", "no-store"},
		{"/no-such-page", "text/html; charset=utf-8", "no-store"},
		{"/assets/shop.css", "text/css; charset=utf-8", "public, max-age=3600"},
		{"/assets/shop.js", "text/javascript; charset=utf-8", "public, max-age=3600"},
		{"/assets/hero.svg", "image/svg+xml", "public, max-age=3600"},
		{"/assets/caprasimo.woff2", "font/woff2", "public, max-age=3600"},
	}
	for _, tt := range tests {
		get, head := demoAsk(http.MethodGet, tt.path), demoAsk(http.MethodHead, tt.path)
		for _, w := range []*httptest.ResponseRecorder{get, head} {
			header := w.Header()
			if got := header.Get("Content-Type"); got != tt.contentType {
				t.Errorf("%s: Content-Type %q, want %q", tt.path, got, tt.contentType)
			}
			if got := header.Get("Cache-Control"); got != tt.cache {
				t.Errorf("%s: Cache-Control %q, want %q", tt.path, got, tt.cache)
			}
			if got := header.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("%s: X-Content-Type-Options %q", tt.path, got)
			}
			for _, name := range []string{"Set-Cookie", "Content-Security-Policy"} {
				if got := header.Get(name); got != "" {
					t.Errorf("%s: %s %q, want none", tt.path, name, got)
				}
			}
			if got, want := header.Get("Content-Length"), strconv.Itoa(get.Body.Len()); got != want {
				t.Errorf("%s: Content-Length %s, want %s", tt.path, got, want)
			}
		}
		if head.Body.Len() != 0 {
			t.Errorf("HEAD %s has a body of %d bytes", tt.path, head.Body.Len())
		}
	}
}

func TestDemoShopAsksForAssetsAgainByTag(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/assets/shop.css", nil)
	r.Header.Set("If-None-Match", demoAsk(http.MethodGet, "/assets/shop.css").Header().Get("ETag"))
	w := httptest.NewRecorder()
	demoShop(func() string { return "" }).ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("got %d, want 304", w.Code)
	}
}

func TestDemoShopRefusesOtherMethods(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		w := demoAsk(method, "/checkout")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s = %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

func TestDemoShopServesNothingElse(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"", "/index.html", "/index", "/404", "/cart.html", "/cart/", "/products", "/products/", "/assets", "/assets/", "/demo/index.html",
		"/../demo.go", "/assets/../../demo.go", "/products/../index.html", "//cart", `/assets\..\..\demo.go`, "/assets/shop.css\x00", "/css/app.css",
		"/%2e%2e/demo.go", "/assets/%2e%2e%2fcart.html", "/.", "/..", "/etc/passwd",
	} {
		w := demoAsk(http.MethodGet, path)
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "Nothing came up here") {
			t.Errorf("GET %q = %d, want the page of 404", path, w.Code)
		}
	}
}

func TestDemoShopPutsTheSnippetFirst(t *testing.T) {
	t.Parallel()
	for _, path := range demoPaths {
		doc := demoDocument(t, path)
		snippet := doc.Find(`script[src="https://tracker.test/s/inst_1.js"]`)
		if snippet.Length() != 1 || !snippet.Parent().Is("head") {
			t.Errorf("%s: %d snippets, in head: %v", path, snippet.Length(), snippet.Parent().Is("head"))
		}
		if first := doc.Find("script, link, style").First(); first.AttrOr("src", "") != "https://tracker.test/s/inst_1.js" {
			t.Errorf("%s: the snippet comes after <%s %s>", path, goquery.NodeName(first), first.AttrOr("href", first.AttrOr("src", "")))
		}
	}
}

func TestDemoShopAsksForTheSnippetOfTheMoment(t *testing.T) {
	t.Parallel()
	now := ""
	shop := demoShop(func() string { return now })
	home := func() string {
		w := httptest.NewRecorder()
		shop.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return w.Body.String()
	}
	without := home()
	if strings.Contains(without, demoMark) {
		t.Error("the mark is left in the page")
	}
	now = demoSnippet
	if got, want := len(home()), len(without)+len(demoSnippet); got != want {
		t.Errorf("page with snippet has %d bytes, want %d", got, want)
	}
}

var demoCSSURL = regexp.MustCompile(`url\("([^"]+)"\)`)

// demoReferences are the addresses that a page leads to or loads; the snippet is not the shop's.
func demoReferences(doc *goquery.Document) []string {
	var refs []string
	for _, attribute := range []string{"href", "src", "action", "data-image"} {
		doc.Find("[" + attribute + "]").Each(func(_ int, s *goquery.Selection) {
			if ref := s.AttrOr(attribute, ""); !strings.Contains(demoSnippet, `"`+ref+`"`) {
				refs = append(refs, ref)
			}
		})
	}
	return refs
}

func TestDemoShopLinksResolve(t *testing.T) {
	t.Parallel()
	refs := make(map[string]string)
	for _, path := range demoPaths {
		for _, ref := range demoReferences(demoDocument(t, path)) {
			if strings.HasPrefix(ref, "#") {
				ref = path + ref
			}
			refs[ref] = path
		}
	}
	for _, m := range demoCSSURL.FindAllStringSubmatch(demoAsk(http.MethodGet, "/assets/shop.css").Body.String(), -1) {
		refs[m[1]] = "/assets/shop.css"
	}
	if len(refs) < 25 {
		t.Fatalf("only %d references found", len(refs))
	}
	for ref, from := range refs {
		path, fragment, _ := strings.Cut(ref, "#")
		if !strings.HasPrefix(path, "/") {
			t.Errorf("%s refers to %q, which is not a path of the shop", from, ref)
			continue
		}
		if code := demoAsk(http.MethodGet, path).Code; code != http.StatusOK && path != "/no-such-page" {
			t.Errorf("%s refers to %s: %d", from, ref, code)
		}
		if fragment != "" && demoDocument(t, path).Find("#"+fragment).Length() != 1 {
			t.Errorf("%s refers to %s: no such place", from, ref)
		}
	}
}

// TestDemoShopHooks holds what seeded experiments change and count.
func TestDemoShopHooks(t *testing.T) {
	t.Parallel()
	hooks := map[string][]string{
		"/":                     {"h1#hero-title", "p#hero-sub", "a#hero-cta", "a#hero-more", "img#hero-image", "h2#seeds-title", "h2#letter-title", "form#newsletter", "button#newsletter-submit"},
		"/products/small-ember": {"h1#product-title", "p#product-lead", "p#product-price", "button#add-to-cart", "p#product-promise", "img#product-image"},
		"/cart":                 {"h1#cart-title", "a#to-checkout"},
		"/checkout":             {"h1#checkout-title", "form#checkout", "button#place-order"},
		"/thanks":               {"h1#thanks-title", "p#order-note"},
	}
	for path, selectors := range hooks {
		doc := demoDocument(t, path)
		for _, selector := range selectors {
			_, id, _ := strings.Cut(selector, "#")
			if doc.Find(selector).Length() != 1 || doc.Find("[id="+id+"]").Length() != 1 {
				t.Errorf("%s: %d elements %s, want 1", path, doc.Find(selector).Length(), selector)
			}
		}
	}
	if href := demoDocument(t, "/").Find("#hero-cta").AttrOr("href", ""); href != "/products/small-ember" {
		t.Errorf("the primary button leads to %q", href)
	}
}

func TestDemoShopPagesAreOneSite(t *testing.T) {
	t.Parallel()
	home := demoDocument(t, "/")
	for _, path := range demoPaths {
		doc := demoDocument(t, path)
		seen := make(map[string]bool)
		doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
			if id := s.AttrOr("id", ""); seen[id] {
				t.Errorf("%s: id %q twice", path, id)
			} else {
				seen[id] = true
			}
		})
		for _, part := range []string{".site-header", ".site-footer", "head script[defer], head link"} {
			if doc.Find(part).Text() != home.Find(part).Text() || doc.Find(part).Length() != home.Find(part).Length() {
				t.Errorf("%s: %s is not that of the home page", path, part)
			}
		}
		if h1 := doc.Find("main h1").Length(); h1 != 1 || doc.Find("title").Text() == "" {
			t.Errorf("%s: %d headlines, title %q", path, h1, doc.Find("title").Text())
		}
	}
	if footer := home.Find(".site-footer").Text(); !strings.Contains(footer, "A demo shop served by Samplit") {
		t.Errorf("the footer does not say what this is: %s", footer)
	}
}

// TestDemoShopCardsAgree holds that a card says what its product page says, and that the cards are twins.
func TestDemoShopCardsAgree(t *testing.T) {
	t.Parallel()
	cards := demoDocument(t, "/").Find(".product-card")
	if cards.Length() != 6 {
		t.Fatalf("%d products, want 6", cards.Length())
	}
	cards.Each(func(_ int, card *goquery.Selection) {
		slug := card.AttrOr("data-product", "")
		if href := card.Find("a").AttrOr("href", ""); href != "/products/"+slug {
			t.Errorf("%s leads to %s", slug, href)
		}
		product := demoDocument(t, "/products/"+slug)
		form := product.Find("form[data-add]")
		cents, err := strconv.Atoi(form.AttrOr("data-price", ""))
		if err != nil {
			t.Fatalf("%s: data-price: %v", slug, err)
		}
		price := "€" + strconv.Itoa(cents/100) + "." + strconv.Itoa(cents%100/10) + strconv.Itoa(cents%10)
		if got := card.Find(".product-price").Text(); got != price {
			t.Errorf("%s: card says %s, cart %s", slug, got, price)
		}
		if got := product.Find("#product-price").Text(); !strings.HasPrefix(got, price+" ") {
			t.Errorf("%s: page says %s, cart %s", slug, got, price)
		}
		if got, want := form.AttrOr("data-name", ""), card.Find(".product-name").Text(); got != want || form.AttrOr("data-add", "") != slug {
			t.Errorf("cart says %q, card %q (%s)", got, want, slug)
		}
	})
}

func TestDemoShopIsLight(t *testing.T) {
	t.Parallel()
	total := 0
	err := fs.WalkDir(static.DemoFS, "demo", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := static.DemoFS.ReadFile(name)
		total += len(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if total > 120_000 {
		t.Errorf("the shop weighs %d bytes, want at most 120000", total)
	}
}
