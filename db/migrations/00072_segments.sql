-- +goose Up
-- Which groups a visitor belonged to at the assignment: a letter for the device,
-- one for the source, one for new or returning, two for the country, as
-- services/segment.go gives them; '-' or nothing is unknown, and so is NULL.
-- Nothing that was sent stands in it as it was sent.
ALTER TABLE assignments DROP COLUMN segment;
ALTER TABLE assignments ADD COLUMN segment text;

-- When the groups of an experiment's visitors were counted, and how it went.
-- seen is the sum of visitors and conversions then: as long as it is the same,
-- there is nothing to count.
CREATE TABLE segment_counts (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  asked_at timestamptz,
  counted_at timestamptz,
  seen bigint NOT NULL DEFAULT 0,
  problem text NOT NULL DEFAULT '' CHECK (problem IN ('', 'slow', 'failed')),
  PRIMARY KEY (account_id, experiment_id),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CALL protect_tenant('segment_counts');
GRANT SELECT, INSERT, UPDATE ON segment_counts TO samplit_app;

-- What the visitors of each group did, and how each arm compares with the control
-- within it. Replaced as a whole at every count.
CREATE TABLE segment_tallies (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  goal_id uuid NOT NULL,
  dimension text NOT NULL CHECK (dimension IN ('device', 'source', 'visitor', 'country')),
  value text NOT NULL,
  arm smallint NOT NULL,
  visitors bigint NOT NULL,
  converters bigint NOT NULL,
  -- NULL where there is nothing to compare.
  lift float8,
  lift_low float8,
  lift_high float8,
  estimator text NOT NULL DEFAULT '',
  p float8 NOT NULL DEFAULT 1,
  PRIMARY KEY (account_id, experiment_id, split, goal_id, dimension, value, arm),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CALL protect_tenant('segment_tallies');
GRANT SELECT, INSERT, DELETE ON segment_tallies TO samplit_app;

-- recount compares them with the assignments and conversions.
GRANT SELECT ON segment_counts, segment_tallies TO samplit_ingest;
CALL open_to('samplit_ingest', 'segment_counts', 'SELECT');
CALL open_to('samplit_ingest', 'segment_tallies', 'SELECT');

-- +goose Down
DROP TABLE segment_tallies, segment_counts;
ALTER TABLE assignments DROP COLUMN segment;
ALTER TABLE assignments ADD COLUMN segment jsonb;
