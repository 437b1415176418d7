package main

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

// scan reads the one row of a query.
func (v *victim) scan(conn *pgx.Conn, query string, into ...any) {
	v.t.Helper()
	if err := conn.QueryRow(v.t.Context(), query).Scan(into...); err != nil {
		v.t.Fatalf("%s: %v", query, err)
	}
}

// exec changes the database as its administrator.
func (v *victim) exec(conn *pgx.Conn, statement string, args ...any) {
	v.t.Helper()
	if _, err := conn.Exec(v.t.Context(), statement, args...); err != nil {
		v.t.Fatalf("%s: %v", statement, err)
	}
}

// await looks until a condition of the database holds.
func (v *victim) await(conn *pgx.Conn, condition string) {
	v.t.Helper()
	v.Await(condition, func() (holds bool) {
		v.scan(conn, "SELECT coalesce(("+condition+"), false)", &holds)
		return holds
	})
}

// fall kills the program, and its database where it is told to, and returns once the database is there again.
func (v *victim) fall(database bool) *pgx.Conn {
	v.t.Helper()
	old := v.private.PID()
	if database {
		kill(v.t, old)
	}
	follows := !v.private.Owned() // whom the program started ends with it
	v.die()
	if database || follows {
		v.Await("PostgreSQL started again", func() bool { return v.private.PID() != old })
	}
	return v.connect()
}

// rise starts the program as if it was killed a while ago: whoever was at work then is missed by now.
func (v *victim) rise() *pgx.Conn {
	v.t.Helper()
	conn := v.connect()
	for table, columns := range map[string][]string{"exports": {"heard_at"}, "erasures": {"heard_at"}, "river_leader": {"elected_at", "expires_at"}} {
		for _, column := range columns {
			v.exec(conn, fmt.Sprintf("UPDATE %s SET %[2]s = %[2]s - interval '3 minutes'", table, column))
		}
	}
	v.server = v.Serve()
	return conn
}
