-- name: PageCheck :one
SELECT begun_at, done_at, found FROM page_checks WHERE account_id = @account_id AND experiment_id = @experiment_id;

-- name: BeginPageCheck :execrows
-- Claims the next look, unless one began since a moment.
INSERT INTO page_checks AS c (account_id, experiment_id, begun_at) VALUES (@account_id, @experiment_id, @now)
ON CONFLICT (account_id, experiment_id) DO UPDATE SET begun_at = excluded.begun_at WHERE c.begun_at < @since;

-- name: SavePageCheck :exec
-- Keeps what a look found, unless a later one has begun.
UPDATE page_checks SET done_at = @now, found = @found
WHERE account_id = @account_id AND experiment_id = @experiment_id AND begun_at <= @begun_at;

-- name: DuePageChecks :many
-- Running experiments of sites whose snippet was heard, that nobody has looked at since their moment of the night. Accounts take
-- turns, so that a large one does not push others back.
SELECT account_id, id FROM (
  SELECT e.account_id, e.id, row_number() OVER (PARTITION BY e.account_id ORDER BY c.begun_at NULLS FIRST, e.id) AS turn
  FROM experiments e
  JOIN heartbeats h ON h.account_id = e.account_id AND h.installation_id = e.installation_id
  LEFT JOIN page_checks c ON c.account_id = e.account_id AND c.experiment_id = e.id
  WHERE e.status = 'running' AND (c.begun_at IS NULL OR c.begun_at < nightly(e.id, @now::timestamptz))
) due WHERE turn <= @each::int ORDER BY turn, account_id LIMIT @take::int;
