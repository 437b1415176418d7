-- name: Rollups :many
-- Cells of the primary counts and of one goal, by hour of first exposure.
SELECT split, epoch, arm, hour,
  coalesce(sum(visitors) FILTER (WHERE goal_id = '00000000-0000-0000-0000-000000000000'), 0)::bigint AS visitors,
  coalesce(sum(converters) FILTER (WHERE goal_id = @goal_id), 0)::bigint AS converters,
  coalesce(sum(value) FILTER (WHERE goal_id = @goal_id), 0)::float8 AS value,
  coalesce(sum(value_sq) FILTER (WHERE goal_id = @goal_id), 0)::float8 AS value_sq
FROM rollups WHERE account_id = @account_id AND experiment_id = @experiment_id
GROUP BY split, epoch, arm, hour ORDER BY split, hour, epoch, arm;

-- name: VisitorsOfExperiments :many
-- Visitors and converters of the primary goal per arm of split 0, for lists.
SELECT r.experiment_id, r.arm,
  coalesce(sum(r.visitors), 0)::bigint AS visitors,
  coalesce(sum(r.converters) FILTER (WHERE g.id IS NOT NULL), 0)::bigint AS converters
FROM rollups r LEFT JOIN goals g ON g.account_id = r.account_id AND g.id = r.goal_id AND g.role = 'primary'
WHERE r.account_id = @account_id AND r.experiment_id = ANY(@experiments::uuid[]) AND r.split = 0
GROUP BY r.experiment_id, r.arm ORDER BY r.experiment_id, r.arm;

-- name: TalliesOfExperiment :many
SELECT kind, sum(n)::bigint AS n FROM tallies WHERE account_id = @account_id AND experiment_id = @experiment_id GROUP BY kind ORDER BY kind;

-- name: Looks :many
SELECT split, arm, p FROM sequential_looks
WHERE account_id = @account_id AND experiment_id = @experiment_id AND goal_id = @goal_id ORDER BY split, arm;

-- name: SaveLook :exec
INSERT INTO sequential_looks (account_id, experiment_id, split, goal_id, arm, p, looked_at)
VALUES (@account_id, @experiment_id, @split, @goal_id, @arm, @p, @now)
ON CONFLICT (account_id, experiment_id, split, goal_id, arm)
DO UPDATE SET p = least(sequential_looks.p, excluded.p), looked_at = excluded.looked_at
WHERE excluded.p < sequential_looks.p;

-- name: LastTraffic :one
-- Marks the state of the counts: a result computed for the same mark is still good.
SELECT coalesce(sum(visitors), 0)::bigint AS visitors, coalesce(sum(converters), 0)::bigint AS converters,
  coalesce(sum(value), 0)::float8 AS value
FROM rollups WHERE account_id = @account_id AND experiment_id = @experiment_id;
