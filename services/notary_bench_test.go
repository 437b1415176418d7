package services

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// BenchmarkRecord writes entries to the records of 20 accounts at once, each in a transaction of its own as changes do.
func BenchmarkRecord(b *testing.B) {
	const accounts = 20
	d := dbtest.Open(b)
	actors := make([]Actor, accounts)
	for i := range actors {
		account, user := dbtest.Account(b, d)
		actors[i] = Actor{Account: account, User: user, Role: Owner}
		if err := d.InTx(b.Context(), account, func(s *db.Store) error { return startAudit(b.Context(), s, account, time.Now()) }); err != nil {
			b.Fatal(err)
		}
	}
	var next atomic.Int64
	b.SetParallelism(accounts)
	b.RunParallel(func(pb *testing.PB) {
		by := actors[int(next.Add(1))%accounts]
		for pb.Next() {
			err := d.InTx(context.Background(), by.Account, func(s *db.Store) error {
				_, err := record(context.Background(), s, time.Now(), by, "experiment.weights", "experiment:1", map[string]any{"new": map[string]any{"b": 5000, "control": 5000}})
				return err
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
