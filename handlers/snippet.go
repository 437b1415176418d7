package handlers

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/static"
	"github.com/samplit/samplit/static/snippet"
)

// snippets serves each site's script: the parts of the runtime that the site needs with its configuration in them, compressed when
// first asked for after a change and kept until the next.
type snippets struct {
	svc         *services.Tracker
	limits      *services.Limits
	runtime     *snippet.Runtime
	preview     *snippetFile // the same for all sites
	files       sync.Map     // name → *snippetFile
	compressing sync.Mutex
}

// snippetFile is one version of a site's script.
type snippetFile struct {
	config             []byte // of which it was made
	etag               string
	plain, gzip, brotl []byte
}

func newSnippets(svc *services.Tracker, l *services.Limits) (*snippets, error) {
	built, err := static.FS.ReadFile("js/snippet.js")
	if err != nil {
		return nil, fmt.Errorf("read snippet runtime: %w", err)
	}
	runtime, err := snippet.Parse(built)
	if err != nil {
		return nil, err
	}
	preview, err := static.FS.ReadFile("js/preview.js")
	if err != nil {
		return nil, fmt.Errorf("read preview script: %w", err)
	}
	f, err := newSnippetFile(preview)
	return &snippets{svc: svc, limits: l, runtime: runtime, preview: f}, err
}

func (s *snippets) routes(e *echo.Echo) {
	e.GET("/s/preview.js", s.servePreview)
	e.HEAD("/s/preview.js", s.servePreview)
	e.GET("/s/:file", s.serve)
	e.HEAD("/s/:file", s.serve)
}

func (s *snippets) serve(c echo.Context) error {
	name, script := strings.CutSuffix(c.Param("file"), ".js")
	token, plain := strings.CutSuffix(name, ".json")
	if script == plain {
		return echo.ErrNotFound
	}
	token, loader := strings.CutSuffix(token, ".async")
	if err := limitToken(c, s.limits, token, 1); err != nil {
		return err
	}
	config, err := s.svc.Config(token)
	if services.Code(err) == services.CodeUnknownToken {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	if plain {
		return sendConfig(c, config)
	}
	f, err := s.file(name, config, snippet.Form{Loader: loader, Below: belowOf(c.Request())})
	if err != nil {
		return err
	}
	return f.send(c)
}

// sendConfig sends the configuration alone, for servers that put variants into pages themselves.
func sendConfig(c echo.Context, config []byte) error {
	sum := sha256.Sum256(config)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	h := c.Response().Header()
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	if c.Request().Header.Get("If-None-Match") == etag {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, config)
}

// servePreview sends what the runtime loads in addition where a page is opened with a preview token.
func (s *snippets) servePreview(c echo.Context) error { return s.preview.send(c) }

// send writes the form that the browser accepts.
func (f *snippetFile) send(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=60, stale-while-revalidate=86400, stale-if-error=604800")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	body, etag := f.plain, f.etag
	switch accept := c.Request().Header.Get("Accept-Encoding"); {
	case strings.Contains(accept, "br"):
		h.Set("Content-Encoding", "br")
		body, etag = f.brotl, etag+"-b"
	case strings.Contains(accept, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body, etag = f.gzip, etag+"-g"
	}
	etag = `"` + etag + `"`
	h.Set("ETag", etag)
	if c.Request().Header.Get("If-None-Match") == etag {
		return c.NoContent(http.StatusNotModified)
	}
	w := c.Response()
	w.WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// file returns the site's script, remade when its configuration is another one.
func (s *snippets) file(name string, config []byte, form snippet.Form) (*snippetFile, error) {
	name = form.Below + "/" + name
	if f, ok := s.files.Load(name); ok && same(f.(*snippetFile).config, config) {
		return f.(*snippetFile), nil
	}
	s.compressing.Lock()
	defer s.compressing.Unlock()
	if f, ok := s.files.Load(name); ok && same(f.(*snippetFile).config, config) {
		return f.(*snippetFile), nil
	}
	plain, err := s.runtime.Script(config, form)
	if err != nil {
		return nil, err
	}
	f, err := newSnippetFile(plain)
	if err != nil {
		return nil, err
	}
	f.config = config
	s.files.Store(name, f)
	return f, nil
}

func newSnippetFile(plain []byte) (*snippetFile, error) {
	sum := sha256.Sum256(plain)
	f := &snippetFile{plain: plain, etag: base64.RawURLEncoding.EncodeToString(sum[:12])}
	var err error
	if f.gzip, err = gzipped(plain); err != nil {
		return nil, err
	}
	f.brotl, err = brotlied(plain)
	return f, err
}

// same: a snapshot hands out the same bytes until the site changes.
func same(a, b []byte) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }

func gzipped(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, 6)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func brotlied(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, 4)
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
