-- +goose Up
-- What was decided before an experiment started: the goal that decides, the
-- rules by which it ends, and what was expected. The entry audit_seq holds the
-- SHA-256 of body. Nothing changes a plan.
CREATE TABLE launch_plans (
  account_id uuid NOT NULL REFERENCES accounts,
  experiment_id uuid NOT NULL,
  body text NOT NULL,
  stored_at timestamptz NOT NULL,
  audit_seq bigint NOT NULL,
  PRIMARY KEY (account_id, experiment_id),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CALL protect_tenant('launch_plans');
GRANT SELECT, INSERT ON launch_plans TO samplit_app;

-- +goose Down
DROP TABLE launch_plans;
