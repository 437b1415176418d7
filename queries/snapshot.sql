-- name: SnapshotHorizon :one
-- The oldest transaction still open; whatever commits from now on has an id at or above it.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text;

-- name: SnapshotInstallations :many
SELECT account_id, id, token, site_url, archived_at, identifies, allowed_origins, scrubs, consent, ga4, partners, halted, watched_until FROM installations WHERE changed_xid >= CAST(@since::text AS xid8);

-- name: SnapshotAliases :many
SELECT installation_id, visitor FROM aliases WHERE changed_xid >= CAST(@since::text AS xid8);

-- name: SnapshotExperiments :many
-- Drafts and archived ones too; asked for by key they are not running, which is not the same as unknown.
SELECT * FROM experiments WHERE changed_xid >= CAST(@since::text AS xid8);

-- name: SnapshotElements :many
SELECT e.* FROM elements e WHERE (e.account_id, e.experiment_id) IN (SELECT unnest(@accounts::uuid[]), unnest(@experiments::uuid[]))
ORDER BY e.experiment_id, e.ord;

-- name: SnapshotVariants :many
SELECT v.* FROM variants v WHERE (v.account_id, v.experiment_id) IN (SELECT unnest(@accounts::uuid[]), unnest(@experiments::uuid[]))
ORDER BY v.experiment_id, v.element, v.ord;

-- name: SnapshotGoals :many
SELECT g.* FROM goals g WHERE (g.account_id, g.experiment_id) IN (SELECT unnest(@accounts::uuid[]), unnest(@experiments::uuid[]))
ORDER BY g.experiment_id, g.ord;

-- name: SnapshotSplits :many
SELECT s.* FROM splits s WHERE (s.account_id, s.experiment_id) IN (SELECT unnest(@accounts::uuid[]), unnest(@experiments::uuid[]))
ORDER BY s.experiment_id, s.split;

-- name: SnapshotEpochs :many
SELECT p.* FROM epochs p WHERE (p.account_id, p.experiment_id) IN (SELECT unnest(@accounts::uuid[]), unnest(@experiments::uuid[]))
ORDER BY p.experiment_id, p.split, p.epoch;
