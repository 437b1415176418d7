-- name: InsertPageSession :exec
INSERT INTO page_sessions (account_id, id, installation_id, user_id, hash, mode, url, nonce, created_at, expires_at)
VALUES (@account_id, @id, @installation_id, @user_id, @hash, @mode, @url, @nonce, @now, @expires_at);

-- name: EndOldPageSessions :exec
-- Leaves a person their newest sessions.
UPDATE page_sessions p SET ended_at = @now
WHERE p.account_id = @account_id AND p.user_id = @user_id AND p.ended_at IS NULL AND p.id NOT IN (
  SELECT n.id FROM page_sessions n WHERE n.account_id = @account_id AND n.user_id = @user_id AND n.ended_at IS NULL
  ORDER BY n.created_at DESC, n.id DESC LIMIT @keep::int);

-- name: DeletePageSessions :exec
DELETE FROM page_sessions WHERE account_id = @account_id AND expires_at < @before;

-- name: EndPageSession :one
UPDATE page_sessions SET ended_at = @now WHERE account_id = @account_id AND id = @id AND user_id = @user_id AND ended_at IS NULL RETURNING hash;

-- name: PageSession :one
SELECT account_id::uuid AS account_id, id::uuid AS id, installation_id::uuid AS installation_id, user_id::uuid AS user_id, mode::text AS mode,
  url::text AS url, nonce::text AS nonce, expires_at::timestamptz AS expires_at
FROM page_session(@hash::bytea);

-- name: RedeemPageSession :execrows
UPDATE page_sessions SET redeemed_at = @now WHERE account_id = @account_id AND id = @id AND redeemed_at IS NULL;
