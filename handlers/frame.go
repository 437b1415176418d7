package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/proxy"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/static"
	"github.com/samplit/samplit/views"
)

// frames are the doors of pages that are shown in the editor: a host for each session, or a path where the installation has one host
// only. The random name in it is the credential; no cookie is read or set, and no other route answers there.
type frames struct {
	pages *services.Pages
	log   *slog.Logger
	next  http.Handler
}

// Frames answers for pages in the editor and leaves everything else to next.
func Frames(p *services.Pages, log *slog.Logger, next http.Handler) http.Handler {
	return &frames{p, log, next}
}

// frameTime bounds a request for a page or a part of one.
const frameTime = 20 * time.Second

func (f *frames) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secret, path, ok := f.pages.Preview(hostName(r.Host), r.URL.EscapedPath())
	if !ok {
		f.next.ServeHTTP(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), frameTime)
	defer cancel()
	r = r.WithContext(locale.With(ctx, locale.Match(r.Header.Get("Accept-Language"))))
	page, err := f.pages.Find(ctx, secret)
	switch {
	case services.Code(err) == services.CodeNotFound || err == nil && page.Mode == services.PageOnPage:
		http.Error(w, "This page is not open in the editor any more.", http.StatusNotFound)
	case err != nil:
		f.log.Warn("page session", slog.Any("error", err))
		http.Error(w, "Try again in a moment.", http.StatusServiceUnavailable)
	case page.Opaque && stolen(r):
		http.Error(w, "Only the editor shows this.", http.StatusForbidden)
	default:
		f.serve(w, at(r, path), page)
	}
}

// stolen says whether a page of our own asks for a file of a site that shares its host: the dashboard only ever frames it.
func stolen(r *http.Request) bool {
	dest := r.Header.Get("Sec-Fetch-Dest")
	return r.Header.Get("Sec-Fetch-Site") == "same-origin" && dest != "iframe" && dest != "document"
}

// at is the request as the site would get it.
func at(r *http.Request, path string) *http.Request {
	u := &url.URL{RawPath: path, RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery}
	u.Path, _ = url.PathUnescape(path) // it was escaped by EscapedPath
	out := r.WithContext(r.Context())
	out.URL = u
	return out
}

func (f *frames) serve(w http.ResponseWriter, r *http.Request, page *services.OpenPage) {
	switch {
	case r.URL.Path == services.PageScript:
		page.Guard(w.Header())
		serveScript(w, r, "js/frame.js")
	case r.URL.Path == proxy.Placeholder:
		f.notice(w, r, page, http.StatusOK, views.FrameNotice{Kind: proxy.NoticeElsewhere, Host: r.URL.Query().Get("host")})
	case strings.HasPrefix(r.URL.Path, "/.samplit/"):
		http.NotFound(w, r)
	case page.Mode == services.PageSnapshot:
		f.copy(w, r, page)
	default:
		if err := page.Serve(w, r); err != nil {
			f.refuse(w, r, page, err)
		}
	}
}

// copy sends the copy of a page. Of what is around it there is nothing.
func (f *frames) copy(w http.ResponseWriter, r *http.Request, page *services.OpenPage) {
	body, err := f.pages.Copy(r.Context(), page, r.URL.EscapedPath())
	switch {
	case services.Code(err) == services.CodeNotFound:
		f.notice(w, r, page, http.StatusNotFound, views.FrameNotice{Kind: "snapshot"})
	case err != nil:
		f.refuse(w, r, page, err)
	default:
		page.Show(w, r, body)
	}
}

// serveScript sends an embedded script that is not to be kept: its address has no hash.
func serveScript(w http.ResponseWriter, r *http.Request, name string) {
	r = r.WithContext(r.Context())
	r.URL = &url.URL{Path: static.Prefix + name}
	static.Handler().ServeHTTP(w, r)
}

// refuse says why a page is not shown, and logs the rule but not the address.
func (f *frames) refuse(w http.ResponseWriter, r *http.Request, page *services.OpenPage, err error) {
	status, m := http.StatusBadGateway, views.FrameNotice{Kind: "unreachable"}
	var n *proxy.Notice
	var refused *proxy.Refusal
	switch {
	case errors.Is(r.Context().Err(), context.Canceled):
		return
	case errors.As(err, &n):
		status, m = noticeStatus[n.Kind], views.FrameNotice{Kind: n.Kind, Host: n.Host}
	case errors.As(err, &refused):
		f.log.Info("page refused", slog.String("rule", refused.Rule))
		status, m.Kind = http.StatusForbidden, "refused"
		if refused.Rule == proxy.RuleSize {
			status, m.Kind = http.StatusRequestEntityTooLarge, "large"
		}
	}
	f.notice(w, r, page, status, m)
}

var noticeStatus = map[string]int{
	proxy.NoticeElsewhere: http.StatusForbidden,
	proxy.NoticeNotPage:   http.StatusUnsupportedMediaType,
	proxy.NoticeFull:      http.StatusTooManyRequests,
	proxy.NoticeMethod:    http.StatusForbidden,
}

// notice is what the frame shows in place of a page. It carries the editor's script, so that the editor can tell it from silence.
func (f *frames) notice(w http.ResponseWriter, r *http.Request, page *services.OpenPage, status int, m views.FrameNotice) {
	var text strings.Builder
	if err := views.FrameNoticePage(m).Render(r.Context(), &text); err != nil {
		f.log.Error("page notice", slog.Any("error", err))
		return
	}
	page.Say(w, r, status, text.String())
}
