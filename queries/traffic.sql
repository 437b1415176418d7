-- name: InsertQuarantine :exec
INSERT INTO quarantine (account_id, id, received_at, reason, body, events) VALUES (@account_id, @id, @now, @reason, @body, @events);

-- name: ExposedMeanwhile :many
-- Visitors for whom conversions wait although they were exposed.
SELECT DISTINCT w.account_id, w.experiment_id, w.split, w.visitor FROM waiting w JOIN effective_assignments a
  ON a.account_id = w.account_id AND a.experiment_id = w.experiment_id AND a.split = w.split AND a.asked = w.visitor
WHERE a.exposed_at IS NOT NULL AND w.received_at > @since AND w.received_at < @until LIMIT 1000;

-- name: GiveUpWaiting :exec
-- Conversions whose exposure never came within a day count nowhere.
WITH due AS (
  DELETE FROM waiting w WHERE w.received_at <= @before RETURNING w.account_id, w.event_id, w.part, w.day
), settled AS (
  UPDATE events e SET state = 3 FROM due d
  WHERE e.account_id = d.account_id AND e.event_id = d.event_id AND e.part = d.part AND e.day = d.day AND e.state = 2
  RETURNING e.account_id, e.part
)
INSERT INTO tallies AS t (account_id, experiment_id, day, kind, n)
SELECT s.account_id, '00000000-0000-0000-0000-000000000000', @today::date, v.kind, sum(v.n)
FROM settled s, LATERAL (VALUES ('applied', 1), ('waiting', -1)) v(kind, n) WHERE s.part = 0 GROUP BY 1, 4 ORDER BY 1, 4
ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = t.n + excluded.n;

-- name: UnfoldedRollups :many
-- Experiments with counts of hours before one; of those that learn, before an earlier one.
SELECT e.account_id, e.id AS experiment_id, (e.allocator <> 'sequential')::boolean AS learns FROM experiments e WHERE EXISTS (
  SELECT FROM rollups r WHERE r.account_id = e.account_id AND r.experiment_id = e.id AND r.hour < @before::timestamptz
    AND (e.allocator = 'sequential' OR r.hour < @learned::timestamptz)) ORDER BY 1, 2;

-- name: FoldRollups :exec
-- Moves the counts of an experiment's hours before one to their days. Counts that come later for such an hour make a new row of it,
-- which is moved in turn. Rows are locked in the order in which traffic does it.
WITH old AS MATERIALIZED (
  SELECT r.split, r.epoch, r.arm, r.goal_id, r.hour FROM rollups r WHERE r.account_id = @account_id AND r.experiment_id = @experiment_id AND r.hour < @before::timestamptz
  ORDER BY r.split, r.epoch, r.arm, r.goal_id, r.hour FOR UPDATE
), gone AS (
  DELETE FROM rollups r USING old WHERE r.account_id = @account_id AND r.experiment_id = @experiment_id
    AND (r.split, r.epoch, r.arm, r.goal_id, r.hour) = (old.split, old.epoch, old.arm, old.goal_id, old.hour)
  RETURNING r.split, r.epoch, r.arm, r.goal_id, (r.hour AT TIME ZONE 'UTC')::date AS day, r.visitors, r.converters, r.value, r.value_sq
), days AS (
  INSERT INTO rollup_days AS d (account_id, experiment_id, split, epoch, arm, goal_id, day, visitors, converters, value, value_sq)
  SELECT @account_id, @experiment_id, g.split, g.epoch, g.arm, g.goal_id, g.day, sum(g.visitors), sum(g.converters), sum(g.value), sum(g.value_sq)
  FROM gone g GROUP BY g.split, g.epoch, g.arm, g.goal_id, g.day
  ON CONFLICT (account_id, experiment_id, split, epoch, arm, goal_id, day) DO UPDATE SET visitors = d.visitors + excluded.visitors,
    converters = d.converters + excluded.converters, value = d.value + excluded.value, value_sq = d.value_sq + excluded.value_sq
)
INSERT INTO primary_days AS p (account_id, day, experiment_id, split, epoch, control_visitors, control_converters, control_value, control_value_sq,
  other_visitors, other_converters, other_value, other_value_sq)
SELECT @account_id, g.day, @experiment_id, g.split, g.epoch,
  coalesce(sum(g.visitors) FILTER (WHERE g.arm = 0), 0), coalesce(sum(g.converters) FILTER (WHERE g.arm = 0), 0),
  coalesce(sum(g.value) FILTER (WHERE g.arm = 0), 0), coalesce(sum(g.value_sq) FILTER (WHERE g.arm = 0), 0),
  coalesce(sum(g.visitors) FILTER (WHERE g.arm <> 0), 0), coalesce(sum(g.converters) FILTER (WHERE g.arm <> 0), 0),
  coalesce(sum(g.value) FILTER (WHERE g.arm <> 0), 0), coalesce(sum(g.value_sq) FILTER (WHERE g.arm <> 0), 0)
FROM gone g WHERE g.goal_id = '00000000-0000-0000-0000-000000000000'
  OR g.goal_id = (SELECT o.id FROM goals o WHERE o.account_id = @account_id AND o.experiment_id = @experiment_id AND o.role = 'primary')
GROUP BY g.day, g.split, g.epoch
ON CONFLICT (account_id, day, experiment_id, split, epoch) DO UPDATE SET
  control_visitors = p.control_visitors + excluded.control_visitors, control_converters = p.control_converters + excluded.control_converters,
  control_value = p.control_value + excluded.control_value, control_value_sq = p.control_value_sq + excluded.control_value_sq,
  other_visitors = p.other_visitors + excluded.other_visitors, other_converters = p.other_converters + excluded.other_converters,
  other_value = p.other_value + excluded.other_value, other_value_sq = p.other_value_sq + excluded.other_value_sq;

-- name: AssignmentsOfVisitor :many
SELECT a.experiment_id, a.split, a.arm, a.epoch FROM splits s JOIN effective_assignments a
  ON (a.account_id, a.experiment_id, a.split, a.asked) = (s.account_id, s.experiment_id, s.split, @visitor::text)
WHERE s.account_id = @account_id AND s.experiment_id = ANY(@experiments::uuid[]);

-- name: LockAssignmentsOfPair :many
-- Assignments of two names of one person in running and paused experiments of a site, with those they follow.
SELECT a.experiment_id, a.split, a.visitor, a.arm, a.epoch, a.propensity, a.assigned_at, a.door, a.owner FROM experiments e
JOIN splits s ON s.account_id = e.account_id AND s.experiment_id = e.id
JOIN assignments a ON a.account_id = e.account_id AND a.experiment_id = e.id AND a.split = s.split AND a.visitor = ANY(@visitors::text[])
WHERE e.account_id = @account_id AND e.installation_id = @installation_id AND e.status IN ('running', 'paused')
ORDER BY a.experiment_id, a.split, a.assigned_at, a.visitor FOR UPDATE OF a;

-- name: InsertFollower :exec
INSERT INTO assignments (account_id, experiment_id, split, visitor, arm, epoch, propensity, assigned_at, door, counted, owner)
VALUES (@account_id, @experiment_id, @split, @visitor, @arm, @epoch, @propensity, @assigned_at, @door, false, @owner)
ON CONFLICT DO NOTHING;

-- name: Follow :exec
-- Makes a visitor, and all who follow them, follow an owner.
UPDATE assignments SET owner = @owner::text
WHERE account_id = @account_id AND experiment_id = @experiment_id AND (visitor = @visitor::text OR owner = @visitor::text) AND visitor <> @owner::text;

-- name: InsertAliases :exec
INSERT INTO aliases (account_id, installation_id, visitor, at, changed_xid)
SELECT @account_id, @installation_id, unnest(@visitors::text[]), @now, pg_current_xact_id()
ON CONFLICT (account_id, installation_id, visitor) DO UPDATE SET at = excluded.at;

-- name: MarkIdentifies :exec
UPDATE installations SET identifies = true, erasing_until = NULL WHERE account_id = @account_id AND id = @id AND (NOT identifies OR erasing_until IS NOT NULL);

-- name: DropAliases :exec
DELETE FROM aliases WHERE at < @before;
