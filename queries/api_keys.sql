-- name: InsertAPIKey :exec
INSERT INTO api_keys (account_id, id, name, hash, ending, role, created_by, created_at, audit_seq)
VALUES (@account_id, @id, @name, @hash, @ending, @role, @created_by, @now, @audit_seq);

-- name: APIKeys :many
-- Those that still open something, newest first.
SELECT id, name, ending, role, created_by, created_at, used_at FROM api_keys
WHERE account_id = @account_id AND revoked_at IS NULL ORDER BY created_at DESC, id LIMIT @take::int;

-- name: RevokeAPIKey :one
UPDATE api_keys SET revoked_at = @now, audit_seq = @audit_seq WHERE account_id = @account_id AND id = @id AND revoked_at IS NULL RETURNING hash;

-- name: APIKey :one
SELECT account_id::uuid AS account_id, id::uuid AS id, role::text AS role, created_by::uuid AS created_by FROM api_key(@hash::bytea);

-- name: UseAPIKey :exec
UPDATE api_keys SET used_at = @now WHERE account_id = @account_id AND id = @id;
