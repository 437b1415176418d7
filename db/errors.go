package db

import (
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNotFound is returned by queries that want one row and find none.
var ErrNotFound = pgx.ErrNoRows

// ErrUnavailable says that the database cannot be reached now; the operation may be tried again.
var ErrUnavailable = errors.New("database unavailable")

// Names of the constraints that decide races.
const (
	UsersEmailKey         = "users_email_key"
	InstallationsTokenKey = "installations_token_key"
	ExperimentsKeyKey     = "experiments_key_key"
)

// IsUnique reports whether err is a violation of the named unique constraint.
func IsUnique(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == constraint
}

// IsTimeout reports whether err is a statement that took longer than it may.
func IsTimeout(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "57014"
}

// IsLocked reports whether err is a statement that waited for somebody's lock longer than it may.
func IsLocked(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}

// unavailable reports whether err is about reaching the server rather than about what was asked.
func unavailable(err error) bool {
	if err == nil {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "53300", readOnly, "57P01", "57P02", "57P03": // too many connections, read-only standby, shutting down, crashed, starting
			return true
		}
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "58") || strings.HasPrefix(pg.Code, "53")
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "conn closed")
}

// readOnly is what a server answers to a write that a failover has left as a standby.
const readOnly = "25006"

func standby(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == readOnly
}

// cancelled reports whether the server gave up on a statement that took too long or waited for somebody's lock.
func cancelled(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "57014" || pg.Code == "55P03")
}

// retriable reports whether the same transaction may succeed when run again.
func retriable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

var passwordInURL = regexp.MustCompile(`://[^@\s]*@`)

func redactURL(err error) error {
	return errors.New(passwordInURL.ReplaceAllString(err.Error(), "://***@"))
}
