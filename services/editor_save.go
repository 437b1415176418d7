package services

import (
	"context"
	"fmt"

	"github.com/samplit/samplit/db"
)

// Save takes steps on a variant's list and returns it as it is then. Editors and above may. Steps from an older revision are taken
// when nobody wrote the same since; otherwise Conflict with reason edited_elsewhere names them, and in.Resolve can say who wins.
// NotFound if absent or another account's, Invalid naming the values, Conflict when the experiment was started or a change is gone.
func (e *VisualEditor) Save(ctx context.Context, by Actor, experiment, variant string, in EditInput) (EditorList, error) {
	return e.change(ctx, by, experiment, variant, in.Request, func(ctx context.Context, s *db.Store, at editing) error {
		ops, err := in.checked(at.site)
		if err != nil {
			return err
		}
		if ops, err = e.rebase(ctx, s, by, at, in, ops); err != nil || len(ops) == 0 {
			return err
		}
		now := e.clock.now()
		edits, inverse, touched, err := applyAll(at.edits, ops, by.User, now)
		if err != nil {
			return err
		}
		err = s.DropUndoneEditorSteps(ctx, db.DropUndoneEditorStepsParams{AccountID: by.Account, VariantID: at.variant.ID, UserID: by.User})
		if err != nil {
			return fmt.Errorf("drop undone steps: %w", err)
		}
		return e.write(ctx, s, by, at, step{in.Request, "edit", ops, inverse, edits, touched}, now)
	})
}

// change runs work on an open variant, unless the same request was answered before, and returns the list after it.
func (e *VisualEditor) change(ctx context.Context, by Actor, experiment, variant, request string, work func(context.Context, *db.Store, editing) error) (out EditorList, err error) {
	if err := by.may(Editor); err != nil {
		return out, err
	}
	key, err := experimentID(experiment)
	if err != nil {
		return out, err
	}
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		at, err := e.open(ctx, s, by, key, variant)
		if err != nil {
			return err
		}
		seen, err := s.EditorRequestSeen(ctx, db.EditorRequestSeenParams{AccountID: by.Account, ExperimentID: key, Request: request})
		if err != nil {
			return fmt.Errorf("look for the request: %w", err)
		}
		if !seen {
			if err := work(ctx, s, at); err != nil {
				return err
			}
		}
		out, err = e.list(ctx, s, by, key, variant)
		return err
	})
	return out, err
}

// rebase brings steps made from an older revision to the current one.
func (e *VisualEditor) rebase(ctx context.Context, s *db.Store, by Actor, at editing, in EditInput, ops []editOp) ([]editOp, error) {
	if in.BaseRev == at.x.Version {
		return ops, nil
	}
	if in.BaseRev < 1 || in.BaseRev > at.x.Version {
		return nil, (Fields{"base_rev": {"unknown", "Must be a revision of the experiment."}}).err()
	}
	rows, err := s.EditorRevisionsSince(ctx, db.EditorRevisionsSinceParams{AccountID: by.Account, ExperimentID: at.x.ID, VariantID: at.variant.ID, Since: int32(in.BaseRev)})
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	var theirs []string
	for _, r := range rows {
		theirs = append(theirs, r.Touched...)
	}
	contested := disputed(at.edits, ops, theirs, at.unknown || at.x.Version-in.BaseRev >= kept)
	if in.Resolve != "" {
		return settle(at.edits, ops, theirs, contested, in.Resolve), nil
	}
	return ops, elsewhere(contested)
}

// elsewhere is the conflict that names the contested steps, nil without any.
func elsewhere(contested []bool) error {
	f := Fields{}
	for i, yes := range contested {
		if yes {
			f.add(fmt.Sprintf("ops[%d]", i), "edited_elsewhere", "Somebody changed the same since.")
		}
	}
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: CodeConflict, Reason: "edited_elsewhere", Fields: f,
		Message: "Somebody changed the same since. Read the list again, then send the steps with resolve mine or copies, or leave it."}
}
