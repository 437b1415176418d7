package handlers

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// scaleSeed fills an account that has one running experiment x. Half of a thousand are over. Every one had visitors in each hour of 28 days, so that
// ten million events are behind them; x has the rows of a million visitors, too.
var scaleSeed = []string{
	"SET jit = off",
	`UPDATE experiments SET started_at = now() - interval '28 days', created_at = now() - interval '29 days' - random() * interval '1 day'`,
	"UPDATE epochs SET opened_at = now() - interval '28 days'",
	`CREATE TEMP TABLE x AS SELECT e.account_id AS account, e.installation_id AS site, e.id, (SELECT id FROM goals WHERE key = 'buy') AS buy,
		(SELECT id FROM goals WHERE key = 'sales') AS sales FROM experiments e`,
}

// scaleCopies are the other 999 experiments.
var scaleCopies = []dbtest.Copied{
	{Table: "experiments", Columns: "id, key, name, status, completed_at", Values: `n.id, 'key-' || n.i, 'Headline ' || n.i,
		CASE WHEN n.i < 500 THEN 'running' ELSE 'completed' END, CASE WHEN n.i >= 500 THEN now() - make_interval(mins => 20 + n.i) END`},
	{Table: "elements", Columns: "experiment_id", Values: "n.id"},
	{Table: "variants", Columns: "experiment_id, id", Values: "n.id, gen_random_uuid()"},
	{Table: "goals", Columns: "experiment_id, id", Values: "n.id, gen_random_uuid()"},
	{Table: "splits", Columns: "experiment_id", Values: "n.id"},
	{Table: "epochs", Columns: "experiment_id", Values: "n.id"},
}

// scaleTraffic is what visitors left. All versions do alike.
var scaleTraffic = []string{
	`INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, visitors, converters, value, value_sq)
	SELECT e.account_id, e.id, 0, 1, arm, g.id, date_trunc('hour', now()) - make_interval(hours => 672 - h), 5 * (g.key IS NULL)::int, (g.key IS NOT NULL)::int,
		CASE WHEN g.type = 'revenue' THEN 20 + (h + arm) % 7 ELSE 0 END, CASE WHEN g.type = 'revenue' THEN (20 + (h + arm) % 7) ^ 2 ELSE 0 END
	FROM experiments e, (SELECT experiment_id, id, key, type FROM goals UNION ALL SELECT id, '00000000-0000-0000-0000-000000000000', NULL, NULL FROM experiments) g,
		generate_series(0, 1) arm, generate_series(0, 671) h
	WHERE g.experiment_id = e.id AND (g.type IS DISTINCT FROM 'revenue' OR h % 2 = arm) AND e.id <> (SELECT id FROM x) ORDER BY h, e.id`,
	`INSERT INTO assignments (account_id, experiment_id, split, visitor, arm, epoch, propensity, assigned_at, exposed_at, door, counted, segment)
	SELECT account, id, 0, 'visitor-' || v, v % 2, 1, 0.5, at, at, 1, true, CASE v % 3 WHEN 0 THEN 'dsnDE' WHEN 1 THEN 'msrFR' ELSE 'dcn--' END
	FROM x, generate_series(1, 1000000) v, LATERAL (SELECT now() - interval '28 days' * (1 - v / 1000001.0) AS at) t`,
	`INSERT INTO conversions (account_id, experiment_id, split, goal_id, visitor, first_at, n, value, epoch, arm, hour)
	SELECT account, id, 0, goal, a.visitor, exposed_at + interval '1 second', 1, CASE WHEN goal = sales THEN 10 + length(a.visitor) ^ 2 ELSE 0 END, 1, arm,
		date_trunc('hour', exposed_at, 'UTC')
	FROM x JOIN assignments a ON experiment_id = id, LATERAL unnest(ARRAY[buy, sales]) goal WHERE right(a.visitor, 1) IN ('3', '6') AND (goal = buy OR right(a.visitor, 1) = '3')`,
	`INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, visitors)
	SELECT account_id, experiment_id, 0, 1, arm, '00000000-0000-0000-0000-000000000000', date_trunc('hour', exposed_at, 'UTC'), count(*) FROM assignments GROUP BY 1, 2, 5, 7`,
	`INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, converters, value, value_sq)
	SELECT account_id, experiment_id, 0, 1, arm, goal_id, hour, count(*), sum(value), sum(value ^ 2) FROM conversions GROUP BY 1, 2, 5, 6, 7`,
	"SELECT ensure_event_days((now() - interval '28 days')::date, now()::date)",
	`INSERT INTO events (account_id, day, event_id, part, kind, installation_id, experiment_id, visitor, arm, epoch, occurred_at, received_at, state)
	SELECT account, exposed_at::date, gen_random_uuid(), 0, 1, site, id, visitor, arm, epoch, exposed_at, exposed_at, 1 FROM x JOIN assignments ON experiment_id = id`,
	"INSERT INTO heartbeats SELECT account, site, now(), 'https://shop.example/' FROM x ON CONFLICT DO NOTHING",
}

// BenchmarkScale opens pages of an account with a thousand experiments and ten million events behind them, signed in and over HTTP, forty times each.
func BenchmarkScale(b *testing.B) {
	var asked atomic.Int64
	url := dbtest.Clone(b)
	d, err := db.Open(b.Context(), db.Config{URL: url, Log: slog.New(slog.DiscardHandler), Trace: func(string) { asked.Add(1) }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(d.Close)
	bundle := setupWith(b, bundleOptions{db: d, change: func(deps *Deps) { deps.Log = slog.New(slog.DiscardHandler) }})
	o := bundle.owner().withSite()
	big, one := seedScale(b, d, o, url(""))
	for o.learnings("").Left > 0 { // judged once, at the first visits
	}
	server := httptest.NewServer(bundle.e)
	b.Cleanup(server.Close)
	for _, p := range [][2]string{
		{"home/7", "/home?days=7"}, {"home/30", "/home"}, {"home/90", "/home?days=90"},
		{"results/big", "/experiments/" + big}, {"results/big/revenue", "/experiments/" + big + "?goal=sales"}, {"results/one", "/experiments/" + one},
		{"analytics/7", "/analytics?days=7"}, {"analytics/30", "/analytics"}, {"analytics/90", "/analytics?days=90"}, {"analytics/all", "/analytics?days=0"},
		{"experiments", "/experiments"}, {"experiments/named", "/experiments?q=headline+77&sort=name"}, {"experiments/last", "/experiments?page=50"},
		{"learnings", "/learnings"}, {"learnings/words", "/learnings?q=headline"}, {"audit", "/audit"},
	} {
		b.Run(p[0], func(b *testing.B) {
			var took []time.Duration
			asked.Store(0)
			for b.Loop() {
				for range 40 {
					took = append(took, timed(b, o.browser, server, p[1]))
				}
			}
			slices.Sort(took)
			b.ReportMetric(0, "ns/op") // of forty pages: says nothing
			b.ReportMetric(float64(asked.Load())/float64(len(took)), "statements")
			b.ReportMetric(1e3*took[len(took)/2].Seconds(), "p50-ms")
			b.ReportMetric(1e3*took[len(took)*95/100].Seconds(), "p95-ms")
		})
	}
}

// seedScale returns the id of the experiment with a million visitors, and that of another one.
func seedScale(b *testing.B, d *db.DB, o owner, url string) (big, one string) {
	b.Helper()
	goals := append(threeGoals()[:2], members{"key": "sales", "name": "Sales", "type": "revenue", "role": "secondary", "config": members{"currency": "EUR", "cap": 1000}})
	big, _ = o.running(members{"goals": goals})
	owner, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer owner.Close(b.Context())
	run := func(statements []string) {
		b.Helper()
		for _, sql := range statements {
			if _, err := owner.Exec(b.Context(), sql); err != nil {
				b.Fatalf("%s: %v", sql, err)
			}
		}
	}
	run(scaleSeed)
	dbtest.Copies(b, owner, 999, scaleCopies)
	run(scaleTraffic)
	var events int64
	err = owner.QueryRow(b.Context(), "SELECT sum(visitors + converters), (SELECT id::text FROM experiments WHERE key = 'key-77') FROM rollups").Scan(&events, &one)
	if err != nil || events < 10_000_000 {
		b.Fatalf("%d events, %v", events, err)
	}
	foldScale(b, d)
	run([]string{"VACUUM FULL rollups", "VACUUM ANALYZE"}) // where it is folded by the hour, rollups never held a month at once
	return big, one
}

// foldScale is what the hourly upkeep does.
func foldScale(b *testing.B, d *db.DB) {
	b.Helper()
	before := time.Now().Truncate(time.Hour).Add(-6 * time.Hour)
	err := d.AsIngest(b.Context(), func(s *db.Store) error {
		due, err := s.UnfoldedRollups(b.Context(), before, before)
		for i := 0; i < len(due) && err == nil; i++ {
			err = s.FoldRollups(b.Context(), db.FoldRollupsParams{AccountID: due[i].AccountID, ExperimentID: due[i].ExperimentID, Before: before})
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// timed gets a page as the browser would, and says how long it took.
func timed(b *testing.B, br *browser, server *httptest.Server, path string) time.Duration {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Host, r.Header = "localhost:8080", br.header.Clone()
	for _, c := range br.cookies {
		r.AddCookie(c)
	}
	start := time.Now()
	a, err := server.Client().Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Body.Close()
	if _, err := io.Copy(io.Discard, a.Body); err != nil || a.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s, %v", path, a.Status, err)
	}
	return time.Since(start)
}
