-- +goose Up
-- Further states of a conversion: 7 its order was known, 8 a refund of an order
-- that is not known.
ALTER TABLE events ADD COLUMN order_id text;

-- Orders that conversions named: the same one counts once for a goal, and a
-- refund must name a known one. value is what is left of it after refunds, taken
-- what the newest refund took, credit the visitor in whose sum it is; NULL while
-- it is in none.
CREATE TABLE orders (
  account_id uuid NOT NULL,
  goal_id uuid NOT NULL,
  split smallint NOT NULL,
  order_id text NOT NULL,
  experiment_id uuid NOT NULL,
  event_id uuid NOT NULL,
  value numeric NOT NULL,
  taken numeric NOT NULL DEFAULT 0,
  credit text,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, goal_id, split, order_id)
);
CALL protect_tenant('orders');
CALL open_to('samplit_ingest', 'orders');
GRANT SELECT ON orders TO samplit_app;
GRANT SELECT, INSERT, UPDATE ON orders TO samplit_ingest;

-- +goose Down
DROP TABLE orders;
ALTER TABLE events DROP COLUMN order_id;
