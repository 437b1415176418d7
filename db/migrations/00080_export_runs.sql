-- +goose Up
-- A server that writes an export says so now and then. One that was not heard
-- of for a while was killed: the export begins anew as its next run, and each
-- run has a file of its own.
ALTER TABLE exports ADD COLUMN run int NOT NULL DEFAULT 0, ADD COLUMN heard_at timestamptz;
CREATE INDEX exports_running ON exports (heard_at) WHERE state = 'running';

ALTER TABLE exports DROP CONSTRAINT exports_format_check;
ALTER TABLE exports ADD CONSTRAINT exports_format_check CHECK (format IN ('csv', 'xlsx', 'json', 'parquet'));

-- +goose Down
DELETE FROM exports WHERE format = 'xlsx';
ALTER TABLE exports DROP CONSTRAINT exports_format_check;
ALTER TABLE exports ADD CONSTRAINT exports_format_check CHECK (format IN ('csv', 'json', 'parquet'));
DROP INDEX exports_running;
ALTER TABLE exports DROP COLUMN run, DROP COLUMN heard_at;
