-- +goose Up
-- Pages of a site that somebody has open in the editor. What opens one is random:
-- a host name (mode proxy and snapshot) or a token that the page itself redeems
-- once (on_page). The row holds its SHA-256.
CREATE TABLE page_sessions (
  account_id uuid NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  installation_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users,
  hash bytea NOT NULL CONSTRAINT page_sessions_hash_key UNIQUE CHECK (octet_length(hash) = 32),
  mode text NOT NULL CHECK (mode IN ('proxy', 'on_page', 'snapshot')),
  url text NOT NULL,
  nonce text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  redeemed_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, installation_id) REFERENCES installations
);
CREATE INDEX page_sessions_user ON page_sessions (account_id, user_id, created_at DESC) WHERE ended_at IS NULL;
CALL protect_tenant('page_sessions');
GRANT SELECT, INSERT, UPDATE, DELETE ON page_sessions TO samplit_app;

-- +goose StatementBegin
-- page_session answers, before a tenant is known, what a host name or token opens,
-- as long as its person may still edit in the account.
CREATE FUNCTION page_session(session_hash bytea) RETURNS TABLE (account_id uuid, id uuid, installation_id uuid, user_id uuid, mode text, url text, nonce text, expires_at timestamptz, redeemed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT p.account_id, p.id, p.installation_id, p.user_id, p.mode, p.url, p.nonce, p.expires_at, p.redeemed_at
  FROM page_sessions p JOIN members m ON m.account_id = p.account_id AND m.user_id = p.user_id
  WHERE p.hash = session_hash AND p.ended_at IS NULL AND m.role <> 'viewer' LIMIT 1
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION page_session(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION page_session(bytea) TO samplit_app;
-- +goose StatementBegin
DO $$ BEGIN
  EXECUTE format('CREATE POLICY definer ON page_sessions FOR SELECT TO %I USING (true)', current_user);
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION page_session(bytea);
DROP TABLE page_sessions;
