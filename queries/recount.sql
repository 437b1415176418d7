-- name: RecountAccounts :many
-- Every account that has traffic.
SELECT DISTINCT account_id FROM cohort_counts UNION SELECT DISTINCT account_id FROM assignments ORDER BY 1;

-- name: RecountDifferences :many
-- Rollups recomputed from the assignments and from the conversions that events record, where they differ from the stored ones, by the
-- day, since hours are folded into days. Where events were moved to the archive, conversions are those stored, see RecountTotals.
WITH seen AS (
  SELECT a.experiment_id, a.split, a.epoch, a.arm, CAST('00000000-0000-0000-0000-000000000000' AS uuid) AS goal_id,
    date_trunc('day', a.exposed_at, 'UTC') AS day, count(*) AS visitors, CAST(0 AS bigint) AS converters, CAST(0 AS numeric) AS value, CAST(0 AS numeric) AS value_sq
  FROM assignments a WHERE a.account_id = @account_id AND a.counted AND a.exposed_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6
), counted AS (
  SELECT a.experiment_id, a.split, a.epoch, a.arm, e.goal_id, date_trunc('day', a.exposed_at, 'UTC') AS day, a.visitor, e.order_id, coalesce(e.value, 0) AS value
  FROM events e
  JOIN goals g ON g.account_id = e.account_id AND g.id = e.goal_id
  JOIN assignments a ON a.account_id = e.account_id AND a.experiment_id = e.experiment_id AND a.split = e.split AND a.visitor = coalesce(e.credit, e.visitor)
  WHERE e.account_id = @account_id AND e.kind = 2 AND e.state = 1 AND a.counted AND NOT (e.order_id IS NOT NULL AND coalesce(e.value, 0) < 0)
    AND e.occurred_at >= a.exposed_at AND e.occurred_at < a.exposed_at + make_interval(days => g.window_days)
), refunds AS (
  SELECT e.goal_id, e.split, e.order_id, sum(e.value) AS value FROM events e
  WHERE e.account_id = @account_id AND e.kind = 2 AND e.state = 1 AND e.order_id IS NOT NULL AND e.value < 0 GROUP BY 1, 2, 3
), converted AS (
  SELECT c.experiment_id, c.split, c.epoch, c.arm, c.goal_id, c.day, c.visitor,
    sum(CASE WHEN r.order_id IS NULL THEN c.value ELSE greatest(0, c.value + r.value) END) AS value
  FROM counted c LEFT JOIN refunds r ON r.goal_id = c.goal_id AND r.split = c.split AND r.order_id = c.order_id
  WHERE NOT @moved::bool GROUP BY 1, 2, 3, 4, 5, 6, 7
  UNION ALL
  SELECT v.experiment_id, v.split, v.epoch, v.arm, v.goal_id, date_trunc('day', v.hour, 'UTC'), v.visitor, v.value FROM conversions v WHERE v.account_id = @account_id AND @moved::bool
), want AS (
  SELECT * FROM seen UNION ALL
  SELECT c.experiment_id, c.split, c.epoch, c.arm, c.goal_id, c.day, 0, count(*), sum(c.value), sum(c.value * c.value) FROM converted c GROUP BY 1, 2, 3, 4, 5, 6
), have AS (
  SELECT r.experiment_id, r.split, r.epoch, r.arm, r.goal_id, date_trunc('day', r.hour, 'UTC') AS day,
    sum(r.visitors) AS visitors, sum(r.converters) AS converters, sum(r.value) AS value, sum(r.value_sq) AS value_sq
  FROM cohort_counts r WHERE account_id = @account_id GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT coalesce(w.experiment_id, h.experiment_id)::uuid AS experiment_id, coalesce(w.split, h.split)::smallint AS split, coalesce(w.epoch, h.epoch)::int AS epoch,
  coalesce(w.arm, h.arm)::smallint AS arm, coalesce(w.goal_id, h.goal_id)::uuid AS goal_id, coalesce(w.day, h.day)::timestamptz AS day,
  coalesce(h.visitors, 0)::bigint AS visitors, coalesce(w.visitors, 0)::bigint AS want_visitors,
  coalesce(h.converters, 0)::bigint AS converters, coalesce(w.converters, 0)::bigint AS want_converters,
  coalesce(h.value, 0)::text AS value, coalesce(w.value, 0)::text AS want_value,
  coalesce(h.value_sq, 0)::text AS value_sq, coalesce(w.value_sq, 0)::text AS want_value_sq
FROM want w FULL JOIN have h ON (w.experiment_id, w.split, w.epoch, w.arm, w.goal_id, w.day) = (h.experiment_id, h.split, h.epoch, h.arm, h.goal_id, h.day)
WHERE (coalesce(h.visitors, 0), coalesce(h.converters, 0), coalesce(h.value, 0), coalesce(h.value_sq, 0))
  <> (coalesce(w.visitors, 0), coalesce(w.converters, 0), coalesce(w.value, 0), coalesce(w.value_sq, 0))
ORDER BY 1, 2, 3, 4, 5, 6;

-- name: RecountPrimaryDays :many
-- Days of primary goals as stored, where they differ from those of all goals.
WITH want AS (
  SELECT d.experiment_id, d.day, d.split, d.epoch, (d.arm = 0)::boolean AS control, sum(d.visitors) AS visitors, sum(d.converters) AS converters, sum(d.value) AS value, sum(d.value_sq) AS value_sq
  FROM rollup_days d LEFT JOIN goals g ON g.account_id = d.account_id AND g.experiment_id = d.experiment_id AND g.id = d.goal_id AND g.role = 'primary'
  WHERE d.account_id = @account_id AND (g.id IS NOT NULL OR d.goal_id = '00000000-0000-0000-0000-000000000000') GROUP BY 1, 2, 3, 4, 5
), have AS (
  SELECT p.experiment_id, p.day, p.split, p.epoch, true::boolean AS control, p.control_visitors AS visitors, p.control_converters AS converters, p.control_value AS value, p.control_value_sq AS value_sq
  FROM primary_days p WHERE p.account_id = @account_id
  UNION ALL SELECT p.experiment_id, p.day, p.split, p.epoch, false, p.other_visitors, p.other_converters, p.other_value, p.other_value_sq
  FROM primary_days p WHERE p.account_id = @account_id
)
SELECT coalesce(w.experiment_id, h.experiment_id)::uuid AS experiment_id, coalesce(w.day, h.day)::date AS day, coalesce(w.control, h.control)::boolean AS control,
  coalesce(h.visitors, 0)::bigint AS visitors, coalesce(w.visitors, 0)::bigint AS want_visitors,
  coalesce(h.converters, 0)::bigint AS converters, coalesce(w.converters, 0)::bigint AS want_converters,
  coalesce(h.value, 0)::text AS value, coalesce(w.value, 0)::text AS want_value
FROM want w FULL JOIN have h ON (w.experiment_id, w.day, w.split, w.epoch, w.control) = (h.experiment_id, h.day, h.split, h.epoch, h.control)
WHERE (coalesce(h.visitors, 0), coalesce(h.converters, 0), coalesce(h.value, 0), coalesce(h.value_sq, 0))
  <> (coalesce(w.visitors, 0), coalesce(w.converters, 0), coalesce(w.value, 0), coalesce(w.value_sq, 0))
ORDER BY 1, 2, 3;

-- name: RecountTotals :many
-- Conversions and values of each goal as stored, where they differ from those that events record together with what archived days counted.
WITH want AS (
  SELECT t.experiment_id, t.split, t.goal_id, sum(t.n) AS n, sum(t.value) AS value FROM (
    SELECT e.experiment_id, e.split, e.goal_id, 1 AS n, CASE WHEN e.order_id IS NULL THEN coalesce(e.value, 0) ELSE 0 END AS value FROM events e
    WHERE e.account_id = @account_id AND e.kind = 2 AND e.state = 1 AND NOT (e.order_id IS NOT NULL AND coalesce(e.value, 0) < 0)
    UNION ALL SELECT o.experiment_id, o.split, o.goal_id, 0, o.value FROM orders o WHERE o.account_id = @account_id AND o.credit IS NOT NULL
    UNION ALL SELECT s.experiment_id, s.split, s.goal_id, s.n, s.value FROM archived_sums s WHERE s.account_id = @account_id
  ) t GROUP BY 1, 2, 3
), have AS (
  SELECT c.experiment_id, c.split, c.goal_id, sum(c.n) AS n, sum(c.value) AS value FROM conversions c WHERE c.account_id = @account_id GROUP BY 1, 2, 3
)
SELECT coalesce(w.experiment_id, h.experiment_id)::uuid AS experiment_id, coalesce(w.split, h.split)::smallint AS split, coalesce(w.goal_id, h.goal_id)::uuid AS goal_id,
  coalesce(h.n, 0)::bigint AS n, coalesce(w.n, 0)::bigint AS want_n, coalesce(h.value, 0)::text AS value, coalesce(w.value, 0)::text AS want_value
FROM want w FULL JOIN have h ON (w.experiment_id, w.split, w.goal_id) = (h.experiment_id, h.split, h.goal_id)
WHERE (coalesce(h.n, 0), coalesce(h.value, 0)) <> (coalesce(w.n, 0), coalesce(w.value, 0)) ORDER BY 1, 2, 3;

-- name: CountedSegments :many
-- Experiments whose groups were counted.
SELECT experiment_id FROM segment_counts WHERE account_id = @account_id AND counted_at IS NOT NULL ORDER BY 1;

-- name: SegmentTallies :many
SELECT split, goal_id, dimension, value, arm, visitors, converters, amount, amount_sq FROM segment_tallies
WHERE account_id = @account_id AND experiment_id = @experiment_id;

-- name: LiftTimeout :exec
-- For this transaction only, which may read everything an account has.
SELECT set_config('statement_timeout', '0', true);

-- name: ReadOnce :exec
-- For this transaction only: joins go through each table once. The sessions that store what traffic sends plan for a few rows by their
-- keys, which would look through all events again for each conversion.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
  set_config('enable_mergejoin', 'on', true), set_config('enable_nestloop', 'off', true);
