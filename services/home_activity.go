package services

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Activity is an audit entry with the names of who and what it is about.
type Activity struct {
	AuditRecord
	Who     string // empty: Samplit itself
	Subject string // name of the experiment, site or person; empty for the account
	// At most one of these is set.
	Experiment, Site uuid.UUID
}

// Activity lists entries newest first, below before (0: from the newest), of one experiment or of all (the zero id). Any member may.
func (h *Home) Activity(ctx context.Context, by Actor, experiment uuid.UUID, before int64, take int) ([]Activity, error) {
	var f AuditFilter
	if experiment != uuid.Nil {
		f.Object = experimentObject(experiment)
	}
	return h.Find(ctx, by, f, before, take)
}

// Find lists the entries that pass a filter newest first, below before (0: from the newest). Any member may.
func (h *Home) Find(ctx context.Context, by Actor, f AuditFilter, before int64, take int) ([]Activity, error) {
	records, err := h.audit.Find(ctx, by, f, before, take)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	names, err := h.names(ctx, by, records)
	if err != nil {
		return nil, err
	}
	out := make([]Activity, len(records))
	for i, r := range records {
		out[i] = Activity{AuditRecord: r, Who: names[r.Actor]}
		if r.Object != r.Actor { // people who do something to themselves are named once
			out[i].Subject = names[r.Object]
		}
		if out[i].Who == "" && r.Actor != "system" {
			out[i].Who = "?" // somebody who has left
		}
		kind, id := objectID(r.Object)
		switch kind {
		case "experiment":
			out[i].Experiment = id
		case "installation":
			out[i].Site = id
		}
	}
	return out, nil
}

// Colleague is a member of the account, as the audit calls and people know them.
type Colleague struct{ Actor, Name string }

// Colleagues lists the members by name. Any member may.
func (h *Home) Colleagues(ctx context.Context, by Actor) ([]Colleague, error) {
	var out []Colleague
	err := h.db.InTx(ctx, by.Account, func(s *db.Store) error {
		people, err := s.MemberNames(ctx, by.Account)
		if err != nil {
			return fmt.Errorf("name members: %w", err)
		}
		for _, p := range people {
			out = append(out, Colleague{userObject(p.ID), p.Name})
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Colleague) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Actor, b.Actor))
	})
	return out, err
}

// names finds what the objects and actors of the records are called.
func (h *Home) names(ctx context.Context, by Actor, records []AuditRecord) (map[string]string, error) {
	names := map[string]string{}
	var ids []uuid.UUID
	for _, r := range records {
		for _, object := range []string{r.Actor, r.Object} {
			if _, id := objectID(object); id != uuid.Nil && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	err := h.db.InTx(ctx, by.Account, func(s *db.Store) error {
		rows, err := s.NamesOf(ctx, by.Account, ids)
		if err != nil {
			return fmt.Errorf("name what was done: %w", err)
		}
		for _, r := range rows {
			names[r.Kind+":"+r.ID.String()] = r.Name
		}
		return nil
	})
	return names, err
}

// objectID takes an audit object such as experiment:… apart.
func objectID(object string) (kind string, id uuid.UUID) {
	kind, text, _ := strings.Cut(object, ":")
	id, _ = uuid.Parse(text)
	return kind, id
}
