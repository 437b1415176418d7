-- +goose Up
-- What people are told: once each, in the application and, if they want it, by
-- mail. occasion names what happened, so that it is told once.
CREATE TABLE notices (
  account_id uuid NOT NULL REFERENCES accounts,
  user_id uuid NOT NULL REFERENCES users,
  kind text NOT NULL CHECK (kind IN ('decided', 'unhealthy', 'weekly')),
  occasion text NOT NULL,
  experiment_id uuid,
  id uuid NOT NULL,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  read_at timestamptz,
  mailed_at timestamptz,
  PRIMARY KEY (account_id, user_id, kind, occasion),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CREATE INDEX notices_of_user ON notices (account_id, user_id, created_at DESC);
CALL protect_tenant('notices');
GRANT SELECT, INSERT, UPDATE ON notices TO samplit_app;

-- What members do not want to get. No row: everything.
CREATE TABLE notice_choices (
  account_id uuid NOT NULL REFERENCES accounts,
  user_id uuid NOT NULL REFERENCES users,
  kind text NOT NULL CHECK (kind IN ('decided', 'unhealthy', 'weekly')),
  shown boolean NOT NULL,
  mailed boolean NOT NULL,
  PRIMARY KEY (account_id, user_id, kind)
);
CALL protect_tenant('notice_choices');
GRANT SELECT, INSERT, UPDATE ON notice_choices TO samplit_app;

-- +goose Down
DROP TABLE notice_choices, notices;
