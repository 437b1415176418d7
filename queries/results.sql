-- name: ResultCells :many
-- Visitors, and what they did about the given goals, by split, epoch, arm and UTC day of first exposure.
SELECT experiment_id, split, epoch, arm, (hour AT TIME ZONE 'UTC')::date AS day,
  coalesce(sum(visitors) FILTER (WHERE goal_id = '00000000-0000-0000-0000-000000000000'), 0)::bigint AS visitors,
  coalesce(sum(converters) FILTER (WHERE goal_id = ANY(@goals::uuid[])), 0)::bigint AS converters,
  coalesce(sum(value) FILTER (WHERE goal_id = ANY(@goals::uuid[])), 0)::float8 AS value,
  coalesce(sum(value_sq) FILTER (WHERE goal_id = ANY(@goals::uuid[])), 0)::float8 AS value_sq
FROM rollups WHERE account_id = @account_id AND experiment_id = ANY(@experiments::uuid[])
  AND (goal_id = '00000000-0000-0000-0000-000000000000' OR goal_id = ANY(@goals::uuid[]))
GROUP BY experiment_id, split, epoch, arm, day ORDER BY experiment_id, split, epoch, day, arm;

-- name: GoalCells :many
-- Of one experiment by goal, split, epoch, arm and UTC day of first exposure: visitors under the zero goal, what they did under each other.
SELECT goal_id, split, epoch, arm, (hour AT TIME ZONE 'UTC')::date AS day, sum(visitors)::bigint AS visitors, sum(converters)::bigint AS converters,
  sum(value)::float8 AS value, sum(value_sq)::float8 AS value_sq
FROM rollups WHERE account_id = @account_id AND experiment_id = @experiment_id
GROUP BY goal_id, split, epoch, arm, day ORDER BY split, epoch, day, arm, goal_id;

-- name: CappedValues :many
-- What the visitors of each arm brought when no one counts for more than all but one in a hundred of those who brought something.
WITH brought AS (
  SELECT split, arm, value FROM conversions WHERE account_id = @account_id AND experiment_id = @experiment_id AND goal_id = @goal_id AND value > 0
), most AS (SELECT split, percentile_disc(0.99) WITHIN GROUP (ORDER BY value) AS value FROM brought GROUP BY split)
SELECT b.split, b.arm, max(m.value)::float8 AS most, sum(least(b.value, m.value))::float8 AS value, sum(least(b.value, m.value) ^ 2)::float8 AS value_sq
FROM brought b JOIN most m USING (split) GROUP BY b.split, b.arm ORDER BY b.split, b.arm;

-- name: TalliesOfExperiment :many
SELECT kind, sum(n)::bigint AS n FROM tallies
WHERE account_id = @account_id AND experiment_id = @experiment_id AND kind NOT LIKE 'report/%' GROUP BY kind ORDER BY kind;

-- name: ReportTallies :many
SELECT day, kind, n FROM tallies
WHERE account_id = @account_id AND experiment_id = @experiment_id AND kind LIKE 'report/%' AND day >= @since::date ORDER BY day, kind LIMIT 50000;

-- name: Looks :many
SELECT experiment_id, goal_id, split, arm, p FROM sequential_looks
WHERE account_id = @account_id AND experiment_id = ANY(@experiments::uuid[]) AND goal_id = ANY(@goals::uuid[]) ORDER BY experiment_id, goal_id, split, arm;

-- name: SaveLooks :exec
-- Keeps the smallest p of each.
INSERT INTO sequential_looks AS l (account_id, experiment_id, split, goal_id, arm, p, looked_at)
SELECT @account_id::uuid, @experiment_id::uuid, i.split, i.goal_id, i.arm, i.p, @now::timestamptz
FROM (SELECT unnest(@splits::smallint[]) AS split, unnest(@goals::uuid[]) AS goal_id, unnest(@arms::smallint[]) AS arm, unnest(@ps::float8[]) AS p) i
ON CONFLICT (account_id, experiment_id, split, goal_id, arm)
DO UPDATE SET p = excluded.p, looked_at = excluded.looked_at WHERE excluded.p < l.p;

-- name: MostVisitors :one
-- Visitors of the account's busiest experiment.
SELECT coalesce(max(n), 0)::bigint FROM (
  SELECT sum(visitors) AS n FROM rollups
  WHERE account_id = @account_id AND split = 0 AND goal_id = '00000000-0000-0000-0000-000000000000' GROUP BY experiment_id
) busiest;
