-- +goose Up
-- The decisions of a minute, vouched for by audit entry seq: hashes in the order
-- of their keys. Each was hashed with a salt made from this one.
CREATE TABLE audit_decisions (
  account_id uuid NOT NULL REFERENCES accounts,
  minute timestamptz NOT NULL,
  seq bigint NOT NULL,
  salt bytea NOT NULL CHECK (octet_length(salt) = 32),
  leaves bytea NOT NULL CHECK (octet_length(leaves) % 32 = 0),
  PRIMARY KEY (account_id, minute)
);
CALL protect_tenant('audit_decisions');
GRANT SELECT, INSERT ON audit_decisions TO samplit_app;

-- How far the decisions of all accounts are written down. One row; nothing in it
-- belongs to an account.
CREATE TABLE audit_clock (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  decided timestamptz NOT NULL
);
INSERT INTO audit_clock (decided) VALUES (date_trunc('minute', now()));
GRANT SELECT, UPDATE ON audit_clock TO samplit_system;
GRANT SELECT ON assignments TO samplit_system;
CALL open_to('samplit_system', 'assignments', 'SELECT');

-- +goose Down
DROP POLICY samplit_system ON assignments;
REVOKE SELECT ON assignments FROM samplit_system;
DROP TABLE audit_clock, audit_decisions;
