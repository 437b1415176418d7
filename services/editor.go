package services

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// VisualEditor is the door to an experiment: the changes of one variant as a list that several people may work on at
// once, every save with the steps that take it back.
type VisualEditor struct {
	db          *db.DB
	experiments *Experiments
	clock       Clock
}

// NewVisualEditor makes the service.
func NewVisualEditor(d *db.DB, experiments *Experiments, clock Clock) *VisualEditor {
	return &VisualEditor{d, experiments, clock}
}

// EditorList is a variant's list at one revision.
type EditorList struct {
	Rev     int       `json:"rev" doc:"The experiment's version"`
	Variant uuid.UUID `json:"variant_id"`
	Edits   []Edit    `json:"edits"`
	Undo    int       `json:"undo" doc:"Steps of the asker that can be taken back"`
	Redo    int       `json:"redo" doc:"Steps of the asker that can be taken again"`

	Names map[uuid.UUID]string `json:"-"` // of the people who edited
}

// editing is a variant whose experiment is locked for a change.
type editing struct {
	x       Experiment
	element string
	variant Variant
	site    string
	edits   []Edit
	unknown bool // another door changed the list since the editor's last save
}

// List returns a variant's list. Any member may. NotFound if absent or another account's.
func (e *VisualEditor) List(ctx context.Context, by Actor, experiment, variant string) (out EditorList, err error) {
	key, err := experimentID(experiment)
	if err != nil {
		return out, err
	}
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		out, err = e.list(ctx, s, by, key, variant)
		return err
	})
	return out, err
}

func (e *VisualEditor) list(ctx context.Context, s *db.Store, by Actor, experiment uuid.UUID, variant string) (EditorList, error) {
	at, err := e.find(ctx, s, by, experiment, variant)
	if err != nil {
		return EditorList{}, err
	}
	out := EditorList{Rev: at.x.Version, Variant: at.variant.ID, Edits: at.edits, Names: map[uuid.UUID]string{}}
	steps, err := s.CountEditorSteps(ctx, db.CountEditorStepsParams{AccountID: by.Account, VariantID: out.Variant, UserID: by.User})
	if err != nil {
		return out, fmt.Errorf("count steps: %w", err)
	}
	out.Undo, out.Redo = int(steps.Undo), int(steps.Redo)
	people, err := s.MemberNames(ctx, by.Account)
	if err != nil {
		return out, fmt.Errorf("name members: %w", err)
	}
	for _, p := range people {
		out.Names[p.ID] = p.Name
	}
	return out, nil
}

// find reads a variant with its list.
func (e *VisualEditor) find(ctx context.Context, s *db.Store, by Actor, experiment uuid.UUID, variant string) (at editing, err error) {
	if at.x, err = e.experiments.one(ctx, s, by, experiment); err != nil {
		return at, err
	}
	found := false
	for _, element := range at.x.Elements {
		for _, v := range element.Variants {
			if v.ID.String() == variant {
				at.element, at.variant, found = element.Key, v, true
			}
		}
	}
	if !found {
		return at, notFound("variant")
	}
	raw, err := s.EditorList(ctx, by.Account, at.variant.ID)
	if err := orNotFound(err, "list"); err != nil && Code(err) != CodeNotFound {
		return at, fmt.Errorf("read list: %w", err)
	}
	known := []Edit{}
	if raw != nil {
		if err := json.Unmarshal(raw, &known); err != nil {
			return at, fmt.Errorf("read list of variant %s: %w", variant, err)
		}
	}
	at.edits, at.unknown, err = reconcile(known, at.variant.Changes, at.x.UpdatedAt)
	return at, err
}

// open is find for a change: the experiment is locked, and must be a draft.
func (e *VisualEditor) open(ctx context.Context, s *db.Store, by Actor, experiment uuid.UUID, variant string) (editing, error) {
	if _, err := s.LockExperiment(ctx, by.Account, experiment); err != nil {
		return editing{}, orNotFound(err, "experiment")
	}
	at, err := e.find(ctx, s, by, experiment, variant)
	if err != nil {
		return at, err
	}
	switch {
	case at.x.Status != Draft:
		return at, conflict("editor_frozen", "An experiment that was started shows everybody the same until it ends. Make a new version of it to change more.")
	case at.variant.IsControl:
		return at, conflict("editor_control", "The original stays as the page is. Edit another variant.")
	}
	site, err := s.Installation(ctx, by.Account, at.x.InstallationID)
	if err != nil {
		return at, fmt.Errorf("read site: %w", err)
	}
	at.site = site.SiteUrl
	return at, nil
}

// kept is how many revisions of an experiment stay: enough to undo and do again well over 200 steps.
const kept = 1000

// step is a save on its way into the database.
type step struct {
	request, kind string
	ops, inverse  []editOp
	edits         []Edit
	touched       []string
}

// write stores a list with the step that led to it, as the experiment's next version.
func (e *VisualEditor) write(ctx context.Context, s *db.Store, by Actor, at editing, st step, now time.Time) error {
	if len(st.edits) > maxChanges {
		return (Fields{"ops": {"too_many", fmt.Sprintf("Must leave at most %d changes.", maxChanges)}}).err()
	}
	if id := at.shared(st.edits); id != "" {
		return (Fields{"ops": {"duplicate", fmt.Sprintf("Give a change the id %s, which one of another element has.", id)}}).err()
	}
	changes := inForce(st.edits)
	columns, err := marshalAll(st.edits, changes, st.ops, st.inverse)
	if err != nil {
		return err
	}
	account, id, rev := by.Account, at.x.ID, at.x.Version+1
	payload, err := auditEdit(at, changes, st)
	if err != nil {
		return err
	}
	seq, err := record(ctx, s, now, by, "experiment.edited", experimentObject(id), payload)
	if err != nil {
		return err
	}
	for _, write := range []func() error{
		func() error {
			return s.SaveEditorList(ctx, db.SaveEditorListParams{AccountID: account, ExperimentID: id, VariantID: at.variant.ID, Edits: columns[0]})
		},
		func() error {
			return s.UpdateVariantChanges(ctx, db.UpdateVariantChangesParams{AccountID: account, ExperimentID: id, VariantID: at.variant.ID, Changes: columns[1]})
		},
		func() error {
			return s.InsertEditorRevision(ctx, db.InsertEditorRevisionParams{AccountID: account, ExperimentID: id, Rev: int32(rev), VariantID: at.variant.ID,
				UserID: by.User, Now: now, Request: st.request, Kind: st.kind, Ops: columns[2], Inverse: columns[3], Touched: st.touched})
		},
		func() error {
			return s.ForgetEditorRevisions(ctx, db.ForgetEditorRevisionsParams{AccountID: account, ExperimentID: id, Until: int32(rev - kept)})
		},
		func() error {
			return s.UpdateExperimentEdited(ctx, db.UpdateExperimentEditedParams{AccountID: account, ID: id, Now: now, AuditSeq: &seq})
		},
	} {
		if err := write(); err != nil {
			return fmt.Errorf("save edits: %w", err)
		}
	}
	return nil
}

// shared is an id of the edits that a change of another element has, if there is one: a visitor may get both in one list.
func (at editing) shared(edits []Edit) string {
	for _, element := range at.x.Elements {
		for _, v := range element.Variants {
			for _, c := range v.Changes {
				if element.Key != at.element && placeOf(edits, c.ID) >= 0 {
					return c.ID
				}
			}
		}
	}
	return ""
}

func marshalAll(values ...any) (out []json.RawMessage, err error) {
	for _, v := range values {
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("save edits: %w", err)
		}
		out = append(out, raw)
	}
	return out, nil
}

// auditEdit proves what a variant's list was and is, by hashes.
func auditEdit(at editing, changes []Change, st step) (map[string]any, error) {
	old, err := hashOf(at.variant.Changes)
	if err != nil {
		return nil, err
	}
	now, err := hashOf(changes)
	if err != nil {
		return nil, err
	}
	return map[string]any{"element": at.element, "variant": at.variant.Key, "kind": st.kind, "steps": len(st.ops),
		"old": map[string]any{"changes": "sha256:" + old}, "new": map[string]any{"changes": "sha256:" + now}}, nil
}
