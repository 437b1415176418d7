-- +goose Up
-- Who takes part in an experiment, when, and who is served without being
-- counted, as the API spells it. NULL: no such rule.
ALTER TABLE experiments
  ADD COLUMN targeting jsonb,
  ADD COLUMN schedule jsonb,
  ADD COLUMN exclusions jsonb,
  ADD COLUMN layer jsonb,
  ADD COLUMN holdout jsonb;

-- +goose Down
ALTER TABLE experiments
  DROP COLUMN targeting,
  DROP COLUMN schedule,
  DROP COLUMN exclusions,
  DROP COLUMN layer,
  DROP COLUMN holdout;
