package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/samplit/samplit/services"
)

type demoCommand struct {
	Visitors int `help:"Send so many simulated visitors through the tracker." default:"0"`
}

// demoIntervals is over how many learning intervals visitors are spread, so that smart traffic has something to react to.
const demoIntervals = 12

func (m demoCommand) Run(ctx context.Context, c *config, s *streams) error {
	if c.production() {
		return errors.New("the demo account has a published password: it is for development only")
	}
	if m.Visitors < 0 || m.Visitors > 1_000_000 {
		return errors.New("choose 0 to 1,000,000 visitors")
	}
	log := quietLog(c, s.err)
	d, err := openDatabase(ctx, c, log)
	if err != nil {
		return err
	}
	defer d.close(log)
	a, err := newApp(ctx, c, d, log)
	if err != nil {
		return err
	}
	seeded, err := a.demo.Seed(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Demo account ready: sign in at %s/login with %s and password %s\n", c.BaseURL, services.DemoEmail, services.DemoPassword)
	if m.Visitors == 0 {
		return nil
	}
	tracker, stop, err := a.findTracker(ctx, c, s, log)
	if err != nil {
		return err
	}
	defer stop()
	over := demoIntervals * c.LearnInterval
	fmt.Fprintf(s.out, "Sending %d visitors to %s over %s.\n", m.Visitors, tracker, over)
	failed, err := newDemoTraffic(tracker, seeded.Token, seeded.Plans, m.Visitors, over).run(ctx, newProgress(s.err, "visitors", m.Visitors))
	if err != nil {
		return fmt.Errorf("%d of %d visitors failed: %w", failed, m.Visitors, err)
	}
	return nil
}

// findTracker returns the URL of a running Samplit, or runs one on a free port until stop is called.
func (a *app) findTracker(ctx context.Context, c *config, s *streams, log *slog.Logger) (url string, stop func(), err error) {
	client := http.Client{Timeout: 2 * time.Second}
	running := "http://" + c.Addr
	if resp, err := client.Get(running + "/healthz"); err == nil {
		resp.Body.Close()
		return running, func() {}, waitKnown(ctx)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen: %w", err)
	}
	own, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	quiet := *c
	quiet.AdminAddr = ""
	go func() {
		defer close(done)
		if err := a.serve(own, &quiet, &streams{s.in, io.Discard, s.err}, listener, log); err != nil {
			log.Error("demo server", slog.Any("error", err))
		}
	}()
	return "http://" + listener.Addr().String(), func() { cancel(); <-done }, nil
}

// waitKnown gives a running server the moment it needs to learn of experiments that were seeded just now.
func waitKnown(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(2 * time.Second):
		return nil
	}
}
