-- name: InsertUser :exec
INSERT INTO users (id, email, name, password_hash, locale, created_at)
VALUES (@id, @email, @name, @password_hash, @locale, @now);

-- name: UserByEmail :one
SELECT * FROM users WHERE email = @email;

-- name: UserByID :one
SELECT * FROM users WHERE id = @id;

-- name: UpdateUser :exec
UPDATE users SET name = @name, locale = @locale WHERE id = @id;

-- name: UpdatePassword :one
UPDATE users SET password_hash = @password_hash, token_version = token_version + 1 WHERE id = @id
RETURNING token_version;

-- name: RehashPassword :exec
UPDATE users SET password_hash = @password_hash WHERE id = @id;

-- name: InsertAccount :exec
INSERT INTO accounts (id, name, created_at) VALUES (@id, @name, @now);

-- name: Account :one
SELECT * FROM accounts WHERE id = @id;

-- name: InsertMember :exec
INSERT INTO members (account_id, user_id, role, created_at) VALUES (@account_id, @user_id, @role, @now);

-- name: Membership :one
-- The account a person works in: the wanted one, else the oldest.
SELECT account_id::uuid AS account_id, account_name::text AS account_name, role::text AS role
FROM membership(@person::uuid, sqlc.narg('wanted')::uuid);

-- name: Standing :one
-- What a token of the person for the account is still worth. No row: the person is gone, or no longer a member.
SELECT u.email, u.name, u.locale, u.token_version, (u.disabled_at IS NOT NULL)::bool AS disabled,
  m.account_name::text AS account_name, m.role::text AS role
FROM users u, membership(u.id, @account::uuid) m WHERE u.id = @person;

-- name: DisableUser :exec
UPDATE users SET disabled_at = @now WHERE id = @id;
