package dbtest

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// Exec runs a statement at an address that URL or Clone gave, mostly the owner's, and returns how many rows it changed.
func Exec(t testing.TB, url, sql string, args ...any) int64 {
	t.Helper()
	c := connect(t, url)
	defer c.Close(t.Context())
	tag, err := c.Exec(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return tag.RowsAffected()
}

// Texts returns the one text column of a query.
func Texts(t testing.TB, url, sql string, args ...any) []string {
	t.Helper()
	c := connect(t, url)
	defer c.Close(t.Context())
	rows, err := c.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	return c
}
