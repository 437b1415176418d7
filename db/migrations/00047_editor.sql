-- +goose Up
-- What the visual editor knows of a variant's changes beyond what pages get:
-- names, who touched a change last, and the changes that are switched off.
CREATE TABLE editor_lists (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  edits jsonb NOT NULL,
  PRIMARY KEY (account_id, variant_id),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CALL protect_tenant('editor_lists');

-- One row per save in the editor. rev is the experiment's version after it.
-- inverse takes the step back; touched names the slots that it wrote, by which
-- saves from an older revision are rebased or refused.
CREATE TABLE editor_revisions (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  rev int NOT NULL,
  variant_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users,
  made_at timestamptz NOT NULL,
  -- Chosen by the client: the same request counts once.
  request text NOT NULL CHECK (length(request) BETWEEN 1 AND 64),
  kind text NOT NULL CHECK (kind IN ('edit', 'undo', 'redo')),
  -- Of an edit: whether it is in force, taken back, or taken back for good.
  state text NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'undone', 'dropped')),
  ops jsonb NOT NULL,
  inverse jsonb NOT NULL,
  touched text[] NOT NULL,
  PRIMARY KEY (account_id, experiment_id, rev),
  CONSTRAINT editor_revisions_request_key UNIQUE (account_id, experiment_id, request),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CREATE INDEX editor_revisions_steps ON editor_revisions (account_id, variant_id, user_id, rev) WHERE kind = 'edit';
CALL protect_tenant('editor_revisions');

-- Who has the editor open.
CREATE TABLE editor_presence (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users,
  variant_id uuid NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, experiment_id, user_id),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CALL protect_tenant('editor_presence');

GRANT SELECT, INSERT, UPDATE, DELETE ON editor_lists, editor_revisions, editor_presence TO samplit_app;

-- +goose Down
DROP TABLE editor_presence, editor_revisions, editor_lists;
