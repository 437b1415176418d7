-- +goose Up
-- An entry holds what belongs together: an event with all its parts and the
-- assignment that an exposure wanted, or an assignment alone. events is how many
-- the tallies count for it: rows of before are single parts, each counted.
--
-- What is tried again with success leaves quarantine and is counted as what it
-- became; what is thrown away is counted as discarded:
-- accepted = applied + duplicate + quarantined + waiting + discarded.
ALTER TABLE quarantine
  ADD COLUMN events int NOT NULL DEFAULT 1,
  ADD COLUMN tries int NOT NULL DEFAULT 0,
  ADD COLUMN tried_at timestamptz;
-- People do both, in one transaction with the audit entry.
GRANT UPDATE, DELETE ON quarantine TO samplit_app;
GRANT INSERT, UPDATE ON tallies TO samplit_app;

-- +goose Down
REVOKE INSERT, UPDATE ON tallies FROM samplit_app;
REVOKE UPDATE, DELETE ON quarantine FROM samplit_app;
ALTER TABLE quarantine DROP COLUMN events, DROP COLUMN tries, DROP COLUMN tried_at;
