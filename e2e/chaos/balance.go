package chaos

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Balance is what the counters say became of the events of all accounts, and what the events themselves say, at one moment.
type Balance struct {
	Accepted, Applied, Duplicate, Quarantined, Waiting int64
	Rows, RowsWaiting                                  int64
}

const balance = `SELECT coalesce(sum(n) FILTER (WHERE kind = 'accepted'), 0)::bigint, coalesce(sum(n) FILTER (WHERE kind = 'applied'), 0)::bigint,
  coalesce(sum(n) FILTER (WHERE kind = 'duplicate'), 0)::bigint, coalesce(sum(n) FILTER (WHERE kind = 'quarantined'), 0)::bigint,
  coalesce(sum(n) FILTER (WHERE kind = 'waiting'), 0)::bigint,
  (SELECT count(*) FROM events WHERE part = 0), (SELECT count(*) FROM events WHERE part = 0 AND state = 2)
FROM tallies WHERE experiment_id = '00000000-0000-0000-0000-000000000000'`

// ReadBalance reads all of it in one statement, which sees one moment.
func ReadBalance(ctx context.Context, conn *pgx.Conn) (b Balance, err error) {
	err = conn.QueryRow(ctx, balance).Scan(&b.Accepted, &b.Applied, &b.Duplicate, &b.Quarantined, &b.Waiting, &b.Rows, &b.RowsWaiting)
	return b, err
}

// Check says what does not add up.
func (b Balance) Check() error {
	switch {
	case b.Accepted != b.Applied+b.Duplicate+b.Quarantined+b.Waiting:
		return fmt.Errorf("accepted is not applied, duplicate, quarantined and waiting together: %+v", b)
	case b.Rows != b.Applied+b.Waiting || b.RowsWaiting != b.Waiting:
		return fmt.Errorf("the counters do not say what the events do: %+v", b)
	}
	return nil
}

// Watch is somebody who looks at the balance again and again.
type Watch struct {
	samples int
	stop    chan struct{}
	wg      sync.WaitGroup
}

// WatchBalance looks until Stop. address is asked for the database's whenever that was away.
func WatchBalance(t testing.TB, address func() string) *Watch {
	w := &Watch{stop: make(chan struct{})}
	w.wg.Go(func() {
		ctx := context.WithoutCancel(t.Context())
		var conn *pgx.Conn
		for {
			select {
			case <-w.stop:
				if conn != nil {
					_ = conn.Close(ctx)
				}
				return
			case <-time.After(200 * time.Millisecond):
			}
			if conn == nil || conn.IsClosed() {
				var err error
				if conn, err = pgx.Connect(ctx, address()); err != nil {
					continue
				}
			}
			b, err := ReadBalance(ctx, conn)
			if err != nil {
				_ = conn.Close(ctx)
				continue
			}
			w.samples++
			if err := b.Check(); err != nil {
				t.Errorf("sample %d: %v", w.samples, err)
			}
		}
	})
	return w
}

// Stop returns how often the balance was looked at.
func (w *Watch) Stop() (samples int) {
	close(w.stop)
	w.wg.Wait()
	return w.samples
}
