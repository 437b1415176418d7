package db

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// Job is work to do after a transaction committed. Its JSON form is stored: no secrets in it.
type Job interface{ Kind() string }

// Worker does the jobs of one kind, or a periodic task. Make one with Work or Every.
type Worker struct {
	add      func(*river.Workers) error
	periodic *river.PeriodicJob
}

// jobTime is how long a job may take.
const jobTime = time.Minute

// Work makes fn do the jobs of kind T. An error means try again later, up to 25 times with growing pauses.
func Work[T Job](fn func(context.Context, T) error) Worker { return workWithin(jobTime, fn) }

func workWithin[T Job](limit time.Duration, fn func(context.Context, T) error) Worker {
	return Worker{add: func(w *river.Workers) error { return river.AddWorkerSafely(w, &worker[T]{limit: limit, fn: fn}) }}
}

// worker is fn as river wants it.
type worker[T Job] struct {
	river.WorkerDefaults[T]
	limit time.Duration
	fn    func(context.Context, T) error
}

// Work does a job.
func (w *worker[T]) Work(ctx context.Context, j *river.Job[T]) error { return w.fn(ctx, j.Args) }

// Timeout ends the context of a job.
func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.limit }

// Every makes fn do job at each interval on one node at a time, and once at the start.
func Every[T Job](interval time.Duration, job T, fn func(context.Context, T) error) Worker {
	return EveryWithin(interval, jobTime, job, fn)
}

// EveryWithin is Every for a job that may take longer than a minute.
func EveryWithin[T Job](interval, limit time.Duration, job T, fn func(context.Context, T) error) Worker {
	w := workWithin(limit, fn)
	w.periodic = river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return job, &river.InsertOpts{MaxAttempts: 1} },
		&river.PeriodicJobOpts{RunOnStart: true})
	return w
}

type jobQueue struct {
	insert *river.Client[pgx.Tx]
	pool   *pgxpool.Pool
	log    *slog.Logger
}

func newJobQueue(pool *pgxpool.Pool, log *slog.Logger) (*jobQueue, error) {
	c, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: log, SkipUnknownJobCheck: true})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return &jobQueue{c, pool, log}, nil
}

// WebQueue is for jobs that wait for other people's servers: it has workers of its own, so that no other job waits for them. A job
// that belongs there says so with a method Queue.
const WebQueue = "web"

// Enqueue adds a job that starts when the transaction has committed, and never if it does not.
func (s *Store) Enqueue(ctx context.Context, job Job) error {
	opts := river.InsertOpts{}
	if apart, ok := job.(interface{ Queue() string }); ok {
		opts.Queue = apart.Queue()
	}
	if _, err := s.jobs.insert.InsertTx(ctx, s.tx, job, &opts); err != nil {
		return fmt.Errorf("enqueue %s: %w", job.Kind(), err)
	}
	return nil
}

// RunJobs works on jobs until ctx ends, then lets those under way finish.
func (d *DB) RunJobs(ctx context.Context, workers ...Worker) error {
	set := river.NewWorkers()
	var periodic []*river.PeriodicJob
	for _, w := range workers {
		if err := w.add(set); err != nil {
			return fmt.Errorf("register worker: %w", err)
		}
		if w.periodic != nil {
			periodic = append(periodic, w.periodic)
		}
	}
	c, err := river.NewClient(riverpgxv5.New(d.jobs.pool), &river.Config{
		Logger: d.log, Workers: set, PeriodicJobs: periodic, PollOnly: true, FetchPollInterval: time.Second,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}, WebQueue: {MaxWorkers: 3}},
	})
	if err != nil {
		return fmt.Errorf("job workers: %w", err)
	}
	if err := c.Start(ctx); err != nil {
		return fmt.Errorf("start job workers: %w", err)
	}
	<-ctx.Done()
	<-c.Stopped()
	return nil
}

func migrateJobs(ctx context.Context, ownerURL string, conn *pgx.Conn) error {
	pool, err := pgxpool.New(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("job tables: %w", err)
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("job tables: %w", err)
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended('samplit.jobs', 0))"); err != nil {
		return fmt.Errorf("job tables: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("job tables: %w", err)
	}
	_, err = conn.Exec(ctx, `GRANT SELECT, INSERT, UPDATE, DELETE ON river_job, river_leader, river_queue, river_migration TO samplit_system;
		GRANT SELECT, INSERT, UPDATE ON river_job, river_queue TO samplit_app;
		GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO samplit_system, samplit_app;
		SELECT pg_advisory_unlock(hashtextextended('samplit.jobs', 0))`)
	if err != nil {
		return fmt.Errorf("grant job tables: %w", err)
	}
	return nil
}
