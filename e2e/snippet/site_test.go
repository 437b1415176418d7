//go:build e2e

package snippet_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/static/snippet"
)

// site is a customer's website.
type site struct {
	*httptest.Server
	mux *http.ServeMux
}

func newSite(t testing.TB) *site {
	s := &site{mux: http.NewServeMux()}
	s.Server = httptest.NewServer(s.mux)
	s.mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	t.Cleanup(s.Close)
	return s
}

// page serves a document with the snippet of tr at the start of its head.
func (s *site) page(tr *tracker, path, body string) {
	s.document(path, tag(tr), body)
}

// document serves a page. The footer tells the runtime that the elements before it have come whole; the last element of a page
// would count as unfinished until the end of the document, which a busy machine may delay past the deadline.
func (s *site) document(path, head, body string) {
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><html><head><meta charset=utf-8>%s<title>Shop</title></head><body>%s<footer></footer></body></html>", head, body)
	})
}

// serve serves a document as it is.
func (s *site) serve(path, document string) {
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, document)
	})
}

// at returns the address of path on a host name other than the default 127.0.0.1.
func (s *site) at(host, path string) string {
	u, err := url.Parse(s.URL)
	if err != nil {
		panic(err)
	}
	return "http://" + host + ":" + u.Port() + path
}

func tag(tr *tracker) string {
	return `<script src="` + tr.URL + "/s/" + token + `.js"></script>`
}

// loader is what a page has that does not wait for the snippet.
func loader(t testing.TB, tr *tracker) string {
	t.Helper()
	code, err := os.ReadFile("../../static/js/loader.js")
	if err != nil {
		t.Fatal(err)
	}
	return snippet.Async(code, tag(tr))
}

// setup returns a site whose front page has body, its tracker and an empty tab.
func setup(t *testing.T, body string, experiments ...experiment) (*tracker, *site, *browser.Tab) {
	t.Helper()
	tr, s := newTracker(t, experiments...), newSite(t)
	s.page(tr, "/{$}", body)
	return tr, s, chromium.NewTab(t)
}

// noErrors fails when the tab has logged an error.
func noErrors(t *testing.T, tab *browser.Tab) {
	t.Helper()
	if errors := tab.Console.Errors(); len(errors) > 0 {
		t.Errorf("console errors:\n%s", strings.Join(errors, "\n"))
	}
}

func write(w http.ResponseWriter, text string) {
	io.WriteString(w, text)
	w.(http.Flusher).Flush()
}
