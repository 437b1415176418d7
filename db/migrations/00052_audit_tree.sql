-- +goose Up
-- Inner nodes of each account's Merkle tree (RFC 6962): the n-th from the left
-- over 2^level entries. Level 0 are the entries' own hashes.
CREATE TABLE audit_nodes (
  account_id uuid NOT NULL REFERENCES accounts,
  level smallint NOT NULL CHECK (level > 0),
  n bigint NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (account_id, level, n)
);
CALL protect_tenant('audit_nodes');
GRANT SELECT, INSERT ON audit_nodes TO samplit_app;

-- What the signing key has vouched for; the key is not in the database.
CREATE TABLE audit_checkpoints (
  account_id uuid NOT NULL REFERENCES accounts,
  size bigint NOT NULL CHECK (size > 0),
  note text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (account_id, size)
);
CALL protect_tenant('audit_checkpoints');
GRANT SELECT, INSERT ON audit_checkpoints TO samplit_app;

-- peaks: the roots of the perfect subtrees that the tree is made of, largest
-- first, which is all that appending needs. mailed_at: when its owners were last
-- sent a checkpoint.
ALTER TABLE audit_head ADD COLUMN peaks bytea NOT NULL DEFAULT '', ADD COLUMN mailed_at timestamptz;

-- The jobs that sign and beat find their accounts.
GRANT SELECT ON audit_head, audit_checkpoints TO samplit_system;
CALL open_to('samplit_system', 'audit_head', 'SELECT');
CALL open_to('samplit_system', 'audit_checkpoints', 'SELECT');

-- +goose StatementBegin
-- The owner, to whom forced row level security applies too, builds the trees of
-- the entries that are there.
DO $$
DECLARE height smallint := 1; made bigint;
BEGIN
  EXECUTE format('CREATE POLICY building ON audit_entries FOR SELECT TO %I USING (true)', current_user);
  EXECUTE format('CREATE POLICY building ON audit_nodes TO %I USING (true) WITH CHECK (true)', current_user);
  EXECUTE format('CREATE POLICY building ON audit_head TO %I USING (true) WITH CHECK (true)', current_user);
  INSERT INTO audit_nodes
    SELECT a.account_id, 1, a.seq / 2, sha256('\x01'::bytea || a.hash || b.hash)
    FROM audit_entries a JOIN audit_entries b ON b.account_id = a.account_id AND b.seq = a.seq + 1 WHERE a.seq % 2 = 0;
  LOOP
    INSERT INTO audit_nodes
      SELECT a.account_id, height + 1, a.n / 2, sha256('\x01'::bytea || a.hash || b.hash)
      FROM audit_nodes a JOIN audit_nodes b ON b.account_id = a.account_id AND b.level = a.level AND b.n = a.n + 1
      WHERE a.level = height AND a.n % 2 = 0;
    GET DIAGNOSTICS made = ROW_COUNT;
    EXIT WHEN made = 0;
    height := height + 1;
  END LOOP;
  UPDATE audit_head h SET peaks = coalesce((
    SELECT string_agg(coalesce(n.hash, e.hash), ''::bytea ORDER BY l DESC) FROM generate_series(0, 62) l
    LEFT JOIN audit_nodes n ON n.account_id = h.account_id AND n.level = l AND n.n = (h.size >> l) - 1
    LEFT JOIN audit_entries e ON l = 0 AND e.account_id = h.account_id AND e.seq = h.size - 1
    WHERE (h.size >> l) & 1 = 1), '');
  DROP POLICY building ON audit_entries;
  DROP POLICY building ON audit_nodes;
  DROP POLICY building ON audit_head;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Payloads alone may go, and only those that no check depends on.
CREATE OR REPLACE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_entries' THEN
    IF NEW.payload IS NULL AND NEW.salt IS NULL AND NEW.erased_at IS NOT NULL AND OLD.action NOT IN ('payload.erased', 'audit.key_rotated')
       AND (NEW.account_id, NEW.seq, NEW.at, NEW.actor, NEW.action, NEW.object, NEW.payload_hash, NEW.prev, NEW.hash)
         IS NOT DISTINCT FROM (OLD.account_id, OLD.seq, OLD.at, OLD.actor, OLD.action, OLD.object, OLD.payload_hash, OLD.prev, OLD.hash) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER keep_audit_whole BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();
CREATE TRIGGER keep_audit BEFORE UPDATE OR DELETE ON audit_nodes FOR EACH ROW EXECUTE FUNCTION keep_audit();
CREATE TRIGGER keep_audit BEFORE UPDATE OR DELETE ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION keep_audit();

-- +goose StatementBegin
-- erase_audit_payloads takes away the payloads of the current account's entries
-- of a span, and returns how many it took. The entry that says so is the caller's.
CREATE FUNCTION erase_audit_payloads(first bigint, last bigint, now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE n bigint;
BEGIN
  UPDATE public.audit_entries SET payload = NULL, salt = NULL, erased_at = now
    WHERE account_id = public.current_account() AND seq BETWEEN first AND last AND payload IS NOT NULL
      AND action NOT IN ('payload.erased', 'audit.key_rotated');
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION erase_audit_payloads(bigint, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_audit_payloads(bigint, bigint, timestamptz) TO samplit_app;
-- +goose StatementBegin
DO $$ BEGIN
  EXECUTE format('CREATE POLICY definer ON audit_entries TO %I USING (account_id = (SELECT public.current_account()))', current_user);
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION erase_audit_payloads(bigint, bigint, timestamptz);
DROP POLICY definer ON audit_entries;
DROP TRIGGER keep_audit_whole ON audit_entries;
DROP POLICY samplit_system ON audit_head;
REVOKE SELECT ON audit_head FROM samplit_system;
ALTER TABLE audit_head DROP COLUMN peaks, DROP COLUMN mailed_at;
DROP TABLE audit_nodes, audit_checkpoints;
