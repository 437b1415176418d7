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

-- name: BeginExport :execrows
-- One that was running goes on from its beginning: the server that made it stopped.
UPDATE exports SET state = 'running', written = 0 WHERE account_id = @account_id AND id = @id AND state IN ('waiting', 'running');

-- name: TouchExport :execrows
-- Says how far an export is; no row: it was cancelled.
UPDATE exports SET written = @written WHERE account_id = @account_id AND id = @id AND state = 'running';

-- name: EndExport :execrows
UPDATE exports SET state = @state, written = @written, bytes = @bytes, finished_at = @now::timestamptz, expires_at = @expires_at
WHERE account_id = @account_id AND id = @id AND state = 'running';

-- name: CancelExport :execrows
UPDATE exports SET state = 'cancelled', finished_at = @now::timestamptz
WHERE account_id = @account_id AND id = @id AND state IN ('waiting', 'running');

-- name: DeleteExportFile :execrows
UPDATE exports SET state = 'deleted' WHERE account_id = @account_id AND id = @id AND state = 'ready';

-- name: ExportsOver :many
-- Files of all accounts whose time is over.
SELECT account_id, id, format FROM exports WHERE state = 'ready' AND expires_at <= @now::timestamptz ORDER BY expires_at LIMIT 500;

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
-- The conversions after one of them, in the order of their key, with the arm that the visitor has.
SELECT c.split, c.goal_id, c.visitor, c.first_at, c.n, c.value, coalesce(a.arm, -1)::smallint AS arm FROM conversions c
LEFT JOIN assignments a ON a.account_id = c.account_id AND a.experiment_id = c.experiment_id AND a.split = c.split AND a.visitor = c.visitor
WHERE c.account_id = @account_id AND c.experiment_id = @experiment_id
  AND (c.split, c.goal_id, c.visitor) > (@split::smallint, @goal_id::uuid, @visitor::text)
ORDER BY c.split, c.goal_id, c.visitor LIMIT @take::int;
