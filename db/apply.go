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

// The statements of one group commit, sent together and run in order in one transaction. sqlc cannot parse unnest with several
// arrays, so they live beside the code that sends them.
//
// They are planned once for each connection and must not depend on statistics, which a fresh or a fast-growing database does not
// have: tables are reached by primary key alone (see planning), and what one part of a statement returns meets another part in a
// hashed subquery or not at all, never in a join of unknown size.

// planning keeps the ingest statements on primary keys, whatever the planner thinks of the tables' sizes.
const planning = `, set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
  set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`

// prepare is the first statement of every batch.
var prepare = become(Ingest, "") + planning

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
		case cancelled(err): // which says nothing about what was to be stored
			return out, fmt.Errorf("%w: %w", ErrUnavailable, err)
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
	q.Queue(prepare)
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
