package db

import (
	"context"
	"fmt"
)

// ConfigChannel is notified whenever an installation or an experiment changes. It is only a hint: a lost one is caught by polling.
const ConfigChannel = "samplit_config"

// SightingsChannel carries what arrives for sites that somebody watches.
const SightingsChannel = "samplit_sightings"

// MaxNotice is how many bytes a notification can carry.
const MaxNotice = 7999

// Listen calls heard with the text of every notification on channel until ctx ends or the connection breaks. It calls ready, which
// may be nil, once none will be missed any more.
func (d *DB) Listen(ctx context.Context, channel string, ready func(), heard func(text string)) error {
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
	if ready != nil {
		ready()
	}
	for {
		n, err := raw.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("wait for notification: %w", err)
		}
		heard(n.Payload)
	}
}
