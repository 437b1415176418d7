package services

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// RotateKeyset adds a key to the keyset file and seals every learned state with it that an older key sealed. It may run while
// servers learn, which notice, and again after a failure. It returns how many states it sealed.
func RotateKeyset(ctx context.Context, d *db.DB, path string, clock Clock) (int, error) {
	known, err := LoadKeyset(ctx, d, path)
	if err != nil {
		return 0, err
	}
	if err := addKey(ctx, d, known); err != nil {
		return 0, err
	}
	var accounts []uuid.UUID
	err = d.AsSystem(ctx, func(s *db.Store) (err error) {
		accounts, err = s.LearningAccounts(ctx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("list accounts: %w", err)
	}
	total := 0
	for _, account := range accounts {
		n, err := resealAccount(ctx, d, known, account, clock)
		total += n
		if err != nil {
			return total, fmt.Errorf("account %s: %w", account, err)
		}
	}
	return total, nil
}

// addKey replaces the file. Of two rotations at once the second adds to what the first has written.
func addKey(ctx context.Context, d *db.DB, known *Keyset) error {
	return d.AsSystem(ctx, func(s *db.Store) error {
		if err := s.WaitForKeyset(ctx); err != nil {
			return fmt.Errorf("lock keyset: %w", err)
		}
		keys, err := known.current()
		if err != nil {
			return err
		}
		next, err := keys.Rotate()
		if err != nil {
			return err
		}
		return next.Save(known.path)
	})
}

func resealAccount(ctx context.Context, d *db.DB, known *Keyset, account uuid.UUID, clock Clock) (n int, err error) {
	var rows []db.OptimisationStatesRow
	err = d.InTx(ctx, account, func(s *db.Store) (err error) {
		rows, err = s.OptimisationStates(ctx, account)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("list learned states: %w", err)
	}
	for _, r := range rows {
		done := false
		err := d.InTx(ctx, account, func(s *db.Store) (err error) {
			done, err = reseal(ctx, s, known, r, clock)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("experiment %s: %w", r.ExperimentID, err)
		}
		if done {
			n++
		}
	}
	return n, nil
}

// reseal seals the state of a row with the primary key unless that is what sealed it, under the lock under which it is written.
// The keys are asked for after the row is read: another rotation may have sealed it with a newer one.
func reseal(ctx context.Context, s *db.Store, known *Keyset, r db.OptimisationStatesRow, clock Clock) (done bool, err error) {
	if err := s.WaitForSplit(ctx, r.ExperimentID, r.Split); err != nil {
		return false, fmt.Errorf("lock split: %w", err)
	}
	now, err := s.OptimisationState(ctx, db.OptimisationStateParams{AccountID: r.AccountID, ExperimentID: r.ExperimentID, Split: r.Split})
	if err != nil {
		return false, fmt.Errorf("read learned state: %w", err)
	}
	keys, err := known.current()
	if err != nil || !keys.Stale(now.Sealed) {
		return false, err
	}
	scope := scopeOf(r.AccountID, r.ExperimentID, r.Split, now.Version)
	learned, err := keys.Open(scope, now.Sealed)
	if err != nil {
		return false, err
	}
	scope.Version++
	sealed, err := keys.Seal(scope, learned)
	if err != nil {
		return false, err
	}
	moved, err := s.UpdateOptimisationState(ctx, db.UpdateOptimisationStateParams{AccountID: r.AccountID, ExperimentID: r.ExperimentID, Split: r.Split,
		Was: now.Version, Version: scope.Version, Sealed: sealed, Now: clock.now()})
	if err != nil {
		return false, fmt.Errorf("write learned state: %w", err)
	}
	if moved == 0 {
		return false, fmt.Errorf("learned state moved on from version %d", now.Version)
	}
	return true, nil
}
