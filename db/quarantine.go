package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Quarantine keeps events that could not be applied, with the reason, and counts them as such.
func (d *DB) Quarantine(ctx context.Context, events []NewEvent, now time.Time, cause error) error {
	return d.in(ctx, Ingest, uuid.Nil, func(s *Store) error {
		for _, e := range events {
			body, err := json.Marshal(e)
			if err != nil {
				return fmt.Errorf("encode event: %w", err)
			}
			err = s.InsertQuarantine(ctx, InsertQuarantineParams{AccountID: e.Account, ID: uuid.Must(uuid.NewV7()), Now: now, Reason: cause.Error(), Body: body})
			if err != nil {
				return fmt.Errorf("insert quarantine: %w", err)
			}
		}
		day := now.UTC().Truncate(24 * time.Hour)
		account, n := events[0].Account, int64(len(events))
		_, err := s.tx.Exec(ctx, addTallies, []uuid.UUID{account, account}, []uuid.UUID{{}, {}}, []time.Time{day, day},
			[]string{"accepted", "quarantined"}, []int64{n, n})
		if err != nil {
			return fmt.Errorf("count quarantine: %w", err)
		}
		return nil
	})
}
