-- +goose Up
-- partners: domains that belong to the site beside its own. Visitors who go from one to
-- another keep their id.
ALTER TABLE installations
  ADD COLUMN partners text[] NOT NULL DEFAULT '{}' CHECK (cardinality(partners) <= 20);

-- +goose Down
ALTER TABLE installations DROP COLUMN partners;
