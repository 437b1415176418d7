-- name: WatchInstallation :execrows
-- Marks a site as watched, unless it is marked for long enough: each mark reaches every node.
UPDATE installations SET watched_until = @until
WHERE account_id = @account_id AND id = @id AND archived_at IS NULL AND (watched_until IS NULL OR watched_until < @enough);

-- name: Notify :exec
SELECT pg_notify(@channel, t) FROM unnest(@texts::text[]) t;

-- name: VisitorAssignments :many
-- What a visitor has in experiments of one account, with whom it follows.
SELECT a.experiment_id, a.split, a.visitor, a.arm, a.epoch, a.assigned_at, (a.exposed_at IS NOT NULL)::bool AS exposed, a.counted FROM splits s JOIN effective_assignments a
  ON (a.account_id, a.experiment_id, a.split, a.asked) = (s.account_id, s.experiment_id, s.split, @visitor::text)
WHERE s.account_id = @account_id AND s.experiment_id = ANY(@experiments::uuid[]);

-- name: VisitorEvents :many
-- No index leads to a visitor's events, for every event would pay for it: the account's last days are searched, see LimitSearch.
SELECT kind, experiment_id, split, goal_id, name, arm, epoch, occurred_at, received_at, coalesce(value::text, '')::text AS value, url, state FROM events
WHERE account_id = @account_id AND day BETWEEN @first_day::date AND @last_day::date AND installation_id = @installation_id
  AND visitor = @visitor AND received_at >= @since
ORDER BY received_at DESC, event_id DESC, part LIMIT @take::int;

-- name: LimitSearch :exec
SELECT set_config('statement_timeout', @milliseconds::text, true);
