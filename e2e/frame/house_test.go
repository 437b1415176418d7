//go:build e2e

package frame_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/samplit/samplit/e2e/program"
)

// house is a running Samplit behind a front that adds a page of the dashboard's origin, on which tests frame what they opened.
type house struct {
	*program.Owner
	t     testing.TB
	front *httptest.Server
	mu    sync.Mutex
	stage string // the page at /stage
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t}
	h.front = httptest.NewUnstartedServer(nil)
	base := "http://localhost:" + port(h.front.Listener.Addr().String())
	p := program.New(t, "BASE_URL="+base, "ALLOW_PRIVATE_NETWORKS=true", "PREVIEW_URL=http://*.preview.localhost:"+port(h.front.Listener.Addr().String()), "TRACKER_URL="+base)
	back := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: p.Addr})
	h.front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stage" && strings.HasPrefix(r.Host, "localhost:") {
			h.mu.Lock()
			defer h.mu.Unlock()
			w.Header().Set("Content-Type", "text/html")
			http.SetCookie(w, &http.Cookie{Name: "samplit_session", Value: "dashboard-secret", HttpOnly: true, Path: "/", SameSite: http.SameSiteLaxMode})
			fmt.Fprint(w, h.stage)
			return
		}
		back.ServeHTTP(w, r)
	})
	h.front.Start()
	t.Cleanup(h.front.Close)
	p.Serve()
	h.Owner = p.Register()
	return h
}

func port(hostport string) string { return hostport[strings.LastIndexByte(hostport, ':')+1:] }

func (h *house) url(path string) string {
	return "http://localhost:" + port(h.front.Listener.Addr().String()) + path
}

// site is a customer's website, which counts what reaches it.
type site struct {
	*httptest.Server
	id      string // of its installation
	snippet string
	mu      sync.Mutex
	headers []string // of all requests
}

// add makes a handler a website of the account. Its pages must carry the snippet.
func (h *house) add(handler func(*site) http.Handler) *site {
	h.t.Helper()
	s := &site{}
	var pages http.Handler
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.headers = append(s.headers, fmt.Sprint(r.Header))
		s.mu.Unlock()
		pages.ServeHTTP(w, r)
	}))
	h.t.Cleanup(s.Close)
	made := h.Call(http.MethodPost, "/installations", map[string]any{"site_url": s.URL}, http.StatusCreated)
	s.id, s.snippet = made["id"].(string), made["snippet"].(string)
	pages = handler(s)
	return s
}

func (s *site) received() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.headers, "\n")
}

// open opens a page of a website in the editor.
func (h *house) open(s *site, path string) map[string]any {
	h.t.Helper()
	return h.Call(http.MethodPost, "/visual-editor/pages", map[string]any{"installation_id": s.id, "url": path}, http.StatusCreated)
}

// frame puts a session on the stage, with markup around it.
func (h *house) frame(session map[string]any, markup string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stage = fmt.Sprintf(`<!doctype html><title>Stage</title><h1 id="dashboard">Dashboard</h1>%s<iframe id="frame" width="1000" height="600" sandbox="%s" src="%s"></iframe>`,
		markup, session["sandbox"], session["url"])
}
