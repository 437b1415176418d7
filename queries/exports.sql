-- name: InsertExport :exec
INSERT INTO exports (account_id, id, experiment_id, what, format, state, expected, created_by, created_at, audit_seq)
VALUES (@account_id, @id, @experiment_id, @what, @format, 'waiting', @expected, @created_by, @now, @audit_seq);

-- name: ExportsOfExperiment :many
SELECT * FROM exports WHERE account_id = @account_id AND experiment_id = @experiment_id ORDER BY created_at DESC, id DESC LIMIT 50;

-- name: Export :one
SELECT * FROM exports WHERE account_id = @account_id AND id = @id;

-- name: CountOpenExports :one
-- Exports of an account that are not over, the account's further ones waiting.
SELECT count(*) FROM exports WHERE account_id = @account_id AND state IN ('waiting', 'running');

-- name: BeginExport :one
-- Takes up one that waits, as its next run. No row: it is over, or another server is at it.
UPDATE exports SET state = 'running', written = 0, run = run + 1, heard_at = @now::timestamptz
WHERE account_id = @account_id AND id = @id AND state = 'waiting' RETURNING *;

-- name: HearOfExport :execrows
-- Says how far a run is; no row: it was cancelled, or another run took its place.
UPDATE exports SET written = @written, heard_at = @now::timestamptz
WHERE account_id = @account_id AND id = @id AND run = @run AND state = 'running';

-- name: EndExport :execrows
UPDATE exports SET state = @state, written = @written, bytes = @bytes, finished_at = @now::timestamptz, expires_at = @expires_at
WHERE account_id = @account_id AND id = @id AND run = @run AND state = 'running';

-- name: LeaveExport :execrows
-- Leaves the export to whoever takes it up next.
UPDATE exports SET state = 'waiting', written = 0
WHERE account_id = @account_id AND id = @id AND run = @run AND state = 'running';

-- name: SilentExports :many
-- Runs of all accounts that were last heard of before @silent.
SELECT account_id, id, run FROM exports WHERE state = 'running' AND (heard_at IS NULL OR heard_at < @silent::timestamptz) LIMIT 100;

-- name: CancelExport :execrows
UPDATE exports SET state = 'cancelled', finished_at = @now::timestamptz
WHERE account_id = @account_id AND id = @id AND state IN ('waiting', 'running');

-- name: DeleteExportFile :execrows
UPDATE exports SET state = 'deleted' WHERE account_id = @account_id AND id = @id AND state = 'ready';

-- name: ExportsOver :many
-- Files of all accounts whose time is over.
SELECT account_id, id, format, run FROM exports WHERE state = 'ready' AND expires_at <= @now::timestamptz ORDER BY expires_at LIMIT 500;

-- name: CountVisitors :one
-- About how many rows an export of assignments has.
SELECT coalesce(sum(visitors), 0)::bigint FROM cohort_counts
WHERE account_id = @account_id AND experiment_id = @experiment_id AND goal_id = '00000000-0000-0000-0000-000000000000';

-- name: CountConverters :one
-- About how many rows an export of conversions has.
SELECT coalesce(sum(converters), 0)::bigint FROM cohort_counts
WHERE account_id = @account_id AND experiment_id = @experiment_id AND goal_id <> '00000000-0000-0000-0000-000000000000';

-- name: ExportAssignments :many
-- The assignments after one of them, in the order of their key.
SELECT split, visitor, arm, epoch, propensity, assigned_at, exposed_at, counted FROM assignments
WHERE account_id = @account_id AND experiment_id = @experiment_id AND (split, visitor) > (@split::smallint, @visitor::text)
ORDER BY split, visitor LIMIT @take::int;

-- name: ExportConversions :many
-- The conversions after one of them, in the order of their key, with the arm that they count for.
SELECT split, goal_id, visitor, first_at, n, value, arm FROM conversions
WHERE account_id = @account_id AND experiment_id = @experiment_id AND (split, goal_id, visitor) > (@split::smallint, @goal_id::uuid, @visitor::text)
ORDER BY split, goal_id, visitor LIMIT @take::int;
