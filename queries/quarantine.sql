-- name: CountQuarantine :one
SELECT count(*) FROM quarantine WHERE account_id = @account_id;

-- name: QuarantineEntries :many
SELECT id, received_at, reason, body, events, tries FROM quarantine WHERE account_id = @account_id ORDER BY id DESC LIMIT @take::int OFFSET @skip::int;

-- name: QuarantineToTry :many
-- The named entry, or of all those tried least often, the oldest first.
SELECT id, received_at, body FROM quarantine
WHERE account_id = @account_id AND (sqlc.narg('only')::uuid IS NULL OR id = sqlc.narg('only')) ORDER BY tries, id LIMIT @take::int;

-- name: TakeFromQuarantine :many
DELETE FROM quarantine WHERE account_id = @account_id AND (sqlc.narg('only')::uuid IS NULL OR id = sqlc.narg('only'))
RETURNING received_at, events, body;

-- name: KeepInQuarantine :exec
UPDATE quarantine SET reason = @reason, tries = tries + 1, tried_at = @now WHERE account_id = @account_id AND id = @id;

-- name: MoveTally :exec
-- Adds to a day's counter of the whole account; n may be negative.
INSERT INTO tallies AS t (account_id, experiment_id, day, kind, n) VALUES (@account_id, '00000000-0000-0000-0000-000000000000', @day, @kind, @n)
ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = t.n + excluded.n;

-- name: LaterDay :one
-- Where an id without a day of its own was stored after the day it was first sent.
SELECT day FROM events WHERE account_id = @account_id AND event_id = @event_id AND part = 0 AND day > @day::date ORDER BY day LIMIT 1;
