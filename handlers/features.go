package handlers

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

const featuresPath = "/api/features/"

// features serves a site's running experiments to GrowthBook SDKs, which decide by themselves.
type features struct {
	svc    *services.Tracker
	limits *services.Limits
	tags   sync.Map // token → featuresTag
}

type featuresTag struct {
	of   []byte // the payload it names
	etag string
}

func (f *features) routes(e *echo.Echo) {
	e.GET(featuresPath+":token", f.serve)
	e.OPTIONS(featuresPath+":token", func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Methods", "GET")
		h.Set("Access-Control-Allow-Headers", "Content-Type, If-None-Match")
		h.Set("Access-Control-Max-Age", "86400")
		return c.NoContent(http.StatusNoContent)
	})
}

func (f *features) serve(c echo.Context) error {
	token := c.Param("token")
	if err := limitToken(c, f.limits, token, 1); err != nil {
		return err
	}
	body, err := f.svc.Features(token)
	if services.Code(err) == services.CodeUnknownToken {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache") // asked again each time, answered with 304 until something changes
	etag := f.etag(token, body)
	h.Set("ETag", etag)
	if c.Request().Header.Get("If-None-Match") == etag {
		return c.NoContent(http.StatusNotModified)
	}
	return sendJSON(c, body)
}

func (f *features) etag(token string, body []byte) string {
	if t, ok := f.tags.Load(token); ok && same(t.(featuresTag).of, body) {
		return t.(featuresTag).etag
	}
	sum := sha256.Sum256(body)
	t := featuresTag{body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
	f.tags.Store(token, t)
	return t.etag
}
