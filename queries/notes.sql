-- name: InsertExperimentNote :execrows
-- Nothing is written beyond the most that an experiment may have.
INSERT INTO experiment_notes (account_id, id, experiment_id, day, body, created_by, created_at)
SELECT @account_id, @id, @experiment_id, @day, @body, @created_by, @now
WHERE (SELECT count(*) FROM experiment_notes WHERE account_id = @account_id AND experiment_id = @experiment_id) < @most::int;

-- name: DeleteExperimentNote :one
DELETE FROM experiment_notes WHERE account_id = @account_id AND experiment_id = @experiment_id AND id = @id RETURNING body;
