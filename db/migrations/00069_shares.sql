-- +goose Up
-- Links to the results of an experiment for people without an account. The
-- address is signed and is not kept; a row says that it still holds, and what it
-- shows. expires_at is null for the public page.
CREATE TABLE shares (
  account_id uuid NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  public boolean NOT NULL,
  show_text boolean NOT NULL,
  show_url boolean NOT NULL,
  show_money boolean NOT NULL,
  created_by uuid NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  audit_seq bigint,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id),
  CHECK (public = (expires_at IS NULL))
);
CREATE INDEX shares_of_experiment ON shares (account_id, experiment_id, created_at DESC);
CREATE UNIQUE INDEX shares_public ON shares (account_id, experiment_id) WHERE public AND revoked_at IS NULL;
CALL protect_tenant('shares');
GRANT SELECT, INSERT, UPDATE ON shares TO samplit_app;

-- +goose Down
DROP TABLE shares;
