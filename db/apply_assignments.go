package db

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// storeAssignments inserts the rows of new visitors — the first row of a visitor wins for ever — and marks those assigned before
// and first seen now. Seeing one name of a person exposes the row that the name follows. Input is sorted by key and without repeats.
// It answers a row with the key for each visitor inserted, and one with the place in the input for each known before. A visitor
// that is neither was inserted by another node at this very moment.
const storeAssignments = `WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::smallint[], $6::int[], $7::real[], $8::timestamptz[], $9::bool[], $10::smallint[], $11::bool[])
    WITH ORDINALITY AS t(account_id, experiment_id, split, visitor, arm, epoch, propensity, at, exposed, door, counted, i)
), known AS MATERIALIZED (
  SELECT i.i, i.account_id, i.experiment_id, i.split, coalesce(o.visitor, m.visitor) AS visitor, i.at, i.exposed, i.counted, i.door, i.arm AS asked,
    coalesce(o.arm, m.arm) AS arm, coalesce(o.epoch, m.epoch) AS epoch, CASE WHEN o.visitor IS NULL THEN m.exposed_at ELSE o.exposed_at END AS exposed_at
  FROM input i
  JOIN assignments m ON (m.account_id, m.experiment_id, m.split, m.visitor) = (i.account_id, i.experiment_id, i.split, i.visitor)
  LEFT JOIN assignments o ON (o.account_id, o.experiment_id, o.split, o.visitor) = (m.account_id, m.experiment_id, m.split, m.owner)
), made AS (
  INSERT INTO assignments (account_id, experiment_id, split, visitor, arm, epoch, propensity, assigned_at, exposed_at, door, counted)
  SELECT account_id, experiment_id, split, visitor, arm, epoch, propensity, at, CASE WHEN exposed THEN at END, door, counted
  FROM input ORDER BY 1, 2, 3, 4
  ON CONFLICT DO NOTHING RETURNING account_id, experiment_id, split, visitor, arm, epoch, exposed_at, counted
), seen AS (
  UPDATE assignments a SET exposed_at = k.at, counted = a.counted AND k.counted FROM known k
  WHERE (a.account_id, a.experiment_id, a.split, a.visitor) = (k.account_id, k.experiment_id, k.split, k.visitor)
    AND k.exposed AND k.exposed_at IS NULL AND a.exposed_at IS NULL
  RETURNING a.account_id, a.experiment_id, a.split, a.arm, a.epoch, a.exposed_at, a.counted
), cohort AS (
  INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, visitors)
  SELECT account_id, experiment_id, split, epoch, arm, '00000000-0000-0000-0000-000000000000', date_trunc('hour', exposed_at, 'UTC'), count(*) FROM (
    SELECT account_id, experiment_id, split, epoch, arm, exposed_at, counted FROM made UNION ALL
    SELECT account_id, experiment_id, split, epoch, arm, exposed_at, counted FROM seen
  ) v WHERE counted AND exposed_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 7 ORDER BY 1, 2, 3, 4, 5, 7
  ON CONFLICT (account_id, experiment_id, split, epoch, arm, goal_id, hour) DO UPDATE SET visitors = rollups.visitors + excluded.visitors
), crossed AS (
  INSERT INTO tallies (account_id, experiment_id, day, kind, n)
  SELECT account_id, experiment_id, (at AT TIME ZONE 'UTC')::date, 'crossover', count(*)
  FROM known WHERE exposed AND door = 2 AND arm <> asked GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = tallies.n + excluded.n
)
SELECT 0, account_id, experiment_id, split, visitor, arm, epoch, exposed_at IS NOT NULL FROM made UNION ALL
SELECT i, account_id, experiment_id, split, '', arm, epoch, exposed OR exposed_at IS NOT NULL FROM known`

// anyWaiting says whether conversions wait for visitors exposed in this batch. ($1..$4: their keys; $5: an event waits at most since)
const anyWaiting = `SELECT EXISTS (
  SELECT FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[]) AS i(account_id, experiment_id, split, visitor) JOIN waiting w
    ON (w.account_id, w.experiment_id, w.split, w.visitor) = (i.account_id, i.experiment_id, i.split, i.visitor) WHERE w.received_at > $5)`

// WaitingLife is how long a conversion waits for its exposure.
const WaitingLife = 24 * time.Hour

// assignmentRows are the distinct assignments of a batch on their way to the database and back.
type assignmentRows struct {
	now     time.Time
	rows    []NewAssignment
	place   []int // of each assignment of the batch in rows
	winners []Assigned
	known   []bool // which winners the database has told
	waiting bool   // conversions wait for visitors exposed here
	answers []Assigned
}

func newAssignmentRows(b Batch) *assignmentRows {
	rows, place := distinct(b.Assignments)
	return &assignmentRows{now: b.Now, rows: rows, place: place, winners: make([]Assigned, len(rows)), known: make([]bool, len(rows)),
		answers: make([]Assigned, len(b.Assignments))}
}

func (a *assignmentRows) empty() bool { return len(a.rows) == 0 }

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

// queue adds the statements; their answers are in winners and waiting once the batch has run.
func (a *assignmentRows) queue(q *pgx.Batch) {
	n := len(a.rows)
	if n == 0 {
		return
	}
	var (
		account, experiment = make(uuids, n), make(uuids, n)
		split, arm, door    = make([]int16, n), make([]int16, n), make([]int16, n)
		visitor             = make([]string, n)
		epoch               = make([]int32, n)
		propensity          = make([]float32, n)
		at                  = make([]time.Time, n)
		exposed, counted    = make([]bool, n), make([]bool, n)
	)
	for i, r := range a.rows {
		account[i], experiment[i], split[i], visitor[i], arm[i], epoch[i] = r.Account, r.Experiment, r.Split, r.Visitor, r.Arm, r.Epoch
		propensity[i], at[i], exposed[i], door[i], counted[i] = r.Propensity, r.At, r.Exposed, r.Door, r.Counted
	}
	q.Queue(storeAssignments, account, experiment, split, visitor, arm, epoch, propensity, at, exposed, door, counted).Query(a.read)
	if slices.Contains(exposed, true) {
		q.Queue(anyWaiting, append(a.exposed(), a.now.Add(-WaitingLife))...).QueryRow(func(r pgx.Row) error { return r.Scan(&a.waiting) })
	}
}

func (a *assignmentRows) read(rows pgx.Rows) error {
	var at int
	var r NewAssignment
	var w Assigned
	_, err := pgx.ForEachRow(rows, []any{&at, &r.Account, &r.Experiment, &r.Split, &r.Visitor, &w.Arm, &w.Epoch, &w.Exposed}, func() error {
		i := at - 1
		if w.New = at == 0; w.New {
			i, _ = slices.BinarySearchFunc(a.rows, r, compareAssignments)
		}
		a.winners[i], a.known[i] = w, true
		return nil
	})
	return err
}

// exposed are the keys of those seen in this batch, as arguments of anyWaiting and settleWaiting.
func (a *assignmentRows) exposed() []any {
	var account, experiment uuids
	var split []int16
	var visitor []string
	for _, r := range a.rows {
		if r.Exposed {
			account, experiment, split, visitor = append(account, r.Account), append(experiment, r.Experiment), append(split, r.Split), append(visitor, r.Visitor)
		}
	}
	return []any{account, experiment, split, visitor}
}

// settle credits what waited for these visitors and fills in the answers.
func (a *assignmentRows) settle(ctx context.Context, conn *pgxpool.Conn) error {
	if slices.Contains(a.known, false) {
		return errOvertaken
	}
	if a.waiting {
		if _, err := conn.Exec(ctx, settleWaiting, append(a.exposed(), a.now.Add(-WaitingLife), a.now)...); err != nil {
			return fmt.Errorf("settle waiting conversions: %w", err)
		}
	}
	for i, p := range a.place {
		a.answers[i] = a.winners[p]
		a.winners[p].New = false // of repeats only the first is new
	}
	return nil
}
