package services

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

const (
	erasureTime   = 6 * time.Hour    // that one may take
	erasureTries  = 5                // while the person goes on converting
	erasurePulse  = 5 * time.Second  // after which a run says that it goes on
	erasureSilent = 2 * time.Minute  // after which a run that says nothing is taken for dead
	erasureEnding = 20 * time.Second // that is left for the last words of a run that stops
)

type erasureJob struct {
	Account uuid.UUID `json:"account"`
	Erasure uuid.UUID `json:"erasure"`
}

// Kind names the job.
func (erasureJob) Kind() string { return "erasure" }

// Queue keeps others from waiting for it.
func (erasureJob) Queue() string { return db.SlowQueue }

type erasuresSilentJob struct{}

// Kind names the job.
func (erasuresSilentJob) Kind() string { return "erasure.silent" }

// Workers erase what was asked for, and begin anew what a killed server was at.
func (e *Erasures) Workers() []db.Worker {
	return []db.Worker{
		db.WorkWithin(erasureTime, func(ctx context.Context, job erasureJob) error { return e.run(ctx, job) }),
		db.Every(time.Minute, erasuresSilentJob{}, func(ctx context.Context, _ erasuresSilentJob) error { return e.restartSilent(ctx) }),
	}
}

var (
	// errMoved: the person converted while what they did was looked for.
	errMoved = errors.New("the person's data changed meanwhile")
	// errReplaced ends a run whose place another one took.
	errReplaced = errors.New("another run took its place")
)

// erasureRun is one attempt at an erasure.
type erasureRun struct {
	*Erasures
	job   erasureJob
	run   int32
	by    Actor // who asked for it
	names []string
	days  []time.Time
	early int64 // events that went before the end, those of earlier runs among them
}

// run erases. What goes wrong is shown and not tried again, but for a server that stops or a database that is away: then the next run
// begins anew, and finds what is left.
func (e *Erasures) run(ctx context.Context, job erasureJob) error {
	r, err := e.begin(ctx, job)
	if errors.Is(err, db.ErrNotFound) {
		return nil // it is over, or under way elsewhere
	}
	if err != nil {
		return fmt.Errorf("begin erasure: %w", err)
	}
	err = r.try(ctx)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), erasureEnding)
	defer cancel()
	switch {
	case err == nil, errors.Is(err, errReplaced):
		return nil
	case ctx.Err() != nil || Code(err) == CodeUnavailable:
		return errors.Join(err, r.change(last, func(s *db.Store) (int64, error) {
			return s.LeaveErasure(last, db.LeaveErasureParams{AccountID: job.Account, ID: job.Erasure, Run: r.run})
		}))
	}
	e.log.Error("erase a person's data", slog.String("account_id", job.Account.String()), slog.String("erasure_id", job.Erasure.String()), slog.Any("error", err))
	return e.db.InTx(last, job.Account, func(s *db.Store) error {
		return s.FailErasure(last, db.FailErasureParams{AccountID: job.Account, ID: job.Erasure, Run: r.run, Now: e.clock.now()})
	})
}

// begin takes a job up: whose data, and who asked.
func (e *Erasures) begin(ctx context.Context, job erasureJob) (*erasureRun, error) {
	r := &erasureRun{Erasures: e, job: job}
	err := e.db.AsSystem(ctx, func(s *db.Store) (err error) {
		r.days, err = s.EventDays(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list event days: %w", err)
	}
	return r, e.db.InTx(ctx, job.Account, func(s *db.Store) error {
		row, err := s.BeginErasure(ctx, db.BeginErasureParams{AccountID: job.Account, ID: job.Erasure, Days: int32(len(r.days)), Now: e.clock.now()})
		if err != nil {
			return err
		}
		r.run, r.names, r.early, r.by = row.Run, row.Names, row.Events, Actor{Account: job.Account, User: row.CreatedBy}
		if row.CreatedKey != nil {
			r.by.Key = *row.CreatedKey
		}
		return nil
	})
}

// try erases, saying meanwhile that it goes on, and once more when the person went on, too.
func (r *erasureRun) try(ctx context.Context) (err error) {
	ctx, stop := context.WithCancel(ctx)
	silent := make(chan struct{})
	go func() {
		defer close(silent)
		r.report(ctx)
	}()
	defer func() {
		stop()
		<-silent
	}()
	for range erasureTries {
		if err = r.erase(ctx); !errors.Is(err, errMoved) && !db.IsLocked(err) {
			break
		}
	}
	return err
}

// report says that the run goes on until ctx ends. What the database answers is the business of who erases.
func (r *erasureRun) report(ctx context.Context) {
	pulse := time.NewTicker(erasurePulse)
	defer pulse.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pulse.C:
		}
		_ = r.change(ctx, func(s *db.Store) (int64, error) {
			return s.HearOfErasure(ctx, db.HearOfErasureParams{AccountID: r.job.Account, ID: r.job.Erasure, Run: r.run, Now: r.clock.now()})
		})
	}
}

// change does something to the row of the run; errReplaced: the run does not count any more.
func (r *erasureRun) change(ctx context.Context, do func(*db.Store) (int64, error)) error {
	return r.db.InTx(ctx, r.job.Account, func(s *db.Store) error { return stillMine(do(s)) })
}

// stillMine is errReplaced where a run has no row any more.
func stillMine(rows int64, err error) error {
	if err == nil && rows == 0 {
		err = errReplaced
	}
	return err
}

// erase looks for everything and then takes it away.
func (r *erasureRun) erase(ctx context.Context) error {
	var p *person
	err := r.db.InTx(ctx, r.job.Account, func(s *db.Store) (err error) {
		p, err = look(ctx, s, r.job.Account, r.names)
		return err
	})
	if err != nil {
		return err
	}
	for i, d := range r.days {
		if err := r.searchDay(ctx, p, d); err != nil {
			return err
		}
		err = r.change(ctx, func(s *db.Store) (int64, error) {
			return s.TouchErasure(ctx, db.TouchErasureParams{AccountID: r.job.Account, ID: r.job.Erasure, Run: r.run, Searched: int32(i + 1)})
		})
		if err != nil {
			return fmt.Errorf("say how far an erasure is: %w", err)
		}
	}
	if err := r.searchOrders(ctx, p, r.days); err != nil {
		return err
	}
	if err := r.searchHeld(ctx, p); err != nil {
		return err
	}
	p.events += r.early
	return r.replace(ctx, p)
}

// restartSilent asks again for the erasures whose server was killed.
func (e *Erasures) restartSilent(ctx context.Context) error {
	silent := e.clock.now().Add(-erasureSilent)
	var list []db.SilentErasuresRow
	err := e.db.AsSystem(ctx, func(s *db.Store) (err error) {
		list, err = s.SilentErasures(ctx, silent)
		return err
	})
	if err != nil {
		return fmt.Errorf("silent erasures: %w", err)
	}
	for _, row := range list {
		err := e.db.InTx(ctx, row.AccountID, func(s *db.Store) error {
			n, err := s.LeaveErasure(ctx, db.LeaveErasureParams(row))
			if err != nil || n == 0 {
				return err
			}
			return s.Enqueue(ctx, erasureJob{row.AccountID, row.ID})
		})
		if err != nil {
			return fmt.Errorf("restart erasure: %w", err)
		}
	}
	return nil
}
