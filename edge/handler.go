package edge

import (
	"net/http"
	"strings"
)

// Handler serves the experiments in what next answers: HTML pages that some experiment is about, and nothing else. Where
// a partner domain hands a visitor over, next sees the address without that.
func (e *Edge) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := e.site.Load()
		if s == nil {
			next.ServeHTTP(w, r)
			return
		}
		now := e.now()
		came := s.handover(r, now)
		r = s.takeOut(r)
		if r.Method != http.MethodGet || r.Header.Get("Upgrade") != "" || !wantsPage(r) {
			next.ServeHTTP(w, r)
			return
		}
		p := s.decide(r, came, now)
		if p == nil {
			next.ServeHTTP(w, r)
			return
		}
		b := newBuffer(w, r, p, e.cfg)
		defer b.stop()
		next.ServeHTTP(b, upstreamRequest(r))
		b.finish()
	})
}

// wantsPage says whether a browser asks for a page rather than for data or an image.
func wantsPage(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return accept == "" || strings.Contains(accept, "text/html") || strings.Contains(accept, "*/*") && r.Header.Get("Sec-Fetch-Dest") != "image"
}

// upstreamRequest asks the site for the whole page, in plain: what the browser has of it is another variant for all we know.
func upstreamRequest(r *http.Request) *http.Request {
	out := r.Clone(r.Context())
	for _, name := range []string{"If-None-Match", "If-Modified-Since", "If-Range", "Range"} {
		out.Header.Del(name)
	}
	out.Header.Set("Accept-Encoding", "identity")
	if acceptsGzip(r) {
		out.Header.Set("Accept-Encoding", "gzip")
	}
	return out
}
