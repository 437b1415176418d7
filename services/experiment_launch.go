package services

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// launch freezes the arms and opens the first epoch of every split; seq is the audit entry that says so.
func (e *Experiments) launch(ctx context.Context, s *db.Store, by Actor, x Experiment, weights []engine.Weights, now time.Time, seq int64) error {
	for i, split := range x.splits() {
		at, arms := int16(i), split.keys()
		if err := s.InsertSplit(ctx, db.InsertSplitParams{AccountID: by.Account, ExperimentID: x.ID, Split: at, Key: split.key, Arms: arms}); err != nil {
			return fmt.Errorf("insert split: %w", err)
		}
		err := s.InsertEpoch(ctx, db.InsertEpochParams{AccountID: by.Account, ExperimentID: x.ID, Split: at, Epoch: 1, Weights: units(weights[i]),
			TrafficAllocation: x.TrafficAllocation, OpenedAt: now, Reason: string(engine.ReasonInitial), AuditSeq: &seq})
		if err != nil {
			return fmt.Errorf("insert epoch: %w", err)
		}
		if !x.Learns() {
			continue
		}
		if err := startLearning(ctx, s, e.keys, by.Account, x.ID, at, engine.Seed(x.Key, split.key), arms, now); err != nil {
			return err
		}
	}
	return nil
}

// waitForSplits takes the locks under which epochs of an experiment are opened, before any row of it is locked. The elements of a
// draft may still become fewer or more: it has no epochs to wait for.
func waitForSplits(ctx context.Context, s *db.Store, by Actor, id uuid.UUID) error {
	splits, err := s.Splits(ctx, by.Account, []uuid.UUID{id})
	if err != nil {
		return fmt.Errorf("read splits: %w", err)
	}
	for at := range max(1, len(splits)) {
		if err := s.WaitForSplit(ctx, id, int16(at)); err != nil {
			return fmt.Errorf("wait for split: %w", err)
		}
	}
	return nil
}

// reserve refuses to start x while another experiment holds a part of its ranges of a layer. One that is paused may go on, and holds
// them as well.
func (e *Experiments) reserve(ctx context.Context, s *db.Store, by Actor, x Experiment) error {
	if x.Layer == nil {
		return nil
	}
	if err := s.LockLayer(ctx, by.Account, x.Layer.Key); err != nil {
		return fmt.Errorf("lock layer: %w", err)
	}
	others, err := s.ExperimentsInLayer(ctx, by.Account, x.Layer.Key)
	if err != nil {
		return fmt.Errorf("read layer: %w", err)
	}
	for _, o := range others {
		var held Layer
		if err := json.Unmarshal(o.Layer, &held); err != nil {
			return fmt.Errorf("layer of experiment %s: %w", o.ID, err)
		}
		if x.Layer.overlaps(held) {
			message := fmt.Sprintf("Experiment %s (%s) holds a part of these ranges of layer %s. End it, or choose other ranges.", o.Key, o.Name, x.Layer.Key)
			return &Error{Code: CodeConflict, Reason: "layer", Message: message, Err: &HeldBy{o.ID, o.Name}}
		}
	}
	return nil
}

// withCode are the actions that bring code of their own to a page, or take visitors away from it.
var withCode = []string{"html", "css", "js", "redirect"}

// publishable returns Forbidden when x brings code to pages and the actor is neither owner nor admin. The audit entry of the launch
// has the hash of every change list.
func (x Experiment) publishable(by Actor) error {
	code := func(c Change) bool { return slices.Contains(withCode, c.Action) }
	coded := func(v Variant) bool { return slices.ContainsFunc(v.Changes, code) }
	if !slices.ContainsFunc(x.Elements, func(e Element) bool { return slices.ContainsFunc(e.Variants, coded) }) {
		return nil
	}
	if err := by.may(Admin); err != nil {
		return &Error{Code: CodeForbidden, Reason: "code", Message: "This experiment brings HTML, CSS, JavaScript or a redirect of its own to pages: an owner or admin has to start it."}
	}
	return nil
}

// HeldBy names the experiment that has what another one wants.
type HeldBy struct {
	ID   uuid.UUID
	Name string
}

func (h *HeldBy) Error() string { return "held by experiment " + h.ID.String() }

func (l Layer) overlaps(other Layer) bool {
	return slices.ContainsFunc(l.Ranges, func(a []float64) bool {
		return slices.ContainsFunc(other.Ranges, func(b []float64) bool { return a[0] < b[1] && b[0] < a[1] })
	})
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
