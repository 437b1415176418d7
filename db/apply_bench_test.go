package db_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// BenchmarkApply is one group commit: conversions of visitors in the test, and new visitors, by size of the batch.
func BenchmarkApply(b *testing.B) {
	for _, size := range []int{1, 32, 640} {
		b.Run(fmt.Sprintf("conversions/%d", size), func(b *testing.B) {
			d := dbtest.Open(b)
			x := dbtest.Experiment(b, d, "sequential")
			start := time.Now().UTC()
			const known = 10_000
			for from := 0; from < known; from += 1000 {
				batch := db.Batch{Now: start}
				for v := range 1000 {
					batch.Assignments = append(batch.Assignments, assignment(x, fmt.Sprint("v", from+v), int16(v%2), start))
				}
				if _, err := d.Apply(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				at := time.Now().UTC()
				batch := db.Batch{Now: at}
				for range size {
					batch.Events = append(batch.Events, conversion(x, fmt.Sprint("v", rand.IntN(known)), at))
				}
				if _, err := d.Apply(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size), "µs/row")
		})
		b.Run(fmt.Sprintf("assignments/%d", size), func(b *testing.B) {
			d := dbtest.Open(b)
			x := dbtest.Experiment(b, d, "sequential")
			for b.Loop() {
				at := time.Now().UTC()
				batch := db.Batch{Now: at}
				for i := range size {
					batch.Assignments = append(batch.Assignments, assignment(x, uuid.NewString(), int16(i%2), at))
				}
				if _, err := d.Apply(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size), "µs/row")
		})
	}
}

// BenchmarkApplyToALargeTable is a commit of 32 conversions where so many events, and a fifth as many visitors, are stored.
func BenchmarkApplyToALargeTable(b *testing.B) {
	for _, stored := range []int{100_000, 5_000_000} {
		b.Run(fmt.Sprint(stored), func(b *testing.B) {
			url := dbtest.Clone(b)
			d, err := db.Open(b.Context(), db.Config{URL: url, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			x := dbtest.Experiment(b, d, "sequential")
			visitors := stored / 5
			if err := d.EnsureEventDays(b.Context(), time.Now().AddDate(0, 0, -8), time.Now()); err != nil {
				b.Fatal(err)
			}
			owner, err := pgx.Connect(b.Context(), url(""))
			if err != nil {
				b.Fatal(err)
			}
			defer owner.Close(b.Context())
			for _, sql := range []string{
				fmt.Sprintf(`INSERT INTO assignments (account_id, experiment_id, split, visitor, arm, epoch, propensity, assigned_at, exposed_at, door, counted)
					SELECT account_id, id, 0, 'v' || i, i %% 2, 1, .5, now() - interval '1 hour', now() - interval '1 hour', 1, true FROM experiments, generate_series(0, %d) i`, visitors-1),
				fmt.Sprintf(`INSERT INTO events (account_id, day, event_id, part, kind, installation_id, visitor, occurred_at, received_at, url, state)
					SELECT account_id, current_date - i %% 7, gen_random_uuid(), 0, 3, installation_id, 'v' || i %% %d, now(), now(), '/products/4711', 0
					FROM experiments, generate_series(1, %d) i`, visitors, stored),
				"VACUUM ANALYZE assignments", "VACUUM ANALYZE events", "CHECKPOINT",
			} {
				if _, err := owner.Exec(b.Context(), sql); err != nil {
					b.Fatal(err)
				}
			}
			before := worked(b, owner)
			for b.Loop() {
				at := time.Now().UTC()
				batch := db.Batch{Now: at}
				for range 32 {
					batch.Events = append(batch.Events, conversion(x, fmt.Sprint("v", rand.IntN(visitors)), at))
				}
				if _, err := d.Apply(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*32), "µs/event")
			b.ReportMetric(float64((worked(b, owner)-before).Microseconds())/float64(b.N*32), "cpu-µs/event")
		})
	}
}

// worked is the processor's time that this process and the database's sessions have had so far.
func worked(b *testing.B, owner *pgx.Conn) (all time.Duration) {
	b.Helper()
	rows, err := owner.Query(b.Context(), "SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
	if err != nil {
		b.Fatal(err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		b.Fatal(err)
	}
	for _, pid := range append(pids, os.Getpid()) {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil || len(threads) == 0 {
			b.Fatalf("process %d tells nothing of its time: %v", pid, err)
		}
		for _, path := range threads {
			var ns time.Duration
			if text, err := os.ReadFile(path); err != nil {
				b.Fatal(err)
			} else if _, err := fmt.Sscan(string(text), &ns); err != nil {
				b.Fatal(err)
			}
			all += ns
		}
	}
	return all
}
