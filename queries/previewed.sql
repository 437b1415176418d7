-- name: MarkPreviewed :exec
INSERT INTO previewed (account_id, experiment_id, first_at) VALUES (@account_id, @experiment_id, @now) ON CONFLICT DO NOTHING;

-- name: StepsOfSite :one
-- How far a site is on its way to a first running experiment.
SELECT count(*) AS made, count(e.started_at) AS launched, count(p.first_at) AS previewed FROM experiments e
LEFT JOIN previewed p ON p.account_id = e.account_id AND p.experiment_id = e.id
WHERE e.account_id = @account_id AND e.installation_id = @installation_id;
