-- name: TrafficByDay :many
-- Visitors by UTC day of first exposure, and how many of them reached their experiment's primary goal.
SELECT p.day::date AS day, sum(p.visitors)::bigint AS visitors, sum(p.conversions)::bigint AS conversions
FROM (
  SELECT d.day, d.control_visitors + d.other_visitors AS visitors, d.control_converters + d.other_converters AS conversions
  FROM primary_days d
  WHERE d.account_id = @account_id AND d.split = 0 AND d.day >= @since::date AND (sqlc.narg('site')::uuid IS NULL
    OR (d.experiment_id IN (SELECT e.id FROM experiments e WHERE e.account_id = @account_id AND e.installation_id = sqlc.narg('site'))) IS TRUE)
  UNION ALL
  SELECT (r.hour AT TIME ZONE 'UTC')::date, r.visitors, r.converters
  FROM rollups r
  WHERE r.account_id = @account_id AND r.split = 0 AND (r.hour AT TIME ZONE 'UTC')::date >= @since::date
    AND (r.goal_id = '00000000-0000-0000-0000-000000000000' OR (r.goal_id IN (SELECT g.id FROM goals g WHERE g.account_id = @account_id AND g.role = 'primary')) IS TRUE)
    AND (sqlc.narg('site')::uuid IS NULL
      OR (r.experiment_id IN (SELECT e.id FROM experiments e WHERE e.account_id = @account_id AND e.installation_id = sqlc.narg('site'))) IS TRUE)
) p GROUP BY p.day ORDER BY p.day;

-- name: CountMoves :one
-- Experiments that started and that ended since a moment, and those that have ever started.
SELECT count(*) FILTER (WHERE started_at >= @since) AS started, count(*) FILTER (WHERE completed_at >= @since) AS ended, count(started_at) AS ever
FROM experiments WHERE account_id = @account_id AND (sqlc.narg('site')::uuid IS NULL OR installation_id = sqlc.narg('site'));

-- name: Outcomes :many
-- What ended experiments came to, newest first.
SELECT l.experiment_id, e.installation_id, e.started_at, l.ended_at, l.outcome, l.shipped, l.lift, l.log_se
FROM learnings l JOIN experiments e ON e.account_id = l.account_id AND e.id = l.experiment_id
WHERE l.account_id = @account_id ORDER BY l.ended_at DESC, l.experiment_id DESC LIMIT 10000;

-- name: UnjudgedExperiments :many
-- Ended experiments that have not been judged since their numbers settled, newest first.
SELECT e.* FROM experiments e
LEFT JOIN learnings l ON l.account_id = e.account_id AND l.experiment_id = e.id
WHERE e.account_id = @account_id AND e.completed_at IS NOT NULL AND (l.judged_at IS NULL OR l.judged_at < e.completed_at + make_interval(secs => @settles::float8))
ORDER BY e.completed_at DESC LIMIT @take::int;

-- name: SaveOutcome :exec
INSERT INTO learnings AS l (account_id, experiment_id, ended_at, judged_at, outcome, shipped, variant, lift, low, high, log_se, words)
SELECT e.account_id, e.id, e.completed_at, @now, @outcome, @shipped, @variant, sqlc.narg('lift'), sqlc.narg('low'), sqlc.narg('high'), sqlc.narg('log_se'),
  to_tsvector('simple', concat_ws(' ', e.name, e.hypothesis))
FROM experiments e WHERE e.account_id = @account_id AND e.id = @experiment_id AND e.completed_at IS NOT NULL
ON CONFLICT (account_id, experiment_id) DO UPDATE SET judged_at = excluded.judged_at, outcome = excluded.outcome, shipped = excluded.shipped,
  variant = excluded.variant, lift = excluded.lift, low = excluded.low, high = excluded.high, log_se = excluded.log_se WHERE l.judged_at < excluded.judged_at;

-- name: Learning :one
SELECT l.experiment_id, l.ended_at, l.judged_at, l.outcome, l.shipped, l.variant, l.lift, l.low, l.high, l.body, l.tags, l.written_at, l.version,
  e.name, e.hypothesis, e.installation_id, coalesce(u.name, '')::text AS author
FROM learnings l JOIN experiments e ON e.account_id = l.account_id AND e.id = l.experiment_id LEFT JOIN users u ON u.id = l.written_by
WHERE l.account_id = @account_id AND l.experiment_id = @experiment_id;

-- name: Learnings :many
-- Newest first, below the one that ended at a moment. A @q without words narrows nothing.
SELECT l.experiment_id, l.ended_at, l.judged_at, l.outcome, l.shipped, l.variant, l.lift, l.low, l.high, l.body, l.tags, l.written_at, l.version,
  e.name, e.hypothesis, e.installation_id, coalesce(u.name, '')::text AS author
FROM learnings l JOIN experiments e ON e.account_id = l.account_id AND e.id = l.experiment_id LEFT JOIN users u ON u.id = l.written_by
WHERE l.account_id = @account_id
  AND (numnode(to_tsquery('simple', @q)) = 0 OR l.words @@ to_tsquery('simple', @q))
  AND (@tag::text = '' OR @tag = ANY(l.tags))
  AND (@outcome::text = '' OR l.outcome = @outcome)
  AND (sqlc.narg('site')::uuid IS NULL OR e.installation_id = sqlc.narg('site'))
  AND (sqlc.narg('before')::timestamptz IS NULL OR (l.ended_at, l.experiment_id) < (sqlc.narg('before')::timestamptz, @before_id::uuid))
ORDER BY l.ended_at DESC, l.experiment_id DESC LIMIT @take::int;

-- name: LearningTags :many
-- The tags of the account, the most used first.
SELECT tag::text AS tag, count(*) AS n FROM learnings l, unnest(l.tags) AS tag WHERE l.account_id = @account_id
GROUP BY tag ORDER BY n DESC, tag LIMIT 50;

-- name: WriteLearning :execrows
-- No row: somebody else has written since.
UPDATE learnings l SET body = @body, tags = @tags, written_by = @written_by, written_at = @now, audit_seq = @audit_seq, version = l.version + 1,
  words = to_tsvector('simple', concat_ws(' ', e.name, e.hypothesis, @body::text, array_to_string(@tags::text[], ' ')))
FROM experiments e WHERE l.account_id = @account_id AND l.experiment_id = @experiment_id AND l.version = @version
  AND e.account_id = l.account_id AND e.id = l.experiment_id;
