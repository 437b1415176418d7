package dbtest

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// Copied is a table whose rows are copied: the columns that differ in a copy, and what they are then. In it n.i counts the copies from 1,
// n.id and n.site are ids of their own, and t is the row.
type Copied struct{ Table, Columns, Values string }

// Copies writes the rows that tables hold n more times, without asking row level security: owner must be a superuser.
func Copies(t testing.TB, owner *pgx.Conn, n int, tables []Copied) {
	t.Helper()
	ctx := t.Context()
	if _, err := owner.Exec(ctx, `CREATE TEMP TABLE n AS SELECT i, gen_random_uuid() AS id, gen_random_uuid() AS site FROM generate_series(1, $1::int) i`, n); err != nil {
		t.Fatalf("number copies: %v", err)
	}
	for _, c := range tables {
		var insert string
		err := owner.QueryRow(ctx, `SELECT format('INSERT INTO %I (%s, %s) SELECT %s, %s FROM n, %I t', $1::text, $2::text, string_agg(quote_ident(column_name), ', '),
			$3::text, string_agg('t.' || quote_ident(column_name), ', '), $1)
			FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 AND column_name <> ALL (string_to_array($2, ', '))`,
			c.Table, c.Columns, c.Values).Scan(&insert)
		if err == nil {
			_, err = owner.Exec(ctx, insert)
		}
		if err != nil {
			t.Fatalf("copy %s: %v", c.Table, err)
		}
	}
}
