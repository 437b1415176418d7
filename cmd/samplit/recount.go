package main

import (
	"context"
	"fmt"

	"github.com/samplit/samplit/services"
)

type recountCommand struct{}

func (recountCommand) Run(ctx context.Context, c *config, s *streams) error {
	log := quietLog(c, s.err)
	d, err := openDatabase(ctx, c, log)
	if err != nil {
		return err
	}
	defer d.close(log)
	differences := 0
	did, err := services.Recount(ctx, d.DB, func(account, difference string) {
		differences++
		fmt.Fprintf(s.out, "account %s %s\n", account, difference)
	})
	if err != nil {
		return err
	}
	if did.MovedDays > 0 {
		fmt.Fprintf(s.out, "%d days of events are in the object store: the conversions of %d accounts were checked by the totals of each goal.\n",
			did.MovedDays, did.MovedAccounts)
	}
	fmt.Fprintf(s.out, "%d accounts recounted, %d differences.\n", did.Accounts, differences)
	if differences > 0 {
		return errFinding
	}
	return nil
}
