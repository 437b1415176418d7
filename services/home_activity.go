package services

import (
	"context"
	"fmt"
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
	object := ""
	if experiment != uuid.Nil {
		object = experimentObject(experiment)
	}
	records, err := h.audit.History(ctx, by, object, before, take)
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

// names finds what the objects and actors of the records are called.
func (h *Home) names(ctx context.Context, by Actor, records []AuditRecord) (map[string]string, error) {
	names := map[string]string{}
	var experiments []uuid.UUID
	for _, r := range records {
		if kind, id := objectID(r.Object); kind == "experiment" {
			experiments = append(experiments, id)
		}
	}
	err := h.db.InTx(ctx, by.Account, func(s *db.Store) error {
		people, err := s.MemberNames(ctx, by.Account)
		if err != nil {
			return fmt.Errorf("name members: %w", err)
		}
		for _, p := range people {
			names["user:"+p.ID.String()] = p.Name
		}
		tests, err := s.ExperimentNames(ctx, by.Account, experiments)
		if err != nil {
			return fmt.Errorf("name experiments: %w", err)
		}
		for _, x := range tests {
			names[experimentObject(x.ID)] = x.Name
		}
		sites, err := s.InstallationNames(ctx, by.Account, mostNames)
		if err != nil {
			return fmt.Errorf("name installations: %w", err)
		}
		for _, i := range sites {
			names[installationObject(i.ID)] = i.Name
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
