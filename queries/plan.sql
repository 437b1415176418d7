-- name: RecentViews :many
-- The newest page views of a site since a moment.
SELECT visitor, coalesce(url, '') AS url, received_at FROM events
WHERE account_id = @account_id AND installation_id = @installation_id AND kind = 3 AND received_at > @since
ORDER BY received_at DESC LIMIT @take::int;

-- name: RatesOfSite :one
-- What visitors did about primary goals in the experiments of a site.
SELECT coalesce(sum(r.visitors) FILTER (WHERE r.goal_id = '00000000-0000-0000-0000-000000000000'), 0)::bigint AS visitors,
  coalesce(sum(r.converters) FILTER (WHERE r.goal_id = g.id), 0)::bigint AS converters
FROM experiments e
JOIN goals g ON g.account_id = e.account_id AND g.experiment_id = e.id AND g.role = 'primary'
JOIN cohort_counts r ON r.account_id = e.account_id AND r.experiment_id = e.id AND r.split = 0 AND r.arm = 0
WHERE e.account_id = @account_id AND e.installation_id = @installation_id AND r.hour > @since;

-- name: InsertLaunchPlan :exec
INSERT INTO launch_plans (account_id, experiment_id, body, stored_at, audit_seq)
VALUES (@account_id, @experiment_id, @body, @now, @audit_seq);

-- name: LaunchPlan :one
SELECT * FROM launch_plans WHERE account_id = @account_id AND experiment_id = @experiment_id;
