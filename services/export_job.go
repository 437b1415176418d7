package services

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

const (
	exportTime   = 2 * time.Hour    // that one may take
	exportPulse  = 2 * time.Second  // after which a run says how far it is
	exportSilent = 2 * time.Minute  // after which a run that says nothing is taken for dead
	exportEnding = 20 * time.Second // that is left for the last words of a run whose time is over
)

type exportJob struct {
	Account uuid.UUID `json:"account"`
	Export  uuid.UUID `json:"export"`
}

// Kind names the job.
func (exportJob) Kind() string { return "export.rows" }

// Queue keeps others from waiting for it.
func (exportJob) Queue() string { return db.SlowQueue }

type exportsOverJob struct{}

// Kind names the job.
func (exportsOverJob) Kind() string { return "export.over" }

type exportsSilentJob struct{}

// Kind names the job.
func (exportsSilentJob) Kind() string { return "export.silent" }

// Workers make the files, begin those anew whose server was killed, and delete those whose time is over.
func (e *Exports) Workers() []db.Worker {
	return []db.Worker{
		db.WorkWithin(exportTime, func(ctx context.Context, job exportJob) error { return e.make(ctx, job) }),
		db.Every(time.Minute, exportsSilentJob{}, func(ctx context.Context, _ exportsSilentJob) error { return e.restartSilent(ctx) }),
		db.Every(time.Hour, exportsOverJob{}, func(ctx context.Context, _ exportsOverJob) error { return e.deleteOver(ctx) }),
	}
}

// errCancelled ends a run that somebody cancelled, or whose place another run took.
var errCancelled = errors.New("cancelled")

// exportRun is one attempt at a file, from its first row.
type exportRun struct {
	*Exports
	row     db.Export
	x       Experiment
	written atomic.Int64
}

// make writes the file. What goes wrong is shown and not tried again, unless this server stops or the database is away: then the next
// run begins anew.
func (e *Exports) make(ctx context.Context, job exportJob) error {
	r, err := e.begin(ctx, job)
	if errors.Is(err, errCancelled) {
		return e.sweepCancelled(ctx, job)
	}
	if err != nil {
		return fmt.Errorf("begin export: %w", err)
	}
	r.sweep(ctx)
	put, err := r.write(ctx)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), exportEnding)
	defer cancel()
	switch {
	case err == nil:
		err = r.end(last, ExportReady, put.bytes)
	case errors.Is(err, errCancelled):
	case errors.Is(ctx.Err(), context.Canceled) || errors.Is(err, db.ErrUnavailable):
		return errors.Join(err, r.leave(last))
	default:
		r.log.Error("export", slog.String("account_id", job.Account.String()), slog.String("export_id", job.Export.String()), slog.Any("error", err))
		err = r.end(last, ExportFailed, 0)
	}
	if errors.Is(err, errCancelled) {
		return r.objects.Delete(last, exportedTo(r.row))
	}
	return err
}

// begin takes an export up; errCancelled: it is over already, or under way elsewhere.
func (e *Exports) begin(ctx context.Context, job exportJob) (*exportRun, error) {
	r := &exportRun{Exports: e}
	return r, e.db.InTx(ctx, job.Account, func(s *db.Store) (err error) {
		r.row, err = s.BeginExport(ctx, db.BeginExportParams{AccountID: job.Account, ID: job.Export, Now: e.clock.now()})
		if errors.Is(err, db.ErrNotFound) {
			return errCancelled
		}
		if err != nil {
			return err
		}
		held, err := s.Experiment(ctx, job.Account, r.row.ExperimentID)
		if err != nil {
			return err
		}
		list, err := withRows(ctx, s, job.Account, []db.Experiment{held}, listed)
		if err != nil {
			return err
		}
		r.x = list[0]
		return nil
	})
}

// sweep removes what the run before may have left when its server was killed.
func (r *exportRun) sweep(ctx context.Context) {
	if r.row.Run < 2 {
		return
	}
	before := exportObject(r.row.AccountID, r.row.ID, r.row.Run-1, r.row.Format)
	if err := errors.Join(r.objects.Sweep(ctx, before), r.objects.Delete(ctx, before)); err != nil {
		r.log.Warn("sweep export", slog.String("account_id", r.row.AccountID.String()), slog.String("export_id", r.row.ID.String()), slog.Any("error", err))
	}
}

// sweepCancelled removes what the last run left of an export that was cancelled when its server had been killed.
func (e *Exports) sweepCancelled(ctx context.Context, job exportJob) error {
	var row db.Export
	err := e.db.InTx(ctx, job.Account, func(s *db.Store) (err error) {
		row, err = s.Export(ctx, job.Account, job.Export)
		return err
	})
	if err != nil {
		return fmt.Errorf("look at export: %w", err)
	}
	if row.State != ExportCancelled || row.Run == 0 {
		return nil
	}
	return errors.Join(e.objects.Sweep(ctx, exportedTo(row)), e.objects.Delete(ctx, exportedTo(row)))
}

// write makes the file, saying how far it is; errCancelled as soon as nobody waits for it any more.
func (r *exportRun) write(ctx context.Context) (stored, error) {
	ctx, stop := context.WithCancelCause(ctx)
	silent := make(chan struct{})
	go func() {
		defer close(silent)
		r.report(ctx, stop)
	}()
	source := exportSource{r.db, r.row.AccountID, r.x, r.x.splits()}
	put, err := putStream(ctx, r.objects, exportedTo(r.row), func(ctx context.Context, w io.Writer) error {
		return source.write(ctx, w, r.row.What, r.row.Format, func(n int64) { r.written.Store(n) })
	})
	if errors.Is(context.Cause(ctx), errCancelled) {
		err = errCancelled
	}
	stop(nil)
	<-silent
	return put, err
}

// report says how far the run is until ctx ends, and stops the run when it hears that it was cancelled. A database that does not
// answer is the business of who reads the rows.
func (r *exportRun) report(ctx context.Context, stop context.CancelCauseFunc) {
	pulse := time.NewTicker(exportPulse)
	defer pulse.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pulse.C:
		}
		if err := r.hear(ctx); errors.Is(err, errCancelled) {
			stop(err)
		}
	}
}

func (r *exportRun) hear(ctx context.Context) error {
	return r.change(ctx, func(s *db.Store) (int64, error) {
		return s.HearOfExport(ctx, db.HearOfExportParams{AccountID: r.row.AccountID, ID: r.row.ID, Run: r.row.Run, Written: r.written.Load(), Now: r.clock.now()})
	})
}

func (r *exportRun) end(ctx context.Context, state string, bytes int64) error {
	now := r.clock.now()
	end := db.EndExportParams{AccountID: r.row.AccountID, ID: r.row.ID, Run: r.row.Run, State: state, Written: r.written.Load(), Bytes: bytes, Now: now}
	if state == ExportReady {
		over := now.Add(exportLife)
		end.ExpiresAt = &over
	}
	return r.change(ctx, func(s *db.Store) (int64, error) { return s.EndExport(ctx, end) })
}

// change does something to the row of the run; errCancelled: the run does not count any more.
func (r *exportRun) change(ctx context.Context, do func(*db.Store) (int64, error)) error {
	return r.db.InTx(ctx, r.row.AccountID, func(s *db.Store) error {
		n, err := do(s)
		if err == nil && n == 0 {
			err = errCancelled
		}
		return err
	})
}

// leave lets another server take the export up at once. When the database is away restartSilent does so later.
func (r *exportRun) leave(ctx context.Context) error {
	return r.db.InTx(ctx, r.row.AccountID, func(s *db.Store) error {
		_, err := s.LeaveExport(ctx, db.LeaveExportParams{AccountID: r.row.AccountID, ID: r.row.ID, Run: r.row.Run})
		return err
	})
}

// restartSilent asks for the files again whose server was killed.
func (e *Exports) restartSilent(ctx context.Context) error {
	silent := e.clock.now().Add(-exportSilent)
	var list []db.SilentExportsRow
	err := e.db.AsSystem(ctx, func(s *db.Store) (err error) {
		list, err = s.SilentExports(ctx, silent)
		return err
	})
	if err != nil {
		return fmt.Errorf("silent exports: %w", err)
	}
	for _, row := range list {
		err := e.db.InTx(ctx, row.AccountID, func(s *db.Store) error {
			n, err := s.LeaveExport(ctx, db.LeaveExportParams(row))
			if err != nil || n == 0 {
				return err
			}
			return s.Enqueue(ctx, exportJob{row.AccountID, row.ID})
		})
		if err != nil {
			return fmt.Errorf("restart export: %w", err)
		}
	}
	return nil
}
