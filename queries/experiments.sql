-- name: InsertExperiment :exec
INSERT INTO experiments (account_id, id, installation_id, key, name, hypothesis, url, mode, allocator, strategy,
  allocator_params, traffic_allocation, targeting, schedule, exclusions, layer, holdout, planned_per_arm, excluded_pairs, created_by,
  created_at, updated_at, changed_xid)
VALUES (@account_id, @id, @installation_id, @key, @name, @hypothesis, @url, @mode, @allocator, sqlc.narg('strategy'),
  @allocator_params, @traffic_allocation, sqlc.narg('targeting'), sqlc.narg('schedule'), sqlc.narg('exclusions'), sqlc.narg('layer'),
  sqlc.narg('holdout'), @planned_per_arm, sqlc.narg('excluded_pairs'), @created_by, @now, @now, pg_current_xact_id());

-- name: Experiment :one
SELECT * FROM experiments WHERE account_id = @account_id AND id = @id;

-- name: ExperimentByKey :one
SELECT * FROM experiments WHERE account_id = @account_id AND key = @key;

-- name: LockExperiment :one
SELECT * FROM experiments WHERE account_id = @account_id AND id = @id FOR UPDATE;

-- name: Experiments :many
-- Archived ones are listed only when asked for.
SELECT * FROM experiments WHERE account_id = @account_id
  AND (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('status')::text IS NOT NULL OR status <> 'archived')
  AND (sqlc.narg('site')::uuid IS NULL OR installation_id = sqlc.narg('site'))
  AND (@q::text = '' OR position(lower(@q) IN lower(name)) > 0 OR position(lower(@q) IN key) > 0)
ORDER BY
  CASE WHEN @sort::text = 'created_at' THEN created_at WHEN @sort = 'updated_at' THEN updated_at END,
  CASE WHEN @sort = '-updated_at' THEN updated_at END DESC,
  CASE WHEN @sort = 'name' THEN lower(name) END,
  CASE WHEN @sort = '-name' THEN lower(name) END DESC,
  created_at DESC, id LIMIT @take::int OFFSET @skip::int;

-- name: CountExperiments :one
SELECT count(*) FROM experiments WHERE account_id = @account_id
  AND (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('status')::text IS NOT NULL OR status <> 'archived')
  AND (sqlc.narg('site')::uuid IS NULL OR installation_id = sqlc.narg('site'))
  AND (@q::text = '' OR position(lower(@q) IN lower(name)) > 0 OR position(lower(@q) IN key) > 0);

-- name: ExperimentKeysLike :many
-- Keys that a key made from base could meet.
SELECT key FROM experiments WHERE account_id = @account_id AND starts_with(key, @base);

-- name: WaitForSplit :exec
-- The lock under which epochs of a split are opened, see LockSplit; taken before any row of the experiment.
SELECT pg_advisory_xact_lock(hashtextextended(concat(@experiment_id::uuid, '/', @split::smallint), 7));

-- name: CountExperimentsByStatus :many
SELECT status, count(*) AS n FROM experiments WHERE account_id = @account_id GROUP BY status;

-- name: UpdateExperimentDraft :exec
UPDATE experiments SET installation_id = @installation_id, key = @key, name = @name, hypothesis = @hypothesis, url = @url, mode = @mode,
  allocator = @allocator, strategy = sqlc.narg('strategy'), allocator_params = @allocator_params,
  traffic_allocation = @traffic_allocation, targeting = sqlc.narg('targeting'), schedule = sqlc.narg('schedule'),
  exclusions = sqlc.narg('exclusions'), layer = sqlc.narg('layer'), holdout = sqlc.narg('holdout'), planned_per_arm = @planned_per_arm,
  excluded_pairs = sqlc.narg('excluded_pairs'), version = version + 1, updated_at = @now, audit_seq = @audit_seq
WHERE account_id = @account_id AND id = @id;

-- name: LockLayer :exec
-- Starts of experiments in one layer take turns.
SELECT pg_advisory_xact_lock(hashtextextended(concat(@account_id::uuid, '/layer/', @layer::text), 10));

-- name: ExperimentsInLayer :many
-- Those that hold a part of a layer: they are running, or may run again.
SELECT id, key, name, layer FROM experiments
WHERE account_id = @account_id AND status IN ('running', 'paused') AND layer ->> 'key' = @layer::text ORDER BY key;

-- name: UpdateExperimentTraffic :exec
UPDATE experiments SET traffic_allocation = @traffic_allocation, version = version + 1, updated_at = @now, audit_seq = @audit_seq
WHERE account_id = @account_id AND id = @id;

-- name: UpdateExperimentStatus :exec
UPDATE experiments SET status = @status::text, winner = sqlc.narg('winner'), version = version + 1, updated_at = @now, audit_seq = @audit_seq,
  started_at = CASE WHEN @status::text = 'running' THEN coalesce(started_at, @now) ELSE started_at END,
  completed_at = CASE WHEN @status::text = 'completed' THEN coalesce(completed_at, @now) ELSE completed_at END,
  archived_at = CASE WHEN @status::text = 'archived' THEN @now ELSE archived_at END
WHERE account_id = @account_id AND id = @id;

-- name: TouchExperiment :exec
-- Tells snapshots that the experiment's epochs changed.
UPDATE experiments SET audit_seq = @audit_seq WHERE account_id = @account_id AND id = @id;

-- name: InsertElement :exec
INSERT INTO elements (account_id, experiment_id, ord, key, name, selector)
VALUES (@account_id, @experiment_id, @ord, @key, @name, @selector);

-- name: InsertVariant :exec
INSERT INTO variants (account_id, experiment_id, element, ord, id, key, name, weight, changes)
VALUES (@account_id, @experiment_id, @element, @ord, @id, @key, @name, @weight, @changes);

-- name: UpdateVariantWeight :exec
UPDATE variants SET weight = @weight WHERE account_id = @account_id AND experiment_id = @experiment_id AND element = @element AND ord = @ord;

-- name: InsertGoal :exec
INSERT INTO goals (account_id, experiment_id, id, ord, key, name, role, type, config, window_days)
VALUES (@account_id, @experiment_id, @id, @ord, @key, @name, @role, @type, @config, @window_days);

-- name: DeleteElements :exec
DELETE FROM elements WHERE account_id = @account_id AND experiment_id = @experiment_id;

-- name: DeleteVariants :exec
DELETE FROM variants WHERE account_id = @account_id AND experiment_id = @experiment_id;

-- name: DeleteGoals :exec
DELETE FROM goals WHERE account_id = @account_id AND experiment_id = @experiment_id;

-- name: ElementVariants :many
-- Variants with their elements; change lists only when wanted.
SELECT v.account_id, v.experiment_id, v.element, v.ord, v.id, v.key, v.name, v.weight, (CASE WHEN @whole::boolean THEN v.changes END)::jsonb AS changes,
  e.key AS element_key, e.name AS element_name, e.selector
FROM variants v JOIN elements e ON e.account_id = v.account_id AND e.experiment_id = v.experiment_id AND e.ord = v.element
WHERE v.account_id = @account_id AND v.experiment_id = ANY(@experiments::uuid[]) ORDER BY v.experiment_id, v.element, v.ord;

-- name: Goals :many
SELECT * FROM goals WHERE account_id = @account_id AND experiment_id = ANY(@experiments::uuid[]) ORDER BY experiment_id, ord;

-- name: Splits :many
SELECT * FROM splits WHERE account_id = @account_id AND experiment_id = ANY(@experiments::uuid[]) ORDER BY experiment_id, split;

-- name: InsertSplit :exec
INSERT INTO splits (account_id, experiment_id, split, key, arms) VALUES (@account_id, @experiment_id, @split, @key, @arms);

-- name: Epochs :many
SELECT * FROM epochs WHERE account_id = @account_id AND experiment_id = ANY(@experiments::uuid[]) ORDER BY experiment_id, split, epoch;

-- name: CurrentEpochs :many
SELECT DISTINCT ON (experiment_id, split) * FROM epochs WHERE account_id = @account_id AND experiment_id = ANY(@experiments::uuid[])
ORDER BY experiment_id, split, epoch DESC;

-- name: LastEpoch :one
SELECT * FROM epochs WHERE account_id = @account_id AND experiment_id = @experiment_id AND split = @split ORDER BY epoch DESC LIMIT 1;

-- name: InsertEpoch :exec
INSERT INTO epochs (account_id, experiment_id, split, epoch, weights, traffic_allocation, opened_at, reason, audit_seq)
VALUES (@account_id, @experiment_id, @split, @epoch, @weights, @traffic_allocation, @opened_at, @reason, @audit_seq);
