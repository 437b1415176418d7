package services

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Recounted says what a recount looked at.
type Recounted struct {
	Accounts int
	// MovedDays is how many days of events are in the object store; of the accounts they hold events of, conversions are checked by
	// each goal's totals instead of visitor by visitor.
	MovedDays     int
	MovedAccounts int
}

// Recount recomputes every account's rollups from assignments and events, and from assignments and conversions the groups of visitors
// as they were last counted, and calls report, with a line in words, for each that differs. It changes nothing.
func Recount(ctx context.Context, d *db.DB, report func(account, difference string)) (out Recounted, err error) {
	var ids []uuid.UUID
	err = d.AsIngest(ctx, func(s *db.Store) error {
		if err := s.LiftTimeout(ctx); err != nil {
			return fmt.Errorf("lift timeout: %w", err)
		}
		if err := s.ReadOnce(ctx); err != nil {
			return fmt.Errorf("read once: %w", err)
		}
		days, err := s.EventArchives(ctx)
		if err != nil {
			return fmt.Errorf("list archived days: %w", err)
		}
		moved, err := s.ArchivedAccounts(ctx)
		if err != nil {
			return fmt.Errorf("list archived accounts: %w", err)
		}
		ids, err = s.RecountAccounts(ctx)
		if err != nil {
			return fmt.Errorf("list accounts: %w", err)
		}
		out = Recounted{len(ids), len(days), len(moved)}
		for _, id := range ids {
			if err := recountAccount(ctx, s, id, slices.Contains(moved, id), report); err != nil {
				return fmt.Errorf("recount account %s: %w", id, err)
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	for _, id := range ids {
		if err := recountSegments(ctx, d, id, report); err != nil {
			return out, fmt.Errorf("recount groups of account %s: %w", id, err)
		}
	}
	return out, nil
}

func recountAccount(ctx context.Context, s *db.Store, id uuid.UUID, moved bool, report func(account, difference string)) error {
	rows, err := s.RecountDifferences(ctx, id, moved)
	if err != nil {
		return err
	}
	for _, r := range rows {
		report(id.String(), fmt.Sprintf("experiment %s split %d epoch %d arm %d goal %s day %s: visitors %d, recounted %d; converters %d, recounted %d; "+
			"value %s, recounted %s", r.ExperimentID, r.Split, r.Epoch, r.Arm, r.GoalID, r.Day.UTC().Format(time.DateOnly),
			r.Visitors, r.WantVisitors, r.Converters, r.WantConverters, r.Value, r.WantValue))
	}
	days, err := s.RecountPrimaryDays(ctx, id)
	if err != nil {
		return err
	}
	for _, r := range days {
		report(id.String(), fmt.Sprintf("experiment %s primary goal day %s, control %t: visitors %d, recounted %d; converters %d, recounted %d; value %s, recounted %s",
			r.ExperimentID, r.Day.Format(time.DateOnly), r.Control, r.Visitors, r.WantVisitors, r.Converters, r.WantConverters, r.Value, r.WantValue))
	}
	totals, err := s.RecountTotals(ctx, id)
	if err != nil {
		return err
	}
	for _, r := range totals {
		report(id.String(), fmt.Sprintf("experiment %s split %d goal %s: conversions %d, recounted %d; value %s, recounted %s",
			r.ExperimentID, r.Split, r.GoalID, r.N, r.WantN, r.Value, r.WantValue))
	}
	return nil
}
