-- +goose Up
-- What the visitors of each group brought: the sum of each visitor's values, and
-- of their squares.
ALTER TABLE segment_tallies ADD COLUMN amount float8 NOT NULL DEFAULT 0, ADD COLUMN amount_sq float8 NOT NULL DEFAULT 0;

-- What amounts were when groups were counted: somebody who converted before may
-- buy again or give back, and seen stays as it is.
ALTER TABLE segment_counts ADD COLUMN seen_amount float8 NOT NULL DEFAULT 0, ADD COLUMN seen_amount_sq float8 NOT NULL DEFAULT 0;

-- recount reads them as the application, one account at a time.
DROP POLICY samplit_ingest ON segment_counts;
DROP POLICY samplit_ingest ON segment_tallies;
REVOKE SELECT ON segment_counts, segment_tallies FROM samplit_ingest;

-- Older counts have no amounts: they are made anew. Those of revenue goals compare
-- conversions, which would now be read as amounts: they go, and with them the
-- other goals' of the same experiment. Forced policies would hide the rows even
-- from their owner.
ALTER TABLE segment_tallies NO FORCE ROW LEVEL SECURITY;
ALTER TABLE segment_counts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE goals NO FORCE ROW LEVEL SECURITY;
UPDATE segment_counts SET seen = -1;
DELETE FROM segment_tallies t USING goals g WHERE g.account_id = t.account_id AND g.experiment_id = t.experiment_id AND g.type = 'revenue';
DELETE FROM segment_counts c USING goals g WHERE g.account_id = c.account_id AND g.experiment_id = c.experiment_id AND g.type = 'revenue';
ALTER TABLE goals FORCE ROW LEVEL SECURITY;
ALTER TABLE segment_counts FORCE ROW LEVEL SECURITY;
ALTER TABLE segment_tallies FORCE ROW LEVEL SECURITY;

-- +goose Down
ALTER TABLE segment_tallies NO FORCE ROW LEVEL SECURITY;
ALTER TABLE segment_counts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE goals NO FORCE ROW LEVEL SECURITY;
UPDATE segment_counts SET seen = -1;
DELETE FROM segment_tallies t USING goals g WHERE g.account_id = t.account_id AND g.experiment_id = t.experiment_id AND g.type = 'revenue';
DELETE FROM segment_counts c USING goals g WHERE g.account_id = c.account_id AND g.experiment_id = c.experiment_id AND g.type = 'revenue';
ALTER TABLE goals FORCE ROW LEVEL SECURITY;
ALTER TABLE segment_counts FORCE ROW LEVEL SECURITY;
ALTER TABLE segment_tallies FORCE ROW LEVEL SECURITY;
GRANT SELECT ON segment_counts, segment_tallies TO samplit_ingest;
CALL open_to('samplit_ingest', 'segment_counts', 'SELECT');
CALL open_to('samplit_ingest', 'segment_tallies', 'SELECT');
ALTER TABLE segment_counts DROP COLUMN seen_amount, DROP COLUMN seen_amount_sq;
ALTER TABLE segment_tallies DROP COLUMN amount, DROP COLUMN amount_sq;
