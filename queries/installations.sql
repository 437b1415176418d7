-- name: InsertInstallation :exec
INSERT INTO installations (account_id, id, name, site_url, token, created_at, changed_xid)
VALUES (@account_id, @id, @name, @site_url, @token, @now, pg_current_xact_id());

-- name: Installation :one
SELECT i.*, h.last_at, h.url AS last_url FROM installations i
LEFT JOIN heartbeats h ON h.account_id = i.account_id AND h.installation_id = i.id
WHERE i.account_id = @account_id AND i.id = @id;

-- name: Installations :many
SELECT i.*, h.last_at, h.url AS last_url,
  (SELECT count(*) FROM experiments e WHERE e.account_id = i.account_id AND e.installation_id = i.id AND e.status = 'running') AS running
FROM installations i LEFT JOIN heartbeats h ON h.account_id = i.account_id AND h.installation_id = i.id
WHERE i.account_id = @account_id AND i.archived_at IS NULL
ORDER BY i.created_at DESC, i.id LIMIT @take::int OFFSET @skip::int;

-- name: CountInstallations :one
SELECT count(*) FROM installations WHERE account_id = @account_id AND archived_at IS NULL;

-- name: UpdateInstallation :execrows
UPDATE installations SET name = @name, site_url = @site_url, allowed_origins = @allowed_origins, scrubs = @scrubs, consent = @consent, ga4 = @ga4, partners = @partners, halted = @halted, audit_seq = @audit_seq
WHERE account_id = @account_id AND id = @id AND archived_at IS NULL;

-- name: InstallationNames :many
SELECT id, name, site_url FROM installations WHERE account_id = @account_id AND archived_at IS NULL
ORDER BY lower(name), id LIMIT @take::int;
