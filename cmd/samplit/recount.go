package main

import (
	"context"
	"fmt"

	"github.com/samplit/samplit/db"
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
	accounts, err := services.Recount(ctx, d.DB, func(account string, r db.RecountDifferencesRow) {
		differences++
		fmt.Fprintf(s.out, "account %s experiment %s split %d epoch %d arm %d goal %s hour %s: visitors %d, recounted %d; converters %d, recounted %d; value %s, recounted %s\n",
			account, r.ExperimentID, r.Split, r.Epoch, r.Arm, r.GoalID, r.Hour.UTC().Format("2006-01-02T15"),
			r.Visitors, r.WantVisitors, r.Converters, r.WantConverters, r.Value, r.WantValue)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d accounts recounted, %d differences.\n", accounts, differences)
	if differences > 0 {
		return errFinding
	}
	return nil
}
