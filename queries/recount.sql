-- name: RecountAccounts :many
-- Every account that has traffic.
SELECT DISTINCT account_id FROM rollups UNION SELECT DISTINCT account_id FROM assignments ORDER BY 1;

-- name: RecountDifferences :many
-- Rollups recomputed from the assignments and from the conversions that events record, where they differ from the stored ones.
WITH seen AS (
  SELECT a.experiment_id, a.split, a.epoch, a.arm, CAST('00000000-0000-0000-0000-000000000000' AS uuid) AS goal_id,
    date_trunc('hour', a.exposed_at, 'UTC') AS hour, count(*) AS visitors, CAST(0 AS bigint) AS converters, CAST(0 AS numeric) AS value, CAST(0 AS numeric) AS value_sq
  FROM assignments a WHERE a.account_id = @account_id AND a.counted AND a.exposed_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6
), converted AS (
  SELECT a.experiment_id, a.split, a.epoch, a.arm, e.goal_id, date_trunc('hour', a.exposed_at, 'UTC') AS hour, a.visitor, sum(coalesce(e.value, 0)) AS value
  FROM events e
  JOIN goals g ON g.account_id = e.account_id AND g.id = e.goal_id
  JOIN assignments a ON a.account_id = e.account_id AND a.experiment_id = e.experiment_id AND a.split = e.split AND a.visitor = coalesce(e.credit, e.visitor)
  WHERE e.account_id = @account_id AND e.kind = 2 AND e.state = 1 AND a.counted
    AND e.occurred_at >= a.exposed_at AND e.occurred_at < a.exposed_at + make_interval(days => g.window_days)
  GROUP BY 1, 2, 3, 4, 5, 6, 7
), want AS (
  SELECT * FROM seen UNION ALL
  SELECT c.experiment_id, c.split, c.epoch, c.arm, c.goal_id, c.hour, 0, count(*), sum(c.value), sum(c.value * c.value) FROM converted c GROUP BY 1, 2, 3, 4, 5, 6
), have AS (
  SELECT r.experiment_id, r.split, r.epoch, r.arm, r.goal_id, r.hour, r.visitors, r.converters, r.value, r.value_sq FROM rollups r WHERE account_id = @account_id
)
SELECT coalesce(w.experiment_id, h.experiment_id)::uuid AS experiment_id, coalesce(w.split, h.split)::smallint AS split, coalesce(w.epoch, h.epoch)::int AS epoch,
  coalesce(w.arm, h.arm)::smallint AS arm, coalesce(w.goal_id, h.goal_id)::uuid AS goal_id, coalesce(w.hour, h.hour)::timestamptz AS hour,
  coalesce(h.visitors, 0)::bigint AS visitors, coalesce(w.visitors, 0)::bigint AS want_visitors,
  coalesce(h.converters, 0)::bigint AS converters, coalesce(w.converters, 0)::bigint AS want_converters,
  coalesce(h.value, 0)::text AS value, coalesce(w.value, 0)::text AS want_value,
  coalesce(h.value_sq, 0)::text AS value_sq, coalesce(w.value_sq, 0)::text AS want_value_sq
FROM want w FULL JOIN have h ON (w.experiment_id, w.split, w.epoch, w.arm, w.goal_id, w.hour) = (h.experiment_id, h.split, h.epoch, h.arm, h.goal_id, h.hour)
WHERE (coalesce(h.visitors, 0), coalesce(h.converters, 0), coalesce(h.value, 0), coalesce(h.value_sq, 0))
  <> (coalesce(w.visitors, 0), coalesce(w.converters, 0), coalesce(w.value, 0), coalesce(w.value_sq, 0))
ORDER BY 1, 2, 3, 4, 5, 6;

-- name: LiftTimeout :exec
-- For this transaction only, which may read everything an account has.
SELECT set_config('statement_timeout', '0', true);
