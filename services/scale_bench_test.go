package services

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// scaleBench is a database of its own with one running experiment, and its owner's connection.
type scaleBench struct {
	db    *db.DB
	owner *pgx.Conn
	x     dbtest.Running
}

func newScaleBench(b *testing.B) scaleBench {
	url := dbtest.Clone(b)
	d, err := db.Open(b.Context(), db.Config{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(d.Close)
	owner, err := pgx.Connect(b.Context(), url(""))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = owner.Close(b.Context()) })
	return scaleBench{d, owner, dbtest.Experiment(b, d, "sequential")}
}

// exec runs statements as a superuser, whom row level security does not bind.
func (s scaleBench) exec(b *testing.B, statements ...string) {
	b.Helper()
	for _, sql := range statements {
		if _, err := s.owner.Exec(b.Context(), sql); err != nil {
			b.Fatalf("%s: %v", sql, err)
		}
	}
}

// heap is what the program holds once garbage is gone, in megabytes.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// BenchmarkTenThousandExperiments is one look at the database after one of 10,000 running experiments changed. Beside it stand what
// all of them take in memory, what a million remembered assignments take, and how long the first look took.
func BenchmarkTenThousandExperiments(b *testing.B) {
	s := newScaleBench(b)
	dbtest.Copies(b, s.owner, 9999, []dbtest.Copied{
		{Table: "installations", Columns: "id, token", Values: "n.site, 'inst_' || n.id"},
		{Table: "experiments", Columns: "id, key, installation_id", Values: "n.id, 'key-' || n.i, n.site"},
		{Table: "elements", Columns: "experiment_id", Values: "n.id"},
		{Table: "variants", Columns: "experiment_id, id", Values: "n.id, gen_random_uuid()"},
		{Table: "goals", Columns: "experiment_id, id", Values: "n.id, gen_random_uuid()"},
		{Table: "splits", Columns: "experiment_id", Values: "n.id"},
		{Table: "epochs", Columns: "experiment_id", Values: "n.id"},
	})
	s.exec(b, "ANALYZE")

	before := heap()
	snap := NewSnapshot(s.db, "http://tracker.test", time.Now, slog.New(slog.DiscardHandler))
	start := time.Now()
	if err := snap.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	load := time.Since(start)
	if n := len(snap.current.Load().byID); n != 10_000 {
		b.Fatalf("%d sites", n)
	}
	experiments := heap() - before
	before = heap()
	remembered := newSticky(1_000_000)
	for i := range 1_000_000 {
		remembered.put(s.x.ID, 0, fmt.Sprint("visitor-", i), held{arm: 1, epoch: 1})
	}
	assignments := heap() - before
	for b.Loop() {
		s.exec(b, "UPDATE experiments SET version = version + 1 WHERE key = 'key-4711'")
		if err := snap.Refresh(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(experiments, "MB/10k-experiments")
	b.ReportMetric(assignments, "MB/1M-assignments")
	b.ReportMetric(load.Seconds(), "s/first-look")
	runtime.KeepAlive(remembered)
	runtime.KeepAlive(snap)
}

// BenchmarkResultsOfTenMillionEvents reads the results of an experiment of four arms that ran for 60 days, changing its weights each
// day: 4 million visitors and 6 million conversions of three goals.
func BenchmarkResultsOfTenMillionEvents(b *testing.B) {
	s := newScaleBench(b)
	s.exec(b, "ALTER TABLE experiments DISABLE TRIGGER ALL",
		"UPDATE splits SET arms = '{control,b,c,d}'",
		"INSERT INTO variants SELECT account_id, experiment_id, element, o, gen_random_uuid(), chr(97 + o), 'V', 1, '[]' FROM variants, generate_series(2, 3) o WHERE ord = 1",
		"UPDATE variants SET key = 'b' WHERE ord = 1",
		"INSERT INTO goals (account_id, experiment_id, id, ord, key, name, role, type) SELECT account_id, experiment_id, gen_random_uuid(), o, 'goal-' || o, 'Goal', 'secondary', 'custom' FROM goals, generate_series(1, 2) o",
		"DELETE FROM epochs",
		"INSERT INTO epochs SELECT account_id, experiment_id, 0, e, '{2500,2500,2500,2500}', 1, now() - make_interval(days => 60 - e), 'learned' FROM splits, generate_series(1, 60) e",
		`INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, visitors, converters, value)
		SELECT s.account_id, s.experiment_id, 0, h / 24 + 1, a, '00000000-0000-0000-0000-000000000000', date_trunc('hour', now()) - make_interval(hours => 1440 - h), 700, 0, 0
		FROM splits s, generate_series(0, 1439) h, generate_series(0, 3) a`,
		`INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, converters)
		SELECT r.account_id, r.experiment_id, 0, epoch, arm, g.id, hour, 340 FROM rollups r, goals g`,
		"ANALYZE")
	var events int64
	if err := s.owner.QueryRow(b.Context(), "SELECT sum(visitors + converters) FROM rollups").Scan(&events); err != nil || events < 9_000_000 {
		b.Fatalf("%d events, %v", events, err)
	}
	a := NewAnalytics(s.db, time.Now, slog.New(slog.DiscardHandler))
	by := Actor{Account: s.x.Account, User: s.x.User, Role: Owner}
	for b.Loop() {
		r, err := a.Results(b.Context(), by, s.x.ID.String(), "")
		if err != nil || r.Variants[0].Visitors < 900_000 {
			b.Fatal(err)
		}
	}
}
