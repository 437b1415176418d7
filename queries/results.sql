-- name: ResultCells :many
-- Visitors, and what they did about the given goals, by split, epoch, arm and UTC day of first exposure.
SELECT experiment_id, split, epoch, arm, (hour AT TIME ZONE 'UTC')::date AS day,
  coalesce(sum(visitors) FILTER (WHERE goal_id = '00000000-0000-0000-0000-000000000000'), 0)::bigint AS visitors,
  coalesce(sum(converters) FILTER (WHERE goal_id = ANY(@goals::uuid[])), 0)::bigint AS converters,
  coalesce(sum(value) FILTER (WHERE goal_id = ANY(@goals::uuid[])), 0)::float8 AS value,
  coalesce(sum(value_sq) FILTER (WHERE goal_id = ANY(@goals::uuid[])), 0)::float8 AS value_sq
FROM cohort_counts WHERE account_id = @account_id AND experiment_id = ANY(@experiments::uuid[])
  AND (goal_id = '00000000-0000-0000-0000-000000000000' OR goal_id = ANY(@goals::uuid[]))
GROUP BY experiment_id, split, epoch, arm, day ORDER BY experiment_id, split, epoch, day, arm;

-- name: GoalCells :many
-- Of one experiment by goal, split, epoch, arm and UTC day of first exposure: visitors under the zero goal, what they did under each other.
SELECT goal_id, split, epoch, arm, (hour AT TIME ZONE 'UTC')::date AS day, sum(visitors)::bigint AS visitors, sum(converters)::bigint AS converters,
  sum(value)::float8 AS value, sum(value_sq)::float8 AS value_sq
FROM cohort_counts WHERE account_id = @account_id AND experiment_id = @experiment_id
GROUP BY goal_id, split, epoch, arm, day ORDER BY split, epoch, day, arm, goal_id;

-- name: CappedValues :many
-- What the visitors of each arm brought when no one counts for more than all but one in a hundred of those who brought something.
WITH brought AS (
  SELECT split, arm, value FROM conversions WHERE account_id = @account_id AND experiment_id = @experiment_id AND goal_id = @goal_id AND value > 0
), most AS (SELECT split, percentile_disc(0.99) WITHIN GROUP (ORDER BY value) AS value FROM brought GROUP BY split)
SELECT b.split, b.arm, max(m.value)::float8 AS most, sum(least(b.value, m.value))::float8 AS value, sum(least(b.value, m.value) ^ 2)::float8 AS value_sq
FROM brought b JOIN most m USING (split) GROUP BY b.split, b.arm ORDER BY b.split, b.arm;

-- name: TalliesOfExperiment :many
-- Counters of an experiment by day; of snippets' reports those since a day.
SELECT day, kind, n FROM tallies
WHERE account_id = @account_id AND experiment_id = @experiment_id AND (kind NOT LIKE 'report/%' OR day >= @since::date) ORDER BY day, kind LIMIT 50000;

-- name: SiteOfResults :many
-- What a page of results tells of its site, once for each note on the experiment, oldest first; once without note where there are none.
-- What the last look at its pages found is in the first row alone.
SELECT i.consent, h.last_at, coalesce(n.id, '00000000-0000-0000-0000-000000000000')::uuid AS note, coalesce(n.day, 'epoch')::date AS day,
  coalesce(n.body, '')::text AS body, coalesce(u.name, '')::text AS author, c.begun_at, c.done_at,
  (CASE WHEN row_number() OVER (ORDER BY n.day, n.created_at) = 1 THEN c.found END)::jsonb AS found
FROM installations i
LEFT JOIN heartbeats h ON h.account_id = i.account_id AND h.installation_id = i.id
LEFT JOIN experiment_notes n ON n.account_id = i.account_id AND n.experiment_id = @experiment_id
LEFT JOIN users u ON u.id = n.created_by
LEFT JOIN page_checks c ON c.account_id = i.account_id AND c.experiment_id = @experiment_id
WHERE i.account_id = @account_id AND i.id = @installation_id ORDER BY n.day, n.created_at LIMIT 200;

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

-- name: ImpactCells :many
-- What visitors since a UTC day did about primary goals, by experiment, split and epoch: with the control and with anything else. The
-- currency is empty where the goal is not money.
SELECT p.experiment_id, p.split, p.epoch,
  coalesce((SELECT g.config->>'currency' FROM goals g WHERE g.account_id = @account_id AND g.experiment_id = p.experiment_id AND g.role = 'primary' AND g.type = 'revenue'), '')::text AS currency,
  sum(p.control_visitors)::bigint AS control_visitors, sum(p.control_converters)::bigint AS control_converters,
  sum(p.control_value)::float8 AS control_value, sum(p.control_value_sq)::float8 AS control_value_sq,
  sum(p.other_visitors)::bigint AS other_visitors, sum(p.other_converters)::bigint AS other_converters,
  sum(p.other_value)::float8 AS other_value, sum(p.other_value_sq)::float8 AS other_value_sq
FROM (
  SELECT d.experiment_id, d.split, d.epoch, d.control_visitors, d.control_converters, d.control_value, d.control_value_sq,
    d.other_visitors, d.other_converters, d.other_value, d.other_value_sq
  FROM primary_days d WHERE d.account_id = @account_id AND d.day >= @since::date
  UNION ALL
  SELECT r.experiment_id, r.split, r.epoch,
    coalesce(sum(r.visitors) FILTER (WHERE r.arm = 0), 0)::bigint, coalesce(sum(r.converters) FILTER (WHERE r.arm = 0), 0)::bigint,
    coalesce(sum(r.value) FILTER (WHERE r.arm = 0), 0), coalesce(sum(r.value_sq) FILTER (WHERE r.arm = 0), 0),
    coalesce(sum(r.visitors) FILTER (WHERE r.arm <> 0), 0)::bigint, coalesce(sum(r.converters) FILTER (WHERE r.arm <> 0), 0)::bigint,
    coalesce(sum(r.value) FILTER (WHERE r.arm <> 0), 0), coalesce(sum(r.value_sq) FILTER (WHERE r.arm <> 0), 0)
  FROM rollups r WHERE r.account_id = @account_id AND (r.hour AT TIME ZONE 'UTC')::date >= @since::date
    AND (r.goal_id = '00000000-0000-0000-0000-000000000000' OR (r.goal_id IN (SELECT g.id FROM goals g WHERE g.account_id = @account_id AND g.role = 'primary')) IS TRUE)
  GROUP BY r.experiment_id, r.split, r.epoch
) p GROUP BY p.experiment_id, p.split, p.epoch ORDER BY p.experiment_id, p.split, p.epoch;
