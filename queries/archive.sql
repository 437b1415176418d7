-- name: EventDays :many
-- Days that have a partition, oldest first.
SELECT day::date AS day FROM event_days();

-- name: DropEventDay :exec
SELECT drop_event_day(@day::date, @object::text, @sha256::bytea, @exported::bigint, @now::timestamptz);

-- name: EventArchives :many
SELECT * FROM event_archives ORDER BY day;

-- name: ArchivedAccounts :many
-- Accounts some of whose events were dropped.
SELECT DISTINCT account_id FROM archived_sums ORDER BY 1;
