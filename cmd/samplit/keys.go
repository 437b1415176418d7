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
	n, err := services.RotateKeyset(ctx, d.DB, c.keysetPath(), time.Now)
	if err != nil {
		return err
	}
	states := "1 learned state was"
	if n != 1 {
		states = fmt.Sprintf("%d learned states were", n)
	}
	fmt.Fprintf(s.out, "A new key is in use; %s sealed with it.\n", states)
	return nil
}
