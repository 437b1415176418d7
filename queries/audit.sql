-- name: CreateAuditHead :exec
INSERT INTO audit_head (account_id, size, hash, at) VALUES (@account_id, 0, @hash, @now);

-- name: LockAuditHead :one
SELECT size, hash, at FROM audit_head WHERE account_id = @account_id FOR UPDATE;

-- name: MoveAuditHead :exec
UPDATE audit_head SET size = @size, hash = @hash, at = @at WHERE account_id = @account_id;

-- name: InsertAuditEntry :exec
INSERT INTO audit_entries (account_id, seq, at, actor, action, object, payload, salt, payload_hash, prev, hash)
VALUES (@account_id, @seq, @at, @actor, @action, @object, @payload, @salt, @payload_hash, @prev, @hash);

-- name: AuditEntries :many
-- Newest first, below a sequence number.
SELECT * FROM audit_entries WHERE account_id = @account_id AND seq < @before
  AND (@object::text = '' OR object = @object)
ORDER BY seq DESC LIMIT @take::int;

-- name: AuditChain :many
SELECT * FROM audit_entries WHERE account_id = @account_id AND seq >= @since ORDER BY seq LIMIT @take::int;
