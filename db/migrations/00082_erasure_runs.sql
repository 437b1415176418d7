-- +goose Up
-- A server that erases a person says so now and then. One that was not heard of
-- for a while was killed: the erasure begins anew as its next run.
ALTER TABLE erasures ADD COLUMN run int NOT NULL DEFAULT 0, ADD COLUMN heard_at timestamptz;
CREATE INDEX erasures_running ON erasures (heard_at) WHERE state = 'running';
CALL open_to('samplit_system', 'erasures', 'SELECT');
GRANT SELECT (account_id, id, state, run, heard_at) ON erasures TO samplit_system;

-- +goose Down
REVOKE SELECT (account_id, id, state, run, heard_at) ON erasures FROM samplit_system;
DROP POLICY samplit_system ON erasures;
DROP INDEX erasures_running;
ALTER TABLE erasures DROP COLUMN run, DROP COLUMN heard_at;
