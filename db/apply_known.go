package db

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// storeKnown reads what visitors known before have, and marks those seen for the first time now. Seeing one name of a person exposes
// the row that the name follows. It answers the place in the input, the arm and epoch that serve, whether they are exposed, since
// when if that was before, and whether conversions wait for one of them. ($10: the time since
// when an event may be waiting)
var storeKnown = `WITH known AS MATERIALIZED (
  SELECT i.i, i.account_id, i.experiment_id, i.split, i.visitor AS asked_by, coalesce(o.visitor, m.visitor) AS visitor, i.at, i.exposed, i.counted, i.door, i.arm AS asked,
    coalesce(o.arm, m.arm) AS arm, coalesce(o.epoch, m.epoch) AS epoch, coalesce(o.counted, m.counted) AS stored_counted,
    CASE WHEN o.visitor IS NULL THEN m.exposed_at ELSE o.exposed_at END AS exposed_at
  FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::smallint[], $6::timestamptz[], $7::bool[], $8::smallint[], $9::bool[])
    WITH ORDINALITY AS i(account_id, experiment_id, split, visitor, arm, at, exposed, door, counted, i)
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
SELECT i, arm, epoch, exposed OR exposed_at IS NOT NULL, exposed_at, stored_counted, ` + isWaitedFor("known", "known.asked_by", "exposed", "$10") + ` FROM known`

func (a *assignmentRows) someKnown() bool {
	for i, w := range a.winners {
		if !w.New {
			a.known = append(a.known, i)
		}
	}
	return len(a.known) > 0
}

func (a *assignmentRows) queueKnown(q *pgx.Batch) {
	q.Queue(storeKnown, a.knownColumns()...).Query(func(rows pgx.Rows) error {
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

// knownColumns are the arguments of storeKnown.
func (a *assignmentRows) knownColumns() []any {
	n := len(a.known)
	var (
		account, experiment = make(uuids, n), make(uuids, n)
		split, arm, door    = make([]int16, n), make([]int16, n), make([]int16, n)
		visitor             = make([]string, n)
		at                  = make([]time.Time, n)
		exposed, counted    = make([]bool, n), make([]bool, n)
	)
	for i, place := range a.known {
		r := a.rows[place]
		account[i], experiment[i], split[i], visitor[i], arm[i] = r.Account, r.Experiment, r.Split, r.Visitor, r.Arm
		at[i], exposed[i], door[i], counted[i] = r.At, r.Exposed, r.Door, r.Counted
	}
	return []any{account, experiment, split, visitor, arm, at, exposed, door, counted, a.now.Add(-WaitingLife)}
}
