-- name: CreateAuditHead :exec
INSERT INTO audit_head (account_id, size, hash, at) VALUES (@account_id, 0, @hash, @now);

-- name: LockAuditHead :one
SELECT size, hash, at, peaks FROM audit_head WHERE account_id = @account_id FOR UPDATE;

-- name: AuditHead :one
SELECT size, hash, at, peaks FROM audit_head WHERE account_id = @account_id;

-- name: AppendAuditEntry :exec
-- The entry, the inner nodes of the tree that it completes, and the head after it.
WITH head AS (
  UPDATE audit_head SET size = size + 1, hash = @hash, at = @at, peaks = @peaks WHERE audit_head.account_id = @account_id AND size = @seq
), nodes AS (
  INSERT INTO audit_nodes (account_id, level, n, hash)
  SELECT @account_id, unnest(@levels::smallint[]), unnest(@places::bigint[]), unnest(@hashes::bytea[])
)
INSERT INTO audit_entries (account_id, seq, at, actor, action, object, payload, salt, payload_hash, prev, hash)
VALUES (@account_id, @seq, @at, @actor, @action, @object, @payload, @salt, @payload_hash, @prev, @hash);

-- name: AuditEntries :many
-- Newest first, below a sequence number.
SELECT * FROM audit_entries WHERE account_id = @account_id AND seq < @before
  AND (@object::text = '' OR object = @object)
  AND (@actor::text = '' OR actor = @actor)
  AND (@family::text = '' OR action LIKE @family || '.%')
  AND action <> ALL(@hidden::text[])
ORDER BY seq DESC LIMIT @take::int;

-- name: AuditChain :many
SELECT * FROM audit_entries WHERE account_id = @account_id AND seq >= @since AND seq < @before ORDER BY seq LIMIT @take::int;

-- name: AuditEntryHashes :many
SELECT seq, hash FROM audit_entries WHERE account_id = @account_id AND seq = ANY(@seqs::bigint[]);

-- name: AuditNodes :many
SELECT level, n, hash FROM audit_nodes WHERE account_id = @account_id AND (level, n) IN (SELECT unnest(@levels::smallint[]), unnest(@places::bigint[]));

-- name: InsertAuditCheckpoint :exec
INSERT INTO audit_checkpoints (account_id, size, note, at) VALUES (@account_id, @size, @note, @at) ON CONFLICT DO NOTHING;

-- name: AuditCheckpoints :many
-- The newest, newest first.
SELECT size, note, at FROM audit_checkpoints WHERE account_id = @account_id ORDER BY size DESC LIMIT @take::int;

-- name: HandoverCheckpoints :many
-- The first that covers each entry by which the key was handed over: the old key signed it.
SELECT DISTINCT ON (e.seq) c.size, c.note FROM audit_entries e
JOIN audit_checkpoints c ON c.account_id = e.account_id AND c.size > e.seq
WHERE e.account_id = @account_id AND e.action = 'audit.key_rotated' ORDER BY e.seq, c.size LIMIT @take::int;

-- name: AuditedAccounts :many
-- Accounts that have a record.
SELECT account_id FROM audit_head WHERE account_id > @after AND size > 0 ORDER BY account_id LIMIT @take::int;

-- name: UnsignedAudits :many
-- Accounts whose record went on since the newest checkpoint.
SELECT h.account_id FROM audit_head h WHERE h.account_id > @after AND h.size > coalesce(
  (SELECT c.size FROM audit_checkpoints c WHERE c.account_id = h.account_id ORDER BY c.size DESC LIMIT 1), 0)
ORDER BY h.account_id LIMIT @take::int;

-- name: QuietAudits :many
-- Accounts that wrote nothing since a moment.
SELECT account_id FROM audit_head WHERE account_id > @after AND at < @since ORDER BY account_id LIMIT @take::int;

-- name: UnmailedAudits :many
-- Accounts whose owners were sent no checkpoint since a moment.
SELECT account_id FROM audit_head WHERE account_id > @after AND size > 0 AND (mailed_at IS NULL OR mailed_at < @since::timestamptz)
ORDER BY account_id LIMIT @take::int;

-- name: MarkAuditMailed :execrows
UPDATE audit_head SET mailed_at = @now::timestamptz WHERE account_id = @account_id AND (mailed_at IS NULL OR mailed_at < @since::timestamptz);

-- name: AccountOwners :many
SELECT u.id, u.email, u.name, u.locale FROM members m JOIN users u ON u.id = m.user_id
WHERE m.account_id = @account_id AND m.role = 'owner' AND u.disabled_at IS NULL ORDER BY u.id LIMIT 100;

-- name: EraseAuditPayloads :one
SELECT erase_audit_payloads(@first, @last, @now)::bigint;

-- name: AuditSignedOnce :one
-- Whether any account has a checkpoint.
SELECT EXISTS (SELECT FROM audit_checkpoints);

-- name: AuditedExperiments :many
-- Rows that name an entry as their newest change.
SELECT id, audit_seq FROM experiments WHERE account_id = @account_id AND audit_seq < @size::bigint ORDER BY id LIMIT 10000;

-- name: AuditedInstallations :many
SELECT id, audit_seq FROM installations WHERE account_id = @account_id AND audit_seq < @size::bigint ORDER BY id LIMIT 10000;

-- name: AuditedKeys :many
SELECT id, audit_seq FROM api_keys WHERE account_id = @account_id AND audit_seq < @size::bigint ORDER BY id LIMIT 10000;

-- name: AuditClock :one
SELECT decided FROM audit_clock;

-- name: MoveAuditClock :exec
UPDATE audit_clock SET decided = @decided WHERE decided < @decided;

-- name: DecidingAccounts :many
-- Accounts with assignments of a minute.
SELECT DISTINCT account_id FROM assignments WHERE assigned_at >= @minute AND assigned_at < @until;

-- name: Decisions :many
-- Assignments of a minute in the order of their keys, after one.
SELECT experiment_id, split, visitor, arm, epoch, propensity, assigned_at FROM assignments
WHERE account_id = @account_id AND assigned_at >= @minute AND assigned_at < @until
  AND (experiment_id, split, visitor COLLATE "C") > (@experiment::uuid, @split::smallint, @visitor::text)
ORDER BY experiment_id, split, visitor COLLATE "C" LIMIT @take::int;

-- name: Decision :one
SELECT experiment_id, split, visitor, arm, epoch, propensity, assigned_at FROM assignments
WHERE account_id = @account_id AND experiment_id = @experiment_id AND split = @split AND visitor = @visitor;

-- name: InsertAuditDecisions :exec
INSERT INTO audit_decisions (account_id, minute, seq, salt, leaves) VALUES (@account_id, @minute, @seq, @salt, @leaves);

-- name: AuditDecisions :one
SELECT seq, salt, leaves FROM audit_decisions WHERE account_id = @account_id AND minute = @minute;

-- name: AuditObjects :many
SELECT seq, object FROM audit_entries WHERE account_id = @account_id AND seq = ANY(@seqs::bigint[]);
