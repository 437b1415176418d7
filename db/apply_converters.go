package db

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Cohort is where a visitor's conversions count. It never changes once the visitor has seen the variant, unless they come to follow
// another, which a site has to have told of.
type Cohort struct {
	Arm     int16
	Epoch   int32
	SeenAt  time.Time
	Counted bool
}

// state is what verdict says of a conversion while its experiment is open.
func (c *Cohort) state(e *NewEvent) int16 {
	switch {
	case e.Occurred.Before(c.SeenAt), !e.Occurred.Before(c.SeenAt.Add(time.Duration(e.Window) * 24 * time.Hour)):
		return StateOutside
	case !c.Counted:
		return StateUncounted
	}
	return StateApplied
}

// storeConverters is storeEvents for what most conversions are: without a value, an order or a text, by visitors whose cohort is known.
// It looks at no assignment. What conversions have in common is passed once and named by its place. ($1..$8: of each conversion;
// $9..$16: of each place) It stores nothing where the experiment is closed or the site tells of visitors that are one person, and
// answers those places: there each visitor has to be looked at. Of the rest it answers the repeats of an id.
const storeConverters = `WITH place AS MATERIALIZED (
  SELECT i, EXISTS (SELECT FROM experiments x WHERE (x.account_id, x.id) = (p.account_id, p.experiment_id) AND x.status IN ('running', 'paused'))
    AND NOT EXISTS (SELECT FROM installations n WHERE (n.account_id, n.id) = (p.account_id, p.installation_id) AND n.identifies) AS open
  FROM unnest($9::uuid[], $10::uuid[], $11::uuid[]) WITH ORDINALITY AS p(account_id, installation_id, experiment_id, i)
), input AS MATERIALIZED (
  SELECT ($9::uuid[])[place] AS account_id, c.* FROM unnest($1::int[], $2::date[], $3::uuid[], $4::smallint[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::smallint[])
    AS c(place, day, event_id, part, visitor, occurred_at, received_at, state)
  WHERE (ARRAY(SELECT open FROM place ORDER BY i))[place]
), stored AS (
  INSERT INTO events (account_id, day, event_id, part, kind, installation_id, experiment_id, split, goal_id, visitor, occurred_at, received_at, state)
  SELECT account_id, day, event_id, part, 2, ($10::uuid[])[place], ($11::uuid[])[place], ($12::smallint[])[place], ($13::uuid[])[place], visitor, occurred_at, received_at, state
  FROM input ON CONFLICT DO NOTHING RETURNING account_id, event_id, part
), told AS MATERIALIZED (
  SELECT *, ((account_id, event_id, part) IN (SELECT account_id, event_id, part FROM stored)) IS TRUE AS fresh FROM input
), tally AS (
  INSERT INTO tallies (account_id, experiment_id, day, kind, n)
  SELECT a.account_id, '00000000-0000-0000-0000-000000000000', a.day, v.kind, v.n
  FROM (SELECT account_id, (received_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n, count(*) FILTER (WHERE fresh) AS fresh FROM told WHERE part = 0 GROUP BY 1, 2) a,
    LATERAL (VALUES ('accepted', a.n), ('applied', a.fresh), ('duplicate', a.n - a.fresh)) v(kind, n)
  WHERE v.n <> 0 ORDER BY 1, 3, 4
  ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = tallies.n + excluded.n
), done AS (
  INSERT INTO conversions AS c (account_id, experiment_id, split, goal_id, visitor, epoch, arm, hour, first_at, n, value, last_n, last_value)
  SELECT account_id, ($11::uuid[])[place], ($12::smallint[])[place], ($13::uuid[])[place], visitor, ($14::int[])[place], ($15::smallint[])[place], ($16::timestamptz[])[place],
    occurred_at, 1, 0, 1, 0
  FROM told WHERE fresh AND state = 1 ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (account_id, experiment_id, split, goal_id, visitor) DO UPDATE SET first_at = least(c.first_at, excluded.first_at), n = c.n + 1
  RETURNING account_id, experiment_id, split, goal_id, epoch, arm, hour, n
), cohort AS (
  INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, converters)
  SELECT account_id, experiment_id, split, epoch, arm, goal_id, hour, count(*) FROM done WHERE n = 1 GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (account_id, experiment_id, split, epoch, arm, goal_id, hour) DO UPDATE SET converters = rollups.converters + excluded.converters
)
SELECT account_id, event_id, part, 0 FROM told WHERE NOT fresh UNION ALL SELECT NULL, NULL, NULL, i FROM place WHERE NOT open`

// place is what conversions have in common.
type place struct {
	account, installation, experiment, goal uuid.UUID
	split, arm                              int16
	epoch                                   int32
	hour                                    time.Time
}

// queueConverters adds the statement for conversions of known visitors.
func (e *eventRows) queueConverters(q *pgx.Batch) {
	n := len(e.events)
	if n == 0 {
		return
	}
	e.closed = nil
	var (
		id                = make(uuids, n)
		part, state       = make([]int16, n), make([]int16, n)
		visitor           = make([]string, n)
		day, occurred, in = make([]time.Time, n), make([]time.Time, n), make([]time.Time, n)
	)
	for i, v := range e.events {
		day[i], id[i], part[i], visitor[i], occurred[i], in[i], state[i] = v.Day, v.ID, v.Part, v.Visitor, v.Occurred, v.Received, v.Cohort.state(v)
		e.states[i] = Recorded{Fresh: true, State: state[i]}
	}
	at, places := shares(e.events, func(v *NewEvent) place {
		return place{v.Account, v.Installation, v.Experiment, v.Goal, v.Split, v.Cohort.Arm, v.Cohort.Epoch, v.Cohort.SeenAt.UTC().Truncate(time.Hour)}
	})
	args := append([]any{at, day, id, part, visitor, occurred, in, state}, placeColumns(places)...)
	q.Queue(storeConverters, args...).Query(func(rows pgx.Rows) error { return e.readConverters(rows, at) })
}

func placeColumns(places []place) []any {
	n := len(places)
	var (
		account, installation, experiment, goal = make(uuids, n), make(uuids, n), make(uuids, n), make(uuids, n)
		split, arm                              = make([]int16, n), make([]int16, n)
		epoch                                   = make([]int32, n)
		hour                                    = make([]time.Time, n)
	)
	for i, p := range places {
		account[i], installation[i], experiment[i], split[i], goal[i], epoch[i], arm[i], hour[i] = p.account, p.installation, p.experiment, p.split, p.goal, p.epoch, p.arm, p.hour
	}
	return []any{account, installation, experiment, split, goal, epoch, arm, hour}
}

// readConverters reads which events were known before, and which have their place, of those in at, closed.
func (e *eventRows) readConverters(rows pgx.Rows, at []int32) error {
	var account, id uuid.NullUUID
	var part *int16
	var shut int32
	_, err := pgx.ForEachRow(rows, []any{&account, &id, &part, &shut}, func() error {
		if shut == 0 {
			e.states[e.find(account.UUID, id.UUID, *part)] = Recorded{}
			return nil
		}
		if e.closed == nil {
			e.closed = make([]bool, len(e.events))
		}
		for i, p := range at {
			e.closed[i] = e.closed[i] || p == shut
		}
		return nil
	})
	return err
}
