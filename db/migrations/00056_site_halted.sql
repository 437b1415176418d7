-- +goose Up
-- halted: the snippet of a site shows nobody anything, whatever runs there.
ALTER TABLE installations ADD COLUMN halted boolean NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE installations DROP COLUMN halted;
