-- +goose Up
-- Rows of an experiment that people asked for as a file. The file is in the
-- object store until expires_at.
CREATE TABLE exports (
  account_id uuid NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  what text NOT NULL CHECK (what IN ('assignments', 'conversions')),
  format text NOT NULL CHECK (format IN ('csv', 'json', 'parquet')),
  state text NOT NULL CHECK (state IN ('waiting', 'running', 'ready', 'failed', 'cancelled', 'deleted')),
  -- How many rows are written, and about how many there will be.
  written bigint NOT NULL DEFAULT 0,
  expected bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  created_by uuid NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  finished_at timestamptz,
  expires_at timestamptz,
  audit_seq bigint,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CREATE INDEX exports_of_experiment ON exports (account_id, experiment_id, created_at DESC);
CALL protect_tenant('exports');
GRANT SELECT, INSERT, UPDATE ON exports TO samplit_app;

-- Files whose time is over are looked for in all accounts.
CREATE INDEX exports_over ON exports (expires_at) WHERE state = 'ready';
CALL open_to('samplit_system', 'exports', 'SELECT');
GRANT SELECT ON exports TO samplit_system;

-- +goose Down
DROP TABLE exports;
