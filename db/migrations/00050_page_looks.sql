-- +goose Up
-- What the last look at a site's page found of the snippet, see services.PageLook.
CREATE TABLE page_looks (
  account_id uuid NOT NULL,
  installation_id uuid NOT NULL,
  looked_at timestamptz NOT NULL,
  found jsonb NOT NULL,
  PRIMARY KEY (account_id, installation_id),
  FOREIGN KEY (account_id, installation_id) REFERENCES installations (account_id, id)
);
CALL protect_tenant('page_looks');
GRANT SELECT, INSERT, UPDATE ON page_looks TO samplit_app;

-- +goose Down
DROP TABLE page_looks;
