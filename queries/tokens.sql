-- name: InsertRefreshToken :exec
INSERT INTO refresh_tokens (id, family, user_id, account_id, created_at, expires_at)
VALUES (@id, @family, @user_id, @account_id, @now, @expires_at);

-- name: LockRefreshToken :one
SELECT * FROM refresh_tokens WHERE id = @id FOR UPDATE;

-- name: UseRefreshToken :exec
UPDATE refresh_tokens SET used_at = @now WHERE id = @id;

-- name: RevokeRefreshFamily :exec
UPDATE refresh_tokens SET revoked_at = @now WHERE family = @family AND revoked_at IS NULL;

-- name: RevokeRefreshTokensOfUser :exec
UPDATE refresh_tokens SET revoked_at = @now WHERE user_id = @user_id AND revoked_at IS NULL;

-- name: DeleteExpiredRefreshTokens :execrows
DELETE FROM refresh_tokens WHERE expires_at <= @now;

-- name: InsertPasswordReset :exec
INSERT INTO password_resets (id, user_id, created_at, expires_at) VALUES (@id, @user_id, @now, @expires_at);

-- name: LockPasswordReset :one
SELECT * FROM password_resets WHERE id = @id FOR UPDATE;

-- name: UsePasswordResets :exec
-- Uses up every open reset of the person.
UPDATE password_resets SET used_at = @now WHERE user_id = @user_id AND used_at IS NULL;

-- name: DeleteExpiredPasswordResets :execrows
DELETE FROM password_resets WHERE expires_at <= @now;
