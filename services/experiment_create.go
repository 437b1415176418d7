package services

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/locale"
)

// Create stores a draft. Editors and above may. Invalid names the fields; NotFound when the installation is not the actor's.
func (e *Experiments) Create(ctx context.Context, by Actor, in ExperimentInput) (Experiment, error) {
	if err := by.may(Editor); err != nil {
		return Experiment{}, err
	}
	if in.Elements != nil && in.Variants != nil {
		return Experiment{}, twice()
	}
	x, err := e.insert(ctx, by, "experiment.created", uuid.Nil, func(ctx context.Context, s *db.Store) (Definition, error) {
		return e.checked(ctx, s, by, in)
	})
	return x, err
}

func twice() error {
	return (Fields{"variants": {"unexpected", "Give variants or elements, not both."}}).err()
}

// checked validates an input against the site it names.
func (e *Experiments) checked(ctx context.Context, s *db.Store, by Actor, in ExperimentInput) (Definition, error) {
	site := ""
	if id, err := uuid.Parse(orEmpty(in.InstallationID)); err == nil {
		row, err := s.Installation(ctx, by.Account, id)
		if err == nil && row.ArchivedAt != nil {
			err = db.ErrNotFound
		}
		if err != nil {
			return Definition{}, orNotFound(err, "installation")
		}
		site = row.SiteUrl
	}
	d, problems := in.validate(site)
	return d, problems.err()
}

// insert stores a new draft made by define, from names the experiment that it is a copy of, if any. A key that define leaves empty is made from the name; when two drafts of one name race
// for it, the loser tries again.
func (e *Experiments) insert(ctx context.Context, by Actor, action string, from uuid.UUID, define func(context.Context, *db.Store) (Definition, error)) (x Experiment, err error) {
	for range 5 {
		chosen := false
		err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
			d, err := define(ctx, s)
			if err != nil {
				return err
			}
			if chosen = d.Key != ""; !chosen {
				if d.Key, err = e.keyFor(ctx, s, by, slug(d.Name, "experiment")); err != nil {
					return err
				}
			}
			x, err = e.insertOnce(ctx, s, by, d, action, from)
			return err
		})
		if !db.IsUnique(err, db.ExperimentsKeyKey) {
			return x, err
		}
		if chosen {
			return x, taken()
		}
	}
	return x, err
}

func taken() error {
	return (Fields{"key": {"taken", "Another experiment of the account has or had this key."}}).err()
}

func (e *Experiments) keyFor(ctx context.Context, s *db.Store, by Actor, base string) (string, error) {
	used, err := s.ExperimentKeysLike(ctx, by.Account, base)
	if err != nil {
		return "", fmt.Errorf("list keys: %w", err)
	}
	taken := make(map[string]bool, len(used))
	for _, key := range used {
		taken[key] = true
	}
	return freeKey(base, taken), nil
}

func (e *Experiments) insertOnce(ctx context.Context, s *db.Store, by Actor, d Definition, action string, from uuid.UUID) (Experiment, error) {
	now, id := e.clock.now(), uuid.Must(uuid.NewV7())
	params, err := json.Marshal(d.AllocatorParams)
	if err != nil {
		return Experiment{}, fmt.Errorf("allocator params: %w", err)
	}
	rules, err := d.columns()
	if err != nil {
		return Experiment{}, err
	}
	pairs, err := d.pairsColumn()
	if err != nil {
		return Experiment{}, err
	}
	err = s.InsertExperiment(ctx, db.InsertExperimentParams{AccountID: by.Account, ID: id, InstallationID: d.InstallationID, Key: d.Key, Name: d.Name,
		Hypothesis: d.Hypothesis, Url: d.URL, Mode: d.Mode, Allocator: d.Allocator, Strategy: d.Strategy, AllocatorParams: params,
		TrafficAllocation: d.TrafficAllocation, Targeting: rules.targeting, Schedule: rules.schedule, Exclusions: rules.exclusions,
		Layer: rules.layer, Holdout: rules.holdout, PlannedPerArm: defaultPlanned, ExcludedPairs: pairs, CreatedBy: by.User, Now: now})
	if err != nil {
		return Experiment{}, fmt.Errorf("insert experiment: %w", err)
	}
	if err := insertBelow(ctx, s, by, id, d); err != nil {
		return Experiment{}, err
	}
	payload, err := auditDefinition(d)
	if err != nil {
		return Experiment{}, err
	}
	if from != uuid.Nil {
		payload["from"] = from
		// Names of changes, and the changes that are switched off.
		if err := s.CopyEditorLists(ctx, db.CopyEditorListsParams{AccountID: by.Account, ExperimentID: id, FromID: from}); err != nil {
			return Experiment{}, fmt.Errorf("copy lists of changes: %w", err)
		}
	}
	seq, err := record(ctx, s, now, by, action, experimentObject(id), payload)
	if err != nil {
		return Experiment{}, err
	}
	if err := s.TouchExperiment(ctx, db.TouchExperimentParams{AccountID: by.Account, ID: id, AuditSeq: &seq}); err != nil {
		return Experiment{}, fmt.Errorf("number experiment: %w", err)
	}
	return e.one(ctx, s, by, id)
}

// defaultPlanned is the number of visitors per arm that the deciding test is tuned to.
const defaultPlanned = 5000

// insertBelow writes elements, variants and goals, with the ids they have and new ones where they have none.
func insertBelow(ctx context.Context, s *db.Store, by Actor, id uuid.UUID, d Definition) error {
	for i, el := range d.Elements {
		err := s.InsertElement(ctx, db.InsertElementParams{AccountID: by.Account, ExperimentID: id, Ord: int16(i), Key: el.Key, Name: el.Name, Selector: el.Selector})
		if err != nil {
			return fmt.Errorf("insert element: %w", err)
		}
		for j, v := range el.Variants {
			changes, err := json.Marshal(v.Changes)
			if err != nil {
				return fmt.Errorf("changes of a variant: %w", err)
			}
			err = s.InsertVariant(ctx, db.InsertVariantParams{AccountID: by.Account, ExperimentID: id, Element: int16(i), Ord: int16(j),
				ID: idOr(v.ID), Key: v.Key, Name: v.Name, Weight: v.Weight, Changes: changes})
			if err != nil {
				return fmt.Errorf("insert variant: %w", err)
			}
		}
	}
	for i, g := range d.Goals {
		config, err := json.Marshal(g.Config)
		if err != nil {
			return fmt.Errorf("config of a goal: %w", err)
		}
		err = s.InsertGoal(ctx, db.InsertGoalParams{AccountID: by.Account, ExperimentID: id, ID: idOr(g.ID), Ord: int16(i), Key: g.Key, Name: g.Name,
			Role: g.Role, Type: g.Type, Config: config, WindowDays: int32(g.Config.WindowDays)})
		if err != nil {
			return fmt.Errorf("insert goal: %w", err)
		}
	}
	return nil
}

func idOr(id uuid.UUID) uuid.UUID {
	if id == uuid.Nil {
		return uuid.Must(uuid.NewV7())
	}
	return id
}

// Duplicate stores a copy as a draft with a key of its own. Editors and above may. NotFound if absent or another account's. The
// copy is named in the language of ctx, and its changes keep their names and those switched off.
func (e *Experiments) Duplicate(ctx context.Context, by Actor, id string) (Experiment, error) {
	if err := by.may(Editor); err != nil {
		return Experiment{}, err
	}
	key, err := experimentID(id)
	if err != nil {
		return Experiment{}, err
	}
	return e.insert(ctx, by, "experiment.duplicated", key, func(ctx context.Context, s *db.Store) (Definition, error) {
		x, err := e.one(ctx, s, by, key)
		if err != nil {
			return Definition{}, err
		}
		return copyOf(ctx, x.Definition), nil
	})
}

func copyOf(ctx context.Context, d Definition) Definition {
	d.Key = ""
	if name := locale.T(ctx, "experiment.copy_of", "Name", d.Name); utf8.RuneCountInString(name) <= maxName {
		d.Name = name
	}
	d.Elements = slices.Clone(d.Elements)
	for i := range d.Elements {
		d.Elements[i].Variants = slices.Clone(d.Elements[i].Variants)
		for j := range d.Elements[i].Variants {
			d.Elements[i].Variants[j].ID = uuid.Nil
		}
	}
	d.Goals = slices.Clone(d.Goals)
	for i := range d.Goals {
		d.Goals[i].ID = uuid.Nil
	}
	return d
}
