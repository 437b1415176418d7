-- +goose Up
-- When somebody of the account first opened a preview of an experiment.
CREATE TABLE previewed (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  first_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, experiment_id),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CALL protect_tenant('previewed');
GRANT SELECT, INSERT ON previewed TO samplit_app;

-- +goose Down
DROP TABLE previewed;
