-- +goose Up
-- Names of visitors that lately came to follow, or to be followed by, another:
-- each node forgets what it remembers of them. Kept for a day.
CREATE TABLE aliases (
  account_id uuid NOT NULL,
  installation_id uuid NOT NULL,
  visitor text NOT NULL,
  at timestamptz NOT NULL,
  changed_xid xid8 NOT NULL,
  PRIMARY KEY (account_id, installation_id, visitor),
  FOREIGN KEY (account_id, installation_id) REFERENCES installations (account_id, id)
);
CREATE INDEX aliases_change ON aliases (changed_xid);
CREATE TRIGGER mark_change BEFORE INSERT OR UPDATE ON aliases FOR EACH ROW EXECUTE FUNCTION mark_change();
CALL protect_tenant('aliases');
CALL open_to('samplit_ingest', 'aliases');
CALL open_to('samplit_system', 'aliases', 'SELECT');
GRANT SELECT ON aliases TO samplit_app, samplit_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON aliases TO samplit_ingest;

-- The site has told of visitors that are one person.
ALTER TABLE installations ADD COLUMN identifies boolean NOT NULL DEFAULT false;
CALL open_to('samplit_ingest', 'installations');
GRANT SELECT (account_id, id, identifies), UPDATE (identifies) ON installations TO samplit_ingest;

-- +goose Down
DROP POLICY samplit_ingest ON installations;
REVOKE ALL ON installations FROM samplit_ingest;
ALTER TABLE installations DROP COLUMN identifies;
DROP TABLE aliases;
