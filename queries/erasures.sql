-- name: InsertErasure :exec
INSERT INTO erasures (account_id, id, state, names, created_by, created_key, created_at)
VALUES (@account_id, @id, 'waiting', @names::text[], @created_by, sqlc.narg('created_key'), @now);

-- name: Erasures :many
SELECT sqlc.embed(e), u.name AS by_name FROM erasures e JOIN users u ON u.id = e.created_by
WHERE e.account_id = @account_id ORDER BY e.created_at DESC, e.id DESC LIMIT @take::int;

-- name: Erasure :one
SELECT sqlc.embed(e), u.name AS by_name FROM erasures e JOIN users u ON u.id = e.created_by WHERE e.account_id = @account_id AND e.id = @id;

-- name: CountOpenErasures :one
SELECT count(*) FROM erasures WHERE account_id = @account_id AND state IN ('waiting', 'running');

-- name: BeginErasure :one
-- Takes up one that waits, as its next run, and says whose data is looked for. No row: it is over, or another server is at it.
UPDATE erasures SET state = 'running', searched = 0, days = @days, run = run + 1, heard_at = @now::timestamptz
WHERE account_id = @account_id AND id = @id AND state = 'waiting' RETURNING names::text[] AS names, created_by, created_key, run, events;

-- name: HearOfErasure :execrows
-- Says that a run goes on; no row: another run took its place.
UPDATE erasures SET heard_at = @now::timestamptz WHERE account_id = @account_id AND id = @id AND run = @run AND state = 'running';

-- name: CountErased :execrows
-- Adds events that are gone already; no row: another run took its place.
UPDATE erasures SET events = events + @n WHERE account_id = @account_id AND id = @id AND run = @run AND state = 'running';

-- name: TouchErasure :execrows
UPDATE erasures SET searched = @searched WHERE account_id = @account_id AND id = @id AND run = @run AND state = 'running';

-- name: EndErasure :execrows
UPDATE erasures SET state = 'done', names = NULL, searched = days, ids = @ids, assignments = @assignments, conversions = @conversions, events = @events, orders = @orders,
  held = @held, finished_at = @now::timestamptz, audit_seq = @audit_seq::bigint
WHERE account_id = @account_id AND id = @id AND run = @run AND state = 'running';

-- name: FailErasure :exec
UPDATE erasures SET state = 'failed', names = NULL, finished_at = @now::timestamptz WHERE account_id = @account_id AND id = @id AND run = @run AND state = 'running';

-- name: LeaveErasure :execrows
-- Leaves the erasure to whoever takes it up next.
UPDATE erasures SET state = 'waiting' WHERE account_id = @account_id AND id = @id AND run = @run AND state = 'running';

-- name: SilentErasures :many
-- Runs of all accounts that were last heard of before @silent.
SELECT account_id, id, run FROM erasures WHERE state = 'running' AND (heard_at IS NULL OR heard_at < @silent::timestamptz) LIMIT 100;

-- name: NamesOfPerson :many
-- The names that follow one of these, or that one of these follows, and so on.
WITH RECURSIVE person (name) AS (
  SELECT CAST(unnest(@names::text[]) AS text)
  UNION
  SELECT CASE WHEN a.visitor = p.name THEN a.owner ELSE a.visitor END FROM person p
  JOIN splits s ON s.account_id = @account_id
  JOIN assignments a ON a.account_id = s.account_id AND a.experiment_id = s.experiment_id AND a.split = s.split
    AND (a.visitor = p.name AND a.owner IS NOT NULL OR a.owner = p.name)
)
SELECT name::text AS name FROM person ORDER BY name LIMIT @take::int;

-- name: AssignmentsOfNames :many
SELECT a.experiment_id, a.split, a.visitor FROM splits s JOIN assignments a ON a.account_id = s.account_id AND a.experiment_id = s.experiment_id AND a.split = s.split
WHERE s.account_id = @account_id AND a.visitor = ANY(@names::text[]) ORDER BY 1, 2, 3;

-- name: ConversionsOfNames :many
SELECT c.experiment_id, c.split, c.goal_id, c.visitor, c.n, c.value::text AS value FROM goals g
JOIN splits s ON s.account_id = g.account_id AND s.experiment_id = g.experiment_id
JOIN conversions c ON c.account_id = g.account_id AND c.experiment_id = g.experiment_id AND c.split = s.split AND c.goal_id = g.id
WHERE g.account_id = @account_id AND c.visitor = ANY(@names::text[]) ORDER BY 1, 2, 3, 4;

-- name: WaitingOfNames :many
SELECT w.day, w.event_id, w.part FROM splits s JOIN waiting w ON w.account_id = s.account_id AND w.experiment_id = s.experiment_id AND w.split = s.split
WHERE s.account_id = @account_id AND w.visitor = ANY(@names::text[]) ORDER BY 1, 2, 3;

-- name: OrdersOfNames :many
-- Orders in the sum of one of the names, or first named by one of their events.
SELECT goal_id, split, order_id, experiment_id, credit FROM orders
WHERE account_id = @account_id AND (credit = ANY(@names::text[]) OR event_id = ANY(@events::uuid[])) ORDER BY 1, 2, 3;

-- name: EventsOfNames :many
-- A day's events of the names, in the order of their key after one of them.
SELECT event_id, part, kind, state, experiment_id, split, goal_id, order_id, visitor, credit, coalesce(value < 0, false)::bool AS refund FROM events
WHERE account_id = @account_id AND day = @day AND (event_id, part) > (@after::uuid, @after_part::smallint)
  AND (visitor = ANY(@names::text[]) OR credit = ANY(@names::text[]))
ORDER BY event_id, part LIMIT @take::int;

-- name: EventsOfOrders :many
-- A day's events that name one of the orders.
SELECT event_id, part, split, goal_id, order_id FROM events
WHERE account_id = @account_id AND day = @day AND order_id = ANY(@orders::text[]) ORDER BY event_id, part LIMIT @take::int;

-- name: CountEventsOfNames :one
SELECT count(*) FROM events WHERE account_id = @account_id AND part = 0 AND (visitor = ANY(@names::text[]) OR credit = ANY(@names::text[]));

-- name: HoldConversions :exec
SELECT hold_conversions();

-- name: RenameAssignments :exec
UPDATE assignments a SET visitor = i.name, owner = NULL, segment = NULL
FROM (SELECT unnest(@experiments::uuid[]) AS experiment_id, unnest(@splits::smallint[]) AS split, unnest(@visitors::text[]) AS visitor, unnest(@names::text[]) AS name) i
WHERE a.account_id = @account_id AND a.experiment_id = i.experiment_id AND a.split = i.split AND a.visitor = i.visitor;

-- name: RenameConversions :exec
UPDATE conversions c SET visitor = i.name
FROM (SELECT unnest(@experiments::uuid[]) AS experiment_id, unnest(@splits::smallint[]) AS split, unnest(@goals::uuid[]) AS goal_id, unnest(@visitors::text[]) AS visitor,
  unnest(@names::text[]) AS name) i
WHERE c.account_id = @account_id AND c.experiment_id = i.experiment_id AND c.split = i.split AND c.goal_id = i.goal_id AND c.visitor = i.visitor;

-- name: RenameOrders :exec
-- An empty credit is none.
UPDATE orders o SET order_id = i.name, credit = nullif(i.credit, '')
FROM (SELECT unnest(@goals::uuid[]) AS goal_id, unnest(@splits::smallint[]) AS split, unnest(@orders::text[]) AS order_id, unnest(@credits::text[]) AS credit,
  unnest(@names::text[]) AS name) i
WHERE o.account_id = @account_id AND o.goal_id = i.goal_id AND o.split = i.split AND o.order_id = i.order_id;

-- name: EraseEvents :exec
-- Events of a day, each with the name in its visitor's place and that in its order's, empty: none. What waited waits no more.
UPDATE events e SET visitor = i.name, credit = NULL, name = NULL, url = NULL, props = NULL, order_id = nullif(i.order_name, ''),
  state = CASE WHEN e.state = 2 THEN 3 ELSE e.state END
FROM (SELECT unnest(@events::uuid[]) AS event_id, unnest(@parts::smallint[]) AS part, unnest(@names::text[]) AS name, unnest(@orders::text[]) AS order_name) i
WHERE e.account_id = @account_id AND e.day = @day AND e.event_id = i.event_id AND e.part = i.part;

-- name: BlankHeartbeats :exec
-- The page that a site was last seen on is its first one when it was that of one of these events.
UPDATE heartbeats h SET url = n.site_url FROM installations n
WHERE n.account_id = h.account_id AND n.id = h.installation_id AND h.account_id = @account_id AND h.url IN (
  SELECT e.url FROM events e WHERE e.account_id = @account_id AND e.day = @day AND e.event_id = ANY(@events::uuid[]) AND e.url IS NOT NULL);

-- name: RenameOrderOfEvents :exec
UPDATE events e SET order_id = i.name
FROM (SELECT unnest(@events::uuid[]) AS event_id, unnest(@parts::smallint[]) AS part, unnest(@names::text[]) AS name) i
WHERE e.account_id = @account_id AND e.day = @day AND e.event_id = i.event_id AND e.part = i.part;

-- name: DropWaitingOfNames :exec
DELETE FROM waiting w WHERE w.account_id = @account_id AND w.visitor = ANY(@names::text[])
  AND (w.experiment_id, w.split) IN (SELECT s.experiment_id, s.split FROM splits s WHERE s.account_id = @account_id);

-- name: MarkErasing :exec
UPDATE installations n SET identifies = true, erasing_until = @until::timestamptz
WHERE n.account_id = @account_id AND (NOT n.identifies OR n.erasing_until IS NOT NULL)
  AND n.id IN (SELECT x.installation_id FROM experiments x WHERE x.account_id = @account_id AND x.id = ANY(@experiments::uuid[]));

-- name: EndErasing :exec
UPDATE installations SET identifies = false, erasing_until = NULL WHERE erasing_until < @now::timestamptz;

-- name: ForgetNames :exec
-- Has every node forget the names on the sites of the experiments.
INSERT INTO aliases (account_id, installation_id, visitor, at, changed_xid)
SELECT DISTINCT x.account_id, x.installation_id, CAST(n.name AS text), CAST(@at AS timestamptz), pg_current_xact_id()
FROM experiments x CROSS JOIN (SELECT unnest(@names::text[]) AS name) n WHERE x.account_id = @account_id AND x.id = ANY(@experiments::uuid[])
ON CONFLICT (account_id, installation_id, visitor) DO UPDATE SET at = excluded.at;

-- name: ShortenAliases :exec
UPDATE aliases SET at = @at WHERE account_id = @account_id AND visitor = ANY(@names::text[]) AND at > @at;

-- name: CountSegmentsAnew :exec
-- Each time with another number, so that a count that began before notices.
UPDATE segment_counts SET seen = least(seen, 0) - 1 WHERE account_id = @account_id AND experiment_id = ANY(@experiments::uuid[]);

-- name: HeldAfter :many
SELECT id, reason, body FROM quarantine WHERE account_id = @account_id AND id > @after ORDER BY id LIMIT @take::int;

-- name: RewriteHeld :exec
UPDATE quarantine SET body = @body, reason = @reason WHERE account_id = @account_id AND id = @id;
