-- name: MemberNames :many
SELECT u.id, u.name FROM members m JOIN users u ON u.id = m.user_id WHERE m.account_id = @account_id ORDER BY u.id LIMIT 1000;

-- name: NamesOf :many
-- What people, experiments and sites of the account are called.
SELECT 'user'::text AS kind, u.id, u.name FROM members m JOIN users u ON u.id = m.user_id WHERE m.account_id = @account_id AND u.id = ANY(@ids::uuid[])
UNION ALL SELECT 'experiment', e.id, e.name FROM experiments e WHERE e.account_id = @account_id AND e.id = ANY(@ids::uuid[])
UNION ALL SELECT 'installation', i.id, i.name FROM installations i WHERE i.account_id = @account_id AND i.archived_at IS NULL AND i.id = ANY(@ids::uuid[]);
