// Package db is the only door to PostgreSQL: the generated queries, the transactions that carry a tenant, the pools, the
// circuit breaker, the migrations, the job queue, the ingest statement and the private server.
package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"
)

// Role is the runtime role a transaction runs as. None owns a table, none passes row level security by.
type Role string

const (
	App    Role = "samplit_app"    // tenant rows of the account set in the transaction
	Ingest Role = "samplit_ingest" // the tables that traffic writes, of every account
	System Role = "samplit_system" // reads experiments of every account for snapshot and learning
)

// Config says how to reach the database.
type Config struct {
	// URL gives the address to connect to as a role; an external server has one for all.
	URL func(Role) string
	Log *slog.Logger
	// StartTimeout bounds how long Open waits for the server to answer; zero means one minute.
	StartTimeout time.Duration
	// Trace, when set, is told every statement but those around transactions.
	Trace func(statement string)
}

// DB holds one pool a role, so that a busy dashboard cannot take ingest's connections.
type DB struct {
	pools   map[Role]*pgxpool.Pool
	breaker circuitbreaker.CircuitBreaker[any]
	log     *slog.Logger
	jobs    *jobQueue
	usable  atomic.Bool  // it was reached once and has this binary's schema
	late    atomic.Int64 // see LateDays
}

// settings are given to every session of a role as it starts.
var settings = map[Role]map[string]string{Ingest: ingestSettings}

var poolSize = map[Role]int32{App: 8, Ingest: 3, System: 3}

// Open connects, trying again with growing pauses until StartTimeout has passed, and refuses a schema that is not the binary's.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	d, err := Prepare(ctx, cfg)
	if err != nil {
		return nil, err
	}
	wait := cfg.StartTimeout
	if wait == 0 {
		wait = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := d.Await(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Prepare makes the pools without connecting. Until Await has succeeded everything is refused with ErrUnavailable.
func Prepare(ctx context.Context, cfg Config) (*DB, error) {
	d := &DB{pools: map[Role]*pgxpool.Pool{}, log: cfg.Log}
	d.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(5).WithSuccessThreshold(1).WithRandomDelay(500*time.Millisecond, time.Second).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) { logBreaker(cfg.Log, e) }).Build()
	for role, size := range poolSize {
		p, err := newPool(ctx, cfg.URL(role), size, settings[role], cfg.Trace)
		if err != nil {
			d.Close()
			return nil, err
		}
		d.pools[role] = p
	}
	var err error
	if d.jobs, err = newJobQueue(d.pools[System], cfg.Log); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Await tries to connect with growing pauses until ctx ends, which is ErrUnavailable, and refuses a schema that is not the binary's.
func (d *DB) Await(ctx context.Context) error {
	retry := retrypolicy.NewBuilder[any]().WithBackoff(100*time.Millisecond, 5*time.Second).WithJitterFactor(.2).
		WithMaxRetries(-1).AbortIf(func(_ any, err error) bool { return !unavailable(err) }).Build()
	told := false
	err := failsafe.With(retry).WithContext(ctx).Run(func() error {
		err := d.reach(ctx)
		if unavailable(err) && !told {
			told = true
			d.log.Info("waiting for the database", slog.String("error", err.Error()))
		}
		return err
	})
	switch {
	case errors.Is(err, ErrSchemaBehind):
		return err
	case unavailable(err):
		return fmt.Errorf("connect to the database: %w: %w", ErrUnavailable, err)
	case err != nil:
		return fmt.Errorf("connect to the database: %w", err)
	}
	d.usable.Store(true)
	return nil
}

// reach finds out once whether there is a database and whether its schema is the binary's.
func (d *DB) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := d.pools[App].Ping(ctx); err != nil {
		return err
	}
	return d.checkSchema(ctx)
}

func newPool(ctx context.Context, url string, size int32, settings map[string]string, trace func(string)) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", redactURL(err))
	}
	cfg.MaxConns = size
	maps.Copy(cfg.ConnConfig.RuntimeParams, settings)
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.HealthCheckPeriod = 15 * time.Second
	cfg.PingTimeout = 2 * time.Second
	cfg.ConnConfig.ConnectTimeout = 3 * time.Second
	cfg.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		pgxuuid.Register(c.TypeMap()) // binary; without it a UUID travels as text, several times slower
		return nil
	}
	if trace != nil {
		cfg.ConnConfig.Tracer = tracer(trace)
	}
	p, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	return p, nil
}

// Close ends all connections once they are returned.
func (d *DB) Close() {
	for _, p := range d.pools {
		p.Close()
	}
}

// Unreached says that Await has not succeeded yet.
func (d *DB) Unreached() bool { return !d.usable.Load() }

// Ping reports whether the database answers, whatever the breaker thinks.
func (d *DB) Ping(ctx context.Context) error {
	if !d.usable.Load() {
		return errors.New("not reached since the start")
	}
	return d.pools[App].Ping(ctx)
}

// RetryAfter suggests when a refused request is worth sending again; it is spread so that the refused do not return at once.
func (d *DB) RetryAfter() time.Duration {
	return max(d.breaker.RemainingDelay(), 0) + time.Second + rand.N(2*time.Second)
}

// logBreaker says once that the database is away and once that it is back; what the breaker tries in between is nobody's news.
func logBreaker(log *slog.Logger, e circuitbreaker.StateChangedEvent) {
	switch {
	case e.OldState == circuitbreaker.ClosedState:
		log.Warn("database away: requests are refused until it answers")
	case e.NewState == circuitbreaker.ClosedState:
		log.Warn("database back")
	}
}

// Away reports whether requests are refused because the database did not answer.
func (d *DB) Away() bool { return !d.usable.Load() || !d.breaker.IsClosed() }

// guard runs fn unless the breaker is open, and tells the breaker how it went.
func (d *DB) guard(ctx context.Context, fn func() error) error {
	if !d.usable.Load() || !d.breaker.TryAcquirePermit() {
		return ErrUnavailable
	}
	err := fn()
	switch {
	case err == nil || !unavailable(err):
		d.breaker.RecordSuccess()
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		d.breaker.RecordSuccess() // the client left: that says nothing about the database
		return err
	}
	d.breaker.RecordFailure()
	if standby(err) {
		d.reconnect()
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// reconnect ends the connections, those in use when they are returned: what is behind the address now may be another server.
func (d *DB) reconnect() {
	for _, p := range d.pools {
		p.Reset()
	}
}
