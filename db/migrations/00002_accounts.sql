-- +goose Up
-- People. Not tenant data: one person may belong to several accounts, and
-- sign-in happens before a tenant is known.
CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL CONSTRAINT users_email_key UNIQUE,
  name text NOT NULL,
  password_hash text NOT NULL,
  -- Raised when every session and token of the person must end.
  token_version int NOT NULL DEFAULT 1,
  locale text NOT NULL DEFAULT '' CHECK (locale IN ('', 'en', 'es')),
  created_at timestamptz NOT NULL,
  disabled_at timestamptz
);

CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  audit_seq bigint
);
CALL protect_tenant('accounts', 'id');

CREATE TABLE members (
  account_id uuid NOT NULL REFERENCES accounts,
  user_id uuid NOT NULL REFERENCES users,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, user_id)
);
CREATE INDEX members_user ON members (user_id);
CALL protect_tenant('members');

-- The cookie holds a random id; the row its SHA-256.
CREATE TABLE sessions (
  id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
  -- A public name for the list of sessions: the id itself is a credential.
  handle uuid NOT NULL CONSTRAINT sessions_handle_key UNIQUE,
  user_id uuid REFERENCES users,
  account_id uuid REFERENCES accounts,
  data bytea NOT NULL,
  user_agent text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Every refresh token of one sign-in shares a family; using one twice ends it.
CREATE TABLE refresh_tokens (
  id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
  family uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users,
  account_id uuid NOT NULL REFERENCES accounts,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id);

CREATE TABLE password_resets (
  id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
  user_id uuid NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX password_resets_user ON password_resets (user_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON users, sessions, refresh_tokens, password_resets TO samplit_app;
GRANT SELECT, INSERT, UPDATE ON accounts TO samplit_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON members TO samplit_app;

-- +goose StatementBegin
-- membership answers, before a tenant is known, which account a person works in:
-- the wanted one when they belong to it, else their oldest.
CREATE FUNCTION membership(person uuid, wanted uuid) RETURNS TABLE (account_id uuid, account_name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT m.account_id, a.name, m.role FROM members m JOIN accounts a ON a.id = m.account_id
  WHERE m.user_id = person AND (wanted IS NULL OR m.account_id = wanted)
  ORDER BY m.created_at, m.account_id LIMIT 1
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION membership(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION membership(uuid, uuid) TO samplit_app;

-- The definer of membership() is the owner, to whom forced row level security
-- applies too: it may read memberships, and nothing else of any tenant.
-- +goose StatementBegin
DO $$ BEGIN
  EXECUTE format('CREATE POLICY definer ON members FOR SELECT TO %I USING (true)', current_user);
  EXECUTE format('CREATE POLICY definer ON accounts FOR SELECT TO %I USING (true)', current_user);
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION membership(uuid, uuid);
DROP TABLE password_resets, refresh_tokens, sessions, members, accounts, users;
