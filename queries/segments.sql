-- name: CountSegments :many
-- Visitors of each group by split, epoch and arm under the zero goal, and under each other goal how many of them reached it, what they
-- brought and the sum of each one's squared. Every visitor is in one group of each dimension. dimension counts from 1; a code is what
-- segment.go gives, cut at the dimension's place.
WITH coded AS (
  SELECT a.split, a.epoch, a.arm, CAST('00000000-0000-0000-0000-000000000000' AS uuid) AS goal_id, coalesce(a.segment, '') AS segment,
    count(*) AS visitors, CAST(0 AS bigint) AS converters, CAST(0 AS numeric) AS amount, CAST(0 AS numeric) AS amount_sq
  FROM assignments a WHERE a.account_id = @account_id AND a.experiment_id = @experiment_id AND a.counted AND a.exposed_at IS NOT NULL
  GROUP BY 1, 2, 3, 5
  UNION ALL
  SELECT c.split, c.epoch, c.arm, c.goal_id, coalesce(a.segment, ''), 0, count(*), sum(c.value), sum(c.value * c.value)
  FROM conversions c
  JOIN assignments a ON a.account_id = c.account_id AND a.experiment_id = c.experiment_id AND a.split = c.split AND a.visitor = c.visitor
  WHERE c.account_id = @account_id AND c.experiment_id = @experiment_id GROUP BY 1, 2, 3, 4, 5
), placed AS (
  SELECT c.split, c.epoch, c.arm, c.goal_id, d.dimension, CASE WHEN d.dimension < 4 THEN substr(c.segment, d.dimension, 1) ELSE substr(c.segment, 4, 2) END AS code,
    c.visitors, c.converters, c.amount, c.amount_sq
  FROM coded c CROSS JOIN generate_series(1, 4) AS d(dimension)
)
SELECT split, epoch, arm, goal_id, dimension::int AS dimension, code::text AS code, sum(visitors)::bigint AS visitors, sum(converters)::bigint AS converters,
  sum(amount)::float8 AS amount, sum(amount_sq)::float8 AS amount_sq
FROM placed GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 5, 6, 4, 2, 3 LIMIT @most::int;

-- name: AllowTime :exec
-- How long each of the next statements of this transaction may take.
SELECT set_config('statement_timeout', @milliseconds::text, true);

-- name: JoinByHash :exec
-- For this transaction: a table that filled up since its statistics were made, or has none, is taken for a few rows, and reading all of
-- the other one for each of them for a good plan.
SELECT set_config('enable_nestloop', 'off', true);

-- name: SegmentWork :one
-- What an experiment's rollups add up to, and whether they did when its groups were last counted. before is what EndSegments has to find.
SELECT n.seen, n.amount, n.amount_sq,
  coalesce((SELECT c.seen FROM segment_counts c WHERE c.account_id = @account_id AND c.experiment_id = @experiment_id), 0)::bigint AS before, EXISTS (
  SELECT FROM segment_counts c WHERE c.account_id = @account_id AND c.experiment_id = @experiment_id AND c.counted_at IS NOT NULL
    AND (c.seen, c.seen_amount, c.seen_amount_sq) = (n.seen, n.amount, n.amount_sq))::boolean AS unchanged
FROM (SELECT coalesce(sum(r.visitors + r.converters), 0)::bigint AS seen, coalesce(sum(r.value), 0)::float8 AS amount, coalesce(sum(r.value_sq), 0)::float8 AS amount_sq
  FROM cohort_counts r WHERE r.account_id = @account_id AND r.experiment_id = @experiment_id) n;

-- name: AskSegments :execrows
-- Says that somebody waits for a count; no row: somebody does already.
INSERT INTO segment_counts AS c (account_id, experiment_id, asked_at) VALUES (@account_id, @experiment_id, @now::timestamptz)
ON CONFLICT (account_id, experiment_id) DO UPDATE SET asked_at = excluded.asked_at
WHERE c.asked_at IS NULL OR c.asked_at < @stale::timestamptz;

-- name: BeginSegments :exec
-- Makes those who store a count of one experiment take turns.
INSERT INTO segment_counts AS c (account_id, experiment_id) VALUES (@account_id, @experiment_id)
ON CONFLICT (account_id, experiment_id) DO UPDATE SET problem = c.problem;

-- name: EndSegments :exec
-- Where somebody was erased after the count began, it is to be made anew.
UPDATE segment_counts SET asked_at = NULL, problem = '', counted_at = @now::timestamptz, seen = CASE WHEN seen = @before THEN @seen ELSE -1 END,
  seen_amount = @amount, seen_amount_sq = @amount_sq
WHERE account_id = @account_id AND experiment_id = @experiment_id;

-- name: FailSegments :exec
-- Tells why there is no newer count.
INSERT INTO segment_counts AS c (account_id, experiment_id, problem) VALUES (@account_id, @experiment_id, @problem)
ON CONFLICT (account_id, experiment_id) DO UPDATE SET asked_at = NULL, problem = excluded.problem;

-- name: DropSegments :exec
DELETE FROM segment_tallies WHERE account_id = @account_id AND experiment_id = @experiment_id;

-- name: InsertSegments :exec
-- Where there is no estimator there is nothing to compare.
INSERT INTO segment_tallies (account_id, experiment_id, split, goal_id, dimension, value, arm, visitors, converters, amount, amount_sq,
  lift, lift_low, lift_high, estimator, p)
SELECT @account_id::uuid, @experiment_id::uuid, i.split, i.goal_id, i.dimension, i.value, i.arm, i.visitors, i.converters, i.amount, i.amount_sq,
  CASE WHEN i.estimator <> '' THEN i.lift END, CASE WHEN i.estimator <> '' THEN i.low END, CASE WHEN i.estimator <> '' THEN i.high END, i.estimator, i.p
FROM (SELECT unnest(@splits::smallint[]) AS split, unnest(@goals::uuid[]) AS goal_id, unnest(@dimensions::text[]) AS dimension, unnest(@texts::text[]) AS value,
  unnest(@arms::smallint[]) AS arm, unnest(@visitors::bigint[]) AS visitors, unnest(@converters::bigint[]) AS converters,
  unnest(@amounts::float8[]) AS amount, unnest(@amount_sqs::float8[]) AS amount_sq, unnest(@lifts::float8[]) AS lift,
  unnest(@lows::float8[]) AS low, unnest(@highs::float8[]) AS high, unnest(@estimators::text[]) AS estimator, unnest(@ps::float8[]) AS p) i;

-- name: Segments :many
-- When an experiment's groups were counted, once for each tally of a goal; once with an empty dimension where there is none.
SELECT c.asked_at, c.counted_at, c.problem, coalesce(t.split, 0)::smallint AS split, coalesce(t.dimension, '')::text AS dimension, coalesce(t.value, '')::text AS value,
  coalesce(t.arm, 0)::smallint AS arm, coalesce(t.visitors, 0)::bigint AS visitors, coalesce(t.converters, 0)::bigint AS converters,
  coalesce(t.amount, 0)::float8 AS amount, coalesce(t.amount_sq, 0)::float8 AS amount_sq,
  t.lift, coalesce(t.lift_low, 0)::float8 AS lift_low, coalesce(t.lift_high, 0)::float8 AS lift_high, coalesce(t.estimator, '')::text AS estimator, coalesce(t.p, 1)::float8 AS p
FROM segment_counts c
LEFT JOIN segment_tallies t ON t.account_id = c.account_id AND t.experiment_id = c.experiment_id AND t.goal_id = @goal_id
WHERE c.account_id = @account_id AND c.experiment_id = @experiment_id
ORDER BY t.split, t.dimension, t.value, t.arm;
