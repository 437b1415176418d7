package services

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Experiments are defined, started, changed and ended here.
type Experiments struct {
	db    *db.DB
	keys  Sealer
	clock Clock
}

// NewExperiments makes the service; keys seal what a learning experiment knows when it starts.
func NewExperiments(d *db.DB, keys Sealer, clock Clock) *Experiments {
	return &Experiments{db: d, keys: keys, clock: clock}
}

// MayEdit is nil for editors and above, else Forbidden: for doors that show a form before anything is asked of a service.
func (a Actor) MayEdit() error { return a.may(Editor) }

// Get returns one experiment. Any member may. NotFound if absent or another account's.
func (e *Experiments) Get(ctx context.Context, by Actor, id string) (x Experiment, err error) {
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		key, err := experimentID(id)
		if err != nil {
			return err
		}
		x, err = e.one(ctx, s, by, key)
		return err
	})
	return x, err
}

// experimentID reads an id from outside; what is not an id names nothing.
func experimentID(id string) (uuid.UUID, error) {
	key, err := uuid.Parse(id)
	if err != nil || len(id) != len(key.String()) {
		return uuid.Nil, notFound("experiment")
	}
	return key, nil
}

func (e *Experiments) one(ctx context.Context, s *db.Store, by Actor, id uuid.UUID) (Experiment, error) {
	row, err := s.Experiment(ctx, by.Account, id)
	if err != nil {
		return Experiment{}, orNotFound(err, "experiment")
	}
	list, err := withRows(ctx, s, by.Account, []db.Experiment{row}, whole)
	if err != nil {
		return Experiment{}, err
	}
	return list[0], nil
}

// ExperimentFilter narrows a list. Empty values do not.
type ExperimentFilter struct {
	Query, Status, Sort string
	Site                uuid.UUID
	Paging
}

var sorts = []string{"", "created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"}

// List returns experiments without change lists and past epochs, newest first unless sorted otherwise; archived ones only when asked for by
// status. Any member may. Invalid names q, status, sort, page or per_page.
func (e *Experiments) List(ctx context.Context, by Actor, filter ExperimentFilter) (List[Experiment], error) {
	f := Fields{}
	take, skip := filter.bounds(f)
	if filter.Query = strings.TrimSpace(filter.Query); utf8.RuneCountInString(filter.Query) > maxName || !utf8.ValidString(filter.Query) || strings.Contains(filter.Query, "\x00") {
		f.add("q", "too_long", "Must be text of at most 255 characters.")
	}
	var status *string
	if filter.Status != "" {
		status = &filter.Status
		if _, known := moves[Status(filter.Status)]; !known {
			f.add("status", "unknown", "Must be draft, running, paused, completed or archived.")
		}
	}
	if !slices.Contains(sorts, filter.Sort) {
		f.add("sort", "unknown", "Must be created_at, updated_at or name, with - in front for descending.")
	}
	if err := f.err(); err != nil {
		return List[Experiment]{}, err
	}
	var site *uuid.UUID
	if filter.Site != uuid.Nil {
		site = &filter.Site
	}
	items, total := []Experiment{}, int64(0)
	err := e.db.InTx(ctx, by.Account, func(s *db.Store) (err error) {
		total, err = s.CountExperiments(ctx, db.CountExperimentsParams{AccountID: by.Account, Status: status, Site: site, Q: filter.Query})
		if err != nil {
			return fmt.Errorf("count experiments: %w", err)
		}
		rows, err := s.Experiments(ctx, db.ExperimentsParams{AccountID: by.Account, Status: status, Site: site, Q: filter.Query, Sort: filter.Sort, Take: take, Skip: skip})
		if err != nil {
			return fmt.Errorf("list experiments: %w", err)
		}
		items, err = withRows(ctx, s, by.Account, rows, listed)
		return err
	})
	return newList(items, total, filter.Paging), err
}

// Any says whether the account has experiments at all, archived ones included. Any member may.
func (e *Experiments) Any(ctx context.Context, by Actor) (any bool, err error) {
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		rows, err := s.CountExperimentsByStatus(ctx, by.Account)
		any = len(rows) > 0
		return err
	})
	return any, err
}

// depth is how much below an experiment is read.
type depth int

const (
	bare    depth = iota // neither change lists nor splits and epochs
	changed              // change lists, neither splits nor epochs
	listed               // the current epochs, no change lists
	whole                // everything
)

// withRows reads what is below the experiments.
func withRows(ctx context.Context, s *db.Store, account uuid.UUID, rows []db.Experiment, d depth) ([]Experiment, error) {
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	elements, variants, err := readElements(ctx, s, account, ids, d)
	if err != nil {
		return nil, err
	}
	goals, err := s.Goals(ctx, account, ids)
	if err != nil {
		return nil, fmt.Errorf("read goals: %w", err)
	}
	splits, epochs, err := readEpochs(ctx, s, account, ids, d)
	if err != nil {
		return nil, err
	}
	el := groupBy(elements, func(r db.Element) uuid.UUID { return r.ExperimentID })
	va := groupBy(variants, func(r db.Variant) uuid.UUID { return r.ExperimentID })
	gl := groupBy(goals, func(r db.Goal) uuid.UUID { return r.ExperimentID })
	sp := groupBy(splits, func(r db.Split) uuid.UUID { return r.ExperimentID })
	ep := groupBy(epochs, func(r db.Epoch) uuid.UUID { return r.ExperimentID })
	out := make([]Experiment, len(rows))
	for i, r := range rows {
		out[i], err = newExperiment(r, experimentRows{el[r.ID], va[r.ID], gl[r.ID], sp[r.ID], ep[r.ID]})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readElements(ctx context.Context, s *db.Store, account uuid.UUID, ids []uuid.UUID, d depth) (elements []db.Element, variants []db.Variant, err error) {
	rows, err := s.ElementVariants(ctx, db.ElementVariantsParams{AccountID: account, Experiments: ids, Whole: d == whole || d == changed})
	if err != nil {
		return nil, nil, fmt.Errorf("read elements: %w", err)
	}
	for _, r := range rows {
		if r.Ord == 0 {
			elements = append(elements, db.Element{AccountID: r.AccountID, ExperimentID: r.ExperimentID, Ord: r.Element, Key: r.ElementKey, Name: r.ElementName, Selector: r.Selector})
		}
		variants = append(variants, db.Variant{AccountID: r.AccountID, ExperimentID: r.ExperimentID, Element: r.Element, Ord: r.Ord, ID: r.ID, Key: r.Key, Name: r.Name,
			Weight: r.Weight, Changes: r.Changes})
	}
	return elements, variants, nil
}

func readEpochs(ctx context.Context, s *db.Store, account uuid.UUID, ids []uuid.UUID, d depth) (splits []db.Split, epochs []db.Epoch, err error) {
	if d == bare || d == changed {
		return nil, nil, nil
	}
	if splits, err = s.Splits(ctx, account, ids); err != nil {
		return nil, nil, fmt.Errorf("read splits: %w", err)
	}
	read := s.CurrentEpochs
	if d == whole {
		read = s.Epochs
	}
	if epochs, err = read(ctx, account, ids); err != nil {
		return nil, nil, fmt.Errorf("read epochs: %w", err)
	}
	return splits, epochs, nil
}
