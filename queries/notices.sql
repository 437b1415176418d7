-- name: RunningAccounts :many
-- Accounts with something that runs, after one of them.
SELECT DISTINCT account_id FROM experiments WHERE status = 'running' AND account_id > @after ORDER BY account_id LIMIT @take::int;

-- name: NoticeReaders :many
-- Members of an account with what they want of a kind.
SELECT u.id, u.email, u.name, u.locale, coalesce(c.shown, true)::boolean AS shown, coalesce(c.mailed, true)::boolean AS mailed
FROM members m JOIN users u ON u.id = m.user_id
LEFT JOIN notice_choices c ON c.account_id = m.account_id AND c.user_id = m.user_id AND c.kind = @kind
WHERE m.account_id = @account_id AND u.disabled_at IS NULL ORDER BY u.id;

-- name: InsertNotice :execrows
-- No row: it was told before.
INSERT INTO notices (account_id, user_id, kind, occasion, experiment_id, id, body, created_at, read_at)
VALUES (@account_id, @user_id, @kind, @occasion, @experiment_id, @id, @body, @now, @read_at)
ON CONFLICT (account_id, user_id, kind, occasion) DO NOTHING;

-- name: MarkNoticeMailed :execrows
-- No row: it was mailed before.
UPDATE notices SET mailed_at = @now::timestamptz WHERE account_id = @account_id AND user_id = @user_id AND id = @id AND mailed_at IS NULL;

-- name: Notice :one
SELECT * FROM notices WHERE account_id = @account_id AND user_id = @user_id AND id = @id;

-- name: NoticesOfUser :many
SELECT n.*, coalesce(e.name, '')::text AS experiment FROM notices n
LEFT JOIN experiments e ON e.account_id = n.account_id AND e.id = n.experiment_id
WHERE n.account_id = @account_id AND n.user_id = @user_id ORDER BY n.created_at DESC, n.id DESC LIMIT 100;

-- name: ReadNotices :exec
UPDATE notices SET read_at = @now::timestamptz WHERE account_id = @account_id AND user_id = @user_id AND read_at IS NULL;

-- name: NoticeChoices :many
SELECT kind, shown, mailed FROM notice_choices WHERE account_id = @account_id AND user_id = @user_id;

-- name: SaveNoticeChoice :exec
INSERT INTO notice_choices (account_id, user_id, kind, shown, mailed) VALUES (@account_id, @user_id, @kind, @shown, @mailed)
ON CONFLICT (account_id, user_id, kind) DO UPDATE SET shown = excluded.shown, mailed = excluded.mailed;

-- name: MuteNotice :exec
-- No mail of a kind any more; what is shown stays.
INSERT INTO notice_choices (account_id, user_id, kind, shown, mailed) VALUES (@account_id, @user_id, @kind, true, false)
ON CONFLICT (account_id, user_id, kind) DO UPDATE SET mailed = false;

-- name: ForgetNoticeMailed :exec
-- It could not be sent.
UPDATE notices SET mailed_at = NULL WHERE account_id = @account_id AND user_id = @user_id AND id = @id;

-- name: RunningExperiments :many
SELECT * FROM experiments WHERE account_id = @account_id AND status = 'running' ORDER BY started_at, id LIMIT 1000;
