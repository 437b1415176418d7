package edge

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// buffer holds a page back until it is whole. What is no page passes at once; so does one that grows too long or comes too slowly.
type buffer struct {
	http.ResponseWriter
	r    *http.Request
	plan *plan
	cfg  Config

	mu      sync.Mutex
	status  int
	decided bool // what kind of answer it is
	passing bool
	body    bytes.Buffer
	timer   *time.Timer
}

func newBuffer(w http.ResponseWriter, r *http.Request, p *plan, cfg Config) *buffer {
	return &buffer{ResponseWriter: w, r: r, plan: p, cfg: cfg}
}

// WriteHeader decides whether the answer is a page.
func (b *buffer) WriteHeader(status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begin(status)
}

func (b *buffer) begin(status int) {
	if b.decided || status < 200 {
		if status < 200 {
			b.ResponseWriter.WriteHeader(status)
		}
		return
	}
	b.status, b.decided = status, true
	if len(b.plan.decisions) == 0 || !b.isPage() {
		b.handOn()
		b.pass()
		return
	}
	b.timer = time.AfterFunc(b.cfg.Patience, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.pass()
	})
}

// isPage: the answer is HTML that can be read.
func (b *buffer) isPage() bool {
	h := b.Header()
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	encoding := strings.ToLower(h.Get("Content-Encoding"))
	long, _ := strconv.Atoi(h.Get("Content-Length"))
	return err == nil && kind == "text/html" && b.status != http.StatusPartialContent && b.status != http.StatusNoContent &&
		b.status/100 != 3 && (encoding == "" || encoding == "identity" || encoding == "gzip") && long <= b.cfg.MaxBytes
}

// handOn has the browser remember whom a partner domain has handed over when the site leads on to another page: the address of that one
// says nothing of it.
func (b *buffer) handOn() {
	if b.plan.handed && b.status/100 == 3 {
		personal(b.Header())
		b.remember(nil)
	}
}

// remember sets the cookies of the visitor, and of arms that are new.
func (b *buffer) remember(added []held) {
	for _, c := range b.plan.visitor.cookies(b.r, added) {
		b.Header().Add("Set-Cookie", c.String())
	}
}

// pass sends what there is as it is, and the rest as it comes.
func (b *buffer) pass() {
	if b.passing {
		return
	}
	b.passing = true
	b.ResponseWriter.WriteHeader(b.status)
	if b.body.Len() > 0 {
		_, _ = b.ResponseWriter.Write(b.body.Bytes())
		_ = http.NewResponseController(b.ResponseWriter).Flush()
	}
	b.body = bytes.Buffer{}
}

// Write holds a page back. Without a Content-Type it is what net/http would say it is.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.decided {
		if b.Header().Get("Content-Type") == "" {
			b.Header().Set("Content-Type", http.DetectContentType(p))
		}
		b.begin(http.StatusOK)
	}
	if b.passing {
		return b.ResponseWriter.Write(p)
	}
	b.body.Write(p)
	if b.body.Len() > b.cfg.MaxBytes {
		b.pass()
	}
	return len(p), nil
}

// FlushError keeps streams flowing; a page that is held back has nothing to flush.
func (b *buffer) FlushError() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.passing {
		return nil
	}
	return http.NewResponseController(b.ResponseWriter).Flush()
}

// Flush is FlushError for those who ask for a http.Flusher.
func (b *buffer) Flush() { _ = b.FlushError() }

// Unwrap leads http.ResponseController to what the server can do.
func (b *buffer) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func (b *buffer) stop() {
	if b.timer != nil {
		b.timer.Stop()
	}
}

// finish sends the page with its variants, or as it is where they cannot be put into it.
func (b *buffer) finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begin(http.StatusOK)
	if b.passing {
		return
	}
	b.passing = true
	h := b.Header()
	page, err := b.page()
	if err != nil {
		b.cfg.Log.Debug("page passes as it is", slog.String("path", b.r.URL.Path), slog.Any("error", err))
		b.ResponseWriter.WriteHeader(b.status)
		_, _ = b.ResponseWriter.Write(b.body.Bytes())
		return
	}
	personal(h)
	b.remember(b.plan.added)
	sum := sha256.Sum256(page)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	h.Set("ETag", tag)
	if b.status == http.StatusOK && slices.Contains(splitList(b.r.Header.Get("If-None-Match")), tag) {
		h.Del("Content-Length")
		b.ResponseWriter.WriteHeader(http.StatusNotModified)
		return
	}
	b.send(page)
}

// page is the page with its variants.
func (b *buffer) page() ([]byte, error) {
	page := b.body.Bytes()
	if strings.EqualFold(b.Header().Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(bytes.NewReader(page))
		if err != nil {
			return nil, err
		}
		if page, err = io.ReadAll(io.LimitReader(z, int64(b.cfg.MaxBytes)+1)); err != nil {
			return nil, err
		}
	}
	if len(page) > b.cfg.MaxBytes {
		return nil, errors.New("too long once decoded")
	}
	if !isUTF8(b.Header().Get("Content-Type"), page) {
		return nil, errors.New("not UTF-8")
	}
	return b.plan.apply(page, nonceOf(b.Header()))
}

func (b *buffer) send(page []byte) {
	h := b.Header()
	h.Del("Content-Encoding")
	if acceptsGzip(b.r) && len(page) > 1024 {
		var small bytes.Buffer
		z := gzip.NewWriter(&small)
		_, _ = z.Write(page)
		_ = z.Close()
		page = small.Bytes()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(page)))
	b.ResponseWriter.WriteHeader(b.status)
	_, _ = b.ResponseWriter.Write(page)
}

// personal keeps a page out of caches that several visitors share: it would be one variant for all.
func personal(h http.Header) {
	if !strings.Contains(h.Get("Cache-Control"), "no-store") {
		h.Set("Cache-Control", "private, no-cache")
	}
	for _, name := range []string{"Expires", "Last-Modified", "Age", "Surrogate-Control", "CDN-Cache-Control", "Accept-Ranges", "Content-MD5", "Digest"} {
		h.Del(name)
	}
	h.Add("Vary", "Cookie, Accept-Encoding")
}

func acceptsGzip(r *http.Request) bool {
	return slices.ContainsFunc(splitList(r.Header.Get("Accept-Encoding")), func(s string) bool {
		name, quality, _ := strings.Cut(s, ";")
		return strings.TrimSpace(name) == "gzip" && strings.Trim(quality, " q=0.") != "" || s == "gzip"
	})
}

func splitList(header string) (out []string) {
	for item := range strings.SplitSeq(header, ",") {
		out = append(out, strings.TrimPrefix(strings.TrimSpace(item), "W/"))
	}
	return out
}

var (
	nonce   = regexp.MustCompile(`'nonce-([A-Za-z0-9+/_=-]+)'`)
	charset = regexp.MustCompile(`(?i)<meta[^>]+charset\s*=\s*["']?\s*([a-z0-9_-]+)`)
)

// nonceOf is the nonce of a page's content security policy, under which our style sheet may be in it.
func nonceOf(h http.Header) string {
	if m := nonce.FindStringSubmatch(h.Get("Content-Security-Policy")); m != nil {
		return m[1]
	}
	return ""
}

// isUTF8 says whether a page is in the one encoding that we write. Where nothing is said, it has to be valid.
func isUTF8(contentType string, page []byte) bool {
	_, parameters, _ := mime.ParseMediaType(contentType)
	named := parameters["charset"]
	if m := charset.FindSubmatch(page[:min(len(page), 1024)]); named == "" && m != nil {
		named = string(m[1])
	}
	if named != "" && !strings.EqualFold(named, "utf-8") && !strings.EqualFold(named, "utf8") && !strings.EqualFold(named, "us-ascii") {
		return false
	}
	return bytes.Equal(bytes.ToValidUTF8(page, nil), page)
}
