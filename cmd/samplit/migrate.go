package main

import (
	"context"
	"fmt"

	"github.com/samplit/samplit/db"
)

type migrateCommand struct {
	Up     migrateUp     `cmd:"" help:"Apply what is missing."`
	Status migrateStatus `cmd:"" help:"List the steps and which are applied."`
}

type migrateUp struct{}

func (migrateUp) Run(ctx context.Context, c *config, s *streams) error {
	log := newLog(c, s.err)
	owner, private, err := ownerURL(ctx, c, log)
	if err != nil {
		return err
	}
	defer (&database{private: private}).close(log)
	if err := db.Migrate(ctx, owner, private != nil, log); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "The schema is up to date.")
	return nil
}

type migrateStatus struct{}

func (migrateStatus) Run(ctx context.Context, c *config, s *streams) error {
	log := quietLog(c, s.err)
	owner, private, err := ownerURL(ctx, c, log)
	if err != nil {
		return err
	}
	defer (&database{private: private}).close(log)
	steps, err := db.Status(ctx, owner)
	if err != nil {
		return err
	}
	behind := false
	for _, m := range steps {
		state := "applied"
		if !m.Applied {
			state, behind = "missing", true
		}
		fmt.Fprintf(s.out, "%-8s %s\n", state, m.Name)
	}
	if behind {
		fmt.Fprintln(s.err, "samplit: the schema is behind: run samplit migrate up")
		return errFinding
	}
	return nil
}
