-- +goose Up
-- Until when somebody watches what arrives for a site. Nodes learn of it as of
-- any change of an installation.
ALTER TABLE installations ADD COLUMN watched_until timestamptz;

-- +goose Down
ALTER TABLE installations DROP COLUMN watched_until;
