package services

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/samplit/samplit/db/dbtest"
)

// TestSnapshotIsOfOneMoment: an experiment and its epochs are never read from before and after a change.
func TestSnapshotIsOfOneMoment(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	snap := NewSnapshot(d, "http://tracker.test", time.Now, slog.New(slog.DiscardHandler))
	owner, done := dbtest.URL(t, ""), make(chan struct{})
	dbtest.Exec(t, owner, "UPDATE epochs SET traffic_allocation = .1 WHERE experiment_id = $1", x.ID)
	dbtest.Exec(t, owner, "UPDATE experiments SET traffic_allocation = .1 WHERE id = $1", x.ID)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		for n := range 120 { // each raises the share by a new epoch, in one transaction
			dbtest.Exec(t, owner, `WITH e AS (UPDATE experiments SET traffic_allocation = $2 WHERE id = $1 RETURNING account_id, id)
				INSERT INTO epochs (account_id, experiment_id, split, epoch, weights, traffic_allocation, opened_at, reason)
				SELECT account_id, id, 0, $3, '{5000,5000}', $2, now(), 'test' FROM e`, x.ID, .1+float64(n+1)/1000, n+2)
		}
	})
	defer wg.Wait()
	for looks := 0; ; looks++ {
		select {
		case <-done:
			if looks < 20 {
				t.Fatalf("only %d looks", looks)
			}
			return
		default:
		}
		if err := snap.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l := snap.current.Load().byID[x.Installation].byID[x.ID]; l.traffic != l.widest {
			t.Fatalf("a share of %v with the epochs of %v", l.traffic, l.widest)
		}
	}
}
