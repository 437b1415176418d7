package db

// The statements of one group commit, sent together and run in order in one transaction. sqlc cannot parse unnest with several
// arrays, so they live here.
//
// They are planned once for each connection and must not depend on statistics, which a fresh or a fast-growing database does not
// have: tables are reached by primary key alone (see planning), and what one part of a statement returns meets another part in a
// hashed subquery or not at all, never in a join of unknown size.

// planning keeps the ingest statements on primary keys, whatever the planner thinks of the tables' sizes.
const planning = `select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
  set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`

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

// verdict is the state of a conversion beside its experiment x, its visitor's assignment m and the row o that it follows, if any.
const verdict = `CASE
    WHEN x.status NOT IN ('running', 'paused') THEN 4
    WHEN s.exposed_at IS NULL THEN 2
    WHEN c.occurred_at < s.exposed_at OR c.occurred_at >= s.exposed_at + make_interval(days => c.window_days) THEN 5
    WHEN NOT s.counted THEN 6
    ELSE 1 END`

// cohortOf joins conversions c with what they are judged by: s is the row that serves and is credited, the owner's where there is one.
const cohortOf = `
  LEFT JOIN experiments x ON c.goal_id IS NOT NULL AND (x.account_id, x.id) = (c.account_id, c.experiment_id)
  LEFT JOIN assignments m ON c.goal_id IS NOT NULL AND (m.account_id, m.experiment_id, m.split, m.visitor) = (c.account_id, c.experiment_id, c.split, c.visitor)
  LEFT JOIN assignments o ON (o.account_id, o.experiment_id, o.split, o.visitor) = (m.account_id, m.experiment_id, m.split, m.owner)
  CROSS JOIN LATERAL (SELECT coalesce(o.visitor, m.visitor) AS visitor, coalesce(o.epoch, m.epoch) AS epoch, coalesce(o.arm, m.arm) AS arm,
    CASE WHEN o.visitor IS NULL THEN m.exposed_at ELSE o.exposed_at END AS exposed_at, coalesce(o.counted, m.counted) AS counted) s`

// credit turns the CTE "hits" — conversions that count — into conversions and rollups. Values are added per visitor; value_sq is
// over visitors' totals, hence the difference of squares. last_n and last_value carry what a row had added from one to the other.
const credit = `, done AS (
  INSERT INTO conversions AS c (account_id, experiment_id, split, goal_id, visitor, epoch, arm, hour, first_at, n, value, last_n, last_value)
  SELECT account_id, experiment_id, split, goal_id, credit, epoch, arm, date_trunc('hour', exposed_at, 'UTC'), min(occurred_at), count(*), coalesce(sum(value), 0),
    count(*), coalesce(sum(value), 0)
  FROM hits GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (account_id, experiment_id, split, goal_id, visitor) DO UPDATE
  SET first_at = least(c.first_at, excluded.first_at), n = c.n + excluded.n, value = c.value + excluded.value, last_n = excluded.n, last_value = excluded.value
  RETURNING account_id, experiment_id, split, goal_id, epoch, arm, hour, n, value, last_n, last_value
), cohort AS (
  INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, converters, value, value_sq)
  SELECT account_id, experiment_id, split, epoch, arm, goal_id, hour, count(*) FILTER (WHERE n = last_n), sum(last_value),
    sum(value * value - (value - last_value) * (value - last_value))
  FROM done GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (account_id, experiment_id, split, epoch, arm, goal_id, hour) DO UPDATE
  SET converters = rollups.converters + excluded.converters, value = rollups.value + excluded.value, value_sq = rollups.value_sq + excluded.value_sq
)`

// settleWaiting judges the conversions that waited for visitors exposed now. ($1..$5 as of anyWaiting; $6: now)
const settleWaiting = `WITH due AS (
  DELETE FROM waiting w USING unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[]) AS i(account_id, experiment_id, split, visitor)
  WHERE (w.account_id, w.experiment_id, w.split, w.visitor) = (i.account_id, i.experiment_id, i.split, i.visitor) AND w.received_at > $5
  RETURNING w.account_id, w.day, w.event_id, w.part
), judged AS MATERIALIZED (
  SELECT c.*, s.visitor AS credit, s.epoch, s.arm, s.exposed_at, ` + verdict + ` AS state
  FROM (
    SELECT e.account_id, e.day, e.event_id, e.part, e.experiment_id, e.split, e.goal_id, e.visitor, e.occurred_at, e.value, g.window_days
    FROM due d JOIN events e ON (e.account_id, e.event_id, e.part, e.day) = (d.account_id, d.event_id, d.part, d.day)
    JOIN goals g ON (g.account_id, g.id) = (e.account_id, e.goal_id) WHERE e.state = 2
  ) c` + cohortOf + `
), settled AS (
  UPDATE events e SET state = j.state, credit = nullif(j.credit, e.visitor) FROM judged j
  WHERE (e.account_id, e.event_id, e.part, e.day) = (j.account_id, j.event_id, j.part, j.day)
  RETURNING e.account_id, e.part
), tally AS (
  INSERT INTO tallies (account_id, experiment_id, day, kind, n)
  SELECT account_id, '00000000-0000-0000-0000-000000000000', ($6::timestamptz AT TIME ZONE 'UTC')::date, v.kind, sum(v.n)
  FROM settled, LATERAL (VALUES ('applied', 1), ('waiting', -1)) v(kind, n) WHERE part = 0 GROUP BY 1, 4 ORDER BY 1, 4
  ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = tallies.n + excluded.n
), hits AS (
  SELECT * FROM judged WHERE state = 1
)` + credit + `
SELECT count(*) FROM settled`

// storeEvents takes events of every kind and answers the keys and states of those that are new. A repeat of an id stores and counts
// nothing.
var storeEvents = eventsStatement("")

// storeDayless is storeEvents where some ids carry no day of their own: their repeats may lie in the partition of the day before.
// ($20, $21: the first and the last of those days)
var storeDayless = eventsStatement(`WHERE NOT (dayless AND EXISTS (
    SELECT FROM events y WHERE (y.account_id, y.event_id, y.part, y.day) = (j.account_id, j.event_id, 0, j.day - 1) AND y.day BETWEEN $20::date AND $21::date))`)

func eventsStatement(where string) string {
	return `WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::smallint[], $5::smallint[], $6::uuid[], $7::uuid[], $8::smallint[], $9::uuid[], $10::int[], $11::text[],
    $12::text[], $13::smallint[], $14::int[], $15::timestamptz[], $16::timestamptz[], $17::numeric[], $18::text[], $19::bool[])
    AS c(account_id, day, event_id, part, kind, installation_id, experiment_id, split, goal_id, window_days, name, visitor, shown_arm, shown_epoch, occurred_at, received_at,
      value, url, dayless)
), judged AS MATERIALIZED (
  SELECT c.*, s.visitor AS credit, s.epoch, s.arm, s.exposed_at, CASE WHEN c.goal_id IS NULL THEN 0 ELSE ` + verdict + ` END AS state
  FROM input c` + cohortOf + `
), fresh AS (
  INSERT INTO events (account_id, day, event_id, part, kind, installation_id, experiment_id, split, goal_id, name, visitor, credit, arm, epoch, occurred_at, received_at, value, url, state)
  SELECT account_id, day, event_id, part, kind, installation_id, experiment_id, split, goal_id, name, visitor, nullif(credit, visitor), shown_arm, shown_epoch,
    occurred_at, received_at, value, url, state
  FROM judged j ` + where + ` ORDER BY account_id, event_id, part
  ON CONFLICT DO NOTHING RETURNING account_id, day, event_id, part, experiment_id, split, visitor, received_at, state
), waits AS (
  INSERT INTO waiting (account_id, experiment_id, split, visitor, event_id, part, day, received_at)
  SELECT account_id, experiment_id, split, visitor, event_id, part, day, received_at FROM fresh WHERE state = 2
), tally AS (
  INSERT INTO tallies (account_id, experiment_id, day, kind, n)
  SELECT account_id, '00000000-0000-0000-0000-000000000000', (received_at AT TIME ZONE 'UTC')::date, kind, sum(n) FROM (
    SELECT account_id, received_at, v.kind, v.n FROM input, LATERAL (VALUES ('accepted', 1), ('duplicate', 1)) v(kind, n) WHERE part = 0 UNION ALL
    SELECT account_id, received_at, v.kind, v.n FROM fresh, LATERAL (VALUES ('duplicate', -1), (CASE state WHEN 2 THEN 'waiting' ELSE 'applied' END, 1)) v(kind, n) WHERE part = 0
  ) t GROUP BY 1, 3, 4 HAVING sum(n) <> 0 ORDER BY 1, 3, 4
  ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = tallies.n + excluded.n
), hits AS (
  SELECT * FROM judged WHERE state = 1 AND ((account_id, event_id, part) IN (SELECT account_id, event_id, part FROM fresh)) IS TRUE
)` + credit + `
SELECT account_id, event_id, part, state FROM fresh`
}

// The newest page view of each site, at most one write in two seconds.
const beat = `INSERT INTO heartbeats AS h (account_id, installation_id, last_at, url)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[]) ORDER BY 1, 2
ON CONFLICT (account_id, installation_id) DO UPDATE SET last_at = excluded.last_at, url = excluded.url
WHERE h.last_at < excluded.last_at - interval '2 seconds'`

const addTallies = `INSERT INTO tallies AS t (account_id, experiment_id, day, kind, n)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::bigint[]) ORDER BY 1, 2, 3, 4
ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = t.n + excluded.n`
