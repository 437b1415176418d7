-- +goose Up
-- What an ended experiment taught: what its final numbers say, judged once they
-- have settled, and what people wrote. log_se is the standard error of ln(1 + lift);
-- null where nothing could be compared.
CREATE TABLE learnings (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  ended_at timestamptz NOT NULL,
  judged_at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('won', 'lost', 'flat', 'inconclusive')),
  -- A variant other than the control is shown to everybody since.
  shipped boolean NOT NULL,
  variant text NOT NULL,
  lift double precision,
  low double precision,
  high double precision,
  log_se double precision,
  body text NOT NULL DEFAULT '' CHECK (length(body) <= 4000),
  tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 10),
  written_by uuid REFERENCES users,
  written_at timestamptz,
  version int NOT NULL DEFAULT 0,
  audit_seq bigint,
  -- Name, hypothesis, body and tags. Row security keeps an index on words from
  -- being used before the one of the account, which has few.
  words tsvector NOT NULL,
  PRIMARY KEY (account_id, experiment_id),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CREATE INDEX learnings_recent ON learnings (account_id, ended_at DESC, experiment_id DESC);
CALL protect_tenant('learnings');
GRANT SELECT, INSERT, UPDATE ON learnings TO samplit_app;

-- +goose Down
DROP TABLE learnings;
