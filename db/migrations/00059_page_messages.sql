-- +goose Up
-- What the editor and a page that is edited where it is say to each other when
-- the page has cut its tie to the tab that opened it. A row goes once it is read.
CREATE TABLE page_messages (
  account_id uuid NOT NULL,
  session_id uuid NOT NULL,
  to_page boolean NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  body text NOT NULL CHECK (octet_length(body) <= 65536),
  said_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, session_id, to_page, id),
  FOREIGN KEY (account_id, session_id) REFERENCES page_sessions (account_id, id) ON DELETE CASCADE
);
CALL protect_tenant('page_messages');
GRANT SELECT, INSERT, DELETE ON page_messages TO samplit_app;

-- +goose Down
DROP TABLE page_messages;
