package db

// The statements of one group commit, sent together and run in order in one implicit transaction. sqlc cannot parse unnest with
// several arrays, so they live here.

// input arrays of the assignment statements, one element per assignment, sorted by key and without repeats.
const assignmentInput = `WITH input AS (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::smallint[], $6::int[], $7::real[], $8::timestamptz[], $9::bool[], $10::smallint[], $11::bool[])
    WITH ORDINALITY AS t(account_id, experiment_id, split, visitor, arm, epoch, propensity, at, exposed, door, counted, i)
)`

// countVisitors adds the freshly exposed rows of the CTE "seen" to their cohorts.
const countVisitors = `, cohort AS (
  INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, visitors)
  SELECT account_id, experiment_id, split, epoch, arm, '00000000-0000-0000-0000-000000000000', date_trunc('hour', exposed_at, 'UTC'), count(*)
  FROM seen WHERE counted AND exposed_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 7 ORDER BY 1, 2, 3, 4, 5, 7
  ON CONFLICT (account_id, experiment_id, split, epoch, arm, goal_id, hour) DO UPDATE SET visitors = rollups.visitors + excluded.visitors
)`

// The first row of a visitor wins for ever.
const insertAssignments = assignmentInput + `, seen AS (
  INSERT INTO assignments (account_id, experiment_id, split, visitor, arm, epoch, propensity, assigned_at, exposed_at, door, counted)
  SELECT account_id, experiment_id, split, visitor, arm, epoch, propensity, at, CASE WHEN exposed THEN at END, door, counted
  FROM input ORDER BY 1, 2, 3, 4
  ON CONFLICT DO NOTHING RETURNING account_id, experiment_id, split, visitor, arm, epoch, exposed_at, counted
)` + countVisitors + `
SELECT i.i FROM input i JOIN seen s USING (account_id, experiment_id, split, visitor)`

// Assigned before and first seen now. Seeing one name of a person exposes the row that the name follows.
const exposeAssignments = assignmentInput + `, seen AS (
  UPDATE assignments a SET exposed_at = i.at, counted = a.counted AND i.counted
  FROM input i JOIN assignments m ON (m.account_id, m.experiment_id, m.split, m.visitor) = (i.account_id, i.experiment_id, i.split, i.visitor)
  WHERE (a.account_id, a.experiment_id, a.split) = (m.account_id, m.experiment_id, m.split) AND a.visitor = coalesce(m.owner, m.visitor)
    AND i.exposed AND a.exposed_at IS NULL
  RETURNING a.account_id, a.experiment_id, a.split, a.visitor, a.arm, a.epoch, a.exposed_at, a.counted
)` + countVisitors + `
SELECT count(*) FROM seen`

// Reads the winners in a statement of its own, so that rows another node has just committed are visible.
const readWinners = assignmentInput + `, crossed AS (
  INSERT INTO tallies (account_id, experiment_id, day, kind, n)
  SELECT i.account_id, i.experiment_id, (i.at AT TIME ZONE 'UTC')::date, 'crossover', count(*)
  FROM input i JOIN effective_assignments a
    ON (a.account_id, a.experiment_id, a.split, a.asked) = (i.account_id, i.experiment_id, i.split, i.visitor)
  WHERE i.exposed AND i.door = 2 AND a.arm <> i.arm GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = tallies.n + excluded.n
)
SELECT i.i, a.arm, a.epoch, a.exposed_at IS NOT NULL FROM input i JOIN effective_assignments a
  ON (a.account_id, a.experiment_id, a.split, a.asked) = (i.account_id, i.experiment_id, i.split, i.visitor)`

// credit turns the CTE "hits" — conversions that count, one row per event and split — into conversions and rollups. Values are
// added per visitor; value_sq is over visitors' totals, hence the difference of squares.
const credit = `, agg AS (
  SELECT account_id, experiment_id, split, goal_id, visitor, epoch, arm, hour, min(occurred_at) AS first_at, count(*)::int AS n, coalesce(sum(value), 0) AS value
  FROM hits GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), done AS (
  INSERT INTO conversions AS c (account_id, experiment_id, split, goal_id, visitor, first_at, n, value)
  SELECT account_id, experiment_id, split, goal_id, visitor, first_at, n, value FROM agg ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (account_id, experiment_id, split, goal_id, visitor)
  DO UPDATE SET first_at = least(c.first_at, excluded.first_at), n = c.n + excluded.n, value = c.value + excluded.value
  RETURNING account_id, experiment_id, split, goal_id, visitor, n, value
), cohort AS (
  INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, converters, value, value_sq)
  SELECT account_id, experiment_id, split, a.epoch, a.arm, goal_id, a.hour, count(*) FILTER (WHERE d.n = a.n), sum(a.value),
    sum(d.value * d.value - (d.value - a.value) * (d.value - a.value))
  FROM agg a JOIN done d USING (account_id, experiment_id, split, goal_id, visitor)
  GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (account_id, experiment_id, split, epoch, arm, goal_id, hour) DO UPDATE
  SET converters = rollups.converters + excluded.converters, value = rollups.value + excluded.value, value_sq = rollups.value_sq + excluded.value_sq
)`

// verdict is the state of a conversion beside its visitor's effective assignment a, its experiment x and its goal g.
const verdict = `CASE
    WHEN x.status NOT IN ('running', 'paused') THEN 4
    WHEN a.exposed_at IS NULL THEN 2
    WHEN occurred_at < a.exposed_at OR occurred_at >= a.exposed_at + make_interval(days => g.window_days) THEN 5
    WHEN NOT a.counted THEN 6
    ELSE 1 END`

// Conversions that waited for the visitors exposed in this batch. An event waits at most a day. ($1..$3: account, experiment, visitor; $4: now)
const applyWaiting = `WITH input AS (
  SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS t(account_id, experiment_id, visitor)
), judged AS (
  SELECT e.account_id, e.day, e.event_id, e.part, e.experiment_id, e.goal_id, e.occurred_at, e.value, a.split, a.visitor, a.epoch, a.arm,
    date_trunc('hour', a.exposed_at, 'UTC') AS hour, ` + verdict + ` AS state
  FROM input i JOIN events e USING (account_id, experiment_id, visitor)
  JOIN experiments x ON (x.account_id, x.id) = (e.account_id, e.experiment_id)
  JOIN goals g ON (g.account_id, g.id) = (e.account_id, e.goal_id)
  JOIN splits s ON (s.account_id, s.experiment_id) = (e.account_id, e.experiment_id)
  JOIN effective_assignments a ON (a.account_id, a.experiment_id, a.split, a.asked) = (s.account_id, s.experiment_id, s.split, e.visitor)
  WHERE e.state = 2 AND e.received_at > $4::timestamptz - interval '1 day'
), settled AS (
  UPDATE events e SET state = j.state, credit = nullif(j.visitor, e.visitor)
  FROM (SELECT account_id, day, event_id, part, min(state) AS state, min(visitor) AS visitor FROM judged WHERE state <> 2 GROUP BY 1, 2, 3, 4) j
  WHERE (e.account_id, e.event_id, e.part, e.day) = (j.account_id, j.event_id, j.part, j.day) AND e.state = 2
  RETURNING e.account_id, e.event_id, e.part, e.day
), tally AS (
  INSERT INTO tallies (account_id, experiment_id, day, kind, n)
  SELECT account_id, '00000000-0000-0000-0000-000000000000', ($4::timestamptz AT TIME ZONE 'UTC')::date, v.kind, v.n
  FROM (SELECT account_id, count(*) AS n FROM settled WHERE part = 0 GROUP BY 1) s, LATERAL (VALUES ('applied', s.n), ('waiting', -s.n)) v(kind, n) ORDER BY 1, 4
  ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = tallies.n + excluded.n
), hits AS (
  SELECT j.* FROM judged j JOIN settled USING (account_id, event_id, part, day) WHERE j.state = 1
)` + credit + `
SELECT count(*) FROM settled`

// Events of every kind. A repeat of an id — in today's partition, or in yesterday's for ids that carry no day of their own —
// stores and counts nothing.
const insertEvents = `WITH input AS (
  SELECT * FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::smallint[], $5::smallint[], $6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::text[],
    $11::smallint[], $12::int[], $13::timestamptz[], $14::timestamptz[], $15::numeric[], $16::text[], $17::bool[])
    WITH ORDINALITY AS t(account_id, day, event_id, part, kind, installation_id, experiment_id, goal_id, name, visitor, arm, epoch, occurred_at, received_at, value, url, dayless, i)
), judged AS (
  SELECT i.*, coalesce(j.state, CASE WHEN i.goal_id IS NULL THEN 0 ELSE 2 END) AS state, j.credit
  FROM input i LEFT JOIN LATERAL (
    SELECT min(` + verdict + `)::smallint AS state, min(a.visitor) AS credit
    FROM experiments x
    JOIN goals g ON g.account_id = x.account_id AND g.id = i.goal_id
    JOIN splits s ON s.account_id = x.account_id AND s.experiment_id = x.id
    LEFT JOIN effective_assignments a ON (a.account_id, a.experiment_id, a.split, a.asked) = (s.account_id, s.experiment_id, s.split, i.visitor)
    WHERE x.account_id = i.account_id AND x.id = i.experiment_id
  ) j ON i.goal_id IS NOT NULL
), fresh AS (
  INSERT INTO events (account_id, day, event_id, part, kind, installation_id, experiment_id, goal_id, name, visitor, credit, arm, epoch, occurred_at, received_at, value, url, state)
  SELECT account_id, day, event_id, part, kind, installation_id, experiment_id, goal_id, name, visitor, nullif(credit, visitor), arm, epoch, occurred_at, received_at, value, url, state
  FROM judged j WHERE NOT (dayless AND EXISTS (
    SELECT FROM events y WHERE y.account_id = j.account_id AND y.event_id = j.event_id AND y.part = 0 AND y.day = j.day - 1))
  ORDER BY account_id, event_id, part
  ON CONFLICT DO NOTHING RETURNING account_id, event_id, part, state
), tally AS (
  INSERT INTO tallies (account_id, experiment_id, day, kind, n)
  SELECT j.account_id, '00000000-0000-0000-0000-000000000000', (j.received_at AT TIME ZONE 'UTC')::date, v.kind, count(*)
  FROM judged j LEFT JOIN fresh f USING (account_id, event_id, part),
    LATERAL (VALUES ('accepted'), (CASE WHEN f.event_id IS NULL THEN 'duplicate' WHEN f.state = 2 THEN 'waiting' ELSE 'applied' END)) v(kind)
  WHERE part = 0 GROUP BY 1, 3, 4 ORDER BY 1, 3, 4
  ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = tallies.n + excluded.n
), hits AS (
  SELECT j.account_id, j.experiment_id, j.goal_id, j.occurred_at, j.value, a.split, a.visitor, a.epoch, a.arm, date_trunc('hour', a.exposed_at, 'UTC') AS hour
  FROM judged j JOIN fresh USING (account_id, event_id, part)
  JOIN goals g ON (g.account_id, g.id) = (j.account_id, j.goal_id)
  JOIN splits s ON (s.account_id, s.experiment_id) = (j.account_id, j.experiment_id)
  JOIN effective_assignments a ON (a.account_id, a.experiment_id, a.split, a.asked) = (s.account_id, s.experiment_id, s.split, j.visitor)
  WHERE j.state = 1 AND a.counted AND j.occurred_at >= a.exposed_at AND j.occurred_at < a.exposed_at + make_interval(days => g.window_days)
)` + credit + `
SELECT j.i, f.event_id IS NOT NULL, coalesce(f.state, j.state) FROM judged j LEFT JOIN fresh f USING (account_id, event_id, part)`

// The newest page view of each site, at most one write in two seconds.
const beat = `INSERT INTO heartbeats AS h (account_id, installation_id, last_at, url)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[]) ORDER BY 1, 2
ON CONFLICT (account_id, installation_id) DO UPDATE SET last_at = excluded.last_at, url = excluded.url
WHERE h.last_at < excluded.last_at - interval '2 seconds'`

const addTallies = `INSERT INTO tallies AS t (account_id, experiment_id, day, kind, n)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::bigint[]) ORDER BY 1, 2, 3, 4
ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = t.n + excluded.n`
