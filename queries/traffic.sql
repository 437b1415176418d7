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
