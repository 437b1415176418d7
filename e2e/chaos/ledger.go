// Package chaos is honest traffic that keeps account of what it was promised, while somebody kills the servers.
package chaos

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Ledger is what clients were told is stored.
type Ledger struct {
	mu      sync.Mutex
	events  []uuid.UUID
	arms    map[string]string // of visitors whose assignment is stored
	n       atomic.Int64
	refused atomic.Int64 // requests that were told to come back
}

func newLedger() *Ledger { return &Ledger{arms: map[string]string{}} }

// Acknowledged is how many events clients were told are stored.
func (l *Ledger) Acknowledged() int64 { return l.n.Load() }

// Refused is how many requests found nobody to answer them, or were told to come back.
func (l *Ledger) Refused() int64 { return l.refused.Load() }

func (l *Ledger) acknowledge(ids []uuid.UUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, ids...)
	l.n.Add(int64(len(ids)))
}

func (l *Ledger) assigned(visitor, arm string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arms[visitor] = arm
}

// Finding is what became of what a ledger holds.
type Finding struct {
	Acknowledged, Stored int
	Lost                 int // acknowledged and not there
	Doubled              int // there more than once: a visitor of this traffic does each thing once
	Moved                int // visitors whose stored variant is not the one they were told
}

func (f Finding) String() string {
	return fmt.Sprintf("%d events acknowledged, %d stored, %d lost, %d doubled, %d visitors moved", f.Acknowledged, f.Stored, f.Lost, f.Doubled, f.Moved)
}

// Clean says that every promise was kept.
func (f Finding) Clean() bool { return f.Lost == 0 && f.Doubled == 0 && f.Moved == 0 }

// Check compares the ledger with what the database holds of visitors whose names begin with prefix.
func (l *Ledger) Check(ctx context.Context, conn *pgx.Conn, prefix string) (Finding, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := Finding{Acknowledged: len(l.events)}
	stored := map[uuid.UUID]bool{}
	type deed struct {
		visitor string
		kind    int16
	}
	done := map[deed]int{}
	rows, err := conn.Query(ctx, "SELECT event_id, kind, visitor FROM events WHERE part = 0 AND starts_with(visitor, $1)", prefix)
	if err != nil {
		return f, err
	}
	var id uuid.UUID
	var d deed
	_, err = pgx.ForEachRow(rows, []any{&id, &d.kind, &d.visitor}, func() error {
		stored[id] = true
		if done[d]++; done[d] > 1 {
			f.Doubled++
		}
		f.Stored++
		return nil
	})
	if err != nil {
		return f, err
	}
	for _, id := range l.events {
		if !stored[id] {
			f.Lost++
		}
	}
	return f, l.checkArms(ctx, conn, prefix, &f)
}

func (l *Ledger) checkArms(ctx context.Context, conn *pgx.Conn, prefix string, f *Finding) error {
	const query = `SELECT a.visitor, s.arms[a.arm + 1] FROM assignments a JOIN splits s USING (account_id, experiment_id, split) WHERE starts_with(a.visitor, $1)`
	rows, err := conn.Query(ctx, query, prefix)
	if err != nil {
		return err
	}
	stored := map[string]string{}
	var visitor, arm string
	_, err = pgx.ForEachRow(rows, []any{&visitor, &arm}, func() error {
		stored[visitor] = arm
		return nil
	})
	for visitor, arm := range l.arms {
		switch stored[visitor] {
		case arm:
		case "":
			f.Lost++
		default:
			f.Moved++
		}
	}
	return err
}
