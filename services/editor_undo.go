package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/samplit/samplit/db"
)

// Undo takes back the asker's last step on a variant, and Redo takes the last undone step again. Without one nothing happens.
// Editors and above may. Conflict with reason undo_blocked when somebody else built on it.
func (e *VisualEditor) Undo(ctx context.Context, by Actor, experiment, variant, request string) (EditorList, error) {
	return e.retrace(ctx, by, experiment, variant, request, "undo")
}

// Redo takes the step again that Undo took back, see there.
func (e *VisualEditor) Redo(ctx context.Context, by Actor, experiment, variant, request string) (EditorList, error) {
	return e.retrace(ctx, by, experiment, variant, request, "redo")
}

func (e *VisualEditor) retrace(ctx context.Context, by Actor, experiment, variant, request, kind string) (EditorList, error) {
	f := Fields{}
	if f.request("request", request); f.err() != nil {
		return EditorList{}, f.err()
	}
	return e.change(ctx, by, experiment, variant, request, func(ctx context.Context, s *db.Store, at editing) error {
		past, err := e.pastStep(ctx, s, by, at, kind)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find step: %w", err)
		}
		if err := e.unbuilt(ctx, s, by, at, past); err != nil {
			return err
		}
		now := e.clock.now()
		edits, inverse, touched, err := applyAll(at.edits, past.ops, by.User, now)
		if Code(err) == CodeConflict {
			return blocked()
		}
		if err != nil {
			return err
		}
		if err := e.mark(ctx, s, by, at, past, kind, inverse); err != nil {
			return err
		}
		return e.write(ctx, s, by, at, step{request, kind, past.ops, inverse, edits, touched}, now)
	})
}

func blocked() error {
	return conflict("undo_blocked", "Somebody else has changed this since. Change it by hand.")
}

// unbuilt refuses a step that others have written over since.
func (e *VisualEditor) unbuilt(ctx context.Context, s *db.Store, by Actor, at editing, past pastStep) error {
	rows, err := s.EditorRevisionsSince(ctx, db.EditorRevisionsSinceParams{AccountID: by.Account, ExperimentID: at.x.ID, VariantID: at.variant.ID, Since: past.rev})
	if err != nil {
		return fmt.Errorf("list revisions: %w", err)
	}
	for _, r := range rows {
		if r.UserID != by.User && slices.ContainsFunc(r.Touched, func(name string) bool { return slices.Contains(past.touched, name) }) {
			return blocked()
		}
	}
	return nil
}

// pastStep is a step of the asker that undo or redo is about.
type pastStep struct {
	rev     int32
	ops     []editOp // that undo or redo it
	inverse json.RawMessage
	touched []string
}

func (e *VisualEditor) pastStep(ctx context.Context, s *db.Store, by Actor, at editing, kind string) (out pastStep, err error) {
	var ops json.RawMessage
	if kind == "undo" {
		r, err := s.EditorStepToUndo(ctx, db.EditorStepToUndoParams{AccountID: by.Account, VariantID: at.variant.ID, UserID: by.User})
		if err != nil {
			return out, err
		}
		out, ops = pastStep{rev: r.Rev, inverse: r.Inverse, touched: r.Touched}, r.Inverse
	} else {
		r, err := s.EditorStepToRedo(ctx, db.EditorStepToRedoParams{AccountID: by.Account, VariantID: at.variant.ID, UserID: by.User})
		if err != nil {
			return out, err
		}
		out, ops = pastStep{rev: r.Rev, inverse: r.Inverse, touched: r.Touched}, r.Ops
	}
	return out, json.Unmarshal(ops, &out.ops)
}

// mark notes on the step itself that it was undone, or that it is in force again with what takes it back now.
func (e *VisualEditor) mark(ctx context.Context, s *db.Store, by Actor, at editing, past pastStep, kind string, inverse []editOp) error {
	state, back := "undone", past.inverse
	if kind == "redo" {
		columns, err := marshalAll(inverse)
		if err != nil {
			return err
		}
		state, back = "done", columns[0]
	}
	err := s.MarkEditorStep(ctx, db.MarkEditorStepParams{AccountID: by.Account, ExperimentID: at.x.ID, Rev: past.rev, State: state, Inverse: back})
	if err != nil {
		return fmt.Errorf("mark step: %w", err)
	}
	return nil
}
