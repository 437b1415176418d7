-- +goose Up
-- What the last look at the pages of an experiment found of its changes, see services.PageCheck. done_at is null while the first
-- look is under way; a later one is when begun_at is after done_at.
CREATE TABLE page_checks (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  begun_at timestamptz NOT NULL,
  done_at timestamptz,
  found jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (account_id, experiment_id),
  FOREIGN KEY (account_id, experiment_id) REFERENCES experiments (account_id, id)
);
CALL protect_tenant('page_checks');
GRANT SELECT, INSERT, UPDATE ON page_checks TO samplit_app;
-- To find those that are due, of all accounts; when a snippet was heard tells whose pages may be opened.
GRANT SELECT ON page_checks, heartbeats TO samplit_system;
CALL open_to('samplit_system', 'page_checks', 'SELECT');
CALL open_to('samplit_system', 'heartbeats', 'SELECT');

-- +goose StatementBegin
-- nightly is the last moment up to now when the pages of an experiment were to be looked at: each has its own, in the five hours
-- after midnight UTC.
CREATE FUNCTION nightly(experiment uuid, now timestamptz) RETURNS timestamptz LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT CASE WHEN tonight <= now THEN tonight ELSE tonight - interval '1 day' END
  FROM (SELECT date_trunc('day', now, 'UTC') + interval '1 second' * abs(hashtextextended(experiment::text, 0) % 18000) AS tonight) t
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION nightly(uuid, timestamptz);
DROP POLICY samplit_system ON heartbeats;
REVOKE SELECT ON heartbeats FROM samplit_system;
DROP TABLE page_checks;
