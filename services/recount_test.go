package services

import (
	"log/slog"
	"testing"
	"time"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// However many conversions there are, a recount goes through the events a few times.
func TestRecountReadsEventsAFewTimes(t *testing.T) {
	t.Parallel()
	const visitors = 1500
	url := dbtest.Clone(t)
	d, err := db.Open(t.Context(), db.Config{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	x := dbtest.Experiment(t, d, "sequential")
	dbtest.Exec(t, url(""), `INSERT INTO assignments (account_id, experiment_id, split, visitor, arm, epoch, propensity, assigned_at, exposed_at, door, counted)
		SELECT $1, $2, 0, i::text, i % 2, 1, .5, now(), now(), 1, true FROM generate_series(1, $3::int) i`, x.Account, x.ID, visitors)
	// A conversion of each, and a hundred pages that each saw in a week.
	dbtest.Exec(t, url(""), `INSERT INTO events (account_id, day, event_id, part, kind, installation_id, experiment_id, goal_id, visitor, occurred_at, received_at, state, order_id, value)
		SELECT $1, (now() AT TIME ZONE 'UTC')::date, gen_random_uuid(), 0, 2, $2, $3, $4, i::text, now(), now(), 1, CASE WHEN i < 200 THEN i::text END, CASE WHEN i = 199 THEN -1 WHEN i < 200 THEN 5 END
		FROM generate_series(1, $5::int) i`,
		x.Account, x.Installation, x.ID, x.Goal, visitors)
	dbtest.Exec(t, url(""), `INSERT INTO events (account_id, day, event_id, part, kind, installation_id, visitor, occurred_at, received_at, state)
		SELECT $1, (now() AT TIME ZONE 'UTC')::date - i % 8, gen_random_uuid(), 0, 3, $2, (i % $3)::text, now(), now(), 0 FROM generate_series(1, 100 * $3::int) i`,
		x.Account, x.Installation, visitors)
	dbtest.Exec(t, url(""), "ANALYZE")
	differences := 0
	if _, err := Recount(t.Context(), d, func(string, string) { differences++ }); err != nil || differences == 0 {
		t.Fatalf("%d differences of conversions that nobody counted, %v", differences, err)
	}
	d.Close() // sessions say what they read when they end
	for dbtest.Texts(t, url(""), "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")[0] != "0" {
		time.Sleep(10 * time.Millisecond)
	}
	var scans int
	err = dbtest.Owner(t, url).QueryRow(t.Context(), "SELECT sum(seq_scan + coalesce(idx_scan, 0)) FROM pg_stat_user_tables WHERE relname LIKE 'events_2%'").Scan(&scans)
	if err != nil || scans == 0 || scans > 500 {
		t.Errorf("%v: the days of events were gone through %d times", err, scans)
	}
}
