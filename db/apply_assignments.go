package db

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

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
		account, experiment = make([]uuid.UUID, n), make([]uuid.UUID, n)
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
	var account, experiment []uuid.UUID
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
