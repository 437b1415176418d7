package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/services"
)

// database is where the program keeps everything: its private server or one given by DATABASE_URL.
type database struct {
	*db.DB
	private *db.Private // nil with DATABASE_URL
}

// ownerURL connects as the owner of the tables. With no DATABASE_URL it starts, or finds, the private server.
func ownerURL(ctx context.Context, c *config, log *slog.Logger) (string, *db.Private, error) {
	if c.DatabaseURL != "" {
		return c.DatabaseURL, nil, nil
	}
	if err := os.MkdirAll(c.DataDir, 0o755); err != nil {
		return "", nil, fmt.Errorf("DATA_DIR: %w", err)
	}
	p, err := db.StartPrivate(ctx, db.PrivateConfig{Dir: c.postgresDir(), Log: log})
	if err != nil {
		return "", nil, err
	}
	return p.URL("postgres", db.PrivateDatabase), p, nil
}

// openDatabase connects. The private server is brought up to this version's schema first; another one is only ever changed by
// `samplit migrate up`.
func openDatabase(ctx context.Context, c *config, log *slog.Logger) (*database, error) {
	owner, private, err := ownerURL(ctx, c, log)
	if err != nil {
		return nil, err
	}
	d := &database{private: private}
	url := func(db.Role) string { return owner }
	if private != nil {
		url = func(r db.Role) string { return private.URL(string(r), db.PrivateDatabase) }
		if err := db.Migrate(ctx, owner, true, log); err != nil {
			d.close(log)
			return nil, err
		}
	}
	if d.DB, err = db.Open(ctx, db.Config{URL: url, Log: log}); err != nil {
		d.close(log)
		return nil, err
	}
	return d, nil
}

// beginTime is how long a server that can serve a snapshot waits for its database at the start.
const beginTime = 3 * time.Second

// beginDatabase is openDatabase for a server with a snapshot to serve from: when the database of DATABASE_URL cannot be reached it
// returns it unreached.
func beginDatabase(ctx context.Context, c *config, log *slog.Logger) (*database, error) {
	p, err := db.Prepare(ctx, db.Config{URL: func(db.Role) string { return c.DatabaseURL }, Log: log})
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, beginTime)
	defer cancel()
	if err := p.Await(wait); err != nil && (!errors.Is(err, db.ErrUnavailable) || ctx.Err() != nil) {
		p.Close()
		return nil, err
	}
	return &database{DB: p}, nil
}

// keyset reads the keys of learned state and checks that they fit the database, unless that is not there yet.
func (d *database) keyset(ctx context.Context, path string) (*services.Keyset, error) {
	if d.Unreached() {
		return services.OpenKeyset(path)
	}
	return services.LoadKeyset(ctx, d.DB, path)
}

// auditKey reads the key that signs checkpoints. Without it everything works but signing, which the log says every minute.
func (d *database) auditKey(ctx context.Context, path string, log *slog.Logger) (*services.AuditKey, error) {
	key, err := services.LoadAuditKey(ctx, d.DB, path)
	if errors.Is(err, services.ErrNoAuditKey) || errors.Is(err, db.ErrUnavailable) {
		log.Error("audit checkpoints cannot be signed", slog.Any("error", err))
		return nil, nil
	}
	return key, err
}

// close ends the connections and then the private server, if this process started it.
func (d *database) close(log *slog.Logger) {
	if d.DB != nil {
		d.DB.Close()
	}
	if d.private == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := d.private.Stop(ctx); err != nil {
		log.Error("stop private database", slog.Any("error", err))
	}
}
