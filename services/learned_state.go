package services

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/state"
)

const hashVersion = 2

// learnedState is what a split with this hash seed knows when it opens an epoch. An allocator that learns nothing has the flat posterior.
func learnedState(seed string, f engine.Facts, next engine.Proposal, epoch int) state.State {
	out := state.State{Epoch: epoch, Seed: seed, HashVersion: hashVersion, Counts: countsDigest(f)}
	for i, a := range f.Arms {
		arm := state.Arm{Key: a.Key, Alpha: 1, Beta: 1}
		if next.Posterior != nil {
			arm.Alpha, arm.Beta = next.Posterior[i].Alpha, next.Posterior[i].Beta
		}
		out.Arms = append(out.Arms, arm)
	}
	return out
}

// countsDigest names the counts a decision was made from: SHA-256 over each arm's key and periods, with values and what is still to
// come where there is any.
func countsDigest(f engine.Facts) string {
	h := sha256.New()
	for _, a := range f.Arms {
		fmt.Fprintf(h, "%q %d\n", a.Key, a.Exposures)
		for _, p := range a.Periods {
			fmt.Fprintf(h, "%g %g\n", p.Trials, p.Successes)
			if p.Value != 0 || p.Pending != 0 {
				fmt.Fprintf(h, "%g %g %g\n", p.Value, p.ValueSq, p.Pending)
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// startLearning seals the first, empty state of a split in the transaction that launches its experiment.
func startLearning(ctx context.Context, s *db.Store, keys Sealer, account, experiment uuid.UUID, split int16, seed string, arms []string, now time.Time) error {
	f := engine.Facts{}
	for _, a := range arms {
		f.Arms = append(f.Arms, engine.Arm{Key: a})
	}
	sealed, err := keys.Seal(state.Scope{Account: account, Experiment: experiment, Split: int(split), Version: 1}, learnedState(seed, f, engine.Proposal{}, 1))
	if err != nil {
		return fmt.Errorf("seal learned state: %w", err)
	}
	err = s.InsertOptimisationState(ctx, db.InsertOptimisationStateParams{AccountID: account, ExperimentID: experiment, Split: split, Version: 1, Sealed: sealed, Now: now})
	if err != nil {
		return fmt.Errorf("insert learned state: %w", err)
	}
	return nil
}

func decodeParams(raw json.RawMessage) (map[string]any, error) {
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("allocator params: %w", err)
	}
	return out, nil
}
