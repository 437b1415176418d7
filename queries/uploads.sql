-- name: InsertUpload :exec
INSERT INTO uploads (account_id, hash, kind, width, height, bytes, created_by, created_at)
VALUES (@account_id, @hash, @kind, @width, @height, @bytes, @created_by, @now)
ON CONFLICT (account_id, hash) DO NOTHING;

-- name: UploadTotals :one
SELECT count(*) AS n, coalesce(sum(bytes), 0)::bigint AS bytes FROM uploads WHERE account_id = @account_id;
