-- +goose Up
-- Days of events that were exported and dropped: where they are, and what they
-- were. Nothing in it belongs to one account.
CREATE TABLE event_archives (
  day date PRIMARY KEY,
  object text NOT NULL,
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  rows bigint NOT NULL,
  dropped_at timestamptz NOT NULL
);
GRANT SELECT ON event_archives TO samplit_ingest, samplit_system;

-- What the dropped days counted, so that a recount can go on adding up: n
-- conversions, and the value of those that named no order.
CREATE TABLE archived_sums (
  account_id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  split smallint NOT NULL,
  goal_id uuid NOT NULL,
  day date NOT NULL,
  n bigint NOT NULL,
  value numeric NOT NULL,
  PRIMARY KEY (account_id, experiment_id, split, goal_id, day)
);
CALL protect_tenant('archived_sums');
CALL open_to('samplit_ingest', 'archived_sums', 'SELECT');
GRANT SELECT ON archived_sums TO samplit_app, samplit_ingest;

-- The export reads whole days.
GRANT SELECT ON events TO samplit_system;
CALL open_to('samplit_system', 'events', 'SELECT');

-- +goose StatementBegin
-- event_days lists the days that have a partition.
CREATE FUNCTION event_days() RETURNS TABLE (day date) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT to_date(substr(c.relname, 8), 'YYYYMMDD') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'public.events'::regclass AND c.relname ~ '^events_[0-9]{8}$' ORDER BY 1
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION event_days() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION event_days() TO samplit_ingest, samplit_system;

-- +goose StatementBegin
-- drop_event_day drops a day that was exported as the given object of so many
-- rows, and keeps what it counted. A day that can still get events, or has other
-- rows than were exported, stays.
CREATE FUNCTION drop_event_day(d date, object text, sha256 bytea, exported bigint, now timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '2s' AS $$
DECLARE here bigint;
BEGIN
  IF d >= current_date - 9 THEN
    RAISE EXCEPTION 'drop_event_day: % can still get events', d;
  END IF;
  SELECT count(*) INTO here FROM public.events e WHERE e.day = d;
  IF here <> exported THEN
    RAISE EXCEPTION 'drop_event_day: % has % rows, exported were %', d, here, exported;
  END IF;
  INSERT INTO public.archived_sums (account_id, experiment_id, split, goal_id, day, n, value)
    SELECT e.account_id, e.experiment_id, e.split, e.goal_id, d, count(*), coalesce(sum(e.value) FILTER (WHERE e.order_id IS NULL), 0)
    FROM public.events e WHERE e.day = d AND e.kind = 2 AND e.state = 1 AND NOT (e.order_id IS NOT NULL AND e.value < 0) GROUP BY 1, 2, 3, 4;
  INSERT INTO public.event_archives VALUES (d, object, sha256, here, now);
  EXECUTE format('DROP TABLE public.%I', 'events_' || to_char(d, 'YYYYMMDD'));
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION drop_event_day(date, text, bytea, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_event_day(date, text, bytea, bigint, timestamptz) TO samplit_system;

-- +goose StatementBegin
-- The definer is the owner, to whom forced row level security applies too.
DO $$ BEGIN
  EXECUTE format('CREATE POLICY definer ON events FOR SELECT TO %I USING (true)', current_user);
  EXECUTE format('CREATE POLICY definer ON archived_sums FOR INSERT TO %I WITH CHECK (true)', current_user);
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION drop_event_day(date, text, bytea, bigint, timestamptz);
DROP FUNCTION event_days();
DROP POLICY definer ON events;
DROP POLICY samplit_system ON events;
REVOKE SELECT ON events FROM samplit_system;
DROP TABLE archived_sums, event_archives;
