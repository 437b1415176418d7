// Package handlers is HTTP: it reads a request, calls one service and answers with a page, a fragment or JSON. It holds the
// routes, the middleware and nothing that could be decided without HTTP.
//
// There are three doors with a chain of middleware each: pages for people (cookie session) and /api/v1 for programs (bearer
// token), both made by New, and the tracker (the installation's public token), made by NewTracker. Root puts them together.
package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/samplit/samplit/mail"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/static"
)

// Deps is everything the doors stand on; cmd/samplit makes it once.
type Deps struct {
	Accounts *services.Accounts
	Sessions *services.Sessions
	Tokens   *services.Tokens
	Keys     *services.APIKeys

	Installations *services.Installations
	Experiments   *services.Experiments
	Previews      *services.Previews
	Editor        *services.VisualEditor
	Pages         *services.Pages
	PageChecks    *services.PageChecks
	Uploads       *services.Uploads
	Analytics     *services.Analytics
	Segments      *services.Segments
	Exports       *services.Exports
	Shares        *services.Shares
	Notices       *services.Notices
	Home          *services.Home
	Audit         *services.Audit
	Notary        *services.Notary
	Erasures      *services.Erasures
	Simulator     *services.Simulator
	Debugger      *services.Debugger
	Quarantine    *services.Quarantine

	BaseURL        string // public URL of the app, without a trailing slash
	TrackerURL     string // public URL of tracker and snippet
	Production     bool
	AllowedHosts   []string // names a request may be addressed to; "*.example.com" covers what is under example.com
	CORSOrigins    []string // web pages of these origins may call /api/v1
	TrustedProxies []netip.Prefix
	SessionKey     []byte           // signs session cookies
	Limits         *services.Limits // nil: none
	Pressure       func() float64   // of what waits to be stored, from 0 to 1; nil: none

	DemoURL string        // of the demo shop; empty in production
	Mailbox *mail.Catcher // shown at /dev/mail; nil in production
	Checks  []Check       // what /readyz asks
	Log     *slog.Logger
	Clock   services.Clock
	Metrics prometheus.Registerer
}

// Check is one dependency that the process needs to be useful. Run returns nil, or what is wrong in words for an operator. Note,
// which may be nil, adds what anybody may know.
type Check struct {
	Name string
	Run  func(context.Context) error
	Note func() string
}

// server holds what handlers share. Its methods are the handlers.
type server struct {
	Deps
	store   *sessionStore
	metrics *metrics
}

// groups are where routes are added. Everything in them passes through the chain of its door.
type groups struct {
	public *echo.Group // pages for anybody
	person *echo.Group // pages for somebody signed in: actor(c) and person(c) are theirs
	api    *api        // operations of /api/v1, see open and secured
}

// bodyLimit bounds every request body of these doors but for uploads.
const bodyLimit = 1 << 20

// New makes the router of pages and API. Its HTTPErrorHandler answers the tracker's errors, too.
func New(d Deps) *echo.Echo {
	h := &server{Deps: d, metrics: newMetrics(d.Metrics)}
	h.store = newSessionStore(d.Sessions, d.SessionKey, h.secureCookies(), d.Production)
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = clientAddress(d.TrustedProxies)
	e.HTTPErrorHandler = h.answerError
	e.Use(deadline, h.observe, h.recover, h.secure, h.checkHost, h.limitSignIns, h.shed)

	h.healthRoutes(e)
	e.Match([]string{http.MethodGet, http.MethodHead}, static.Prefix+"*", echo.WrapHandler(static.Handler()))

	h.uploadRoutes(e)
	browser := e.Group("", h.sameOrigin, compress, limitBody(bodyLimit))
	g := groups{public: browser, person: browser.Group("", h.signedIn), api: newAPI(e, h)}
	notFound(e, browser) // after the inner group, which registered an answer that asks to sign in
	h.landingRoutes(g)
	h.authRoutes(g)
	h.homeRoutes(g)
	h.siteRoutes(g)
	h.experimentRoutes(g)
	h.editorRoutes(g)
	h.resultRoutes(g)
	h.overviewRoutes(g)
	h.learningRoutes(g)
	h.exportRoutes(g)
	h.shareRoutes(g)
	h.planRoutes(g)
	h.alertRoutes(g)
	h.auditRoutes(g)
	h.erasuresRoutes(g)
	h.debuggerRoutes(g)
	h.quarantineRoutes(g)
	h.settingsRoutes(g)
	h.keyRoutes(g)
	h.simulateRoutes(e, g)
	h.devmailRoutes(g)
	h.authAPI(g.api)
	h.installationsAPI(g.api)
	h.quarantineAPI(g.api)
	h.experimentsAPI(g.api)
	h.editorAPI(g.api)
	h.analyticsAPI(g.api)
	h.exportsAPI(g.api)
	h.auditAPI(g.api)
	h.erasuresAPI(g.api)
	h.simulateAPI(g.api)
	h.keysAPI(g.api)
	h.pagesAPI(g.api)
	h.uploadsAPI(g.api)
	return e
}

// secureCookies says whether browsers reach this server over TLS.
func (h *server) secureCookies() bool {
	return h.Production || strings.HasPrefix(h.BaseURL, "https://")
}

// notFound answers what has no route in a group: 405 when the address has routes for other methods, else 404.
func notFound(e *echo.Echo, g *echo.Group) {
	g.RouteNotFound("/*", func(c echo.Context) error {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			other := e.NewContext(c.Request(), nil)
			e.Router().Find(method, echo.GetPath(c.Request()), other)
			if path := other.Path(); path != "" && path != c.Path() && !strings.HasSuffix(path, "/*") {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) == 0 {
			return echo.ErrNotFound
		}
		c.Response().Header().Set("Allow", strings.Join(allowed, ", "))
		return echo.ErrMethodNotAllowed
	})
}

// limitBody refuses a body over limit bytes, by its announced length or while it is read.
func limitBody(limit int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.ContentLength > limit {
				return echo.ErrStatusRequestEntityTooLarge
			}
			r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
			return next(c)
		}
	}
}

// deadline bounds how long a request may work. It is the outermost, since what answers an error needs the context, too.
func deadline(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Path() == debuggerStream || c.Path() == exportFile || c.Path() == auditStream || strings.HasSuffix(c.Path(), auditBundle) { // which bound themselves
			return next(c)
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), 20*time.Second)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
