package dbtest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
)

// Owner connects to a database of Clone as its owner, who may do to it what the program never does.
func Owner(t testing.TB, url func(db.Role) string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}
