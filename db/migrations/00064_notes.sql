-- +goose Up
-- What people note about a day of an experiment: a campaign, an outage, a sale.
CREATE TABLE experiment_notes (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  day date NOT NULL,
  body text NOT NULL CHECK (length(body) BETWEEN 1 AND 200),
  created_by uuid NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CREATE INDEX experiment_notes_of ON experiment_notes (account_id, experiment_id, day);
CALL protect_tenant('experiment_notes');
GRANT SELECT, INSERT, DELETE ON experiment_notes TO samplit_app;

-- +goose Down
DROP TABLE experiment_notes;
