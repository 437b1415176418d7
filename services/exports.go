package services

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

const (
	exportLife  = 7 * 24 * time.Hour // of a file
	exportLink  = 24 * time.Hour     // that a link to it holds
	openExports = 3                  // of an account at a time
)

// Exports makes files of the rows of experiments in the background, and keeps them for a time.
type Exports struct {
	db      *db.DB
	objects Objects
	links   linkSigner
	baseURL string
	clock   Clock
	log     *slog.Logger
}

// NewExports makes the service; the key signs links to files.
func NewExports(d *db.DB, o Objects, key []byte, baseURL string, clock Clock, log *slog.Logger) *Exports {
	return &Exports{d, o, linkSigner{key}, baseURL, clock, log}
}

// Export states.
const (
	ExportWaiting   = "waiting"
	ExportRunning   = "running"
	ExportReady     = "ready"
	ExportFailed    = "failed"
	ExportCancelled = "cancelled"
	ExportDeleted   = "deleted" // its time was over
)

// Export is a file of rows that somebody asked for.
type Export struct {
	ID         uuid.UUID  `json:"id"`
	Experiment uuid.UUID  `json:"experiment_id"`
	What       string     `json:"what" enum:"assignments,conversions"`
	Format     string     `json:"format" enum:"csv,xlsx,json,parquet"`
	State      string     `json:"state" enum:"waiting,running,ready,failed,cancelled,deleted"`
	Written    int64      `json:"written" doc:"Rows so far"`
	Expected   int64      `json:"expected" doc:"About as many rows as there will be"`
	Bytes      int64      `json:"bytes"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty" doc:"When the file is deleted"`
	URL        string     `json:"url,omitempty" doc:"Of the file, for whoever has it; holds for a day"`
}

// FileName is what the file of an export is called where it is saved. JSON is a line for each row.
func (x Export) FileName() string {
	ending := x.Format
	if ending == FormatJSON {
		ending = "jsonl"
	}
	return x.What + "-" + x.CreatedAt.UTC().Format(time.DateOnly) + "." + ending
}

// Media is the media type of the file of an export.
func (x Export) Media() string {
	if x.Format == FormatJSON {
		return "application/jsonl"
	}
	return exportMedia[x.Format]
}

// Start asks for the rows of an experiment as a file. Editors and above may: rows name visitors. NotFound if the experiment is absent
// or another account's; Invalid names what or format; Conflict when as many exports of the account are under way as may be.
func (e *Exports) Start(ctx context.Context, by Actor, experiment, what, format string) (Export, error) {
	if err := by.may(Editor); err != nil {
		return Export{}, err
	}
	id, err := experimentID(experiment)
	if err != nil {
		return Export{}, err
	}
	f := Fields{}
	if what != ExportAssignments && what != ExportConversions {
		f.add("what", "unknown", "Must be assignments or conversions.")
	}
	if !slices.Contains([]string{FormatCSV, FormatXLSX, FormatJSON, FormatParquet}, format) {
		f.add("format", "unknown", "Must be csv, xlsx, json or parquet.")
	}
	if err := f.err(); err != nil {
		return Export{}, err
	}
	var row db.Export
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if _, err := s.LockExperiment(ctx, by.Account, id); err != nil {
			return orNotFound(err, "experiment")
		}
		row, err = e.insert(ctx, s, by, id, what, format)
		return err
	})
	return e.newExport(row), err
}

func (e *Exports) insert(ctx context.Context, s *db.Store, by Actor, experiment uuid.UUID, what, format string) (row db.Export, err error) {
	open, err := s.CountOpenExports(ctx, by.Account)
	if err != nil {
		return row, fmt.Errorf("count exports: %w", err)
	}
	if open >= openExports {
		return row, conflict("exports_busy", "Three exports are under way. Wait for one of them, or cancel it.")
	}
	count := s.CountVisitors
	if what == ExportConversions {
		count = s.CountConverters
	}
	expected, err := count(ctx, by.Account, experiment)
	if err != nil {
		return row, fmt.Errorf("count rows: %w", err)
	}
	now, id := e.clock.now(), uuid.Must(uuid.NewV7())
	if err := s.Enqueue(ctx, exportJob{by.Account, id}); err != nil {
		return row, err
	}
	seq, err := record(ctx, s, now, by, "export.requested", experimentObject(experiment), map[string]any{"export": id, "what": what, "format": format})
	if err != nil {
		return row, err
	}
	err = s.InsertExport(ctx, db.InsertExportParams{AccountID: by.Account, ID: id, ExperimentID: experiment, What: what, Format: format, Expected: expected,
		CreatedBy: by.User, Now: now, AuditSeq: &seq})
	if err != nil {
		return row, fmt.Errorf("insert export: %w", err)
	}
	return s.Export(ctx, by.Account, id)
}

func (e *Exports) newExport(r db.Export) Export {
	x := Export{ID: r.ID, Experiment: r.ExperimentID, What: r.What, Format: r.Format, State: r.State, Written: r.Written, Expected: r.Expected, Bytes: r.Bytes,
		CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt}
	if r.State == ExportReady {
		until := e.clock.now().Add(exportLink)
		if r.ExpiresAt.Before(until) {
			until = *r.ExpiresAt
		}
		x.URL = e.baseURL + "/exports/" + e.links.sign(linked{r.AccountID, r.ID, until})
	}
	return x
}

// List returns the exports of an experiment, newest first. Editors and above may. NotFound if the experiment is absent or another
// account's.
func (e *Exports) List(ctx context.Context, by Actor, experiment string) (out []Export, err error) {
	if err := by.may(Editor); err != nil {
		return nil, err
	}
	id, err := experimentID(experiment)
	if err != nil {
		return nil, err
	}
	out = []Export{}
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if _, err := s.Experiment(ctx, by.Account, id); err != nil {
			return orNotFound(err, "experiment")
		}
		rows, err := s.ExportsOfExperiment(ctx, by.Account, id)
		for _, r := range rows {
			out = append(out, e.newExport(r))
		}
		return err
	})
	return out, err
}

// Cancel ends an export that is not over, or deletes its file, and returns the experiment that it is of. Editors and above may.
// NotFound if there is none of the id in the account; one that is over already stays as it is.
func (e *Exports) Cancel(ctx context.Context, by Actor, id string) (experiment uuid.UUID, err error) {
	if err := by.may(Editor); err != nil {
		return uuid.Nil, err
	}
	key, err := uuid.Parse(id)
	if err != nil {
		return uuid.Nil, notFound("export")
	}
	var row db.Export
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if row, err = s.Export(ctx, by.Account, key); err != nil {
			return orNotFound(err, "export")
		}
		n, err := s.CancelExport(ctx, db.CancelExportParams{AccountID: by.Account, ID: key, Now: e.clock.now()})
		if err != nil || n == 0 {
			return err
		}
		_, err = record(ctx, s, e.clock.now(), by, "export.cancelled", experimentObject(row.ExperimentID), map[string]any{"export": key})
		return err
	})
	if err == nil && row.State == ExportReady {
		err = e.delete(ctx, by.Account, key, exportedTo(row))
	}
	return row.ExperimentID, err
}

// Open returns the file of a link, to be closed by the caller. NotFound: with Reason link_bad the link was not made here, with link_over its time, or that of its
// file, is over.
func (e *Exports) Open(ctx context.Context, token string) (Export, io.ReadSeekCloser, error) {
	l, ok := e.links.open(token)
	if !ok {
		return Export{}, nil, badLink()
	}
	if !e.clock.now().Before(l.until) {
		return Export{}, nil, linkOver()
	}
	var row db.Export
	err := e.db.InTx(ctx, l.account, func(s *db.Store) (err error) {
		row, err = s.Export(ctx, l.account, l.id)
		return orNotFound(err, "export")
	})
	if err != nil {
		return Export{}, nil, err
	}
	if row.State != ExportReady {
		return Export{}, nil, linkOver()
	}
	file, err := e.objects.Get(ctx, exportedTo(row))
	if errors.Is(err, ErrNoObject) {
		err = linkOver()
	}
	return e.newExport(row), file, err
}

func badLink() error {
	return &Error{Code: CodeNotFound, Reason: "link_bad", Message: "This link is not whole: ask for it again."}
}

func linkOver() error {
	return &Error{Code: CodeNotFound, Reason: "link_over", Message: "This link does not hold any more: ask for a new one."}
}

// exportedTo is where the file of an export is.
func exportedTo(r db.Export) string { return exportObject(r.AccountID, r.ID, r.Run, r.Format) }

// exportObject is where a run's file is. Exports that were made when there were no runs have run 0.
func exportObject(account, id uuid.UUID, run int32, format string) string {
	name := "exports/" + account.String() + "/" + id.String()
	if run > 0 {
		name += "-" + strconv.Itoa(int(run))
	}
	return name + "." + format
}

// deleteOver deletes the files whose time is over.
func (e *Exports) deleteOver(ctx context.Context) error {
	var over []db.ExportsOverRow
	err := e.db.AsSystem(ctx, func(s *db.Store) (err error) {
		over, err = s.ExportsOver(ctx, e.clock.now())
		return err
	})
	if err != nil {
		return fmt.Errorf("exports over: %w", err)
	}
	for _, o := range over {
		if err := e.delete(ctx, o.AccountID, o.ID, exportObject(o.AccountID, o.ID, o.Run, o.Format)); err != nil {
			return err
		}
	}
	return nil
}

// delete removes the file before the row says so: one that could not be removed is tried again.
func (e *Exports) delete(ctx context.Context, account, id uuid.UUID, object string) error {
	if err := e.objects.Delete(ctx, object); err != nil {
		return err
	}
	return e.db.InTx(ctx, account, func(s *db.Store) error {
		_, err := s.DeleteExportFile(ctx, account, id)
		return err
	})
}
