package db

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// claimOrders notes the orders that new conversions name; the first to name one has it. It runs before storeOrdered.
const claimOrders = `INSERT INTO orders (account_id, goal_id, split, order_id, experiment_id, event_id, value, received_at)
SELECT DISTINCT ON (c.account_id, c.goal_id, c.split, c.order_id) c.account_id, c.goal_id, c.split, c.order_id, c.experiment_id, c.event_id, coalesce(c.value, 0), c.received_at
FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::uuid[], $6::uuid[], $7::numeric[], $8::timestamptz[], $9::date[], $10::bool[])
  AS c(account_id, goal_id, split, order_id, experiment_id, event_id, value, received_at, day, dayless)
WHERE NOT EXISTS (SELECT FROM events e WHERE (e.account_id, e.event_id, e.part, e.day) = (c.account_id, c.event_id, 0, c.day))
  AND NOT (c.dayless AND EXISTS (SELECT FROM events e WHERE (e.account_id, e.event_id, e.part, e.day) = (c.account_id, c.event_id, 0, c.day - 1)))
ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING`

// ofOrder joins an event c with its order k.
const ofOrder = `
  LEFT JOIN orders k ON (k.account_id, k.goal_id, k.split, k.order_id) = (c.account_id, c.goal_id, c.split, c.order_id)`

// storeOrdered is storeDayless for conversions that name an order: one that another event has named counts nothing.
var storeOrdered = eventsStatement(`
  SELECT c.*, s.visitor AS credit, s.epoch, s.arm, s.exposed_at, CASE WHEN k.event_id IS DISTINCT FROM c.event_id THEN 7 ELSE `+verdict+` END AS state
  FROM input c`+cohortOf+ofOrder, notYesterday, creditOrders+credit)

// creditOrders notes in whose sum an order that counts now is.
const creditOrders = `, owned AS (
  UPDATE orders k SET credit = h.credit FROM hits h
  WHERE (k.account_id, k.goal_id, k.split, k.order_id) = (h.account_id, h.goal_id, h.split, h.order_id) AND k.event_id = h.event_id
)`

// storeRefunds takes from orders what events give back, never more than is left of one. What an order lost before it counted, it does
// not bring when it counts. A refund belongs to its order's visitor and needs no exposure and no window of its own.
var storeRefunds = eventsStatement(`
  SELECT c.*, NULL::text AS credit, CASE WHEN x.status NOT IN ('running', 'paused') THEN 4 WHEN k.order_id IS NULL THEN 8 ELSE 1 END AS state
  FROM input c LEFT JOIN experiments x ON (x.account_id, x.id) = (c.account_id, c.experiment_id)`+ofOrder, notYesterday, `, taken AS (
  UPDATE orders k SET value = k.value - least(k.value, r.value), taken = least(k.value, r.value)
  FROM (SELECT account_id, goal_id, split, order_id, -sum(value) AS value FROM hits GROUP BY 1, 2, 3, 4) r
  WHERE (k.account_id, k.goal_id, k.split, k.order_id) = (r.account_id, r.goal_id, r.split, r.order_id)
  RETURNING k.account_id, k.experiment_id, k.split, k.goal_id, k.credit, k.taken
), done AS (
  UPDATE conversions c SET value = c.value - t.taken, last_n = 0, last_value = -t.taken
  FROM (SELECT account_id, experiment_id, split, goal_id, credit, sum(taken) AS taken FROM taken WHERE credit IS NOT NULL GROUP BY 1, 2, 3, 4, 5) t
  WHERE (c.account_id, c.experiment_id, c.split, c.goal_id, c.visitor) = (t.account_id, t.experiment_id, t.split, t.goal_id, t.credit)
  RETURNING c.account_id, c.experiment_id, c.split, c.goal_id, c.epoch, c.arm, c.hour, c.n, c.value, c.last_n, c.last_value
), `+cohortOfDone)

// queueAs adds a statement like storeDayless.
func (e *eventRows) queueAs(q *pgx.Batch, statement string) {
	clear(e.states)
	args, before := e.columns()
	if len(before) == 0 {
		before = append(before, e.events[0].Day) // no id is looked for there
	}
	q.Queue(statement, append(args, slices.MinFunc(before, time.Time.Compare), slices.MaxFunc(before, time.Time.Compare))...).Query(e.read)
}

func (e *eventRows) queueClaims(q *pgx.Batch) {
	n := len(e.events)
	account, goal, experiment, id := make(uuids, n), make(uuids, n), make(uuids, n), make(uuids, n)
	split, order, value := make([]int16, n), make([]string, n), make([]pgtype.Numeric, n)
	received, day, dayless := make([]time.Time, n), make([]time.Time, n), make([]bool, n)
	for i, v := range e.events {
		account[i], goal[i], experiment[i], id[i], split[i], order[i] = v.Account, v.Goal, v.Experiment, v.ID, v.Split, v.Order
		value[i], received[i], day[i], dayless[i] = decimal(v.Value), v.Received, v.Day, v.Dayless
	}
	q.Queue(claimOrders, account, goal, split, order, experiment, id, value, received, day, dayless)
}
