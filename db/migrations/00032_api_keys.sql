-- +goose Up
-- Keys of programs. The key is shown once; the row holds its SHA-256 and its
-- last characters, by which people tell keys apart.
CREATE TABLE api_keys (
  account_id uuid NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  name text NOT NULL,
  hash bytea NOT NULL CONSTRAINT api_keys_hash_key UNIQUE CHECK (octet_length(hash) = 32),
  ending text NOT NULL,
  role text NOT NULL CHECK (role IN ('admin', 'editor', 'viewer')),
  created_by uuid NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  used_at timestamptz,
  revoked_at timestamptz,
  audit_seq bigint,
  PRIMARY KEY (account_id, id)
);
CALL protect_tenant('api_keys');
GRANT SELECT, INSERT, UPDATE ON api_keys TO samplit_app;

-- +goose StatementBegin
-- api_key answers, before a tenant is known, whose a key is.
CREATE FUNCTION api_key(key_hash bytea) RETURNS TABLE (account_id uuid, id uuid, role text, created_by uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT k.account_id, k.id, k.role, k.created_by FROM api_keys k WHERE k.hash = key_hash AND k.revoked_at IS NULL LIMIT 1
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION api_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api_key(bytea) TO samplit_app;
-- +goose StatementBegin
DO $$ BEGIN
  EXECUTE format('CREATE POLICY definer ON api_keys FOR SELECT TO %I USING (true)', current_user);
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION api_key(bytea);
DROP TABLE api_keys;
