package db_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// A batch that the server gives up on because somebody else holds a lock is not a bad batch: it may be sent again.
func TestALockIsNoFaultOfTheBatch(t *testing.T) {
	t.Parallel()
	address := dbtest.Clone(t)
	admin, err := pgx.Connect(t.Context(), address(""))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(t.Context())
	if _, err := admin.Exec(t.Context(), "ALTER DATABASE "+admin.Config().Database+" SET lock_timeout = '50ms'"); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), db.Config{URL: address, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	x := dbtest.Experiment(t, d, "sequential")
	b := db.Batch{Now: time.Now(), Events: []db.NewEvent{conversion(x, "v", time.Now())}}
	tx, err := admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE events IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Apply(t.Context(), b); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := apply(t, d, b); !out.Events[0].Fresh {
		t.Errorf("the same batch afterwards: got %+v", out.Events[0])
	}
}
