package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Doors an assignment comes through.
const (
	DoorAssign  int16 = 1 // the server chose the arm at assign or evaluate
	DoorBrowser int16 = 2 // the browser chose it, by the same hash, and reported the exposure
)

// Kinds of events.
const (
	KindExposure   int16 = 1
	KindConversion int16 = 2
	KindPageview   int16 = 3
	KindCustom     int16 = 4
)

// States of an event, as the events table documents them.
const (
	StateStored    int16 = 0
	StateApplied   int16 = 1
	StateWaiting   int16 = 2
	StateFrozen    int16 = 4
	StateOutside   int16 = 5
	StateUncounted int16 = 6
)

// NewAssignment wants a visitor assigned, and exposed when Exposed; the visitor's first row wins.
type NewAssignment struct {
	Account, Experiment uuid.UUID
	Split               int16
	Visitor             string
	Arm                 int16
	Epoch               int32
	Propensity          float32
	At                  time.Time
	Exposed             bool
	Door                int16
	Counted             bool
}

// Assigned is what the database holds for a visitor after a batch.
type Assigned struct {
	Arm   int16
	Epoch int32
	// Exposed says that the visitor has seen the variant, now or before.
	Exposed bool
	New     bool
}

// NewEvent is one event, or one part of an event that counts in several splits.
type NewEvent struct {
	Account      uuid.UUID
	ID           uuid.UUID
	Day          time.Time // the partition: the id's own day, or that of arrival
	Dayless      bool      // the id carries no day: a repeat may lie in yesterday's partition
	Part         int16
	Kind         int16
	Installation uuid.UUID
	Experiment   uuid.UUID // zero: none
	Split        int16
	Goal         uuid.UUID // zero: counts nowhere
	Window       int32     // days after the exposure in which the goal counts
	Name         string
	Visitor      string
	Arm          int16 // of an exposure
	Epoch        int32 // of an exposure
	Occurred     time.Time
	Received     time.Time
	Value        *int64 // in units of 1/10,000
	URL          string
}

// Recorded is what became of an event.
type Recorded struct {
	Fresh bool  // false: the id was known, nothing was counted
	State int16 // of a fresh one
}

// Beat is a sign of life of a site's snippet.
type Beat struct {
	Account, Installation uuid.UUID
	At                    time.Time
	URL                   string
}

// Increment adds N to a day's counter; the zero experiment stands for the whole account.
type Increment struct {
	Account, Experiment uuid.UUID
	At                  time.Time
	Kind                string
	N                   int64
}

// Batch is the work of one group commit, of any accounts.
type Batch struct {
	Assignments []NewAssignment
	Events      []NewEvent
	Beats       []Beat
	Tallies     []Increment
	Now         time.Time
}

// Applied answers a Batch, element by element.
type Applied struct {
	Assignments []Assigned
	Events      []Recorded
}

// Apply stores and counts a batch in one transaction: assignments, exposures, waiting conversions, events, counters. When it
// returns nil everything in it is durable; when it returns an error nothing is, unless the connection broke while committing,
// after which the same batch may be sent again.
func (d *DB) Apply(ctx context.Context, b Batch) (Applied, error) {
	var out Applied
	for try := 0; ; try++ {
		err := d.guard(ctx, func() (err error) {
			out, err = d.apply(ctx, b)
			return err
		})
		switch {
		case err == nil:
			return out, nil
		case try < 3 && (retriable(err) || errors.Is(err, errOvertaken)):
		case try < 3 && missingPartition(err):
			if err := d.ensureDays(ctx, b.Events); err != nil {
				return out, err
			}
		default:
			return out, err
		}
	}
}

// missingPartition: the day of some event has no partition yet.
func missingPartition(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23514" && strings.Contains(pg.Message, "no partition")
}

func (d *DB) ensureDays(ctx context.Context, events []NewEvent) error {
	first, last := events[0].Day, events[0].Day
	for _, e := range events {
		if e.Day.Before(first) {
			first = e.Day
		}
		if e.Day.After(last) {
			last = e.Day
		}
	}
	d.log.Warn("event partition was missing", "first", first.Format(time.DateOnly), "last", last.Format(time.DateOnly))
	return d.EnsureEventDays(ctx, first, last)
}

// EnsureEventDays makes the event partitions of the days in between, both included.
func (d *DB) EnsureEventDays(ctx context.Context, first, last time.Time) error {
	return d.in(ctx, Ingest, uuid.Nil, func(s *Store) error {
		if _, err := s.tx.Exec(ctx, "SELECT ensure_event_days($1::date, $2::date)", first, last); err != nil {
			return fmt.Errorf("make event days: %w", err)
		}
		return nil
	})
}

// errOvertaken: another node inserted a visitor of this batch while it ran. Run again it sees the winner.
var errOvertaken = errors.New("another transaction assigned the same visitor")

// apply sends everything at once. Without assignments that is all; with them it looks at the answers before it commits.
func (d *DB) apply(ctx context.Context, b Batch) (out Applied, err error) {
	conn, err := d.acquire(ctx, Ingest)
	if err != nil {
		return out, err
	}
	defer conn.Release()
	as, es := newAssignmentRows(b), newEventRows(b.Events)
	var q pgx.Batch
	q.Queue("begin")
	q.Queue(become(Ingest, ""))
	q.Queue(planning)
	as.queue(&q)
	es.queue(&q)
	queueBeats(&q, b.Beats)
	queueTallies(&q, b.Tallies)
	if as.empty() {
		q.Queue("commit")
	}
	defer func() {
		if err != nil && conn.Conn().PgConn().TxStatus() != 'I' {
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_, _ = conn.Exec(stop, "rollback") // the pool ends a connection that is still in a transaction
		}
	}()
	if err := conn.SendBatch(ctx, &q).Close(); err != nil {
		return out, fmt.Errorf("apply batch: %w", err)
	}
	if !as.empty() {
		if err := as.settle(ctx, conn); err != nil {
			return out, err
		}
		if _, err := conn.Exec(ctx, "commit"); err != nil {
			return out, fmt.Errorf("commit batch: %w", err)
		}
	}
	return Applied{Assignments: as.answers, Events: es.answers}, nil
}

func queueBeats(q *pgx.Batch, beats []Beat) {
	newest := map[uuid.UUID]Beat{}
	for _, b := range beats {
		if old, ok := newest[b.Installation]; !ok || old.At.Before(b.At) {
			newest[b.Installation] = b
		}
	}
	if len(newest) == 0 {
		return
	}
	var account, installation []uuid.UUID
	var at []time.Time
	var url []string
	for _, b := range newest {
		account, installation, at, url = append(account, b.Account), append(installation, b.Installation), append(at, b.At), append(url, b.URL)
	}
	q.Queue(beat, account, installation, at, url)
}

func queueTallies(q *pgx.Batch, tallies []Increment) {
	type key struct {
		account, experiment uuid.UUID
		day                 time.Time
		kind                string
	}
	sum := map[key]int64{}
	for _, t := range tallies {
		sum[key{t.Account, t.Experiment, t.At.UTC().Truncate(24 * time.Hour), t.Kind}] += t.N
	}
	if len(sum) == 0 {
		return
	}
	var account, experiment []uuid.UUID
	var day []time.Time
	var kind []string
	var n []int64
	for k, v := range sum {
		account, experiment, day, kind, n = append(account, k.account), append(experiment, k.experiment), append(day, k.day), append(kind, k.kind), append(n, v)
	}
	q.Queue(addTallies, account, experiment, day, kind, n)
}
