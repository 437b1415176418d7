package services

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine/state"
)

// LoadKeyset reads the keyset of learned state, or makes one when nothing is sealed yet. A keyset that cannot open what the
// database holds is an error: starting fresh would throw away what was learned.
func LoadKeyset(ctx context.Context, d *db.DB, path string) (*state.Keyset, error) {
	var sample db.SealedSampleRow
	err := d.AsSystem(ctx, func(s *db.Store) (err error) {
		sample, err = s.SealedSample(ctx)
		return err
	})
	sealed := err == nil
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return nil, fmt.Errorf("read sealed state: %w", err)
	}
	keys, err := state.Load(path, sealed)
	if err != nil {
		return nil, fmt.Errorf("STATE_KEYSET: %w", err)
	}
	if sealed {
		if _, err := keys.Open(scopeOf(sample.AccountID, sample.ExperimentID, sample.Split, sample.Version), sample.Sealed); err != nil {
			return nil, fmt.Errorf("STATE_KEYSET %s: %w", path, err)
		}
	}
	return keys, nil
}

func scopeOf(account, experiment uuid.UUID, split int16, version int64) state.Scope {
	return state.Scope{Account: account, Experiment: experiment, Split: int(split), Version: version}
}

// Reseal seals every learned state that an older key sealed again with the primary one. It may run while learning goes on, and
// again after a failure. It returns how many it sealed.
func Reseal(ctx context.Context, d *db.DB, keys *state.Keyset, clock Clock) (int, error) {
	var accounts []uuid.UUID
	err := d.AsSystem(ctx, func(s *db.Store) (err error) {
		accounts, err = s.LearningAccounts(ctx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("list accounts: %w", err)
	}
	total := 0
	for _, account := range accounts {
		n := 0
		err := d.InTx(ctx, account, func(s *db.Store) (err error) {
			n, err = resealAccount(ctx, s, keys, account, clock)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("account %s: %w", account, err)
		}
		total += n
	}
	return total, nil
}

func resealAccount(ctx context.Context, s *db.Store, keys *state.Keyset, account uuid.UUID, clock Clock) (n int, err error) {
	rows, err := s.OptimisationStates(ctx, account)
	if err != nil {
		return 0, fmt.Errorf("list learned states: %w", err)
	}
	for _, r := range rows {
		if !keys.Stale(r.Sealed) {
			continue
		}
		scope := scopeOf(r.AccountID, r.ExperimentID, r.Split, r.Version)
		learned, err := keys.Open(scope, r.Sealed)
		if err != nil {
			return n, fmt.Errorf("experiment %s: %w", r.ExperimentID, err)
		}
		scope.Version++
		sealed, err := keys.Seal(scope, learned)
		if err != nil {
			return n, fmt.Errorf("experiment %s: %w", r.ExperimentID, err)
		}
		moved, err := s.UpdateOptimisationState(ctx, db.UpdateOptimisationStateParams{AccountID: account, ExperimentID: r.ExperimentID, Split: r.Split,
			Was: r.Version, Version: scope.Version, Sealed: sealed, Now: clock.now()})
		if err != nil {
			return n, fmt.Errorf("write learned state: %w", err)
		}
		n += int(moved) // none moved: the learner has just sealed it with the primary key
	}
	return n, nil
}
