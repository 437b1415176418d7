package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

// Limits of what one session of a page may take.
const (
	MaxDocument   = 5 << 20 // bytes of a page or a style sheet, which are read whole
	maxAsset      = 20 << 20
	maxUpload     = 1 << 20
	maxSession    = 1 << 30
	maxConcurrent = 6
	rewriteTime   = 2 * time.Second
)

// Mirrors show websites under origins of this server, for people who edit them.
type Mirrors struct {
	fetch    *Fetcher
	rewrites chan struct{} // as many documents at once
}

// NewMirrors makes them; all sites are reached through f.
func NewMirrors(f *Fetcher) *Mirrors {
	return &Mirrors{f, make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// MirrorConfig is one site, shown to one person.
type MirrorConfig struct {
	Upstream  string // origin of the site
	Target    string // where it is shown, see Rewriter
	Tracker   string // origin of our own snippet
	Dashboard string // origin that may frame it
	Head      string // markup in front of all others in the head of its pages
	// Opaque: the target shares its host with the dashboard, so its pages get an origin of their own by a sandbox.
	Opaque bool
}

// Mirror is a site as one person sees it, with that person's cookies of it.
type Mirror struct {
	MirrorConfig
	all     *Mirrors
	rewrite *Rewriter
	jar     *jar
	slots   chan struct{}
	bytes   atomic.Int64
}

// New makes the mirror of a site.
func (m *Mirrors) New(c MirrorConfig) *Mirror {
	return &Mirror{MirrorConfig: c, all: m, rewrite: NewRewriter(c.Upstream, c.Target, c.Tracker), jar: newJar(), slots: make(chan struct{}, maxConcurrent)}
}

// Notice is a page that is not shown, because of what it is.
type Notice struct {
	Kind string
	Host string // of the other site
}

// Kinds of notices.
const (
	NoticeElsewhere = "elsewhere" // it leads to another site
	NoticeNotPage   = "not_page"  // a file, such as a PDF
	NoticeFull      = "full"      // the session has taken all that one may
	NoticeMethod    = "method"    // neither reads nor sends a form, or registers a service worker
)

func (n *Notice) Error() string { return "page not shown: " + n.Kind }

// Serve answers a request for the site; the path and query are the site's own. An error means that nothing was written: a *Refusal, a
// *Notice, or an error of the network.
func (m *Mirror) Serve(w http.ResponseWriter, r *http.Request) error {
	if m.bytes.Load() > maxSession {
		return &Notice{Kind: NoticeFull}
	}
	request, err := m.request(w, r)
	if err != nil {
		return err
	}
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	a, err := m.all.fetch.Open(r.Context(), request)
	if err != nil {
		return err
	}
	defer a.Close()
	m.jar.keep(a.URL, a.Header)
	return m.answer(w, r, a)
}

func (m *Mirror) answer(w http.ResponseWriter, r *http.Request, a *Answer) error {
	if location := a.Header.Get("Location"); location != "" && a.Status >= 300 && a.Status < 400 {
		return m.redirect(w, r, a, location)
	}
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		kind = "application/octet-stream"
	}
	switch {
	case kind == "text/html":
		return m.whole(w, r, a, "text/html; charset=utf-8", func(ctx context.Context, body []byte) ([]byte, error) { return m.page(ctx, r, a, body) })
	case isPage(r) && !shownInFrame(kind):
		return &Notice{Kind: NoticeNotPage}
	case kind == "text/css":
		return m.whole(w, r, a, a.Header.Get("Content-Type"), m.sheet)
	case isScript(kind):
		return m.stream(w, r, a, kind, maxScript)
	}
	return m.stream(w, r, a, kind, 0)
}

// redirect sends the browser on within the site. A page is not left for another site; a file may lie there.
func (m *Mirror) redirect(w http.ResponseWriter, r *http.Request, a *Answer, location string) error {
	to, ours := m.rewrite.Location(a.URL, location)
	if !ours && isPage(r) {
		host := to
		if u, err := url.Parse(to); err == nil {
			host = u.Host
		}
		return &Notice{NoticeElsewhere, host}
	}
	if !ours && m.rewrite.counts(to) {
		return &Notice{Kind: NoticeElsewhere}
	}
	h := m.header(w, a)
	h.Set("Location", to)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(a.Status)
	return nil
}

// whole reads an answer to its end, changes it and sends it.
func (m *Mirror) whole(w http.ResponseWriter, r *http.Request, a *Answer, contentType string, change change) error {
	body, err := io.ReadAll(io.LimitReader(a, MaxDocument+1))
	if err != nil {
		return err
	}
	if len(body) > MaxDocument {
		return refuse(RuleSize, "more than %d bytes", MaxDocument)
	}
	m.bytes.Add(int64(len(body)))
	if body, err = m.all.bounded(r.Context(), body, change); err != nil {
		return err
	}
	h := m.header(w, a)
	h.Set("Content-Type", contentType)
	if isPage(r) {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(a.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a browser that has gone away is the only thing that can fail here
	}
	return nil
}

// change is what is done with a whole body.
type change func(context.Context, []byte) ([]byte, error)

func (m *Mirror) sheet(_ context.Context, body []byte) ([]byte, error) {
	return []byte(m.rewrite.CSS(string(body))), nil
}

// bounded changes a document when its turn comes, within a deadline.
func (m *Mirrors) bounded(ctx context.Context, body []byte, do change) ([]byte, error) {
	select {
	case m.rewrites <- struct{}{}:
		defer func() { <-m.rewrites }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, rewriteTime)
	defer cancel()
	return do(ctx, body)
}

// page rewrites a document. What a script fetched is a part of one and gets no head.
func (m *Mirror) page(ctx context.Context, r *http.Request, a *Answer, body []byte) ([]byte, error) {
	body, err := UTF8(body, a.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	head := m.Head
	if !isPage(r) {
		head = ""
	}
	return m.rewrite.HTML(ctx, body, head)
}

// stream passes an answer on while it arrives. A script of at most so many bytes is searched first.
func (m *Mirror) stream(w http.ResponseWriter, r *http.Request, a *Answer, kind string, script int) error {
	first, err := io.ReadAll(io.LimitReader(a, int64(max(script, 32<<10)))) // what fails at once can still be told
	if err != nil {
		return err
	}
	whole := len(first) < script
	if whole {
		first = m.rewrite.Script(first)
	}
	h := m.header(w, a)
	h.Set("Content-Type", kind)
	if given := a.Header.Get("Content-Type"); strings.HasPrefix(strings.ToLower(given), kind) {
		h.Set("Content-Type", given)
	}
	if !whole && a.Header.Get("Content-Encoding") == "" {
		for _, name := range []string{"Content-Length", "Content-Range", "Accept-Ranges"} {
			if v := a.Header.Get(name); v != "" {
				h.Set(name, v)
			}
		}
	}
	w.WriteHeader(a.Status)
	if r.Method == http.MethodHead {
		return nil
	}
	sent, err := io.Copy(w, io.MultiReader(bytes.NewReader(first), a))
	m.bytes.Add(sent)
	var refused *Refusal
	if errors.As(err, &refused) {
		panic(http.ErrAbortHandler) // too late to say why: the browser must not take it for whole
	}
	return nil
}

// Show shows a page that Freeze made. No script runs in it but the editor's.
func (m *Mirror) Show(w http.ResponseWriter, r *http.Request, page []byte) {
	w.Header().Add("Content-Security-Policy", "script-src "+m.Target+"/.samplit/")
	m.Say(w, r, http.StatusOK, string(page))
}

// Say shows a page of our own in place of the site's.
func (m *Mirror) Say(w http.ResponseWriter, r *http.Request, status int, page string) {
	body, err := m.rewrite.HTML(r.Context(), []byte(page), m.Head)
	if err != nil {
		body = nil // the time is up: the status has to do
	}
	h := w.Header()
	m.Guard(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
