package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// PrivateDatabase is the database that StartPrivate makes sure exists.
const PrivateDatabase = "samplit"

// privateSuperuser owns the cluster; the 0700 socket folder is what keeps others from being it.
const privateSuperuser = "postgres"

// PrivateConfig says where the private cluster lives and how it is run.
type PrivateConfig struct {
	Dir      string            // data folder, e.g. data/postgres; lock, log and half-made clusters lie beside it
	Log      *slog.Logger      // nil discards
	Settings map[string]string // extra server settings, used only when this call starts the server
	Linger   bool              // many processes share the server: it outlives its starter, the last user out stops it
}

// Private is one process's hold on a private PostgreSQL server, reachable over a unix socket only.
// Until Stop it is watched: a server that dies is started again, on the same data and, as a rule, the same socket.
type Private struct {
	cfg      PrivateConfig
	log      *slog.Logger
	place    privatePlace
	programs foundPrograms
	users    *fileLock     // see claim
	patience time.Duration // busyPatience

	mu     sync.Mutex
	server *privateServer
	owned  bool

	cancel  context.CancelFunc
	watched chan struct{}
	stop    sync.Once
}

// StartPrivate returns a hold on the cluster in cfg.Dir with its server up and PrivateDatabase present. It creates the
// cluster on first use, adopts a server that already runs there, and starts one otherwise; concurrent calls, in this and in
// other processes, end on the same server. ctx bounds the start only.
//
// As root the server runs as the cluster's owner, else as user postgres or nobody; a data folder which that user cannot
// reach is replaced by one under /var/lib/samplit, with one line in the log.
func StartPrivate(ctx context.Context, cfg PrivateConfig) (*Private, error) {
	p, err := openPrivate(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	if err := p.ensure(ctx); err != nil {
		p.users.Close()
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	life, cancel := context.WithCancel(context.Background())
	p.cancel, p.watched = cancel, make(chan struct{})
	go p.watch(life)
	return p, nil
}

// openPrivate settles what does not depend on the server: its programs, its place, the lock that its users share.
func openPrivate(ctx context.Context, cfg PrivateConfig) (*Private, error) {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	found, err := findPrograms(ctx, programPatterns)
	if err != nil {
		return nil, err
	}
	place, err := findPlace(ctx, cfg.Dir, found.newest(), log)
	if err != nil {
		return nil, err
	}
	users, err := openLock(place.usersPath(), place.user)
	if err != nil {
		return nil, err
	}
	return &Private{cfg: cfg, log: log, place: place, programs: found, users: users, patience: busyPatience}, nil
}

// URL is the connection string of database for user, understood by pgx and libpq.
func (p *Private) URL(user, database string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return socketURL(p.server.socket, user, database)
}

// Owned reports whether this process answers for the server's end: it started it, or took it over from a run that was killed.
func (p *Private) Owned() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.owned
}

// PID is the process id of the server, of the present one if it had to be started again.
func (p *Private) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.server.pid
}

// Stop lets go of the server. The process that owns it stops it; of a lingering server, the last user does; everybody else
// leaves it running. The server gets ten seconds, or until ctx ends if that is sooner, to finish in order; after that its
// sessions are cut, which loses nothing that was committed. Later calls do nothing. A process that started a lingering
// server and leaves it to others keeps one goroutine, which waits for it.
func (p *Private) Stop(ctx context.Context) error {
	var err error
	p.stop.Do(func() {
		p.cancel()
		<-p.watched
		if err = p.leave(ctx); err != nil {
			err = fmt.Errorf("stop private PostgreSQL: %w", err)
		}
	})
	return err
}

// leave stops the server if that is this process's part. It holds the start lock, so nobody adopts what is about to go.
func (p *Private) leave(ctx context.Context) error {
	waitCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveLockWait)
	defer cancel()
	starting, lockErr := holdLock(waitCtx, p.place.lockPath(), p.place.user)
	if lockErr == nil {
		defer starting.Close()
	}
	defer p.users.Close()
	if p.server.life == lifeShared {
		last, err := p.users.try(lockExclusive)
		if err = errors.Join(lockErr, err); err != nil || !last {
			return err
		}
	} else if !p.owned {
		return nil
	}
	if p.server.gone() {
		return nil
	}
	if err := p.server.stop(ctx); err != nil {
		return err
	}
	p.log.Info("private PostgreSQL stopped", slog.Int("pid", p.server.pid))
	if lockErr == nil {
		removeSocketFolder(p.server.socket)
	}
	return nil
}

// leaveLockWait bounds how long Stop waits for another process that is just starting or adopting.
const leaveLockWait = 5 * time.Second
