package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

// limitBrowsers counts what browsers send against their address. A customer's server speaks for many visitors from one address and
// says no Origin: it has the limit of its token alone. A preflight costs nothing, and its refusal could not be read.
func limitBrowsers(l *services.Limits) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.Header.Get("Origin") == "" || r.Method == http.MethodOptions {
				return next(c)
			}
			if err := l.Address(r.Context(), address(c)); err != nil {
				readable(c.Response().Header())
				if strings.HasPrefix(c.Path(), flagsPath) {
					flag, _ := flagOf(c)
					return refuse(c, flag, err)
				}
				return err
			}
			return next(c)
		}
	}
}

// limitToken counts n requests of a site against its token.
func limitToken(c echo.Context, l *services.Limits, token string, n int) error {
	err := l.Token(c.Request().Context(), token, n)
	if err != nil {
		readable(c.Response().Header())
	}
	return err
}

// limitSignIns counts what tries to get in, or to let others in, against its address, whatever sends it.
func (h *server) limitSignIns(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Method == http.MethodPost && signInRoutes[c.Path()] {
			if err := h.Limits.Address(c.Request().Context(), address(c)); err != nil {
				return err
			}
		}
		return next(c)
	}
}

var signInRoutes = map[string]bool{"/login": true, "/register": true, "/forgot": true, "/reset": true,
	"/api/v1/auth/login": true, "/api/v1/auth/register": true, "/api/v1/auth/refresh": true}
