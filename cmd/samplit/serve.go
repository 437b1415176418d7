package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/netutil"

	"github.com/samplit/samplit/services"
)

type serveCommand struct{}

// drainTime is how long requests under way may take once the process was asked to stop.
const drainTime = 10 * time.Second

func (serveCommand) Run(ctx context.Context, c *config, s *streams) error {
	log := newLog(c, s.err)
	log.Info("starting", slog.Any("config", c))
	a, err := begin(ctx, c, log)
	if err != nil {
		return err
	}
	defer a.database.close(log)
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen on ADDR: %w", err)
	}
	return a.serve(ctx, c, s, listener, log)
}

// begin opens the database and constructs the program. With DATABASE_URL and a good snapshot on disk it goes on without the database
// when that cannot be reached, see withDatabase.
func begin(ctx context.Context, c *config, log *slog.Logger) (*app, error) {
	if c.DatabaseURL == "" {
		return construct(ctx, c, openDatabase, log)
	}
	file, err := c.snapshotFile(log)
	if err != nil {
		return nil, err
	}
	open, saved := openDatabase, file.Read()
	if saved != nil {
		open = beginDatabase
	}
	a, err := construct(ctx, c, open, log)
	if err != nil {
		return nil, err
	}
	a.file = file
	if a.database.Unreached() {
		a.snapshot.Restore(saved)
		log.Warn("database away: serving the snapshot on disk", slog.Duration("age", a.snapshot.Age().Round(time.Second)))
	}
	return a, nil
}

func construct(ctx context.Context, c *config, open func(context.Context, *config, *slog.Logger) (*database, error), log *slog.Logger) (*app, error) {
	d, err := open(ctx, c, log)
	if err != nil {
		return nil, err
	}
	a, err := newApp(ctx, c, d, log)
	if err != nil {
		d.close(log)
		return nil, err
	}
	return a, nil
}

// serve runs everything until ctx ends: then it stops accepting, answers what is under way, stores what waits and returns.
func (a *app) serve(ctx context.Context, c *config, s *streams, listener net.Listener, log *slog.Logger) error {
	// Background work outlives the requests that depend on it.
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	failed := make(chan error, 2)
	running := a.background(work, c, failed, log)
	defer runtime.KeepAlive(reserveHeap())

	server := newServer(a.handler, usualTimes, log)
	server.RegisterOnShutdown(a.debugger.Stop)
	go func() { failed <- server.Serve(netutil.LimitListener(listener, mostConnections)) }()
	var admin *http.Server
	if c.AdminAddr != "" {
		admin = newServer(a.admin, usualTimes, log)
		admin.Addr = c.AdminAddr
		go func() {
			if err := admin.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
				log.Warn("admin listener: metrics are off", slog.Any("error", err))
			}
		}()
	}
	fmt.Fprintf(s.out, "Samplit is at %s\n", c.BaseURL)
	if a.demo != nil {
		fmt.Fprintf(s.out, "Demo shop at %s\n", c.shopURL())
	}

	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	a.stopping.Store(true)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if e := server.Shutdown(stop); e != nil {
		log.Warn("some requests were cut off", slog.Any("error", e))
	}
	if admin != nil {
		_ = admin.Close()
	}
	stopWork()
	running.Wait()
	log.Info("stopped")
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// background starts the loops. The committer ends last: it stores what the others and the last requests left.
func (a *app) background(ctx context.Context, c *config, failed chan<- error, log *slog.Logger) *sync.WaitGroup {
	if err := a.snapshot.Refresh(ctx); err != nil && !a.database.Unreached() {
		log.Warn("first look at the experiments", slog.Any("error", err))
	}
	var wg sync.WaitGroup
	wg.Go(func() { a.snapshot.Run(ctx) })
	wg.Go(func() { a.committer.Run(ctx) })
	wg.Go(func() { a.debugger.Run(ctx) })
	if a.file != nil {
		wg.Go(func() { a.file.Keep(ctx, a.snapshot) })
	}
	if a.places != nil {
		hup := make(chan os.Signal, 1)
		signal.Notify(hup, syscall.SIGHUP)
		wg.Go(func() {
			defer signal.Stop(hup)
			a.places.Run(ctx, hup)
		})
	}
	wg.Go(func() {
		if err := a.withDatabase(ctx, c, log); err != nil && ctx.Err() == nil {
			failed <- err
		}
	})
	return &wg
}

// withDatabase runs what nothing can stand in for the database of. One that was away at the start is awaited first and held to what
// a start asks of it.
func (a *app) withDatabase(ctx context.Context, c *config, log *slog.Logger) error {
	if a.database.Unreached() {
		if err := a.reachDatabase(ctx); err != nil {
			return err
		}
		log.Info("database reached")
	}
	var wg sync.WaitGroup
	wg.Go(func() { a.learner.Run(ctx, c.LearnInterval) })
	wg.Go(func() {
		if err := a.database.RunJobs(ctx, a.workers...); err != nil && ctx.Err() == nil {
			log.Error("background jobs", slog.Any("error", err))
		}
	})
	wg.Wait()
	return nil
}

func (a *app) reachDatabase(ctx context.Context) error {
	for {
		if err := a.database.Await(ctx); err != nil {
			return err
		}
		err := a.keys.Check(ctx, a.database.DB)
		if services.Code(err) != services.CodeUnavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second): // it went away again
		}
	}
}

// serverTimes bound how long a client may take. A slow one costs a connection and nothing else.
type serverTimes struct{ header, read, write, idle time.Duration }

var usualTimes = serverTimes{header: 5 * time.Second, read: 10 * time.Second, write: 60 * time.Second, idle: 90 * time.Second}

func newServer(h http.Handler, t serverTimes, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: t.header, ReadTimeout: t.read, WriteTimeout: t.write, IdleTimeout: t.idle,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// mostConnections bounds the open ones; further clients wait to be accepted.
const mostConnections = 10_000
