package db

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// storeNew inserts the rows of new visitors; the first row of a visitor wins for ever. Input is sorted by key and without repeats.
// What rows have in common is passed once and named by its place. ($1..$4: of each row; $5..$13: of each place) It answers how many
// were inserted and whether conversions wait for one of them, then the keys unless those are all $15 of them. ($14: the time since
// when an event may be waiting)
var storeNew = `WITH made AS (
  INSERT INTO assignments (account_id, experiment_id, split, visitor, arm, epoch, propensity, assigned_at, exposed_at, door, counted, segment)
  SELECT ($5::uuid[])[place], ($6::uuid[])[place], ($7::smallint[])[place], visitor, ($8::smallint[])[place], ($9::int[])[place], ($10::real[])[place], at,
    CASE WHEN ($11::bool[])[place] THEN at END, ($12::smallint[])[place], ($13::bool[])[place], nullif(segment, '')
  FROM unnest($1::int[], $2::text[], $3::timestamptz[], $4::text[]) AS t(place, visitor, at, segment)
  ON CONFLICT DO NOTHING RETURNING account_id, experiment_id, split, visitor, arm, epoch, exposed_at, counted
), cohort AS (` + cohortOfVisitors("made") + `)
SELECT count(*), CASE WHEN EXISTS (SELECT FROM waiting) THEN EXISTS (SELECT FROM made m WHERE ` + isWaitedFor("m", "m.visitor", "exposed_at IS NOT NULL", "$14") + `) ELSE false END,
  ` + nobody + ` FROM made
UNION ALL SELECT -1, false, account_id, experiment_id, split, visitor FROM made WHERE (SELECT count(*) FROM made) < $15`

// nobody fills the key of an assignment where there is none.
const nobody = `'00000000-0000-0000-0000-000000000000'::uuid, '00000000-0000-0000-0000-000000000000'::uuid, 0::smallint, ''`

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
func isWaitedFor(cte, visitor, exposed, since string) string {
	return fmt.Sprintf(`%[3]s AND EXISTS (SELECT FROM waiting w
  WHERE (w.account_id, w.experiment_id, w.split, w.visitor) = (%[1]s.account_id, %[1]s.experiment_id, %[1]s.split, %[2]s) AND w.received_at > %[4]s)`, cte, visitor, exposed, since)
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
	q.Queue(storeNew, append(a.newColumns(), len(a.rows))...).Query(func(rows pgx.Rows) error {
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

// assignmentShare is what new visitors have in common.
type assignmentShare struct {
	account, experiment uuid.UUID
	split, arm, door    int16
	epoch               int32
	propensity          float32
	exposed, counted    bool
}

// newColumns are the arguments of storeNew but the last.
func (a *assignmentRows) newColumns() []any {
	n := len(a.rows)
	visitor, at, segment := make([]string, n), make([]time.Time, n), make([]string, n)
	for i, r := range a.rows {
		visitor[i], at[i], segment[i] = r.Visitor, r.At, r.Segment
	}
	place, common := shares(a.rows, func(r NewAssignment) assignmentShare {
		return assignmentShare{r.Account, r.Experiment, r.Split, r.Arm, r.Door, r.Epoch, r.Propensity, r.Exposed, r.Counted}
	})
	args := append([]any{place, visitor, at, segment}, assignmentShares(common)...)
	return append(args, a.now.Add(-WaitingLife))
}

func assignmentShares(common []assignmentShare) []any {
	n := len(common)
	var (
		account, experiment = make(uuids, n), make(uuids, n)
		split, arm, door    = make([]int16, n), make([]int16, n), make([]int16, n)
		epoch               = make([]int32, n)
		propensity          = make([]float32, n)
		exposed, counted    = make([]bool, n), make([]bool, n)
	)
	for i, s := range common {
		account[i], experiment[i], split[i], arm[i], epoch[i] = s.account, s.experiment, s.split, s.arm, s.epoch
		propensity[i], exposed[i], door[i], counted[i] = s.propensity, s.exposed, s.door, s.counted
	}
	return []any{account, experiment, split, arm, epoch, propensity, exposed, door, counted}
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
