// Package edge serves experiments in the HTML of a site: the variant is in the page before a browser has it, also where no script runs.
// It is a net/http middleware for Go sites; the command samplit edge puts it before any other.
//
//	e, err := edge.New(edge.Config{Tracker: "https://samplit.example", Token: "inst_…"})
//	go e.Run(ctx)
//	http.ListenAndServe(addr, e.Handler(site))
//
// Whatever goes wrong, visitors get the site's own page.
package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Config says which site's experiments are served, and within what bounds.
type Config struct {
	// Tracker is the address of Samplit, Token the site's installation token.
	Tracker, Token string
	// Refresh is how often the experiments are asked for, 10 seconds when zero.
	Refresh time.Duration
	// MaxBytes of a page that is changed, decoded: 5 MB when zero. Longer ones pass as they are.
	MaxBytes int
	// Patience is how long a page may take from its first byte to its last before it passes as it is: 3 seconds when zero.
	Patience time.Duration
	// Client asks for the experiments; one with a timeout of 5 seconds when nil.
	Client *http.Client
	// Log gets what went wrong; slog.Default() when nil.
	Log *slog.Logger
}

// Edge serves the experiments of one site. Make it with New.
type Edge struct {
	cfg    Config
	source string
	etag   string // of the experiments; only Refresh touches it
	site   atomic.Pointer[site]
	now    func() time.Time
}

// New makes an Edge. Until Refresh or Run has reached the tracker for the first time pages pass as they are.
func New(cfg Config) (*Edge, error) {
	u, err := url.Parse(cfg.Tracker)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("edge: tracker must be an address such as https://samplit.example, not %q", cfg.Tracker)
	}
	if cfg.Token == "" {
		return nil, errors.New("edge: the installation token is missing")
	}
	cfg.Refresh = cmp.Or(cfg.Refresh, 10*time.Second)
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, 5<<20)
	cfg.Patience = cmp.Or(cfg.Patience, 3*time.Second)
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: 5 * time.Second}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Edge{cfg: cfg, source: strings.TrimSuffix(cfg.Tracker, "/") + "/s/" + url.PathEscape(cfg.Token) + ".json", now: time.Now}, nil
}

// Run keeps the experiments fresh until ctx ends. While the tracker is away the last good ones are served.
func (e *Edge) Run(ctx context.Context) {
	tick := time.NewTicker(e.cfg.Refresh)
	defer tick.Stop()
	failing := false
	for {
		err := e.Refresh(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			e.cfg.Log.Warn("experiments not refreshed: serving the last good ones", slog.Any("error", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
