-- +goose Up
-- changed_xid is the transaction that last wrote the row. A reader that
-- remembers the oldest transaction still open at its last look misses nothing:
-- whatever commits later has an id at or above it.
-- +goose StatementBegin
CREATE FUNCTION mark_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.changed_xid := pg_current_xact_id();
  PERFORM pg_notify('samplit_config', '');
  RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TABLE installations (
  account_id uuid NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  name text NOT NULL,
  site_url text NOT NULL,
  -- Random, so that global uniqueness tells nobody anything.
  token text NOT NULL CONSTRAINT installations_token_key UNIQUE,
  created_at timestamptz NOT NULL,
  archived_at timestamptz,
  changed_xid xid8 NOT NULL,
  audit_seq bigint,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX installations_change ON installations (changed_xid);
CREATE TRIGGER mark_change BEFORE INSERT OR UPDATE ON installations FOR EACH ROW EXECUTE FUNCTION mark_change();
CALL protect_tenant('installations');

CREATE TABLE experiments (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  installation_id uuid NOT NULL,
  key text NOT NULL CHECK (key ~ '^[a-z0-9_-]{1,64}$'),
  name text NOT NULL,
  hypothesis text NOT NULL DEFAULT '',
  url text NOT NULL DEFAULT '',
  mode text NOT NULL CHECK (mode IN ('single', 'independent', 'factorial')),
  allocator text NOT NULL CHECK (allocator IN ('sequential', 'thompson', 'explore')),
  strategy text CHECK (strategy IN ('adaptive', 'fast_learning', 'multi_step')),
  allocator_params jsonb NOT NULL DEFAULT '{}',
  traffic_allocation double precision NOT NULL CHECK (traffic_allocation > 0 AND traffic_allocation <= 1),
  status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'running', 'paused', 'completed', 'archived')),
  -- The winning arm of split 0 when completed with one.
  winner text,
  -- Visitors per arm the sequential test is tuned to, stored before launch.
  planned_per_arm int NOT NULL DEFAULT 5000 CHECK (planned_per_arm BETWEEN 100 AND 100000000),
  version int NOT NULL DEFAULT 1,
  created_by uuid NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  started_at timestamptz,
  completed_at timestamptz,
  archived_at timestamptz,
  changed_xid xid8 NOT NULL,
  audit_seq bigint,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, installation_id) REFERENCES installations (account_id, id),
  CONSTRAINT experiments_key_key UNIQUE (account_id, key)
);
CREATE INDEX experiments_recent ON experiments (account_id, created_at DESC, id);
CREATE INDEX experiments_change ON experiments (changed_xid);
CREATE INDEX experiments_site ON experiments (account_id, installation_id);
CREATE TRIGGER mark_change BEFORE INSERT OR UPDATE ON experiments FOR EACH ROW EXECUTE FUNCTION mark_change();
CALL protect_tenant('experiments');

CREATE TABLE elements (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  ord smallint NOT NULL CHECK (ord >= 0),
  key text NOT NULL CHECK (key ~ '^[a-z0-9_-]{1,64}$'),
  name text NOT NULL,
  selector text NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, experiment_id, ord),
  CONSTRAINT elements_key_key UNIQUE (account_id, experiment_id, key),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CALL protect_tenant('elements');

-- ord 0 is the control.
CREATE TABLE variants (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  element smallint NOT NULL,
  ord smallint NOT NULL CHECK (ord >= 0),
  id uuid NOT NULL,
  key text NOT NULL CHECK (key ~ '^[a-z0-9_-]{1,64}$'),
  name text NOT NULL,
  weight double precision NOT NULL CHECK (weight > 0),
  changes jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (account_id, experiment_id, element, ord),
  CONSTRAINT variants_key_key UNIQUE (account_id, experiment_id, element, key),
  FOREIGN KEY (account_id, experiment_id, element) REFERENCES elements (account_id, experiment_id, ord)
);
CALL protect_tenant('variants');

CREATE TABLE goals (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  id uuid NOT NULL,
  ord smallint NOT NULL,
  key text NOT NULL CHECK (key ~ '^[a-z0-9_-]{1,64}$'),
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('primary', 'secondary', 'guardrail')),
  type text NOT NULL CHECK (type IN ('click', 'url', 'form', 'custom', 'revenue')),
  config jsonb NOT NULL DEFAULT '{}',
  window_days int NOT NULL DEFAULT 7 CHECK (window_days BETWEEN 1 AND 90),
  PRIMARY KEY (account_id, id),
  CONSTRAINT goals_key_key UNIQUE (account_id, experiment_id, key),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CREATE INDEX goals_experiment ON goals (account_id, experiment_id, ord);
CREATE UNIQUE INDEX goals_primary_key ON goals (account_id, experiment_id) WHERE role = 'primary';
CALL protect_tenant('goals');

-- What has weights: one per experiment, or one per element in independent mode.
-- Frozen at launch.
CREATE TABLE splits (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  key text NOT NULL DEFAULT '',
  arms text[] NOT NULL CHECK (cardinality(arms) BETWEEN 2 AND 64),
  PRIMARY KEY (account_id, experiment_id, split),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CALL protect_tenant('splits');

-- Weights in units of 1/10,000 in the order of splits.arms.
CREATE TABLE epochs (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  epoch int NOT NULL CHECK (epoch >= 1),
  weights int[] NOT NULL,
  traffic_allocation double precision NOT NULL,
  opened_at timestamptz NOT NULL,
  reason text NOT NULL,
  audit_seq bigint,
  PRIMARY KEY (account_id, experiment_id, split, epoch),
  FOREIGN KEY (account_id, experiment_id, split) REFERENCES splits (account_id, experiment_id, split)
);
CALL protect_tenant('epochs');

CREATE TABLE optimisation_states (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  version bigint NOT NULL,
  sealed bytea NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, experiment_id, split),
  FOREIGN KEY (account_id, experiment_id, split) REFERENCES splits (account_id, experiment_id, split)
);
CALL protect_tenant('optimisation_states');

-- The running minimum of the always-valid p per arm: it never goes back up.
CREATE TABLE sequential_looks (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  goal_id uuid NOT NULL,
  arm smallint NOT NULL,
  p double precision NOT NULL,
  looked_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, experiment_id, split, goal_id, arm),
  FOREIGN KEY (account_id, experiment_id, split) REFERENCES splits (account_id, experiment_id, split)
);
CALL protect_tenant('sequential_looks');

GRANT SELECT, INSERT, UPDATE ON installations, experiments, optimisation_states, sequential_looks TO samplit_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON elements, variants, goals TO samplit_app;
GRANT SELECT, INSERT ON splits, epochs TO samplit_app;

GRANT SELECT ON installations, experiments, elements, variants, goals, splits, epochs TO samplit_system;
CALL open_to('samplit_system', 'installations', 'SELECT');
CALL open_to('samplit_system', 'experiments', 'SELECT');
CALL open_to('samplit_system', 'elements', 'SELECT');
CALL open_to('samplit_system', 'variants', 'SELECT');
CALL open_to('samplit_system', 'goals', 'SELECT');
CALL open_to('samplit_system', 'splits', 'SELECT');
CALL open_to('samplit_system', 'epochs', 'SELECT');

-- Ingest judges an event by the experiment's state and the goal's window.
GRANT SELECT ON experiments, goals, splits TO samplit_ingest;
CALL open_to('samplit_ingest', 'experiments', 'SELECT');
CALL open_to('samplit_ingest', 'goals', 'SELECT');
CALL open_to('samplit_ingest', 'splits', 'SELECT');

-- +goose StatementBegin
-- sealed_sample returns one sealed state of any account: a starting server tries its keyset on it.
CREATE FUNCTION sealed_sample() RETURNS TABLE (account_id uuid, experiment_id uuid, split smallint, version bigint, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT o.account_id, o.experiment_id, o.split, o.version, o.sealed FROM optimisation_states o ORDER BY o.updated_at DESC LIMIT 1
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION sealed_sample() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sealed_sample() TO samplit_app, samplit_system;
-- +goose StatementBegin
DO $$ BEGIN
  EXECUTE format('CREATE POLICY definer ON optimisation_states FOR SELECT TO %I USING (true)', current_user);
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION sealed_sample();
DROP TABLE sequential_looks, optimisation_states, epochs, splits, goals, variants, elements, experiments, installations;
DROP FUNCTION mark_change();
