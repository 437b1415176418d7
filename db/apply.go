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
	StateKnown     int16 = 7 // its order was known
	StateNoOrder   int16 = 8 // a refund of an order that is not known
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
	Segment             string // see services.Visit; empty: nothing is known
}

// Assigned is what the database holds for a visitor after a batch.
type Assigned struct {
	Arm   int16
	Epoch int32
	// Exposed says that the visitor has seen the variant, now or before.
	Exposed bool
	New     bool
	// SeenAt is when, and Counted whether it counts; zero where that is not sure.
	SeenAt  time.Time
	Counted bool
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
	Value        *int64 // in units of 1/10,000; negative with an order: a refund
	Order        string // of a conversion: counts once for its goal
	URL          string
	Props        []byte  // JSON, or nil
	Cohort       *Cohort // of a conversion: its visitor's where that is known, unless the site tells of visitors that are one person
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

// The statements of ingest. sqlc cannot parse unnest with several arrays, so they live beside the code that sends them.
//
// They are planned once for each connection and must not depend on statistics, which a fresh or a fast-growing database does not
// have: tables are reached by primary key alone (see ingestSettings), and what one part of a statement returns meets another part in
// a hashed subquery or not at all, never in a join of unknown size.

// ingestSettings hold for every session of the ingest role, so that a commit need not repeat them: the role itself, and a planner
// that keeps to primary keys, whatever it thinks of the tables' sizes.
var ingestSettings = map[string]string{
	"role": string(Ingest), "statement_timeout": fmt.Sprint(statementTimeout[Ingest].Milliseconds()),
	"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off",
}

// Apply stores and counts a batch. Its first transaction, one round trip, is nearly always all: new visitors, events, counters.
// Others look at visitors known before, join conversions that waited for visitors exposed here, and compare repeated events with
// what they repeat. When Apply returns nil everything is durable. After an error the same batch may be sent again and counts once;
// what a crash between the transactions leaves waiting, SettleWaiting finds.
func (d *DB) Apply(ctx context.Context, b Batch) (Applied, error) {
	as, es := newAssignmentRows(b), newEventGroups(b.Events)
	err := d.send(ctx, b.Events, func(q *pgx.Batch) {
		as.queueNew(q)
		es.queue(q)
		queueBeats(q, b.Beats)
		queueTallies(q, b.Tallies)
	})
	if err == nil && es.someClosed() {
		err = d.send(ctx, es.all, es.queueClosed)
	}
	if err == nil && as.someKnown() {
		err = d.send(ctx, nil, as.queueKnown)
	}
	if err == nil && as.waiting {
		err = d.send(ctx, nil, as.queueSettle)
	}
	if err == nil && es.someKnown() {
		err = d.send(ctx, nil, es.queueKnown)
	}
	if err != nil {
		return Applied{}, fmt.Errorf("apply batch: %w", err)
	}
	return Applied{Assignments: as.answers(), Events: es.answers()}, nil
}

// send runs statements in one transaction and one round trip: without a begin, a pipeline is a transaction of its own. It may queue
// and run them again.
func (d *DB) send(ctx context.Context, events []NewEvent, queue func(*pgx.Batch)) error {
	for try := 0; ; try++ {
		err := d.guard(ctx, func() error {
			conn, err := d.acquire(ctx, Ingest)
			if err != nil {
				return err
			}
			defer conn.Release()
			var q pgx.Batch
			queue(&q)
			return conn.SendBatch(ctx, &q).Close()
		})
		switch {
		case err == nil:
			return nil
		case try < 3 && retriable(err):
		case try < 3 && missingPartition(err):
			if err := d.ensureDays(ctx, events); err != nil {
				return err
			}
		case cancelled(err): // which says nothing about what was to be stored
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		default:
			return err
		}
	}
}

// SettleWaiting joins conversions with exposures that came to be stored apart from them: by two nodes at once, or before a crash.
func (d *DB) SettleWaiting(ctx context.Context, now time.Time) error {
	for {
		var rows []ExposedMeanwhileRow
		err := d.AsIngest(ctx, func(s *Store) (err error) {
			rows, err = s.ExposedMeanwhile(ctx, now.Add(-WaitingLife), now.Add(-time.Minute))
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		as := assignmentRows{now: now}
		for _, r := range rows {
			as.rows = append(as.rows, NewAssignment{Account: r.AccountID, Experiment: r.ExperimentID, Split: r.Split, Visitor: r.Visitor, Exposed: true})
		}
		if err := d.send(ctx, nil, as.queueSettle); err != nil {
			return fmt.Errorf("settle waiting conversions: %w", err)
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
	d.late.Add(1)
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
