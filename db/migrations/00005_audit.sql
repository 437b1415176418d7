-- +goose Up
CREATE TABLE audit_entries (
  account_id uuid NOT NULL REFERENCES accounts,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  object text NOT NULL,
  payload jsonb,
  salt bytea,
  payload_hash bytea NOT NULL CHECK (octet_length(payload_hash) = 32),
  prev bytea NOT NULL CHECK (octet_length(prev) = 32),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  erased_at timestamptz,
  PRIMARY KEY (account_id, seq)
);
CALL protect_tenant('audit_entries');

-- Its row lock is what orders an account's entries; taken last in a transaction.
CREATE TABLE audit_head (
  account_id uuid PRIMARY KEY REFERENCES accounts,
  size bigint NOT NULL,
  hash bytea NOT NULL,
  at timestamptz NOT NULL
);
CALL protect_tenant('audit_head');

GRANT SELECT, INSERT ON audit_entries TO samplit_app;
GRANT SELECT, INSERT, UPDATE ON audit_head TO samplit_app;

-- +goose StatementBegin
CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.payload IS NULL AND NEW.salt IS NULL AND NEW.erased_at IS NOT NULL
     AND (NEW.account_id, NEW.seq, NEW.at, NEW.actor, NEW.action, NEW.object, NEW.payload_hash, NEW.prev, NEW.hash)
       IS NOT DISTINCT FROM (OLD.account_id, OLD.seq, OLD.at, OLD.actor, OLD.action, OLD.object, OLD.payload_hash, OLD.prev, OLD.hash) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER keep_audit BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION keep_audit();

-- +goose Down
DROP TABLE audit_entries, audit_head;
DROP FUNCTION keep_audit();
