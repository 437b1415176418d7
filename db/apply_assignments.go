package db

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// storeNew inserts the rows of new visitors; the first row of a visitor wins for ever. Input is sorted by key and without repeats.
// It answers how many were inserted and whether conversions wait for one of them, then the keys unless those are all $14 of them. ($12: the
// time since when an event may be waiting; $13: segments)
var storeNew = `WITH made AS (
  INSERT INTO assignments (account_id, experiment_id, split, visitor, arm, epoch, propensity, assigned_at, exposed_at, door, counted, segment)
  SELECT account_id, experiment_id, split, visitor, arm, epoch, propensity, at, CASE WHEN exposed THEN at END, door, counted, nullif(segment, '')
  FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::smallint[], $6::int[], $7::real[], $8::timestamptz[], $9::bool[], $10::smallint[], $11::bool[], $13::text[])
    AS t(account_id, experiment_id, split, visitor, arm, epoch, propensity, at, exposed, door, counted, segment)
  ON CONFLICT DO NOTHING RETURNING account_id, experiment_id, split, visitor, arm, epoch, exposed_at, counted
), cohort AS (` + cohortOfVisitors("made") + `)
SELECT count(*), coalesce(bool_or(` + isWaitedFor("made", "made.visitor", "exposed_at IS NOT NULL") + `), false), ` + nobody + ` FROM made
UNION ALL SELECT -1, false, account_id, experiment_id, split, visitor FROM made WHERE (SELECT count(*) FROM made) < $14`

// nobody fills the key of an assignment where there is none.
const nobody = `'00000000-0000-0000-0000-000000000000'::uuid, '00000000-0000-0000-0000-000000000000'::uuid, 0::smallint, ''`

// storeKnown reads what visitors known before have, and marks those seen for the first time now. Seeing one name of a person exposes
// the row that the name follows. It answers the place in the input, the arm and epoch that serve, whether they are exposed, since
// when if that was before, and whether conversions wait for one of them. ($12 as of storeNew)
var storeKnown = `WITH known AS MATERIALIZED (
  SELECT i.i, i.account_id, i.experiment_id, i.split, i.visitor AS asked_by, coalesce(o.visitor, m.visitor) AS visitor, i.at, i.exposed, i.counted, i.door, i.arm AS asked,
    coalesce(o.arm, m.arm) AS arm, coalesce(o.epoch, m.epoch) AS epoch, coalesce(o.counted, m.counted) AS stored_counted,
    CASE WHEN o.visitor IS NULL THEN m.exposed_at ELSE o.exposed_at END AS exposed_at
  FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::smallint[], $6::int[], $7::real[], $8::timestamptz[], $9::bool[], $10::smallint[], $11::bool[])
    WITH ORDINALITY AS i(account_id, experiment_id, split, visitor, arm, epoch, propensity, at, exposed, door, counted, i)
  JOIN assignments m ON (m.account_id, m.experiment_id, m.split, m.visitor) = (i.account_id, i.experiment_id, i.split, i.visitor)
  LEFT JOIN assignments o ON (o.account_id, o.experiment_id, o.split, o.visitor) = (m.account_id, m.experiment_id, m.split, m.owner)
), seen AS (
  UPDATE assignments a SET exposed_at = k.at, counted = a.counted AND k.counted FROM known k
  WHERE (a.account_id, a.experiment_id, a.split, a.visitor) = (k.account_id, k.experiment_id, k.split, k.visitor)
    AND k.exposed AND k.exposed_at IS NULL AND a.exposed_at IS NULL
  RETURNING a.account_id, a.experiment_id, a.split, a.arm, a.epoch, a.exposed_at, a.counted
), cohort AS (` + cohortOfVisitors("seen") + `), crossed AS (
  INSERT INTO tallies (account_id, experiment_id, day, kind, n)
  SELECT account_id, experiment_id, (at AT TIME ZONE 'UTC')::date, 'crossover', count(*)
  FROM known WHERE exposed AND door = 2 AND arm <> asked GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = tallies.n + excluded.n
)
SELECT i, arm, epoch, exposed OR exposed_at IS NOT NULL, exposed_at, stored_counted, ` + isWaitedFor("known", "known.asked_by", "exposed") + ` FROM known`

// cohortOfVisitors counts newly exposed visitors of a CTE where their conversions will be counted, too.
func cohortOfVisitors(cte string) string {
	return `
  INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, visitors)
  SELECT account_id, experiment_id, split, epoch, arm, '00000000-0000-0000-0000-000000000000', ` + seenHour + `, count(*)
  FROM ` + cte + ` WHERE counted AND exposed_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 7 ORDER BY 1, 2, 3, 4, 5, 7
  ON CONFLICT (account_id, experiment_id, split, epoch, arm, goal_id, hour) DO UPDATE SET visitors = rollups.visitors + excluded.visitors`
}

// seenHour is the hour in which a visitor saw the variant, by arithmetic alone: date_trunc would look up the time zone for every row.
const seenHour = "date_bin('1 hour', exposed_at, '2000-01-01 00:00:00+00')"

// isWaitedFor says of a row of a CTE with a visitor who has seen the variant whether conversions wait for it.
func isWaitedFor(cte, visitor, exposed string) string {
	return fmt.Sprintf(`%[3]s AND EXISTS (SELECT FROM waiting w
  WHERE (w.account_id, w.experiment_id, w.split, w.visitor) = (%[1]s.account_id, %[1]s.experiment_id, %[1]s.split, %[2]s) AND w.received_at > $12)`, cte, visitor, exposed)
}

// WaitingLife is how long a conversion waits for its exposure.
const WaitingLife = 24 * time.Hour

// assignmentRows are the distinct assignments of a batch on their way to the database and back.
type assignmentRows struct {
	now     time.Time
	rows    []NewAssignment
	place   []int // of each assignment of the batch in rows
	winners []Assigned
	known   []int // rows of visitors known before
	waiting bool  // conversions wait for visitors exposed here
}

func newAssignmentRows(b Batch) *assignmentRows {
	rows, place := distinct(b.Assignments)
	return &assignmentRows{now: b.Now, rows: rows, place: place, winners: make([]Assigned, len(rows))}
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
	rows = make([]NewAssignment, 0, len(in))
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

// queueNew adds the statement for all rows. Those whose answer does not come are known.
func (a *assignmentRows) queueNew(q *pgx.Batch) {
	if len(a.rows) == 0 {
		return
	}
	for i, r := range a.rows {
		a.winners[i] = Assigned{Arm: r.Arm, Epoch: r.Epoch, Exposed: r.Exposed}
		if r.Exposed {
			a.winners[i].SeenAt, a.winners[i].Counted = r.At.Truncate(time.Microsecond), r.Counted
		}
	}
	q.Queue(storeNew, append(a.columns(a.rows), a.segments(), len(a.rows))...).Query(func(rows pgx.Rows) error {
		var r NewAssignment
		var made int
		var waiting bool
		_, err := pgx.ForEachRow(rows, []any{&made, &waiting, &r.Account, &r.Experiment, &r.Split, &r.Visitor}, func() error {
			a.waiting = a.waiting || waiting
			if made < 0 {
				i, _ := slices.BinarySearchFunc(a.rows, r, compareAssignments)
				a.winners[i].New = true
			} else if made == len(a.rows) {
				a.allNew()
			}
			return nil
		})
		return err
	})
}

func (a *assignmentRows) allNew() {
	for i := range a.winners {
		a.winners[i].New = true
	}
}

func (a *assignmentRows) someKnown() bool {
	for i, w := range a.winners {
		if !w.New {
			a.known = append(a.known, i)
		}
	}
	return len(a.known) > 0
}

func (a *assignmentRows) queueKnown(q *pgx.Batch) {
	rows := make([]NewAssignment, len(a.known))
	for i, at := range a.known {
		rows[i] = a.rows[at]
	}
	q.Queue(storeKnown, a.columns(rows)...).Query(func(rows pgx.Rows) error {
		var at int
		var w Assigned
		var seen *time.Time
		var waiting bool
		_, err := pgx.ForEachRow(rows, []any{&at, &w.Arm, &w.Epoch, &w.Exposed, &seen, &w.Counted, &waiting}, func() error {
			if w.SeenAt = (time.Time{}); seen != nil {
				w.SeenAt = *seen
			}
			a.winners[a.known[at-1]], a.waiting = w, a.waiting || waiting
			return nil
		})
		return err
	})
}

// columns are the arguments of storeNew and storeKnown.
func (a *assignmentRows) columns(rows []NewAssignment) []any {
	n := len(rows)
	var (
		account, experiment = make(uuids, n), make(uuids, n)
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
	return []any{account, experiment, split, visitor, arm, epoch, propensity, at, exposed, door, counted, a.now.Add(-WaitingLife)}
}

// segments are the last argument of storeNew: visitors known before keep what they had.
func (a *assignmentRows) segments() []string {
	out := make([]string, len(a.rows))
	for i, r := range a.rows {
		out[i] = r.Segment
	}
	return out
}

// queueSettle credits what waited for the visitors seen in this batch.
func (a *assignmentRows) queueSettle(q *pgx.Batch) {
	var account, experiment uuids
	var split []int16
	var visitor []string
	for _, r := range a.rows {
		if r.Exposed {
			account, experiment, split, visitor = append(account, r.Account), append(experiment, r.Experiment), append(split, r.Split), append(visitor, r.Visitor)
		}
	}
	q.Queue(settleWaiting, account, experiment, split, visitor, a.now.Add(-WaitingLife), a.now)
}

// answers are in the order of the batch; of repeats only the first is new.
func (a *assignmentRows) answers() []Assigned {
	out := make([]Assigned, len(a.place))
	for i, p := range a.place {
		out[i] = a.winners[p]
		a.winners[p].New = false
	}
	return out
}
