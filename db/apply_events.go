package db

import (
	"bytes"
	"cmp"
	"math/big"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// storeEvents takes events of every kind and answers the keys and states of those that are new. A repeat of an id stores and counts
// nothing. Input is sorted by key and without repeats. ($22..$24: how many events each account sent, by day)
var storeEvents = eventsStatement(judgedEvents, "", credit)

// storeDayless is storeEvents where some ids carry no day of their own: their repeats may lie in the partition of the day before.
// ($25, $26: the first and the last of those days)
var storeDayless = eventsStatement(judgedEvents, notYesterday, credit)

const judgedEvents = `
  SELECT c.*, s.visitor AS credit, s.epoch, s.arm, s.exposed_at, CASE WHEN c.goal_id IS NULL THEN 0 ELSE ` + verdict + ` END AS state
  FROM input c` + cohortOf

const notYesterday = `WHERE NOT (dayless AND EXISTS (
    SELECT FROM events y WHERE (y.account_id, y.event_id, y.part, y.day) = (j.account_id, j.event_id, 0, j.day - 1) AND y.day BETWEEN $25::date AND $26::date))`

// eventsStatement stores the events that judged, made from the CTE "input", gives a state; counts does with the CTE "hits", those new
// and counted, what follows from them.
func eventsStatement(judged, where, counts string) string {
	return `WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::smallint[], $5::smallint[], $6::uuid[], $7::uuid[], $8::smallint[], $9::uuid[], $10::int[], $11::text[],
    $12::text[], $13::smallint[], $14::int[], $15::timestamptz[], $16::timestamptz[], $17::numeric[], $18::text[], $19::bool[], $20::jsonb[], $21::text[])
    AS c(account_id, day, event_id, part, kind, installation_id, experiment_id, split, goal_id, window_days, name, visitor, shown_arm, shown_epoch, occurred_at, received_at,
      value, url, dayless, props, order_id)
), judged AS MATERIALIZED (` + judged + `
), fresh AS (
  INSERT INTO events (account_id, day, event_id, part, kind, installation_id, experiment_id, split, goal_id, name, visitor, credit, arm, epoch, occurred_at, received_at, value, url, state,
    props, order_id)
  SELECT account_id, day, event_id, part, kind, installation_id, experiment_id, split, goal_id, name, visitor, nullif(credit, visitor), shown_arm, shown_epoch,
    occurred_at, received_at, value, url, state, props, order_id
  FROM judged j ` + where + `
  ON CONFLICT DO NOTHING RETURNING account_id, day, event_id, part, experiment_id, split, visitor, received_at, state
), waits AS (
  INSERT INTO waiting (account_id, experiment_id, split, visitor, event_id, part, day, received_at)
  SELECT account_id, experiment_id, split, visitor, event_id, part, day, received_at FROM fresh WHERE state = 2
), stored AS (
  SELECT account_id, (received_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n, count(*) FILTER (WHERE state = 2) AS waiting FROM fresh WHERE part = 0 GROUP BY 1, 2
), tally AS (
  INSERT INTO tallies (account_id, experiment_id, day, kind, n)
  SELECT a.account_id, '00000000-0000-0000-0000-000000000000', a.day, v.kind, v.n
  FROM unnest($22::uuid[], $23::date[], $24::bigint[]) AS a(account_id, day, n) LEFT JOIN stored s ON s.account_id = a.account_id AND s.day = a.day,
    LATERAL (VALUES ('accepted', a.n), ('applied', coalesce(s.n - s.waiting, 0)), ('duplicate', a.n - coalesce(s.n, 0)), ('waiting', coalesce(s.waiting, 0))) v(kind, n)
  WHERE v.n <> 0 ORDER BY 1, 3, 4
  ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = tallies.n + excluded.n
), hits AS (
  SELECT * FROM judged WHERE state = 1 AND ((account_id, event_id, part) IN (SELECT account_id, event_id, part FROM fresh)) IS TRUE
)` + counts + `
SELECT account_id, event_id, part, state FROM fresh`
}

// eventRows are the distinct events of a batch on their way to the database and back.
type eventRows struct {
	all    []*NewEvent
	events []*NewEvent
	place  []int // of each event of the batch in events; -1 for a repeat of an id
	states []Recorded
	closed []bool // of known converters: was not stored, has to be looked at
}

func newEventRows(all []*NewEvent) *eventRows {
	e := &eventRows{all: all, place: make([]int, len(all)), events: make([]*NewEvent, 0, len(all))}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return compareEvents(all[i], all[j]) })
	for _, i := range order {
		if n := len(e.events); n > 0 && compareEvents(e.events[n-1], all[i]) == 0 {
			e.place[i] = -1
			continue
		}
		e.place[i] = len(e.events)
		e.events = append(e.events, all[i])
	}
	e.states = make([]Recorded, len(e.events))
	return e
}

func compareEvents(a, b *NewEvent) int {
	return cmp.Or(bytes.Compare(a.Account[:], b.Account[:]), bytes.Compare(a.ID[:], b.ID[:]), cmp.Compare(a.Part, b.Part))
}

// queue adds the statement; its answers are there once the batch has run.
func (e *eventRows) queue(q *pgx.Batch) {
	if len(e.events) == 0 {
		return
	}
	clear(e.states)
	args, before := e.columns()
	if len(before) == 0 {
		q.Queue(storeEvents, args...).Query(e.read)
		return
	}
	q.Queue(storeDayless, append(args, slices.MinFunc(before, time.Time.Compare), slices.MaxFunc(before, time.Time.Compare))...).Query(e.read)
}

// columns are the arguments of the statements, and the days before those of events without a day.
func (e *eventRows) columns() (args []any, before []time.Time) {
	n := len(e.events)
	var (
		account, id, installation = make(uuids, n), make(uuids, n), make(uuids, n)
		day, occurred, received   = make([]time.Time, n), make([]time.Time, n), make([]time.Time, n)
		part, kind, split         = make([]int16, n), make([]int16, n), make([]int16, n)
		experiment, goal          = make(nullUUIDs, n), make(nullUUIDs, n)
		name, url                 = make([]*string, n), make([]*string, n)
		visitor                   = make([]string, n)
		arm                       = make([]*int16, n)
		epoch                     = make([]*int32, n)
		window                    = make([]int32, n)
		value                     = make([]pgtype.Numeric, n)
		dayless                   = make([]bool, n)
		props                     = make([][]byte, n)
		order                     = make([]*string, n)
	)
	for i, v := range e.events {
		account[i], day[i], id[i], part[i], kind[i], installation[i], split[i] = v.Account, v.Day, v.ID, v.Part, v.Kind, v.Installation, v.Split
		experiment[i], goal[i], window[i], name[i], visitor[i] = nullUUID(v.Experiment), nullUUID(v.Goal), v.Window, optional(&v.Name), v.Visitor
		if v.Kind == KindExposure {
			arm[i], epoch[i] = &v.Arm, &v.Epoch
		}
		occurred[i], received[i], value[i], url[i], dayless[i] = v.Occurred, v.Received, decimal(v.Value), optional(&v.URL), v.Dayless
		props[i], order[i] = v.Props, optional(&v.Order)
		if v.Dayless {
			before = append(before, v.Day.AddDate(0, 0, -1))
		}
	}
	args = []any{account, day, id, part, kind, installation, experiment, split, goal, window, name, visitor, arm, epoch, occurred, received, value, url, dayless, props, order}
	return append(args, e.accepted()...), before
}

// accepted are how many events each account sent, repeats included, by day of arrival.
func (e *eventRows) accepted() []any {
	type key struct {
		account uuid.UUID
		day     time.Time
	}
	sent := map[key]int64{}
	for _, v := range e.all {
		if v.Part == 0 {
			sent[key{v.Account, v.Received.UTC().Truncate(24 * time.Hour)}]++
		}
	}
	var account uuids
	var day []time.Time
	var n []int64
	for k, count := range sent {
		account, day, n = append(account, k.account), append(day, k.day), append(n, count)
	}
	return []any{account, day, n}
}

func (e *eventRows) read(rows pgx.Rows) error {
	var k NewEvent
	var state int16
	_, err := pgx.ForEachRow(rows, []any{&k.Account, &k.ID, &k.Part, &state}, func() error {
		e.states[e.find(k.Account, k.ID, k.Part)] = Recorded{Fresh: true, State: state}
		return nil
	})
	return err
}

// find is the place of an event.
func (e *eventRows) find(account, id uuid.UUID, part int16) int {
	k := NewEvent{Account: account, ID: id, Part: part}
	i, _ := slices.BinarySearchFunc(e.events, &k, compareEvents)
	return i
}

// Arrays that pgx encodes without reflection.
type (
	uuids     = pgtype.FlatArray[uuid.UUID]
	nullUUIDs = pgtype.FlatArray[uuid.NullUUID]
)

func nullUUID(id uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil} }

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
