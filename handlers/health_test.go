package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	away := errors.New("the keyset cannot be read: data/state.keys")
	checks := func(d *Deps) {
		d.Checks = []Check{
			{Name: "database", Run: func(context.Context) error { return nil }, Note: func() string { return "as of 1s ago" }},
			{Name: "keyset", Run: func(context.Context) error { return away }},
		}
	}
	b := setupWith(t, bundleOptions{change: checks})
	b.want(b.send(http.MethodGet, "/healthz", "", nil), http.StatusOK)
	a := b.want(b.send(http.MethodGet, "/readyz", "", nil), http.StatusServiceUnavailable)
	if want := "database: ready, as of 1s ago\nkeyset: not ready: " + away.Error() + "\n"; a.body != want {
		t.Errorf("got %q, want %q", a.body, want)
	}
	b = setupWith(t, bundleOptions{change: func(d *Deps) { checks(d); d.Production = true }})
	if a := b.send(http.MethodGet, "/readyz", "", nil); a.body != "database: ready, as of 1s ago\nkeyset: not ready\n" {
		t.Errorf("production tells more than that: %q", a.body)
	}
	b = setup(t)
	b.want(b.send(http.MethodGet, "/readyz", "", nil), http.StatusOK)
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.send(http.MethodGet, "/login", "", nil), http.StatusOK)
	b.want(b.send("MADEUP", "/login", "", nil), http.StatusMethodNotAllowed)
	metrics := b.metricsText()
	for _, want := range []string{
		`samplit_http_requests_total{method="GET",route="/login",status="200"} 1`,
		`samplit_http_requests_total{method="other",route="/*",status="405"} 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if a := b.admin("/debug/pprof/cmdline"); a.Code != http.StatusOK {
		t.Errorf("pprof: got %d", a.Code)
	}
	b.want(b.send(http.MethodGet, "/metrics", "", nil), http.StatusNotFound)
	b.want(b.send(http.MethodGet, "/debug/pprof/", "", nil), http.StatusNotFound)
}

// admin asks the operator's listener.
func (b *testBundle) admin(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Admin(b.registry).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func (b *testBundle) metricsText() string { return metricsOf(b.registry) }

func metricsOf(registry *prometheus.Registry) string {
	w := httptest.NewRecorder()
	Admin(registry).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}
