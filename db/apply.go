package db

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
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

// NewEvent is one event, or one part of an event that counts in several experiments.
type NewEvent struct {
	Account      uuid.UUID
	ID           uuid.UUID
	Day          time.Time // the partition: the id's own day, or that of arrival
	Dayless      bool      // the id carries no day: a repeat may lie in yesterday's partition
	Part         int16
	Kind         int16
	Installation uuid.UUID
	Experiment   uuid.UUID // zero: none
	Goal         uuid.UUID // zero: counts nowhere
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
	Fresh bool // false: the id was known, nothing was counted
	State int16
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

// Apply stores and counts a batch in one transaction and one round trip: assignments, exposures, waiting conversions, events,
// counters. When it returns nil everything in it is durable; when it returns an error nothing is, unless the connection broke
// while committing, after which the same batch may be sent again.
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
		case try < 3 && retriable(err):
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

func (d *DB) apply(ctx context.Context, b Batch) (Applied, error) {
	out := Applied{Assignments: make([]Assigned, len(b.Assignments)), Events: make([]Recorded, len(b.Events))}
	conn, err := d.acquire(ctx, Ingest)
	if err != nil {
		return out, err
	}
	defer conn.Release()
	var q pgx.Batch
	q.Queue(become(Ingest, ""))
	queueAssignments(&q, b, out.Assignments)
	queueEvents(&q, b, out.Events)
	queueBeats(&q, b.Beats)
	queueTallies(&q, b.Tallies)
	if err := conn.SendBatch(ctx, &q).Close(); err != nil {
		return out, fmt.Errorf("apply batch: %w", err)
	}
	return out, nil
}

func compareAssignments(a, b NewAssignment) int {
	return cmp.Or(bytes.Compare(a.Account[:], b.Account[:]), bytes.Compare(a.Experiment[:], b.Experiment[:]),
		cmp.Compare(a.Split, b.Split), cmp.Compare(a.Visitor, b.Visitor))
}

// distinct sorts assignments by key and folds repeats into the first of them, which is exposed when any of them is. place says
// where each element of the input went.
func distinct(in []NewAssignment) (rows []NewAssignment, place []int) {
	order := make([]int, len(in))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return compareAssignments(in[i], in[j]) })
	place = make([]int, len(in))
	for _, i := range order {
		if n := len(rows); n > 0 && compareAssignments(rows[n-1], in[i]) == 0 {
			rows[n-1].Exposed = rows[n-1].Exposed || in[i].Exposed
		} else {
			rows = append(rows, in[i])
		}
		place[i] = len(rows) - 1
	}
	return rows, place
}

func queueAssignments(q *pgx.Batch, b Batch, out []Assigned) {
	if len(b.Assignments) == 0 {
		return
	}
	rows, place := distinct(b.Assignments)
	n := len(rows)
	var (
		account, experiment = make([]uuid.UUID, n), make([]uuid.UUID, n)
		split, arm, door    = make([]int16, n), make([]int16, n), make([]int16, n)
		visitor             = make([]string, n)
		epoch               = make([]int32, n)
		propensity          = make([]float32, n)
		at                  = make([]time.Time, n)
		exposed, counted    = make([]bool, n), make([]bool, n)
	)
	for i, r := range rows {
		account[i], experiment[i], split[i], visitor[i], arm[i], epoch[i] = r.Account, r.Experiment, r.Split, r.Visitor, r.Arm, r.Epoch
		propensity[i], at[i], exposed[i], door[i], counted[i] = r.Propensity, r.At, r.Exposed, r.Door, r.Counted
	}
	args := []any{account, experiment, split, visitor, arm, epoch, propensity, at, exposed, door, counted}
	won := make([]Assigned, n)
	q.Queue(insertAssignments, args...).Query(func(r pgx.Rows) error {
		var i int
		_, err := pgx.ForEachRow(r, []any{&i}, func() error { won[i-1].New = true; return nil })
		return err
	})
	if slices.Contains(exposed, true) {
		q.Queue(exposeAssignments, args...)
	}
	q.Queue(readWinners, args...).Query(func(r pgx.Rows) error {
		var i int
		var a Assigned
		if _, err := pgx.ForEachRow(r, []any{&i, &a.Arm, &a.Epoch, &a.Exposed}, func() error {
			a.New = won[i-1].New
			won[i-1] = a
			return nil
		}); err != nil {
			return err
		}
		for i, p := range place {
			out[i] = won[p]
			won[p].New = false // of repeats only the first is new
		}
		return nil
	})
	if slices.Contains(exposed, true) {
		q.Queue(applyWaiting, account, experiment, visitor, b.Now)
	}
}

func queueEvents(q *pgx.Batch, b Batch, out []Recorded) {
	n := len(b.Events)
	if n == 0 {
		return
	}
	var (
		account, id, installation = make([]uuid.UUID, n), make([]uuid.UUID, n), make([]uuid.UUID, n)
		day, occurred, received   = make([]time.Time, n), make([]time.Time, n), make([]time.Time, n)
		part, kind                = make([]int16, n), make([]int16, n)
		experiment, goal          = make([]*uuid.UUID, n), make([]*uuid.UUID, n)
		name, url                 = make([]*string, n), make([]*string, n)
		visitor                   = make([]string, n)
		arm                       = make([]*int16, n)
		epoch                     = make([]*int32, n)
		value                     = make([]pgtype.Numeric, n)
		dayless                   = make([]bool, n)
	)
	for i := range b.Events {
		e := &b.Events[i]
		account[i], day[i], id[i], part[i], kind[i], installation[i] = e.Account, e.Day, e.ID, e.Part, e.Kind, e.Installation
		experiment[i], goal[i], name[i], visitor[i] = optional(&e.Experiment), optional(&e.Goal), optional(&e.Name), e.Visitor
		if e.Kind == KindExposure {
			arm[i], epoch[i] = &e.Arm, &e.Epoch
		}
		occurred[i], received[i], value[i], url[i], dayless[i] = e.Occurred, e.Received, decimal(e.Value), optional(&e.URL), e.Dayless
	}
	q.Queue(insertEvents, account, day, id, part, kind, installation, experiment, goal, name, visitor, arm, epoch, occurred, received, value, url, dayless).
		Query(func(r pgx.Rows) error {
			var i int
			var e Recorded
			_, err := pgx.ForEachRow(r, []any{&i, &e.Fresh, &e.State}, func() error { out[i-1] = e; return nil })
			return err
		})
}

// decimal makes a numeric of units of 1/10,000.
func decimal(n *int64) pgtype.Numeric {
	if n == nil {
		return pgtype.Numeric{}
	}
	return pgtype.Numeric{Int: big.NewInt(*n), Exp: -4, Valid: true}
}

func optional[T comparable](v *T) *T {
	var zero T
	if *v == zero {
		return nil
	}
	return v
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
