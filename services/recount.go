package services

import (
	"context"
	"fmt"

	"github.com/samplit/samplit/db"
)

// Recount recomputes every account's rollups from assignments and events and calls report for each that differs. It changes
// nothing. It returns how many accounts it looked at.
func Recount(ctx context.Context, d *db.DB, report func(account string, diff db.RecountDifferencesRow)) (accounts int, err error) {
	err = d.AsIngest(ctx, func(s *db.Store) error {
		if err := s.LiftTimeout(ctx); err != nil {
			return fmt.Errorf("lift timeout: %w", err)
		}
		ids, err := s.RecountAccounts(ctx)
		if err != nil {
			return fmt.Errorf("list accounts: %w", err)
		}
		accounts = len(ids)
		for _, id := range ids {
			rows, err := s.RecountDifferences(ctx, id)
			if err != nil {
				return fmt.Errorf("recount account %s: %w", id, err)
			}
			for _, r := range rows {
				report(id.String(), r)
			}
		}
		return nil
	})
	return accounts, err
}
