package proxy

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// forwarded are the headers that a site gets from whoever looks at it. Cookie and Authorization are not among them.
var forwarded = []string{"Accept", "Accept-Language", "User-Agent", "Content-Type", "Range", "X-Requested-With", "X-Csrf-Token", "X-Csrftoken", "X-Xsrf-Token",
	"Hx-Request", "Hx-Target", "Hx-Trigger", "Hx-Current-Url", "Turbo-Frame"}

// request is what to ask the site.
func (m *Mirror) request(w http.ResponseWriter, r *http.Request) (Request, error) {
	switch {
	case r.Header.Get("Service-Worker") != "" || r.Header.Get("Sec-Fetch-Dest") == "serviceworker",
		r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
		return Request{}, &Notice{Kind: NoticeMethod}
	case r.Header.Get(loopHeader) != "":
		return Request{}, refuse(RuleOwn, "a request that this server made")
	}
	out := Request{Method: r.Method, Address: m.Upstream + r.URL.RequestURI(), Header: http.Header{}, Size: maxAsset}
	for _, name := range forwarded {
		if v := r.Header.Values(name); len(v) > 0 {
			out.Header[name] = v
		}
	}
	out.Header.Set("Referer", m.original(r.Header.Get("Referer")))
	if u, err := url.Parse(out.Address); err == nil {
		if cookies := m.jar.header(u); cookies != "" {
			out.Header.Set("Cookie", cookies)
		}
	}
	if r.Method == http.MethodPost {
		out.Header.Set("Origin", m.Upstream)
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpload))
		if err != nil {
			return Request{}, refuse(RuleSize, "form over %d bytes", maxUpload)
		}
		out.Body = body
	}
	return out, nil
}

// original is the site's address of a page that it is shown under; its front page for any other.
func (m *Mirror) original(shown string) string {
	if rest, ok := strings.CutPrefix(shown, m.Target); ok && strings.HasPrefix(rest, "/") {
		return m.Upstream + rest
	}
	return m.Upstream + "/"
}

// header sets what every answer has. Of the site's own headers only those that say what the body is are passed on: policies, cookies
// and hints are meant for its own origin.
func (m *Mirror) header(w http.ResponseWriter, a *Answer) http.Header {
	h := w.Header()
	m.Guard(h)
	h.Set("Cache-Control", "private, max-age=60")
	if a.Header.Get("X-Content-Type-Options") != "" || a.Header.Get("Content-Type") == "" {
		h.Set("X-Content-Type-Options", "nosniff")
	}
	if v := a.Header.Get("Content-Language"); v != "" {
		h.Set("Content-Language", v)
	}
	return h
}

// Sandbox is what pages under a mirror may do.
func (m *Mirror) Sandbox() string {
	if m.Opaque {
		return "allow-scripts allow-forms"
	}
	return "allow-scripts allow-forms allow-same-origin"
}

// Guard sets the headers that keep a page where it belongs, opened in a tab of its own included: framed by the dashboard alone,
// without popups, downloads or a way to navigate what is around it, and talking to this mirror only.
func (m *Mirror) Guard(h http.Header) {
	target, _ := url.Parse(m.Target) // it is one of ours
	origin := Origin(target)
	h.Add("Content-Security-Policy", "frame-ancestors "+m.Dashboard+" "+origin+"; sandbox "+m.Sandbox()+"; connect-src "+origin+" data: blob:; form-action "+origin+
		"; object-src "+origin+"; frame-src "+origin+" blob: data:; worker-src "+origin+" blob:")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Origin-Agent-Cluster", "?1")
	if m.Opaque {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
	}
}

// isPage says whether a browser asks for a document rather than for a part of one. Over plain http browsers do not say.
func isPage(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "document", "iframe", "frame":
		return true
	case "":
		return strings.Contains(r.Header.Get("Accept"), "text/html") && r.Header.Get("X-Requested-With") == "" && r.Header.Get("Hx-Request") == ""
	}
	return false
}

// shownInFrame: images and texts are shown as they are when somebody follows a link to them.
func shownInFrame(kind string) bool {
	return strings.HasPrefix(kind, "image/") || kind == "text/plain"
}

func isScript(kind string) bool {
	return strings.HasSuffix(kind, "/javascript") || strings.HasSuffix(kind, "/x-javascript") || strings.HasSuffix(kind, "/ecmascript")
}
