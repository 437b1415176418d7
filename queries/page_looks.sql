-- name: PageLook :one
SELECT looked_at, found FROM page_looks WHERE account_id = @account_id AND installation_id = @installation_id;

-- name: SavePageLook :exec
INSERT INTO page_looks AS l (account_id, installation_id, looked_at, found) VALUES (@account_id, @installation_id, @now, @found)
ON CONFLICT (account_id, installation_id) DO UPDATE SET looked_at = excluded.looked_at, found = excluded.found WHERE l.looked_at <= excluded.looked_at;
