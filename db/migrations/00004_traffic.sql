-- +goose Up
-- The tables that traffic writes. They carry no foreign keys: a key check per
-- row would lock the experiment's row at every visit, and experiments are never
-- deleted.

CREATE TABLE assignments (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  visitor text NOT NULL,
  arm smallint NOT NULL,
  epoch int NOT NULL,
  propensity real NOT NULL,
  assigned_at timestamptz NOT NULL,
  exposed_at timestamptz,
  door smallint NOT NULL,
  counted boolean NOT NULL,
  -- The visitor whose assignment this one follows since the two were identified
  -- as one person.
  owner text,
  segment jsonb,
  PRIMARY KEY (account_id, experiment_id, split, visitor)
);
CREATE INDEX assignments_owner ON assignments (account_id, experiment_id, owner) WHERE owner IS NOT NULL;
CALL protect_tenant('assignments');

-- What serves and is credited: the owner's row where there is one.
CREATE VIEW effective_assignments WITH (security_invoker) AS
  SELECT a.account_id, a.experiment_id, a.split, a.visitor AS asked,
    coalesce(o.visitor, a.visitor) AS visitor, coalesce(o.arm, a.arm) AS arm, coalesce(o.epoch, a.epoch) AS epoch,
    coalesce(o.propensity, a.propensity) AS propensity, coalesce(o.assigned_at, a.assigned_at) AS assigned_at,
    CASE WHEN o.visitor IS NULL THEN a.exposed_at ELSE o.exposed_at END AS exposed_at,
    coalesce(o.counted, a.counted) AS counted
  FROM assignments a LEFT JOIN assignments o
    ON o.account_id = a.account_id AND o.experiment_id = a.experiment_id AND o.split = a.split AND o.visitor = a.owner;

-- kind: 1 exposure, 2 conversion, 3 page view, 4 custom.
-- state: 0 stored, 1 applied, 2 waiting for its exposure, 3 never attributed,
-- 4 after completion, 5 before exposure or after the goal's window, 6 visitor not counted.
-- part: an event that counts in several experiments has one row for each; part 0
-- carries the identity.
CREATE TABLE events (
  account_id uuid NOT NULL,
  day date NOT NULL,
  event_id uuid NOT NULL,
  part smallint NOT NULL,
  kind smallint NOT NULL,
  installation_id uuid NOT NULL,
  experiment_id uuid,
  goal_id uuid,
  name text,
  visitor text NOT NULL,
  -- Whom the conversion was credited to when that is another id of the person.
  credit text,
  arm smallint,
  epoch int,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  value numeric(18,4),
  url text,
  state smallint NOT NULL,
  props jsonb,
  PRIMARY KEY (account_id, event_id, part, day)
) PARTITION BY RANGE (day);
CREATE INDEX events_waiting ON events (account_id, experiment_id, visitor) WHERE state = 2;
CREATE INDEX events_recent ON events (account_id, installation_id, received_at DESC);
CALL protect_tenant('events');

-- +goose StatementBegin
-- ensure_event_days makes the partitions of the days in between, both included,
-- and returns how many it made. Nobody is granted a partition itself: its rows
-- are reached through the parent, whose policies apply.
CREATE FUNCTION ensure_event_days(first date, last date) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE d date; made int := 0; part text;
BEGIN
  IF last - first > 60 OR first < current_date - 60 OR last > current_date + 60 THEN
    RAISE EXCEPTION 'ensure_event_days: % to % is out of range', first, last;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('samplit.event_days', 0));
  FOR d IN SELECT generate_series(first, last, interval '1 day')::date LOOP
    part := 'events_' || to_char(d, 'YYYYMMDD');
    IF to_regclass('public.' || part) IS NULL THEN
      EXECUTE format('CREATE TABLE public.%I PARTITION OF public.events FOR VALUES FROM (%L) TO (%L)', part, d, d + 1);
      EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', part);
      EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', part);
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION ensure_event_days(date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_event_days(date, date) TO samplit_ingest, samplit_system;

CREATE TABLE conversions (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  goal_id uuid NOT NULL,
  visitor text NOT NULL,
  first_at timestamptz NOT NULL,
  n int NOT NULL,
  value numeric NOT NULL,
  PRIMARY KEY (account_id, experiment_id, split, goal_id, visitor)
);
CALL protect_tenant('conversions');

-- Cohort counts: hour is that of the visitor's first exposure. Visitors stand
-- under the zero goal, converters and values under each goal.
CREATE TABLE rollups (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  epoch int NOT NULL,
  arm smallint NOT NULL,
  goal_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  visitors bigint NOT NULL DEFAULT 0,
  converters bigint NOT NULL DEFAULT 0,
  value numeric NOT NULL DEFAULT 0,
  value_sq numeric NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, experiment_id, split, epoch, arm, goal_id, hour)
);
CALL protect_tenant('rollups');

-- Counters of what traffic did, by day; the zero experiment stands for the
-- whole account. accepted = applied + duplicate + quarantined + waiting.
CREATE TABLE tallies (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  day date NOT NULL,
  kind text NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (account_id, experiment_id, day, kind)
);
CALL protect_tenant('tallies');

CREATE TABLE heartbeats (
  account_id uuid NOT NULL,
  installation_id uuid NOT NULL,
  last_at timestamptz NOT NULL,
  url text NOT NULL,
  PRIMARY KEY (account_id, installation_id)
);
CALL protect_tenant('heartbeats');

CREATE TABLE quarantine (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  reason text NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (account_id, id)
);
CALL protect_tenant('quarantine');

GRANT SELECT ON assignments, effective_assignments, events, conversions, rollups, tallies, heartbeats, quarantine TO samplit_app;
GRANT SELECT, INSERT, UPDATE ON assignments, conversions, rollups, tallies, heartbeats, events TO samplit_ingest;
GRANT SELECT ON effective_assignments TO samplit_ingest;
GRANT DELETE ON rollups TO samplit_ingest;
GRANT SELECT, INSERT ON quarantine TO samplit_ingest;
GRANT SELECT ON rollups TO samplit_system;
CALL open_to('samplit_ingest', 'assignments');
CALL open_to('samplit_ingest', 'events');
CALL open_to('samplit_ingest', 'conversions');
CALL open_to('samplit_ingest', 'rollups');
CALL open_to('samplit_ingest', 'tallies');
CALL open_to('samplit_ingest', 'heartbeats');
CALL open_to('samplit_ingest', 'quarantine');
CALL open_to('samplit_system', 'rollups', 'SELECT');

-- +goose Down
DROP TABLE quarantine, heartbeats, tallies, rollups, conversions;
DROP FUNCTION ensure_event_days(date, date);
DROP TABLE events;
DROP VIEW effective_assignments;
DROP TABLE assignments;
