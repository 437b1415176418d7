package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/samplit/samplit/edge"
)

type edgeCommand struct {
	Upstream *url.URL      `required:"" help:"The site, such as http://127.0.0.1:3000." placeholder:"URL"`
	Listen   string        `default:"127.0.0.1:8081" help:"Listen address." placeholder:"ADDR"`
	Token    string        `required:"" help:"The site's installation token." placeholder:"inst_…"`
	Tracker  string        `required:"" help:"Address of Samplit's tracker." placeholder:"URL"`
	Refresh  time.Duration `default:"10s" help:"How often to ask for the experiments."`
}

func (edgeCommand) Help() string {
	return `Stands before a site and serves its experiments in the HTML, so that variants are there without a flicker and without scripts.
Keep the snippet on the site: it counts. Whatever goes wrong, visitors get the site's own page. See docs/edge.md.`
}

// Run serves until ctx ends.
func (c edgeCommand) Run(ctx context.Context, cfg *config, s *streams) error {
	if c.Upstream.Host == "" || c.Upstream.Scheme != "http" && c.Upstream.Scheme != "https" {
		return errors.New("--upstream must be an address such as http://127.0.0.1:3000")
	}
	log := newLog(cfg, s.err)
	e, err := edge.New(edge.Config{Tracker: c.Tracker, Token: c.Token, Refresh: c.Refresh, Log: log})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on --listen: %w", err)
	}
	go e.Run(ctx)
	// The site's own answers take as long as they take; slow clients are bounded by their headers and by being idle.
	server := newServer(e.Proxy(c.Upstream), serverTimes{header: usualTimes.header, idle: usualTimes.idle}, log)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(s.out, "Serving the experiments of %s at http://%s\n", c.Upstream, listener.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	return server.Shutdown(stop)
}
