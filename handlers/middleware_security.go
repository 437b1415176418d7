package handlers

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

// secure sets the headers that hold for every answer, errors included. The policy allows nothing: a page replaces it by its own.
func (h *server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		if h.Production {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// pagePolicy is what a page of ours may load: its own files, and scripts that carry the nonce of this answer.
// frames is what it may frame.
func pagePolicy(nonce, frames string) string {
	return "default-src 'none'; script-src 'self' 'nonce-" + nonce + "'; style-src 'self' 'nonce-" + nonce + "'; img-src 'self' data:; " +
		"font-src 'self'; connect-src 'self'; frame-src " + frames + "; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// nonce returns the random text that marks this answer's scripts.
func nonce(c echo.Context) string {
	if n, ok := c.Get(nonceKey).(string); ok {
		return n
	}
	n := rand.Text()
	c.Set(nonceKey, n)
	return n
}

// sameOrigin refuses an unsafe request that another site made a browser send.
func (h *server) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if err := protection.Check(c.Request()); err != nil {
			return &services.Error{Code: services.CodeForbidden, Reason: crossSite, Message: "This request came from another site.", Err: err}
		}
		return next(c)
	}
}

// checkHost refuses a request that is addressed to a name that is not ours, as one by DNS rebinding is. Health is asked by
// address and says nothing.
func (h *server) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isHealth(c.Path()) && !hostAllowed(h.AllowedHosts, c.Request().Host) {
			return echo.NewHTTPError(http.StatusMisdirectedRequest, "This server does not answer for that host name.")
		}
		return next(c)
	}
}

// hostAllowed compares names without their ports.
func hostAllowed(allowed []string, host string) bool {
	host = strings.Trim(hostName(host), "[]")
	for _, a := range allowed {
		if a == host {
			return true
		}
		if under, ok := strings.CutPrefix(a, "*"); ok && strings.HasSuffix(host, under) {
			return true
		}
	}
	return false
}

// clientAddress reads the client's address from X-Forwarded-For as far as the proxies that wrote it are trusted.
func clientAddress(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		options = append(options, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// address is the client's; the zero one when it cannot be read.
func address(c echo.Context) netip.Addr {
	a, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return netip.Addr{}
	}
	return a
}
