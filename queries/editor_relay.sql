-- name: InsertPageMessages :exec
INSERT INTO page_messages (account_id, session_id, to_page, body, said_at)
SELECT @account_id, @session_id, @to_page, m.body, @now FROM unnest(@bodies::text[]) WITH ORDINALITY AS m (body, nth) ORDER BY m.nth;

-- name: PageMessages :many
SELECT id, body FROM page_messages
WHERE account_id = @account_id AND session_id = @session_id AND to_page = @to_page AND id > @after ORDER BY id LIMIT 50;

-- name: DeletePageMessages :exec
-- Those that were read, and those that nobody came for.
DELETE FROM page_messages
WHERE account_id = @account_id AND session_id = @session_id AND (to_page = @to_page AND id <= @until OR said_at < @before);

-- name: CountPageMessages :one
SELECT count(*) FROM page_messages WHERE account_id = @account_id AND session_id = @session_id AND to_page = @to_page;

-- name: OwnPageSession :one
SELECT id FROM page_sessions
WHERE account_id = @account_id AND id = @id AND user_id = @user_id AND mode = 'on_page' AND ended_at IS NULL AND expires_at > @now;
