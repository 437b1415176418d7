package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/e2e/program"
)

// What is stored of Ana, who is erased.
const (
	anaID    = "browser-of-ana"
	anaMail  = "ana.perez@mail.example"
	anaViews = 120_000 // pages she saw, which it takes seconds to erase
	anaBuys  = 200
)

// anaTexts are what only she is called or did; a column of bytes is text as hexadecimal digits.
var anaTexts = func() string {
	texts := []string{anaID, "ana.perez", "account/perez", "order-of-ana", "colour-of-ana", "wish-of-ana"}
	for _, text := range slices.Clone(texts) {
		texts = append(texts, fmt.Sprintf("%x", text))
	}
	return strings.Join(texts, "|")
}()

// live has Ana do everything that is stored of a visitor, under two names, in two experiments.
func (v *victim) live(conn *pgx.Conn, o *program.Owner) {
	v.t.Helper()
	send := func(path string, body map[string]any, status int) {
		v.t.Helper()
		body["installation_token"] = o.Token
		if got, a := v.Post(path, body); got != status {
			v.t.Fatalf("%s: got %d %v, want %d", path, got, a, status)
		}
	}
	const page = "http://site.test/account/perez"
	send("assign", map[string]any{"experiment": "shop", "visitor_id": anaID, "url": page}, http.StatusOK)
	for i := range anaBuys {
		send("convert", map[string]any{"experiment": "shop", "goal": "sales", "visitor_id": anaID, "event_id": fmt.Sprint("buy ", i), "order": fmt.Sprint("order-of-ana-", i), "value": 5}, http.StatusOK)
	}
	send("convert", map[string]any{"experiment": "shop", "goal": "sales", "visitor_id": "server", "event_id": "refund", "order": "order-of-ana-7", "value": -2}, http.StatusOK)
	send("identify", map[string]any{"visitor_id": anaID, "user_id": anaMail}, http.StatusOK)
	send("assign", map[string]any{"experiment": "shop", "visitor_id": anaMail, "url": page}, http.StatusOK)
	send("convert", map[string]any{"experiment": "later", "goal": "buy", "visitor_id": anaMail, "event_id": "waits"}, http.StatusOK)
	send("events", map[string]any{"events": []any{map[string]any{"id": "view", "type": "pageview", "visitor_id": anaID, "url": page},
		map[string]any{"id": "wish", "type": "custom", "visitor_id": anaID, "name": "wish-of-ana", "props": map[string]any{"liked": "colour-of-ana"}}}}, http.StatusOK)
	v.exec(conn, "ALTER TABLE events ADD CONSTRAINT poison CHECK (name IS DISTINCT FROM 'poison')")
	send("events", map[string]any{"events": []any{map[string]any{"id": "bad", "type": "custom", "visitor_id": anaMail, "name": "poison"}}}, http.StatusUnprocessableEntity)
	v.exec(conn, `INSERT INTO events (account_id, day, event_id, part, kind, installation_id, visitor, occurred_at, received_at, url, state)
		SELECT n.account_id, (at AT TIME ZONE 'UTC')::date, gen_random_uuid(), 0, 3, n.id, $1, at, at, $2, 0
		FROM installations n, generate_series(1, $3::int) i, LATERAL (SELECT now() - i % 8 * interval '1 day' AS at) d WHERE n.token = $4`, anaID, page, anaViews, o.Token)
	v.exec(conn, `INSERT INTO tallies (account_id, experiment_id, day, kind, n) SELECT account_id, '00000000-0000-0000-0000-000000000000', '2026-01-01', kind, $1
		FROM installations, unnest('{accepted,applied}'::text[]) kind WHERE token = $2`, anaViews, o.Token)
	v.exec(conn, "ANALYZE") // as PostgreSQL itself does after a while
}

// mentions are the tables that tell of Ana, with how many rows do.
func (v *victim) mentions(conn *pgx.Conn) string {
	v.t.Helper()
	var tables []string
	v.scan(conn, `SELECT array_agg(relname::text ORDER BY relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND relkind IN ('r', 'p', 'm') AND NOT relispartition`, &tables)
	var out []string
	for _, table := range tables {
		var n int
		v.scan(conn, fmt.Sprintf("SELECT count(*) FROM %q t WHERE t::text ~ '%s'", table, anaTexts), &n)
		if n > 0 {
			out = append(out, fmt.Sprint(table, " ", n))
		}
	}
	return strings.Join(out, ", ")
}

// left is how many of the events of Ana's are hers still: those that nothing rests on, and those that count.
func (v *victim) left(conn *pgx.Conn) (views, buys int) {
	v.t.Helper()
	v.scan(conn, "SELECT count(*) FILTER (WHERE kind = 3), count(*) FILTER (WHERE kind = 2 AND state = 1) FROM events WHERE visitor = '"+anaID+"'", &views, &buys)
	return views, buys
}

// wantInOrder checks the counts, and the record of changes as somebody does who does not trust the server.
func (v *victim) wantInOrder(conn *pgx.Conn, o *program.Owner) {
	v.t.Helper()
	var off int64
	v.scan(conn, `SELECT sum(CASE WHEN kind = 'accepted' THEN n ELSE -n END)::bigint FROM tallies WHERE experiment_id = '00000000-0000-0000-0000-000000000000'
		AND kind IN ('accepted', 'applied', 'duplicate', 'quarantined', 'waiting', 'discarded')`, &off)
	if off != 0 {
		v.t.Errorf("accepted events are off by %d", off)
	}
	if out, code := v.Output("recount"); code != 0 || !strings.Contains(out, ", 0 differences") {
		v.t.Errorf("recount: exit %d: %s", code, out)
	}
	_, _, bundle := o.Ask(http.MethodGet, "/audit/bundle", nil)
	file := filepath.Join(v.Dir, "bundle.ndjson")
	if err := os.WriteFile(file, []byte(bundle), 0o600); err != nil {
		v.t.Fatal(err)
	}
	if out, code := v.Output("audit", "verify", file, "--key", filepath.Join(v.Dir, "audit.key.pub")); code != 0 || !strings.Contains(out, "IN ORDER") {
		v.t.Errorf("audit verify: exit %d: %s", code, out)
	}
}

// heldUp holds when an erasure has renamed what counts and is held up at the orders, all of it in one transaction.
const heldUp = `SELECT EXISTS (SELECT FROM pg_locks w JOIN pg_locks h USING (pid) WHERE w.relation = 'orders'::regclass AND NOT w.granted
	AND h.relation = 'conversions'::regclass AND h.mode = 'ShareRowExclusiveLock' AND h.granted)`

// The server that erases a person is killed while it searches, and the next one with its database in the transaction that takes away what
// counts rest on. The third finishes: nothing tells of the person, every other row and all counts are what they were, and the record
// says how much went, whichever run erased it.
func TestAnErasureOfAKilledServerIsFinished(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	o := v.Register()
	twoArms := []any{map[string]any{"key": "control", "name": "Original", "is_control": true}, map[string]any{"key": "b", "name": "Bolder"}}
	o.Start("shop", map[string]any{"mode": "single", "variants": twoArms, "goals": []any{map[string]any{"key": "buy", "name": "Bought", "primary": true, "type": "custom"},
		map[string]any{"key": "sales", "name": "Sales", "type": "revenue", "config": map[string]any{"currency": "EUR"}}}})
	o.Launch("later")
	awaitEpoch(v.Program, o, "later", 1)
	others := launched(o, v.Program, "shop", "other-")
	others.Start(t)
	v.Await("acknowledging", func() bool { return others.Acknowledged() > 2000 })
	others.Stop()
	conn := v.connect()
	v.live(conn, o)
	v.wantInOrder(conn, o)
	names := map[string]any{"names": []string{anaMail, anaID}}
	found := o.Call(http.MethodPost, "/audit/people/find", names, http.StatusOK)
	var events float64 // which find counts as -1 where there is no time
	v.scan(conn, "SELECT count(*) FROM events WHERE part = 0 AND visitor IN ('"+anaID+"', '"+anaMail+"')", &events)
	found["events"] = events
	if views, buys := v.left(conn); views != anaViews+1 || buys != anaBuys {
		t.Fatalf("stored are %d views and %d purchases of Ana's", views, buys)
	}
	if got := regexp.MustCompile(` \d+`).ReplaceAllString(v.mentions(conn), ""); got != "aliases, assignments, conversions, events, heartbeats, orders, quarantine, waiting" {
		t.Fatalf("tables that tell of Ana: %s", got)
	}

	id := o.Call(http.MethodPost, "/audit/people/erasures", names, http.StatusAccepted)["id"].(string)
	v.await(conn, "SELECT state = 'running' AND run = 1 AND events > 8000 FROM erasures")
	conn = v.fall(false)
	var run int
	v.scan(conn, "SELECT run FROM erasures WHERE state = 'running'", &run)
	if views, buys := v.left(conn); run != 1 || views == 0 || views >= anaViews || buys != anaBuys {
		t.Fatalf("run %d was killed with %d views and %d purchases left, want some views and all purchases", run, views, buys)
	}

	tx, err := v.connect().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	v.await(v.rise(), heldUp)
	conn = v.fall(true)
	v.scan(conn, "SELECT run FROM erasures WHERE state = 'running'", &run)
	if views, buys := v.left(conn); run != 2 || views != 0 || buys != anaBuys {
		t.Fatalf("run %d was killed with %d views and %d purchases left, want no views and all purchases", run, views, buys)
	}

	conn = v.rise()
	v.await(conn, "SELECT state NOT IN ('waiting', 'running') FROM erasures")
	erased := o.Call(http.MethodGet, "/audit/people/erasures/"+id, nil, http.StatusOK)
	if erased["state"] != "done" || fmt.Sprint(erased["erased"]) != fmt.Sprint(found) {
		t.Errorf("erased %v, found before %v", erased, found)
	}
	if got := v.mentions(conn); got != "aliases 2" { // for other servers to forget her
		t.Errorf("stored of Ana afterwards: %s", got)
	}
	if kept, err := others.Check(t.Context(), conn, "other-"); err != nil || !kept.Clean() || kept.Acknowledged == 0 {
		t.Errorf("%v: what others did is not what it was: %s", err, kept)
	}
	v.wantInOrder(conn, o)
	v.drain()
	v.exec(v.connect(), "UPDATE aliases SET at = at - interval '20 minutes'")
	conn = v.rise()
	v.await(conn, "SELECT count(*) = 0 FROM aliases")
	if got := v.mentions(conn); got != "" {
		t.Errorf("stored of Ana when other servers had the time to forget her: %s", got)
	}
}
