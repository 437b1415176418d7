package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/http/pprof"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	livePath  = "/healthz"
	readyPath = "/readyz"
)

func isHealth(route string) bool { return route == livePath || route == readyPath }

func (h *server) healthRoutes(e *echo.Echo) {
	ask := []string{http.MethodGet, http.MethodHead}
	e.Match(ask, livePath, func(c echo.Context) error { return c.String(http.StatusOK, "alive\n") })
	e.Match(ask, readyPath, h.ready)
}

// ready asks every dependency at once and tells in words: 200 when all are there, else 503.
func (h *server) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 3*time.Second)
	defer cancel()
	problems := make([]error, len(h.Checks))
	var wg sync.WaitGroup
	for i, check := range h.Checks {
		wg.Go(func() { problems[i] = check.Run(ctx) })
	}
	wg.Wait()
	status := http.StatusOK
	var words strings.Builder
	for i, check := range h.Checks {
		word := "ready"
		if problems[i] != nil {
			status, word = http.StatusServiceUnavailable, "not ready"
			if !h.Production {
				word += ": " + problems[i].Error()
			}
		}
		if check.Note != nil {
			word += ", " + check.Note()
		}
		fmt.Fprintf(&words, "%s: %s\n", check.Name, word)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.String(status, words.String())
}

// Admin serves the operator's listener: /metrics and the profiler. It must not be reachable from outside.
func Admin(metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
