package db

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Kinds of events, by the statement that stores them.
const (
	plainEvents    = iota
	knownConverter // nothing but a conversion, of a visitor whose cohort is known
	orderedEvents
	refunds
	closedEvents // those of known converters that have to be looked at after all
	eventKinds
)

// eventGroups are the events of a batch, each with the statement that it needs.
type eventGroups struct {
	all   []NewEvent
	kinds []int // of each event of the batch
	at    []int // where it is among those of its kind
	rows  [eventKinds]*eventRows
	known []*NewEvent // whose id was known before
}

func newEventGroups(all []NewEvent) *eventGroups {
	g := &eventGroups{all: all, kinds: make([]int, len(all)), at: make([]int, len(all))}
	taken := takenOnce{map[eventKey]bool{}, map[converter]bool{}}
	for i := range all {
		g.kinds[i] = taken.kind(&all[i])
	}
	for kind := range g.rows {
		g.gather(kind)
	}
	return g
}

// gather makes the rows of a kind.
func (g *eventGroups) gather(kind int) {
	var list []*NewEvent
	for i, k := range g.kinds {
		if k == kind {
			g.at[i] = len(list)
			list = append(list, &g.all[i])
		}
	}
	g.rows[kind] = newEventRows(list)
}

// converter is who converts for what.
type converter struct {
	account, goal uuid.UUID
	split         int16
	visitor       string
}

// eventKey is what makes an event the same as another.
type eventKey struct {
	account, id uuid.UUID
	part        int16
}

// takenOnce are what storeConverters is to take and can take once.
type takenOnce struct {
	ids        map[eventKey]bool
	converters map[converter]bool
}

func (t takenOnce) kind(e *NewEvent) int {
	switch {
	case e.Order != "" && e.Value != nil && *e.Value < 0:
		return refunds
	case e.Order != "":
		return orderedEvents
	case e.Cohort == nil || e.Dayless || e.Value != nil || e.Name != "" || e.URL != "" || e.Props != nil:
		return plainEvents
	}
	id, who := eventKey{e.Account, e.ID, e.Part}, converter{e.Account, e.Goal, e.Split, e.Visitor}
	if t.ids[id] || t.converters[who] {
		return plainEvents
	}
	t.ids[id], t.converters[who] = true, true
	return knownConverter
}

// queue stores what is bought before what is given back.
func (g *eventGroups) queue(q *pgx.Batch) {
	g.rows[knownConverter].queueConverters(q)
	g.rows[plainEvents].queue(q)
	if r := g.rows[orderedEvents]; len(r.events) > 0 {
		r.queueClaims(q)
		r.queueAs(q, storeOrdered)
	}
	if r := g.rows[refunds]; len(r.events) > 0 {
		r.queueAs(q, storeRefunds)
	}
}

// someClosed says whether some known converters have to be looked at after all, which queueClosed does.
func (g *eventGroups) someClosed() bool {
	r := g.rows[knownConverter]
	if len(r.closed) == 0 {
		return false
	}
	for i, kind := range g.kinds {
		if kind == knownConverter && r.closed[r.place[g.at[i]]] {
			g.kinds[i] = closedEvents
		}
	}
	g.gather(closedEvents)
	return true
}

func (g *eventGroups) queueClosed(q *pgx.Batch) { g.rows[closedEvents].queue(q) }

// answers are in the order of the batch.
func (g *eventGroups) answers() []Recorded {
	out := make([]Recorded, len(g.all))
	for i, kind := range g.kinds {
		r := g.rows[kind]
		if p := r.place[g.at[i]]; p >= 0 { // else a repeat of an id, which is not fresh
			out[i] = r.states[p]
		}
	}
	return out
}

// countConflicts counts repeats of an id that say something else than what was stored first, by the day they came.
const countConflicts = `INSERT INTO tallies (account_id, experiment_id, day, kind, n)
SELECT c.account_id, '00000000-0000-0000-0000-000000000000', (c.received_at AT TIME ZONE 'UTC')::date, 'id_conflict', count(*)
FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::bool[], $5::smallint[], $6::text[], $7::uuid[], $8::text[], $9::numeric[], $10::text[], $11::timestamptz[])
    AS c(account_id, event_id, day, dayless, kind, visitor, goal_id, name, value, order_id, received_at),
  LATERAL (SELECT e.kind, e.visitor, e.goal_id, e.name, e.value, e.order_id FROM events e
    WHERE e.account_id = c.account_id AND e.event_id = c.event_id AND e.part = 0 AND (e.day = c.day OR c.dayless AND e.day = c.day - 1) ORDER BY e.day LIMIT 1) e
WHERE (e.kind, e.visitor, e.goal_id, e.name, e.value, e.order_id) IS DISTINCT FROM (c.kind, c.visitor, c.goal_id, c.name, c.value, c.order_id)
GROUP BY 1, 3 ORDER BY 1, 3
ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = tallies.n + excluded.n`

// someKnown says whether some ids were known.
func (g *eventGroups) someKnown() bool {
	for i, r := range g.answers() {
		if !r.Fresh && g.all[i].Part == 0 {
			g.known = append(g.known, &g.all[i])
		}
	}
	return len(g.known) > 0
}

// queueKnown compares the repeats with what they repeat.
func (g *eventGroups) queueKnown(q *pgx.Batch) {
	n := len(g.known)
	account, id, goal := make(uuids, n), make(uuids, n), make(nullUUIDs, n)
	day, received, dayless := make([]time.Time, n), make([]time.Time, n), make([]bool, n)
	kind, visitor, name, order, value := make([]int16, n), make([]string, n), make([]*string, n), make([]*string, n), make([]pgtype.Numeric, n)
	for i, v := range g.known {
		account[i], id[i], goal[i], day[i], received[i], dayless[i] = v.Account, v.ID, nullUUID(v.Goal), v.Day, v.Received, v.Dayless
		kind[i], visitor[i], name[i], order[i], value[i] = v.Kind, v.Visitor, optional(&v.Name), optional(&v.Order), decimal(v.Value)
	}
	q.Queue(countConflicts, account, id, day, dayless, kind, visitor, goal, name, value, order, received)
}
