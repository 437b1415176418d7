-- +goose Up
-- What a site wants of the events it is sent. allowed_origins: web pages of other
-- origins are refused; empty takes them all. scrubs: what looks like personal data
-- is taken out before an event is stored.
ALTER TABLE installations ADD COLUMN allowed_origins text[] NOT NULL DEFAULT '{}', ADD COLUMN scrubs boolean NOT NULL DEFAULT true;

-- +goose Down
ALTER TABLE installations DROP COLUMN allowed_origins, DROP COLUMN scrubs;
