package handlers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// Keys of what the middleware leaves in the echo context.
const (
	requestIDKey = "request_id"
	nonceKey     = "nonce"
	actorKey     = "actor"
)

// metrics counts requests by route, never by address.
type metrics struct {
	requests    *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	unexpected  *prometheus.CounterVec
	unavailable *prometheus.CounterVec
	shed        *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "samplit_http_requests_total",
			Help: "Requests answered."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "samplit_http_request_seconds",
			Help: "Time to answer.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"route"}),
		unexpected: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "samplit_unexpected_errors_total",
			Help: "Errors that nobody foresaw, by kind: error or panic."}, []string{"kind"}),
		unavailable: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "samplit_unavailable_total",
			Help: "Requests asked to come back later, by cause: database away, busy, or timeout."}, []string{"cause"}),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "samplit_shed_total",
			Help: "Requests refused to make way for visitors: simulator, reports, dashboard."}, []string{"what"}),
	}
	reg.MustRegister(m.requests, m.seconds, m.unexpected, m.unavailable, m.shed)
	return m
}

// observe gives a request its id, answers its error, counts it and logs it: whatever happens inside has a line and a number.
// The line names the route, not the address, which may hold a token.
func (h *server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		id := requestID(c)
		c.Response().Before(func() {
			c.Response().Header().Set("Server-Timing", fmt.Sprintf("app;dur=%.1f", float64(time.Since(start).Microseconds())/1000))
		})
		if err := next(c); err != nil {
			c.Error(err)
		}
		took := time.Since(start)
		method, route, status := knownMethod(c.Request().Method), c.Path(), c.Response().Status
		h.metrics.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
		h.metrics.seconds.WithLabelValues(route).Observe(took.Seconds())
		h.Log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", slog.String("request_id", id), slog.String("method", method),
			slog.String("route", route), slog.Int("status", status), slog.Int64("bytes", c.Response().Size), slog.Duration("took", took))
		return nil
	}
}

// requestID names the request in the log and in its answer. A client cannot choose it.
func requestID(c echo.Context) string {
	if id, ok := c.Get(requestIDKey).(string); ok {
		return id
	}
	id := rand.Text()
	c.Set(requestIDKey, id)
	c.Response().Header().Set(echo.HeaderXRequestID, id)
	return id
}

// knownMethod keeps a made-up method from growing the metrics.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// panicError is a panic on its way to answerError.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// recover turns a panic into an error, so that it is answered and logged like any other.
func (h *server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if abort, ok := v.(error); ok && errors.Is(abort, http.ErrAbortHandler) {
				panic(v)
			}
			err = &panicError{v, debug.Stack()}
		}()
		return next(c)
	}
}
