-- name: LearningSplits :many
-- Splits of running learning experiments with the visitors, converters and values counted so far;
-- a split whose numbers have not moved has nothing to learn.
SELECT s.account_id, s.experiment_id, s.split,
  coalesce(sum(r.visitors), 0)::bigint AS visitors, coalesce(sum(r.converters), 0)::bigint AS converters, coalesce(sum(r.value), 0)::text AS value
FROM experiments e
JOIN splits s ON s.account_id = e.account_id AND s.experiment_id = e.id
LEFT JOIN cohort_counts r ON r.account_id = s.account_id AND r.experiment_id = s.experiment_id AND r.split = s.split
WHERE e.status = 'running' AND e.allocator <> 'sequential'
GROUP BY s.account_id, s.experiment_id, s.split;

-- name: LockSplit :one
SELECT pg_try_advisory_xact_lock(hashtextextended(concat(@experiment_id::uuid, '/', @split::smallint), 7));

-- name: ArmTotals :many
SELECT arm, coalesce(sum(visitors) FILTER (WHERE goal_id = '00000000-0000-0000-0000-000000000000'), 0)::bigint AS visitors,
  coalesce(sum(converters) FILTER (WHERE goal_id = @goal_id), 0)::bigint AS converters
FROM cohort_counts WHERE account_id = @account_id AND experiment_id = @experiment_id AND split = @split
GROUP BY arm ORDER BY arm;

-- name: ArmHours :many
-- Counts by arm and UTC hour of first exposure.
SELECT arm, hour, coalesce(sum(visitors) FILTER (WHERE goal_id = '00000000-0000-0000-0000-000000000000'), 0)::bigint AS visitors,
  coalesce(sum(converters) FILTER (WHERE goal_id = @goal_id), 0)::bigint AS converters,
  coalesce(sum(value) FILTER (WHERE goal_id = @goal_id), 0)::text AS value,
  coalesce(sum(value_sq) FILTER (WHERE goal_id = @goal_id), 0)::text AS value_sq
FROM cohort_counts WHERE account_id = @account_id AND experiment_id = @experiment_id AND split = @split
GROUP BY 1, 2 ORDER BY 2, 1;

-- name: ConversionWaits :many
-- How long visitors first exposed since an hour took to convert: by the end of how many hours, the hour of exposure being the first.
SELECT arm, greatest(floor(extract(epoch FROM first_at - hour) / 3600)::int + 1, 1)::int AS hours, count(*) AS n
FROM conversions WHERE account_id = @account_id AND experiment_id = @experiment_id AND split = @split AND goal_id = @goal_id AND hour >= @since
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: PrimaryGoal :one
SELECT id, type, window_days FROM goals WHERE account_id = @account_id AND experiment_id = @experiment_id AND role = 'primary';

-- name: Split :one
SELECT * FROM splits WHERE account_id = @account_id AND experiment_id = @experiment_id AND split = @split;

-- name: FirstEpoch :one
SELECT * FROM epochs WHERE account_id = @account_id AND experiment_id = @experiment_id AND split = @split AND epoch = 1;

-- name: VisitorsOfEpoch :one
SELECT coalesce(sum(visitors), 0)::bigint FROM cohort_counts
WHERE account_id = @account_id AND experiment_id = @experiment_id AND split = @split AND epoch = @epoch
  AND goal_id = '00000000-0000-0000-0000-000000000000';

-- name: OptimisationState :one
SELECT version, sealed FROM optimisation_states WHERE account_id = @account_id AND experiment_id = @experiment_id AND split = @split;

-- name: InsertOptimisationState :exec
INSERT INTO optimisation_states (account_id, experiment_id, split, version, sealed, updated_at)
VALUES (@account_id, @experiment_id, @split, @version, @sealed, @now);

-- name: UpdateOptimisationState :execrows
UPDATE optimisation_states SET version = @version, sealed = @sealed, updated_at = @now
WHERE account_id = @account_id AND experiment_id = @experiment_id AND split = @split AND version = @was;

-- name: OptimisationStates :many
SELECT account_id, experiment_id, split, version, sealed FROM optimisation_states WHERE account_id = @account_id ORDER BY experiment_id, split;

-- name: SealedSample :one
SELECT account_id::uuid AS account_id, experiment_id::uuid AS experiment_id, split::smallint AS split, version::bigint AS version, sealed::bytea AS sealed FROM sealed_sample();

-- name: LearningAccounts :many
SELECT DISTINCT account_id FROM experiments ORDER BY 1;

-- name: WaitForKeyset :exec
-- The lock under which the keyset file is replaced: of two rotations at once the second starts from the keys of the first.
SELECT pg_advisory_xact_lock(hashtextextended('samplit.keyset', 0));
