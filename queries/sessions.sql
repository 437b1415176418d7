-- name: InsertSession :exec
INSERT INTO sessions (id, handle, user_id, account_id, data, user_agent, created_at, seen_at, expires_at)
VALUES (@id, @handle, sqlc.narg('user_id'), sqlc.narg('account_id'), @data, @user_agent, @now, @now, @expires_at);

-- name: SessionByID :one
-- A session that has not ended, with who is signed in and as what. The role is empty when nobody is, or no longer a member.
SELECT s.handle, s.user_id, s.account_id, s.data, s.created_at, s.seen_at, s.expires_at,
  coalesce(u.email, '')::text AS email, coalesce(u.name, '')::text AS name, coalesce(u.locale, '')::text AS locale,
  (u.disabled_at IS NOT NULL)::bool AS disabled,
  coalesce(m.account_name, '')::text AS account_name, coalesce(m.role, '')::text AS role,
  unread_notices(s.account_id, s.user_id) AS unread
FROM sessions s LEFT JOIN users u ON u.id = s.user_id LEFT JOIN LATERAL membership(s.user_id, s.account_id) m ON true
WHERE s.id = @id AND s.expires_at > @now;

-- name: SetSessionData :exec
UPDATE sessions SET data = @data WHERE id = @id;

-- name: TouchSession :exec
UPDATE sessions SET seen_at = @now, expires_at = @expires_at WHERE id = @id;

-- name: DeleteSession :exec
DELETE FROM sessions WHERE id = @id;

-- name: SessionsOfUser :many
SELECT handle, user_agent, data, created_at, seen_at, id FROM sessions
WHERE user_id = @user_id AND expires_at > @now ORDER BY seen_at DESC LIMIT 100;

-- name: DeleteSessionByHandle :execrows
DELETE FROM sessions WHERE handle = @handle AND user_id = @user_id;

-- name: DeleteSessionsOfUser :exec
-- Ends every session of a person but the one named, if any.
DELETE FROM sessions WHERE user_id = @user_id AND (sqlc.narg('keep')::bytea IS NULL OR id <> sqlc.narg('keep'));

-- name: DeleteExpiredSessions :execrows
DELETE FROM sessions WHERE expires_at <= @now;
