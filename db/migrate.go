package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver for goose
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations is the schema's history, the same files that sqlc reads.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic("db: " + err.Error())
	}
	return sub
}

// MigrationStatus is one step of the schema's history.
type MigrationStatus struct {
	Version int64
	Name    string
	Applied bool
}

func withProvider(ctx context.Context, ownerURL string, fn func(*goose.Provider, *sql.DB) error) error {
	conn, err := sql.Open("pgx", ownerURL)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", redactURL(err))
	}
	defer conn.Close()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, conn, Migrations(), goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return fn(p, conn)
}

// Migrate brings the schema up to the binary's, under a lock that several starting nodes share. ownerURL connects as the owner
// of the tables; login lets the runtime roles connect by themselves, which only the private server does.
func Migrate(ctx context.Context, ownerURL string, login bool, log *slog.Logger) error {
	err := withProvider(ctx, ownerURL, func(p *goose.Provider, conn *sql.DB) error {
		done, err := p.Up(ctx)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		for _, r := range done {
			log.Info("migrated", slog.String("file", r.Source.Path), slog.Duration("took", r.Duration))
		}
		if _, err := conn.ExecContext(ctx, "SELECT ensure_event_days(current_date - 8, current_date + 8)"); err != nil {
			return fmt.Errorf("make event days: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := migrateJobs(ctx, ownerURL, conn); err != nil {
		return err
	}
	if !login {
		return nil
	}
	for _, r := range []Role{App, Ingest, System} {
		if err := allowLogin(ctx, conn, r); err != nil {
			return err
		}
	}
	return nil
}

func allowLogin(ctx context.Context, conn *pgx.Conn, r Role) error {
	var can bool
	if err := conn.QueryRow(ctx, "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", string(r)).Scan(&can); err != nil {
		return fmt.Errorf("read role %s: %w", r, err)
	}
	if can {
		return nil
	}
	if _, err := conn.Exec(ctx, "ALTER ROLE "+string(r)+" LOGIN"); err != nil {
		return fmt.Errorf("let %s sign in: %w", r, err)
	}
	return nil
}

// Status lists every migration and whether it is applied.
func Status(ctx context.Context, ownerURL string) ([]MigrationStatus, error) {
	var out []MigrationStatus
	err := withProvider(ctx, ownerURL, func(p *goose.Provider, _ *sql.DB) error {
		all, err := p.Status(ctx)
		if err != nil {
			return fmt.Errorf("read schema version: %w", err)
		}
		for _, s := range all {
			out = append(out, MigrationStatus{s.Source.Version, s.Source.Path, s.State == goose.StateApplied})
		}
		return nil
	})
	return out, err
}

// ErrSchemaBehind says that the schema is not the one this binary was built for.
var ErrSchemaBehind = errors.New("the database schema is not this version's: run `samplit migrate up`")

func (d *DB) checkSchema(ctx context.Context) error {
	files, err := fs.Glob(Migrations(), "*.sql")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	var applied int
	err = d.pools[App].QueryRow(ctx, "SELECT count(*) FROM schema_migrations()").Scan(&applied)
	if unavailable(err) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrSchemaBehind, err)
	}
	if applied < len(files) {
		return ErrSchemaBehind
	}
	return nil
}
