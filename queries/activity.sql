-- name: MemberNames :many
SELECT u.id, u.name FROM members m JOIN users u ON u.id = m.user_id WHERE m.account_id = @account_id ORDER BY u.id LIMIT 1000;

-- name: ExperimentNames :many
SELECT id, name FROM experiments WHERE account_id = @account_id AND id = ANY(@ids::uuid[]);
