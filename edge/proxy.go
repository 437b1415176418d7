package edge

import (
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// Proxy sends requests on to a site and serves the experiments in its pages. Everything else, streams and web sockets among it, passes as
// it comes. The site sees the host that the visitor asked for, and in X-Forwarded-For, -Host and -Proto where the request came from.
func (e *Edge) Proxy(upstream *url.URL) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true // what comes compressed goes on compressed
	transport.ResponseHeaderTimeout = time.Minute
	return e.Handler(&httputil.ReverseProxy{
		Transport:     transport,
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(e.cfg.Log.Handler(), slog.LevelWarn),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(upstream)
			r.Out.Host = r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
			r.SetXForwarded()
			if proto := r.In.Header.Get("X-Forwarded-Proto"); proto != "" {
				r.Out.Header.Set("X-Forwarded-Proto", proto)
			}
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			e.cfg.Log.Warn("the site did not answer", slog.Any("error", err))
			http.Error(w, "The site does not answer.", http.StatusBadGateway)
		},
	})
}
