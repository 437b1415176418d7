package db

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Store is one transaction: the generated queries and the jobs that start when it commits.
type Store struct {
	*Queries
	tx   pgx.Tx
	jobs *jobQueue
}

// statementTimeout bounds every statement of a role, so that a held lock or a bad plan frees its connection.
var statementTimeout = map[Role]time.Duration{App: 10 * time.Second, Ingest: 5 * time.Second, System: 30 * time.Second}

// InTx runs fn in one transaction as the application, seeing the rows of one account; fn may run again after a deadlock or a
// serialization failure. It returns fn's error, the commit's, or ErrUnavailable.
func (d *DB) InTx(ctx context.Context, account uuid.UUID, fn func(*Store) error) error {
	return d.in(ctx, App, account, fn)
}

// Global is InTx without a tenant: people, sessions, tokens and the look-ups made before an account is known.
func (d *DB) Global(ctx context.Context, fn func(*Store) error) error {
	return d.in(ctx, App, uuid.Nil, fn)
}

// AsSystem is a transaction that reads the experiments of every account.
func (d *DB) AsSystem(ctx context.Context, fn func(*Store) error) error {
	return d.in(ctx, System, uuid.Nil, fn)
}

// beginSurvey opens a transaction that reads at one moment: what others commit meanwhile is in none of its statements.
const beginSurvey = "begin isolation level repeatable read, read only; "

// Survey is AsSystem at one moment.
func (d *DB) Survey(ctx context.Context, fn func(*Store) error) error {
	return d.run(ctx, System, beginSurvey+become(System, ""), fn)
}

// SurveyOf is InTx at one moment, to read.
func (d *DB) SurveyOf(ctx context.Context, account uuid.UUID, fn func(*Store) error) error {
	return d.run(ctx, App, beginSurvey+become(App, account.String()), fn)
}

// AsIngest is a transaction on the tables that traffic writes, of every account.
func (d *DB) AsIngest(ctx context.Context, fn func(*Store) error) error {
	return d.in(ctx, Ingest, uuid.Nil, fn)
}

func (d *DB) in(ctx context.Context, role Role, account uuid.UUID, fn func(*Store) error) error {
	return d.run(ctx, role, begin(role, account), fn)
}

func (d *DB) run(ctx context.Context, role Role, begin string, fn func(*Store) error) error {
	var err error
	for range 3 {
		err = d.guard(ctx, func() error { return d.once(ctx, role, begin, fn) })
		if !retriable(err) {
			return err
		}
	}
	return err
}

func (d *DB) once(ctx context.Context, role Role, begin string, fn func(*Store) error) (err error) {
	conn, err := d.acquire(ctx, role)
	if err != nil {
		return err
	}
	defer conn.Release()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		// After a commit this does nothing; after a panic or an error it must not depend on the request's context.
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = tx.Rollback(stop)
	}()
	if err := fn(&Store{Queries: New(tx), tx: tx, jobs: d.jobs}); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// begin opens a transaction, takes the role and names the tenant in one round trip. Role and account are never text from outside.
func begin(role Role, account uuid.UUID) string {
	tenant := ""
	if account != uuid.Nil {
		tenant = account.String()
	}
	return "begin; " + become(role, tenant)
}

func become(role Role, tenant string) string {
	return fmt.Sprintf("select set_config('role', '%s', true), set_config('app.account_id', '%s', true), set_config('statement_timeout', '%d', true)",
		role, tenant, statementTimeout[role].Milliseconds())
}
