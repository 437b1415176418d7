package db

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
  SELECT account_id, experiment_id, split, goal_id, credit, epoch, arm, ` + seenHour + `, min(occurred_at), count(*), coalesce(sum(value), 0),
    count(*), coalesce(sum(value), 0)
  FROM hits GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (account_id, experiment_id, split, goal_id, visitor) DO UPDATE
  SET first_at = least(c.first_at, excluded.first_at), n = c.n + excluded.n, value = c.value + excluded.value, last_n = excluded.n, last_value = excluded.value
  RETURNING account_id, experiment_id, split, goal_id, epoch, arm, hour, n, value, last_n, last_value
), ` + cohortOfDone

// cohortOfDone adds what the CTE "done" changed in conversions to the rollups.
const cohortOfDone = `cohort AS (
  INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, converters, value, value_sq)
  SELECT account_id, experiment_id, split, epoch, arm, goal_id, hour, count(*) FILTER (WHERE n = last_n), sum(last_value),
    sum(value * value - (value - last_value) * (value - last_value))
  FROM done GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (account_id, experiment_id, split, epoch, arm, goal_id, hour) DO UPDATE
  SET converters = rollups.converters + excluded.converters, value = rollups.value + excluded.value, value_sq = rollups.value_sq + excluded.value_sq
)`

// settleWaiting judges the conversions that waited for visitors exposed now. ($1..$4: their keys; $5: an event
// waits at most since; $6: now)
const settleWaiting = `WITH due AS (
  DELETE FROM waiting w USING unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[]) AS i(account_id, experiment_id, split, visitor)
  WHERE (w.account_id, w.experiment_id, w.split, w.visitor) = (i.account_id, i.experiment_id, i.split, i.visitor) AND w.received_at > $5
  RETURNING w.account_id, w.day, w.event_id, w.part
), judged AS MATERIALIZED (
  SELECT c.*, s.visitor AS credit, s.epoch, s.arm, s.exposed_at, ` + verdict + ` AS state
  FROM (
    SELECT e.account_id, e.day, e.event_id, e.part, e.experiment_id, e.split, e.goal_id, e.visitor, e.occurred_at, e.order_id, coalesce(k.value, e.value) AS value, g.window_days
    FROM due d JOIN events e ON (e.account_id, e.event_id, e.part, e.day) = (d.account_id, d.event_id, d.part, d.day)
    JOIN goals g ON (g.account_id, g.id) = (e.account_id, e.goal_id)
    LEFT JOIN orders k ON (k.account_id, k.goal_id, k.split, k.order_id) = (e.account_id, e.goal_id, e.split, e.order_id) AND k.event_id = e.event_id WHERE e.state = 2
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
)` + creditOrders + credit + `
SELECT count(*) FROM settled`
