package handlers

import (
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

// What makes way for visitors when storing falls behind, first to last. Conversions come next and are refused by the queue itself;
// a visitor's variant is always answered.
const (
	shedSimulator = "simulator"
	shedReports   = "reports"
	shedDashboard = "dashboard"
)

// shedFrom is the pressure from which each is refused.
var shedFrom = map[string]float64{shedSimulator: 0.25, shedReports: 0.5, shedDashboard: 0.65}

// sheddable names what a route is to shedding, empty for what stays: health, static files, and getting in or out.
func sheddable(route string) string {
	switch {
	case isHealth(route), route == "", strings.HasPrefix(route, "/static/"), signInRoutes[route], route == "/logout":
		return ""
	case strings.HasPrefix(route, "/simulate"), strings.HasPrefix(route, "/api/v1/simulate"):
		return shedSimulator
	case strings.HasPrefix(route, "/api/v1/analytics/"), strings.HasSuffix(route, "/results"):
		return shedReports
	}
	return shedDashboard
}

// shed refuses what can wait while too much waits to be stored.
func (h *server) shed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		what := sheddable(c.Path())
		if what == "" || h.Pressure == nil || h.Pressure() < shedFrom[what] {
			return next(c)
		}
		h.metrics.shed.WithLabelValues(what).Inc()
		return &services.Error{Code: services.CodeUnavailable, Reason: "busy", Message: "The server is busy storing what visitors do. Try again in a moment."}
	}
}
