-- +goose Up
-- A conversion that counts in several splits has a row (a part) for each.
ALTER TABLE events ADD COLUMN split smallint NOT NULL DEFAULT 0;

-- The cohort a visitor's conversions count in, and what the newest batch added.
ALTER TABLE conversions ADD COLUMN epoch int, ADD COLUMN arm smallint, ADD COLUMN hour timestamptz,
  ADD COLUMN last_n int NOT NULL DEFAULT 0, ADD COLUMN last_value numeric NOT NULL DEFAULT 0;
-- Forced policies would hide the rows even from their owner.
ALTER TABLE conversions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE assignments NO FORCE ROW LEVEL SECURITY;
UPDATE conversions c SET epoch = a.epoch, arm = a.arm, hour = date_trunc('hour', a.exposed_at, 'UTC') FROM assignments a
  WHERE (a.account_id, a.experiment_id, a.split, a.visitor) = (c.account_id, c.experiment_id, c.split, c.visitor);
ALTER TABLE conversions FORCE ROW LEVEL SECURITY;
ALTER TABLE assignments FORCE ROW LEVEL SECURITY;
ALTER TABLE conversions ALTER COLUMN epoch SET NOT NULL, ALTER COLUMN arm SET NOT NULL, ALTER COLUMN hour SET NOT NULL;

-- Rows that are updated again and again: room in the page keeps the index out of it.
ALTER TABLE conversions SET (fillfactor = 80);
ALTER TABLE rollups SET (fillfactor = 50);
ALTER TABLE tallies SET (fillfactor = 50);

-- Conversions in state 2, by the visitor they wait for: every exposure asks, and
-- an index on events would make it ask each day's partition.
CREATE TABLE waiting (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  visitor text NOT NULL,
  event_id uuid NOT NULL,
  part smallint NOT NULL,
  day date NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, experiment_id, split, visitor, event_id, part)
);
ALTER TABLE events NO FORCE ROW LEVEL SECURITY;
INSERT INTO waiting SELECT account_id, experiment_id, split, visitor, event_id, part, day, received_at FROM events WHERE state = 2;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CALL protect_tenant('waiting');
CALL open_to('samplit_ingest', 'waiting');
GRANT SELECT ON waiting TO samplit_app;
GRANT SELECT, INSERT, DELETE ON waiting TO samplit_ingest;
DROP INDEX events_waiting;
DROP INDEX events_recent; -- nothing asks for it, and every event paid

-- +goose Down
CREATE INDEX events_recent ON events (account_id, installation_id, received_at DESC);
CREATE INDEX events_waiting ON events (account_id, experiment_id, visitor) WHERE state = 2;
DROP TABLE waiting;
ALTER TABLE tallies RESET (fillfactor);
ALTER TABLE rollups RESET (fillfactor);
ALTER TABLE conversions RESET (fillfactor);
ALTER TABLE conversions DROP COLUMN epoch, DROP COLUMN arm, DROP COLUMN hour, DROP COLUMN last_n, DROP COLUMN last_value;
ALTER TABLE events DROP COLUMN split;
