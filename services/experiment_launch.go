package services

import (
	"context"
	"fmt"
	"time"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// launch freezes the arms and opens the first epoch; seq is the audit entry that says so.
func (e *Experiments) launch(ctx context.Context, s *db.Store, by Actor, x Experiment, arms []string, w engine.Weights, now time.Time, seq int64) error {
	if err := s.InsertSplit(ctx, db.InsertSplitParams{AccountID: by.Account, ExperimentID: x.ID, Arms: arms}); err != nil {
		return fmt.Errorf("insert split: %w", err)
	}
	err := s.InsertEpoch(ctx, db.InsertEpochParams{AccountID: by.Account, ExperimentID: x.ID, Epoch: 1, Weights: units(w),
		TrafficAllocation: x.TrafficAllocation, OpenedAt: now, Reason: string(engine.ReasonInitial), AuditSeq: &seq})
	if err != nil {
		return fmt.Errorf("insert epoch: %w", err)
	}
	if !x.Learns() {
		return nil
	}
	return startLearning(ctx, s, e.keys, by.Account, x.ID, 0, x.Key, arms, now)
}

func units(w engine.Weights) []int32 {
	out := make([]int32, len(w))
	for i := range w {
		out[i] = int32(w[i])
	}
	return out
}

func weightsOf(units []int32) engine.Weights {
	out := make(engine.Weights, len(units))
	for i := range units {
		out[i] = int(units[i])
	}
	return out
}
