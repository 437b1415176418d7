-- name: SavePageCopy :exec
INSERT INTO page_copies (account_id, installation_id, url, object, bytes, created_by, created_at)
VALUES (@account_id, @installation_id, @url, @object, @bytes, @created_by, @now)
ON CONFLICT (account_id, installation_id, url) DO UPDATE SET object = excluded.object, bytes = excluded.bytes, created_by = excluded.created_by, created_at = excluded.created_at;

-- name: PageCopy :one
SELECT object, created_by, created_at FROM page_copies WHERE account_id = @account_id AND installation_id = @installation_id AND url = @url;

-- name: CountPageCopies :one
SELECT count(*) FROM page_copies WHERE account_id = @account_id;
