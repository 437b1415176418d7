-- +goose Up
-- Pictures that people put into changes. The object store holds them by the
-- SHA-256 of what is served, which several accounts may share.
CREATE TABLE uploads (
  account_id uuid NOT NULL REFERENCES accounts,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  kind text NOT NULL CHECK (kind IN ('png', 'jpg', 'gif', 'webp', 'avif')),
  width integer NOT NULL,
  height integer NOT NULL,
  bytes integer NOT NULL,
  created_by uuid NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, hash)
);
CALL protect_tenant('uploads');
GRANT SELECT, INSERT ON uploads TO samplit_app;

-- Copies of pages for the mode snapshot of the editor, in the object store too:
-- one for each page of a site.
CREATE TABLE page_copies (
  account_id uuid NOT NULL REFERENCES accounts,
  installation_id uuid NOT NULL,
  url text NOT NULL,
  object text NOT NULL,
  bytes integer NOT NULL,
  created_by uuid NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, installation_id, url),
  FOREIGN KEY (account_id, installation_id) REFERENCES installations
);
CALL protect_tenant('page_copies');
GRANT SELECT, INSERT, UPDATE ON page_copies TO samplit_app;

-- +goose Down
DROP TABLE page_copies;
DROP TABLE uploads;
