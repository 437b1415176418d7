package services

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// presentFor is how long somebody counts as there after the last sign of life; pages give one every 15 seconds.
const presentFor = 40 * time.Second

// Presence says who else has the editor of an experiment open, and at which revision the experiment is.
type Presence struct {
	Rev    int     `json:"rev"`
	Others []Other `json:"others"`
}

// Other is somebody else in the editor.
type Other struct {
	Name    string    `json:"name"`
	Variant uuid.UUID `json:"variant_id"`
}

// See notes that the asker has a variant open and returns who else is there. Editors and above may. NotFound if absent or another
// account's.
func (e *VisualEditor) See(ctx context.Context, by Actor, experiment, variant string) (out Presence, err error) {
	out.Others = []Other{}
	if err := by.may(Editor); err != nil {
		return out, err
	}
	key, err := experimentID(experiment)
	if err != nil {
		return out, err
	}
	now := e.clock.now()
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		at, err := e.find(ctx, s, by, key, variant)
		if err != nil {
			return err
		}
		out.Rev = at.x.Version
		err = s.SeeEditor(ctx, db.SeeEditorParams{AccountID: by.Account, ExperimentID: key, UserID: by.User, VariantID: at.variant.ID, Now: now})
		if err != nil {
			return fmt.Errorf("note presence: %w", err)
		}
		rows, err := s.OthersInEditor(ctx, db.OthersInEditorParams{AccountID: by.Account, ExperimentID: key, UserID: by.User, Since: now.Add(-presentFor)})
		if err != nil {
			return fmt.Errorf("list others: %w", err)
		}
		for _, r := range rows {
			out.Others = append(out.Others, Other{r.Name, r.VariantID})
		}
		return nil
	})
	return out, err
}
