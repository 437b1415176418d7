-- name: HomeSites :many
-- Sites by name, with what tells whether they need somebody. Troubled are running experiments, with all that tells how their changes
-- fare, where the last look at the pages missed a change that one before had found, or browsers failed as often since yesterday as has
-- to be looked into.
SELECT i.id, i.name, i.site_url, i.created_at, h.last_at,
  (SELECT count(*) FROM experiments e WHERE e.account_id = i.account_id AND e.installation_id = i.id AND e.status = 'running') AS running,
  (SELECT jsonb_agg(jsonb_build_object('id', x.id, 'found', x.found, 'tallies', (
      SELECT jsonb_agg(jsonb_build_object('day', t.day::timestamp AT TIME ZONE 'UTC', 'kind', t.kind, 'n', t.n))
      FROM tallies t WHERE t.account_id = i.account_id AND t.experiment_id = x.id AND t.day >= @since::date AND t.kind LIKE 'report/%')))
    FROM (
      SELECT e.id, coalesce(c.found, '{}') AS found
      FROM experiments e LEFT JOIN page_checks c ON c.account_id = e.account_id AND c.experiment_id = e.id
      WHERE e.account_id = i.account_id AND e.installation_id = i.id AND e.status = 'running' AND (c.found @? '$.changes[*] ? (@.dropped == true)' OR (
        SELECT sum(f.n) FROM tallies f WHERE f.account_id = e.account_id AND f.experiment_id = e.id AND f.day >= @yesterday::date
        AND (f.kind LIKE 'report/missed/%' OR f.kind LIKE 'report/conflict/%')) >= @failures::bigint)
      ORDER BY e.id LIMIT @most::int
    ) x)::jsonb AS troubled
FROM installations i LEFT JOIN heartbeats h ON h.account_id = i.account_id AND h.installation_id = i.id
WHERE i.account_id = @account_id AND i.archived_at IS NULL ORDER BY lower(i.name), i.id LIMIT @take::int;

-- name: HowFar :one
-- How far an account is with its experiments: whether it has any, has started one, has seen enough visitors in one; and the newest.
SELECT (c.n > 0)::boolean AS any, (c.launched > 0)::boolean AS launched, coalesce(x.id, '00000000-0000-0000-0000-000000000000')::uuid AS newest,
  coalesce(x.status, '')::text AS status,
  (@visited::boolean OR EXISTS (
    SELECT FROM (
      SELECT d.experiment_id, d.control_visitors + d.other_visitors AS visitors FROM primary_days d WHERE d.account_id = @account_id AND d.split = 0
      UNION ALL
      SELECT r.experiment_id, r.visitors FROM rollups r WHERE r.account_id = @account_id AND r.split = 0 AND r.goal_id = '00000000-0000-0000-0000-000000000000'
    ) v GROUP BY v.experiment_id HAVING sum(v.visitors) >= @enough::bigint
  ))::boolean AS visited
FROM (SELECT count(*) AS n, count(*) FILTER (WHERE status NOT IN ('draft', 'archived')) AS launched FROM experiments WHERE account_id = @account_id) c
LEFT JOIN LATERAL (
  SELECT id, status FROM experiments WHERE account_id = @account_id AND status <> 'archived' ORDER BY created_at DESC, id LIMIT 1
) x ON true;
