package handlers

import (
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

// TrackerDeps is what the tracker's door stands on.
type TrackerDeps struct {
	Tracker *services.Tracker
	Errors  func(err error, c echo.Context) // answers an error as problem JSON
	Log     *slog.Logger
}

// NewTracker makes the router that millions of page views touch: a chain of its own, as short as can be, with nothing of the
// pages' on it.
func NewTracker(d TrackerDeps) (*echo.Echo, error) {
	scripts, err := newSnippets(d.Tracker)
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = d.Errors
	(&tracker{d.Tracker}).routes(e)
	(&ofrep{d.Tracker}).routes(e)
	(&features{svc: d.Tracker}).routes(e)
	scripts.routes(e)
	return e, nil
}

// trackerPaths are the beginnings of the tracker's addresses.
var trackerPaths = []string{"/api/v1/tracker/", "/s/", flagsPath, featuresPath}

// Shop is the demo shop: the host name it answers to, and the line in its pages.
type Shop struct {
	Host    string
	Snippet func() string
}

// Root sends each request to its door: the tracker by its addresses, the demo shop, where there is one, by its host name,
// everything else to the app.
func Root(app, tracker http.Handler, shop *Shop) http.Handler {
	var pages http.Handler
	if shop != nil {
		pages = demoShop(shop.Snippet)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
