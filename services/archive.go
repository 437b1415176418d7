package services

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/samplit/samplit/db"
)

// LeastKeptDays is how long events stay at least: an id is known for 8 days, and a conversion waits for one.
const LeastKeptDays = 10

// archiveTime is how long one round of exports may take; the next one goes on.
const archiveTime = 50 * time.Minute

// Archive moves old days of events out of the database: each is written to the object store, read back, and only then dropped.
// What cannot be written stays.
type Archive struct {
	db      *db.DB
	objects Objects
	keep    int // days; 0: for ever
	clock   Clock
	log     *slog.Logger

	overdue, moved, failed atomic.Int64
}

// NewArchive makes the service. Events of more than keep days ago are moved; with 0 all stay.
func NewArchive(d *db.DB, o Objects, keep int, clock Clock, log *slog.Logger) *Archive {
	return &Archive{db: d, objects: o, keep: keep, clock: clock, log: log}
}

// ArchiveState counts days: those that should have been moved by now, and since the start those that were, and attempts that failed.
type ArchiveState struct{ Overdue, Moved, Failed int64 }

// State is how the archive does.
func (a *Archive) State() ArchiveState {
	return ArchiveState{a.overdue.Load(), a.moved.Load(), a.failed.Load()}
}

type archiveJob struct{}

// Kind names the job.
func (archiveJob) Kind() string { return "archive_events" }

// Workers move what is old once an hour.
func (a *Archive) Workers() []db.Worker {
	if a.keep == 0 {
		return nil
	}
	return []db.Worker{db.EveryWithin(time.Hour, archiveTime, archiveJob{}, func(ctx context.Context, _ archiveJob) error { return a.Move(ctx) })}
}

// Move exports and drops every day that is old enough, oldest first, until one cannot be.
func (a *Archive) Move(ctx context.Context) error {
	days, err := a.due(ctx)
	if err != nil {
		return err
	}
	a.overdue.Store(int64(len(days)))
	for _, d := range days {
		if err := a.move(ctx, d); err != nil {
			a.failed.Add(1)
			a.log.Error("events stay in the database: a day could not be moved to the object store", slog.String("day", d.Format(time.DateOnly)),
				slog.Any("error", err))
			return fmt.Errorf("move events of %s: %w", d.Format(time.DateOnly), err)
		}
		a.overdue.Add(-1)
		a.moved.Add(1)
	}
	return nil
}

// due lists the days to move.
func (a *Archive) due(ctx context.Context) (due []time.Time, err error) {
	if a.keep == 0 {
		return nil, nil
	}
	var days []time.Time
	err = a.db.AsSystem(ctx, func(s *db.Store) (err error) {
		days, err = s.EventDays(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list event days: %w", err)
	}
	last := day(a.clock.now()).AddDate(0, 0, -max(a.keep, LeastKeptDays))
	for _, d := range days {
		if d.Before(last) {
			due = append(due, d)
		}
	}
	return due, nil
}

// Manifest tells what an exported day holds, and proves it.
type Manifest struct {
	Day        string    `json:"day"`
	Object     string    `json:"object"`
	SHA256     string    `json:"sha256"`
	Bytes      int64     `json:"bytes"`
	Rows       int64     `json:"rows"`
	Counted    int64     `json:"counted"` // conversions that count
	ExportedAt time.Time `json:"exported_at"`
}

func (a *Archive) move(ctx context.Context, d time.Time) error {
	m, err := a.export(ctx, d)
	if err != nil {
		return err
	}
	if err := a.check(ctx, m); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if err := a.objects.Put(ctx, archiveName(d)+".json", bytes.NewReader(text)); err != nil {
		return err
	}
	sum, err := hex.DecodeString(m.SHA256)
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	err = a.db.AsSystem(ctx, func(s *db.Store) error {
		if err := s.LiftTimeout(ctx); err != nil {
			return fmt.Errorf("lift timeout: %w", err)
		}
		return s.DropEventDay(ctx, db.DropEventDayParams{Day: d, Object: m.Object, Sha256: sum, Exported: m.Rows, Now: a.clock.now()})
	})
	if err != nil {
		return fmt.Errorf("drop day: %w", err)
	}
	a.log.Info("events moved to the object store", slog.String("day", m.Day), slog.Int64("rows", m.Rows), slog.Int64("bytes", m.Bytes))
	return nil
}

// archiveName is the object of a day without its ending. Days of a year lie together.
func archiveName(d time.Time) string { return "events/" + d.Format("2006/2006-01-02") }

// export streams a day into the object store.
func (a *Archive) export(ctx context.Context, d time.Time) (Manifest, error) {
	m := Manifest{Day: d.Format(time.DateOnly), Object: archiveName(d) + ".parquet", ExportedAt: a.clock.now()}
	put, err := putStream(ctx, a.objects, m.Object, func(ctx context.Context, w io.Writer) error { return a.write(ctx, d, w, &m) })
	m.SHA256, m.Bytes = put.sha256, put.bytes
	return m, err
}

// check reads the object back.
func (a *Archive) check(ctx context.Context, m Manifest) error {
	object, err := a.objects.Get(ctx, m.Object)
	if err != nil {
		return err
	}
	defer object.Close()
	sum := &sumReader{r: object, hash: sha256.New()}
	if _, err := io.Copy(io.Discard, sum); err != nil {
		return fmt.Errorf("read %s back: %w", m.Object, err)
	}
	if got := hex.EncodeToString(sum.hash.Sum(nil)); got != m.SHA256 {
		return fmt.Errorf("%s reads back with another hash: %s, written was %s", m.Object, got, m.SHA256)
	}
	return nil
}
