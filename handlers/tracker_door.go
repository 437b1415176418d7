package handlers

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/samplit/samplit/services"
)

// TrackerDeps is what the tracker's door stands on.
type TrackerDeps struct {
	Tracker        *services.Tracker
	Uploads        *services.Uploads // nil: none are served
	Pages          *services.Pages   // nil: none are edited where they are
	Limits         *services.Limits  // nil: none
	TrustedProxies []netip.Prefix
	Errors         func(err error, c echo.Context) // answers an error as problem JSON
	Metrics        prometheus.Registerer
}

// NewTracker makes the router that millions of page views touch: a chain of its own, as short as can be, with nothing of the
// pages' on it.
func NewTracker(d TrackerDeps) (*echo.Echo, error) {
	scripts, err := newSnippets(d.Tracker, d.Limits)
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = clientAddress(d.TrustedProxies)
	e.HTTPErrorHandler = d.Errors
	(&tracker{d.Tracker, d.Limits}).routes(e)
	(&ofrep{d.Tracker, d.Limits}).routes(e)
	(&features{svc: d.Tracker, limits: d.Limits}).routes(e)
	scripts.routes(e)
	if d.Uploads != nil {
		pictures{d.Uploads}.routes(e)
	}
	if d.Pages != nil {
		editor, err := newOnPage(d.Pages)
		if err != nil {
			return nil, err
		}
		editor.routes(e)
	}
	e.Use(newAnswers(d.Metrics, e.Routes()).count, limitBrowsers(d.Limits))
	return e, nil
}

// answers counts what the tracker answered, by route and status.
type answers struct {
	total *prometheus.CounterVec
	ok    map[string]prometheus.Counter // by route: those of status 200, which nearly all are
}

// otherRoute is what addresses without a route are counted under.
const otherRoute = "other"

func newAnswers(reg prometheus.Registerer, routes []*echo.Route) *answers {
	a := &answers{ok: map[string]prometheus.Counter{}, total: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "samplit_tracker_requests_total", Help: "Requests of the tracker answered."}, []string{"route", "status"})}
	reg.MustRegister(a.total)
	for _, r := range routes {
		a.ok[r.Path] = a.total.WithLabelValues(r.Path, "200")
	}
	return a
}

// count answers the error, too, so that its status is known.
func (a *answers) count(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := next(c); err != nil {
			c.Error(err)
		}
		route, status := c.Path(), c.Response().Status
		ok, known := a.ok[route]
		switch {
		case !known:
			a.total.WithLabelValues(otherRoute, strconv.Itoa(status)).Inc()
		case status == http.StatusOK:
			ok.Inc()
		default:
			a.total.WithLabelValues(route, strconv.Itoa(status)).Inc()
		}
		return nil
	}
}

// trackerPaths are the beginnings of the tracker's addresses.
var trackerPaths = []string{"/api/v1/tracker/", "/s/", flagsPath, featuresPath}

// Shop is the demo shop: the host name it answers to, and the line in its pages.
type Shop struct {
	Host    string
	Snippet func() string
}

// Handler serves the shop.
func (s *Shop) Handler() http.Handler { return demoShop(s.Snippet) }

// Root sends each request to its door: the tracker by its addresses, the demo shop, where there is one, by its host name,
// everything else to the app.
func Root(app, tracker http.Handler, shop *Shop) http.Handler {
	var pages http.Handler
	if shop != nil {
		pages = shop.Handler()
	}
	own := below(tracker)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, ownPath+"/") {
			own.ServeHTTP(w, r)
			return
		}
		for _, p := range trackerPaths {
			if strings.HasPrefix(r.URL.Path, p) {
				tracker.ServeHTTP(w, r)
				return
			}
		}
		if shop != nil && hostName(r.Host) == shop.Host {
			pages.ServeHTTP(w, r)
			return
		}
		app.ServeHTTP(w, r)
	})
}

func hostName(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = host
	}
	return strings.ToLower(strings.TrimSuffix(hostport, "."))
}
