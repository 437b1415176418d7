-- name: InsertShare :exec
INSERT INTO shares (account_id, id, experiment_id, public, show_text, show_url, show_money, created_by, created_at, expires_at, audit_seq)
VALUES (@account_id, @id, @experiment_id, @public, @show_text, @show_url, @show_money, @created_by, @now, @expires_at, @audit_seq);

-- name: SharesOfExperiment :many
-- Those that are not over, newest first.
SELECT s.*, u.name AS author FROM shares s JOIN users u ON u.id = s.created_by
WHERE s.account_id = @account_id AND s.experiment_id = @experiment_id AND s.revoked_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > @now::timestamptz)
ORDER BY s.created_at DESC, s.id DESC LIMIT 100;

-- name: Share :one
SELECT * FROM shares WHERE account_id = @account_id AND id = @id;

-- name: RevokeShare :one
UPDATE shares SET revoked_at = @now::timestamptz, audit_seq = @audit_seq
WHERE account_id = @account_id AND id = @id AND revoked_at IS NULL RETURNING experiment_id;
