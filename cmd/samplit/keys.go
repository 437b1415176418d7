package main

import (
	"context"
	"fmt"
	"time"

	"github.com/samplit/samplit/services"
)

type keysCommand struct {
	Rotate keysRotate `cmd:"" help:"Add a new key of stored state and seal everything again with it."`
}

type keysRotate struct{}

func (keysRotate) Run(ctx context.Context, c *config, s *streams) error {
	log := quietLog(c, s.err)
	d, err := openDatabase(ctx, c, log)
	if err != nil {
		return err
	}
	defer d.close(log)
	keys, err := services.LoadKeyset(ctx, d.DB, c.keysetPath())
	if err != nil {
		return err
	}
	next, err := keys.Rotate()
	if err != nil {
		return err
	}
	if err := next.Save(c.keysetPath()); err != nil {
		return err
	}
	n, err := services.Reseal(ctx, d.DB, next, time.Now)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "A new key is in use; %d learned states were sealed with it.\n", n)
	return nil
}
