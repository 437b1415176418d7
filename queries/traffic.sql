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
-- Experiments with counts by the hour of days before one.
SELECT DISTINCT account_id, experiment_id FROM rollups
WHERE hour < @before::timestamptz AND hour <> date_bin('1 day', hour, '2000-01-01 00:00:00+00') + interval '12 hours' ORDER BY 1, 2;

-- name: FoldRollups :exec
-- The hours of an experiment's days before one become one row each, at noon. Counts that come later add to the hour they always had,
-- and are folded in turn.
WITH old AS MATERIALIZED (
  SELECT r.split, r.epoch, r.arm, r.goal_id, r.hour FROM rollups r WHERE r.account_id = @account_id AND r.experiment_id = @experiment_id AND r.hour < @before::timestamptz
  ORDER BY r.split, r.epoch, r.arm, r.goal_id, r.hour FOR UPDATE
), gone AS (
  DELETE FROM rollups r USING old WHERE r.account_id = @account_id AND r.experiment_id = @experiment_id
    AND (r.split, r.epoch, r.arm, r.goal_id, r.hour) = (old.split, old.epoch, old.arm, old.goal_id, old.hour)
    AND r.hour <> date_bin('1 day', r.hour, '2000-01-01 00:00:00+00') + interval '12 hours'
  RETURNING r.split, r.epoch, r.arm, r.goal_id, r.hour, r.visitors, r.converters, r.value, r.value_sq
)
INSERT INTO rollups AS r (account_id, experiment_id, split, epoch, arm, goal_id, hour, visitors, converters, value, value_sq)
SELECT @account_id, @experiment_id, split, epoch, arm, goal_id, date_bin('1 day', hour, '2000-01-01 00:00:00+00') + interval '12 hours' AS noon,
  sum(visitors), sum(converters), sum(value), sum(value_sq)
FROM gone GROUP BY split, epoch, arm, goal_id, noon ORDER BY split, epoch, arm, goal_id, noon
ON CONFLICT (account_id, experiment_id, split, epoch, arm, goal_id, hour) DO UPDATE SET visitors = r.visitors + excluded.visitors,
  converters = r.converters + excluded.converters, value = r.value + excluded.value, value_sq = r.value_sq + excluded.value_sq;

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
