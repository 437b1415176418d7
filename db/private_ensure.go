package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// startLimit bounds the whole start, crash recovery included.
	startLimit = 15 * time.Minute
	// busyPatience bounds the wait for what a killed run leaves in the way: a dying server, its children, its lock file.
	busyPatience = 30 * time.Second
	busyPoll     = 250 * time.Millisecond
)

var (
	// errBusy: something is on the data folder that should be gone soon.
	errBusy = errors.New("data folder is in use")
	// errChanging: a server is there and says that it is starting up or shutting down.
	errChanging = errors.New("server is starting up or shutting down")
)

// ensure returns with a server up and the database present, adopting or starting as attempt finds.
func (p *Private) ensure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	patience := time.Now().Add(p.patience)
	for {
		desperate := time.Now().After(patience)
		err := p.attempt(ctx, desperate)
		switch {
		case errors.Is(err, errChanging):
			patience = time.Now().Add(p.patience)
		case !errors.Is(err, errBusy):
			return err
		case desperate:
			return fmt.Errorf("%w: stop the PostgreSQL server that runs on %s, or choose another data folder", err, p.place.dir)
		}
		if err := sleepCtx(ctx, busyPoll); err != nil {
			return fmt.Errorf("start: %w", err)
		}
	}
}

// attempt adopts the server that runs on the data folder, or starts one. It holds the start lock throughout, which puts
// processes that start together in a row. After an error it claims nothing, so that others may try meanwhile. desperate: adopt even a
// server that ought to be dying.
func (p *Private) attempt(ctx context.Context, desperate bool) (err error) {
	starting, err := holdLock(ctx, p.place.lockPath(), p.place.user)
	if err != nil {
		return err
	}
	defer starting.Close()
	defer func() {
		if err != nil {
			_, unlock := p.users.try(lockNone)
			err = errors.Join(err, unlock)
		}
	}()
	srv, owned, err := p.adopt(ctx, desperate)
	if err != nil {
		return err
	}
	how := "adopted"
	if srv == nil {
		if srv, err = p.launch(ctx); err != nil {
			return err
		}
		how, owned = "started", true
	}
	if err := createDatabase(ctx, srv.socket); err != nil {
		if how == "started" {
			err = errors.Join(err, srv.stop(ctx))
		}
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server, p.owned = srv, owned
	p.log.Info("private PostgreSQL "+how, slog.String("dir", p.place.dir), slog.String("socket", srv.socket), slog.Int("pid", srv.pid))
	return nil
}
