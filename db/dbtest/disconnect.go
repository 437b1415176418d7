package dbtest

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
)

// Disconnect ends the connections to a database of Clone whose last statement was this one, and returns how many.
func Disconnect(t testing.TB, url func(db.Role) string, statement string) (ended int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	err = conn.QueryRow(t.Context(), "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query = $1", statement).Scan(&ended)
	if err != nil {
		t.Fatal(err)
	}
	return ended
}
