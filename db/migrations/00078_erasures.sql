-- +goose Up
-- Requests to erase what is stored of a person, and what became of them. names
-- is what the request named, as long as it waits: afterwards nothing here tells
-- whose data it was.
CREATE TABLE erasures (
  account_id uuid NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
  names text[] CHECK ((names IS NULL) = (state IN ('done', 'failed'))),
  -- How many days of events were searched, of how many.
  searched int NOT NULL DEFAULT 0,
  days int NOT NULL DEFAULT 0,
  -- What was found and erased.
  ids int NOT NULL DEFAULT 0,
  assignments bigint NOT NULL DEFAULT 0,
  conversions bigint NOT NULL DEFAULT 0,
  events bigint NOT NULL DEFAULT 0,
  orders bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0,
  created_by uuid NOT NULL REFERENCES users,
  created_key uuid,
  created_at timestamptz NOT NULL,
  finished_at timestamptz,
  audit_seq bigint,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX erasures_newest ON erasures (account_id, created_at DESC, id DESC);
CALL protect_tenant('erasures');
GRANT SELECT, INSERT, UPDATE ON erasures TO samplit_app;

-- What an erasure changes, in rows that counts rest on: a random name takes the
-- visitor's place, and what could tell who it was goes.
GRANT UPDATE (visitor, owner, segment) ON assignments TO samplit_app;
GRANT UPDATE (visitor, credit, name, url, props, order_id, state) ON events TO samplit_app;
GRANT UPDATE (visitor) ON conversions TO samplit_app;
GRANT UPDATE (order_id, credit) ON orders TO samplit_app;
GRANT DELETE ON waiting TO samplit_app;
GRANT UPDATE (url) ON heartbeats TO samplit_app;
GRANT INSERT, UPDATE ON aliases TO samplit_app;

-- Until when a site is taken for one that tells of visitors that are one person
-- because somebody was erased: nothing that nodes remember is counted by.
ALTER TABLE installations ADD COLUMN erasing_until timestamptz;
GRANT SELECT (erasing_until), UPDATE (erasing_until) ON installations TO samplit_ingest;

-- +goose StatementBegin
-- hold_conversions waits until nobody is about to count a conversion and lets
-- nobody begin before the transaction ends.
CREATE FUNCTION hold_conversions() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public SET lock_timeout = '3s' AS $$
BEGIN
  LOCK TABLE public.conversions IN SHARE ROW EXCLUSIVE MODE;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION hold_conversions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hold_conversions() TO samplit_app;

-- +goose Down
DROP FUNCTION hold_conversions();
REVOKE UPDATE (erasing_until) ON installations FROM samplit_ingest;
ALTER TABLE installations DROP COLUMN erasing_until;
REVOKE INSERT, UPDATE ON aliases FROM samplit_app;
REVOKE UPDATE (url) ON heartbeats FROM samplit_app;
REVOKE DELETE ON waiting FROM samplit_app;
REVOKE UPDATE (order_id, credit) ON orders FROM samplit_app;
REVOKE UPDATE (visitor) ON conversions FROM samplit_app;
REVOKE UPDATE (visitor, credit, name, url, props, order_id, state) ON events FROM samplit_app;
REVOKE UPDATE (visitor, owner, segment) ON assignments FROM samplit_app;
DROP TABLE erasures;
