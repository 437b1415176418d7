package db

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// socketURL names the port too, which PGPORT would change otherwise.
func socketURL(socket, user, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(user),
		Path:     "/" + database,
		RawQuery: "host=" + strings.ReplaceAll(url.QueryEscape(socket), "+", "%20") + "&port=" + privatePort, // libpq reads + as itself
	}
	return u.String()
}

// askServer returns the samplit.life of the server on socket.
func askServer(ctx context.Context, socket string) (life string, err error) {
	err = withConn(ctx, socket, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT coalesce(current_setting('samplit.life', true), '')`).Scan(&life)
	})
	return life, err
}

// createDatabase makes sure that PrivateDatabase exists. Another process that creates it at the same moment is fine.
func createDatabase(ctx context.Context, socket string) error {
	err := withConn(ctx, socket, func(ctx context.Context, conn *pgx.Conn) error {
		var exists bool
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, PrivateDatabase).Scan(&exists)
		if err != nil || exists {
			return err
		}
		_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{PrivateDatabase}.Sanitize())
		return err
	})
	const duplicateDatabase, uniqueViolation = "42P04", "23505"
	if pgErr := (*pgconn.PgError)(nil); errors.As(err, &pgErr) && (pgErr.Code == duplicateDatabase || pgErr.Code == uniqueViolation) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", PrivateDatabase, err)
	}
	return nil
}

// withConn runs fn on a connection to the maintenance database.
func withConn(ctx context.Context, socket string, fn func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, startQuiet)
	defer cancel()
	conn, err := pgx.Connect(ctx, socketURL(socket, privateSuperuser, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return fn(ctx, conn)
}

// isChanging recognises the answer of a server that accepts no sessions now but is there.
func isChanging(err error) bool {
	const cannotConnectNow = "57P03"
	pgErr := (*pgconn.PgError)(nil)
	return errors.As(err, &pgErr) && pgErr.Code == cannotConnectNow
}
