package db

import (
	"context"
	"fmt"
)

// ConfigChannel is notified whenever an installation or an experiment changes. It is only a hint: a lost one is caught by polling.
const ConfigChannel = "samplit_config"

// Listen calls heard for every notification on channel until ctx ends or the connection breaks.
func (d *DB) Listen(ctx context.Context, channel string, heard func()) error {
	conn, err := d.acquire(ctx, System)
	if err != nil {
		return err
	}
	// The connection stays subscribed: it must not go back to the pool.
	raw := conn.Hijack()
	defer func() { _ = raw.Close(context.WithoutCancel(ctx)) }()
	if _, err := raw.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for {
		if _, err := raw.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("wait for notification: %w", err)
		}
		heard()
	}
}
