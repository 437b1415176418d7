-- +goose Up
-- Variants of two elements that no visitor of a factorial experiment sees together:
-- [{"headline":"b","button":"c"}], null for none.
ALTER TABLE experiments ADD COLUMN excluded_pairs jsonb;
COMMENT ON COLUMN experiments.winner IS 'The winning arm when completed with one; in mode independent one arm for each split, joined by dots.';

-- +goose Down
COMMENT ON COLUMN experiments.winner IS NULL;
ALTER TABLE experiments DROP COLUMN excluded_pairs;
