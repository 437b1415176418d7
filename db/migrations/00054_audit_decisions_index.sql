-- +goose NO TRANSACTION
-- +goose Up
-- Finds a minute's assignments: rows arrive almost in the order of their time,
-- so that this costs next to nothing to keep.
CREATE INDEX CONCURRENTLY IF NOT EXISTS assignments_minute ON assignments
  USING brin (assigned_at timestamptz_minmax_multi_ops) WITH (pages_per_range = 32, autosummarize = on);

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS assignments_minute;
