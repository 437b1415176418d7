package db

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ReadEventDay calls fn for every event of a day, of all accounts, in the order of its key. It holds one row at a time: the server
// sends no faster than fn takes.
func (d *DB) ReadEventDay(ctx context.Context, day time.Time, fn func(Event) error) error {
	return d.in(ctx, System, uuid.Nil, func(s *Store) error {
		if err := s.LiftTimeout(ctx); err != nil {
			return fmt.Errorf("lift timeout: %w", err)
		}
		rows, err := s.tx.Query(ctx, "SELECT * FROM events WHERE day = $1 ORDER BY account_id, event_id, part", day)
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			e, err := pgx.RowToStructByName[Event](rows)
			if err != nil {
				return fmt.Errorf("read event: %w", err)
			}
			if err := fn(e); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// LateDays is how many times since the start a day's partition was missing when an event came.
func (d *DB) LateDays() int64 { return d.late.Load() }
