package handlers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/samplit/samplit/static"
)

// demoMark stands in the head of every page of the demo shop where the snippet goes.
const demoMark = "<!-- samplit -->"

// demoFiles are the files of the demo shop by the path that a browser asks for. An exact look-up is all there is: no path can
// reach a file that is not in here.
type demoFiles struct {
	pages    map[string]demoPage
	assets   map[string]demoAsset
	notFound demoPage
	snippet  func() string
}

// demoPage is a page cut at its mark.
type demoPage struct{ head, tail []byte }

type demoAsset struct {
	body []byte
	etag string
}

// demoShop serves the demo shop: the pages of static.DemoFS under host, each with the snippet of the demo installation in its head.
// The shop plays a customer's ordinary site, so it has no content security policy and sets no cookie. snippet is asked for
// every page; it returns HTML, or "" while there is none.
func demoShop(snippet func() string) http.Handler {
	d := &demoFiles{pages: make(map[string]demoPage), assets: make(map[string]demoAsset), snippet: snippet}
	err := fs.WalkDir(static.DemoFS, "demo", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := static.DemoFS.ReadFile(name)
		if err != nil {
			return err
		}
		return d.add(strings.TrimPrefix(name, "demo"), body)
	})
	if err != nil {
		panic("handlers: demo shop: " + err.Error())
	}
	d.notFound = d.pages["/404"]
	delete(d.pages, "/404")
	return d
}

// add files body under the path it is asked by: /cart.html is /cart and /index.html is /.
func (d *demoFiles) add(name string, body []byte) error {
	stem, isPage := strings.CutSuffix(name, ".html")
	if !isPage {
		sum := sha256.Sum256(body)
		d.assets[name] = demoAsset{body: body, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
		return nil
	}
	head, tail, ok := bytes.Cut(body, []byte(demoMark))
	if !ok {
		return fmt.Errorf("%s has no place for the snippet", name)
	}
	if stem == "/index" {
		stem = "/"
	}
	d.pages[stem] = demoPage{head: head, tail: tail}
	return nil
}

func (d *demoFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "The demo shop only shows pages.", http.StatusMethodNotAllowed)
		return
	}
	if asset, ok := d.assets[r.URL.Path]; ok {
		header.Set("Cache-Control", "public, max-age=3600")
		header.Set("ETag", asset.etag)
		header.Set("Access-Control-Allow-Origin", "*") // the editor shows the shop on another origin, where its font would be refused
		http.ServeContent(w, r, path.Base(r.URL.Path), time.Time{}, bytes.NewReader(asset.body))
		return
	}
	if page, ok := d.pages[r.URL.Path]; ok {
		d.answer(w, r, http.StatusOK, page)
		return
	}
	d.answer(w, r, http.StatusNotFound, d.notFound)
}

// answer sends page with the snippet of this moment. Nobody may store it, so that a test that starts is seen on the next load.
func (d *demoFiles) answer(w http.ResponseWriter, r *http.Request, status int, page demoPage) {
	snippet := d.snippet()
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(page.head)+len(snippet)+len(page.tail)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	// A browser that has gone away is the only thing that can fail here.
	_, _ = w.Write(bytes.Join([][]byte{page.head, page.tail}, []byte(snippet)))
}
