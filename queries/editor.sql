-- name: EditorList :one
SELECT edits FROM editor_lists WHERE account_id = @account_id AND variant_id = @variant_id;

-- name: SaveEditorList :exec
INSERT INTO editor_lists (account_id, experiment_id, variant_id, edits) VALUES (@account_id, @experiment_id, @variant_id, @edits)
ON CONFLICT (account_id, variant_id) DO UPDATE SET edits = excluded.edits;

-- name: CopyEditorLists :exec
-- What the editor knows of an experiment's variants, for the variants of its copy.
INSERT INTO editor_lists (account_id, experiment_id, variant_id, edits)
SELECT v.account_id, v.experiment_id, v.id, l.edits FROM variants v
JOIN variants f ON f.account_id = v.account_id AND f.experiment_id = @from_id AND f.element = v.element AND f.ord = v.ord
JOIN editor_lists l ON l.account_id = f.account_id AND l.variant_id = f.id
WHERE v.account_id = @account_id AND v.experiment_id = @experiment_id;

-- name: UpdateVariantChanges :exec
UPDATE variants SET changes = @changes WHERE account_id = @account_id AND experiment_id = @experiment_id AND id = @variant_id;

-- name: UpdateExperimentEdited :exec
UPDATE experiments SET version = version + 1, updated_at = @now, audit_seq = @audit_seq WHERE account_id = @account_id AND id = @id;

-- name: InsertEditorRevision :exec
INSERT INTO editor_revisions (account_id, experiment_id, rev, variant_id, user_id, made_at, request, kind, ops, inverse, touched)
VALUES (@account_id, @experiment_id, @rev, @variant_id, @user_id, @now, @request, @kind, @ops, @inverse, @touched);

-- name: EditorRequestSeen :one
SELECT EXISTS (SELECT FROM editor_revisions WHERE account_id = @account_id AND experiment_id = @experiment_id AND request = @request);

-- name: EditorRevisionsSince :many
-- What was saved to a variant after a revision.
SELECT rev, user_id, touched FROM editor_revisions
WHERE account_id = @account_id AND experiment_id = @experiment_id AND variant_id = @variant_id AND rev > @since ORDER BY rev;

-- name: EditorStepToUndo :one
SELECT rev, ops, inverse, touched FROM editor_revisions
WHERE account_id = @account_id AND variant_id = @variant_id AND user_id = @user_id AND kind = 'edit' AND state = 'done' ORDER BY rev DESC LIMIT 1;

-- name: EditorStepToRedo :one
SELECT rev, ops, inverse, touched FROM editor_revisions
WHERE account_id = @account_id AND variant_id = @variant_id AND user_id = @user_id AND kind = 'edit' AND state = 'undone' ORDER BY rev LIMIT 1;

-- name: MarkEditorStep :exec
UPDATE editor_revisions SET state = @state, inverse = @inverse
WHERE account_id = @account_id AND experiment_id = @experiment_id AND rev = @rev;

-- name: DropUndoneEditorSteps :exec
-- A new edit ends what could be done again.
UPDATE editor_revisions SET state = 'dropped'
WHERE account_id = @account_id AND variant_id = @variant_id AND user_id = @user_id AND kind = 'edit' AND state = 'undone';

-- name: CountEditorSteps :one
SELECT count(*) FILTER (WHERE state = 'done')::int AS undo, count(*) FILTER (WHERE state = 'undone')::int AS redo FROM editor_revisions
WHERE account_id = @account_id AND variant_id = @variant_id AND user_id = @user_id AND kind = 'edit';

-- name: ForgetEditorRevisions :exec
DELETE FROM editor_revisions WHERE account_id = @account_id AND experiment_id = @experiment_id AND rev <= @until;

-- name: SeeEditor :exec
INSERT INTO editor_presence (account_id, experiment_id, user_id, variant_id, seen_at) VALUES (@account_id, @experiment_id, @user_id, @variant_id, @now)
ON CONFLICT (account_id, experiment_id, user_id) DO UPDATE SET variant_id = excluded.variant_id, seen_at = excluded.seen_at;

-- name: OthersInEditor :many
SELECT u.name, p.variant_id FROM editor_presence p JOIN users u ON u.id = p.user_id
WHERE p.account_id = @account_id AND p.experiment_id = @experiment_id AND p.user_id <> @user_id AND p.seen_at > @since ORDER BY u.name LIMIT 20;
