-- +goose Up
-- Counts of hours that are over, moved here from rollups: one row for a day. What
-- comes later for such a day stands in rollups until it is moved, too. Traffic
-- never touches these tables.
CREATE TABLE rollup_days (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  epoch int NOT NULL,
  arm smallint NOT NULL,
  goal_id uuid NOT NULL,
  day date NOT NULL,
  visitors bigint NOT NULL,
  converters bigint NOT NULL,
  value numeric NOT NULL,
  value_sq numeric NOT NULL,
  PRIMARY KEY (account_id, experiment_id, split, epoch, arm, goal_id, day)
) WITH (fillfactor = 80);
CALL protect_tenant('rollup_days');

-- The same of primary goals alone, with the control beside all other arms
-- together: what pages about every experiment of an account add up.
CREATE TABLE primary_days (
  account_id uuid NOT NULL,
  day date NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  epoch int NOT NULL,
  control_visitors bigint NOT NULL,
  control_converters bigint NOT NULL,
  control_value numeric NOT NULL,
  control_value_sq numeric NOT NULL,
  other_visitors bigint NOT NULL,
  other_converters bigint NOT NULL,
  other_value numeric NOT NULL,
  other_value_sq numeric NOT NULL,
  PRIMARY KEY (account_id, day, experiment_id, split, epoch)
) WITH (fillfactor = 80);
CALL protect_tenant('primary_days');

-- All counts. Those of a day that was moved stand at its noon.
CREATE VIEW cohort_counts WITH (security_invoker) AS
  SELECT account_id, experiment_id, split, epoch, arm, goal_id, hour, visitors, converters, value, value_sq FROM rollups
  UNION ALL
  SELECT account_id, experiment_id, split, epoch, arm, goal_id, (day + time '12:00') AT TIME ZONE 'UTC', visitors, converters, value, value_sq FROM rollup_days;

GRANT SELECT ON rollup_days, primary_days, cohort_counts TO samplit_app;
GRANT SELECT, INSERT, UPDATE ON rollup_days, primary_days TO samplit_ingest;
GRANT SELECT ON cohort_counts TO samplit_ingest;
GRANT SELECT ON rollup_days, cohort_counts TO samplit_system;
CALL open_to('samplit_ingest', 'rollup_days');
CALL open_to('samplit_ingest', 'primary_days');
CALL open_to('samplit_system', 'rollup_days', 'SELECT');

-- +goose Down
-- Forced policies would hide the rows even from their owner.
ALTER TABLE rollup_days NO FORCE ROW LEVEL SECURITY;
ALTER TABLE rollups NO FORCE ROW LEVEL SECURITY;
INSERT INTO rollups AS r (account_id, experiment_id, split, epoch, arm, goal_id, hour, visitors, converters, value, value_sq)
SELECT account_id, experiment_id, split, epoch, arm, goal_id, (day + time '12:00') AT TIME ZONE 'UTC', visitors, converters, value, value_sq FROM rollup_days
ON CONFLICT (account_id, experiment_id, split, epoch, arm, goal_id, hour) DO UPDATE SET visitors = r.visitors + excluded.visitors,
  converters = r.converters + excluded.converters, value = r.value + excluded.value, value_sq = r.value_sq + excluded.value_sq;
ALTER TABLE rollups FORCE ROW LEVEL SECURITY;
DROP VIEW cohort_counts;
DROP TABLE primary_days, rollup_days;
