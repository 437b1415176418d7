package db_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// fillEveryTable leaves at least one row of the account in every tenant table.
func fillEveryTable(t *testing.T, d *db.DB) dbtest.Running {
	t.Helper()
	x := dbtest.Experiment(t, d, "thompson")
	at := time.Now().UTC()
	apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{assignment(x, "v", 1, at)}, Events: []db.NewEvent{conversion(x, "v", at), conversion(x, "waits", at)},
		Beats: []db.Beat{{Account: x.Account, Installation: x.Installation, At: at, URL: "http://site.test/"}}})
	if err := d.Quarantine(t.Context(), x.Account, []db.NewEvent{conversion(x, "q", at)}, nil, at, errors.New("test")); err != nil {
		t.Fatal(err)
	}
	if err := d.AsIngest(t.Context(), func(s *db.Store) error {
		return s.InsertAliases(t.Context(), db.InsertAliasesParams{AccountID: x.Account, InstallationID: x.Installation, Visitors: []string{"v"}, Now: at})
	}); err != nil {
		t.Fatal(err)
	}
	dbtest.Exec(t, dbtest.URL(t, ""), `INSERT INTO archived_sums VALUES ($1, $2, 0, $3, '2026-01-01', 1, 1)`, x.Account, x.ID, x.Goal)
	dbtest.Exec(t, dbtest.URL(t, ""), `INSERT INTO rollup_days VALUES ($1, $2, 0, 1, 0, $3, '2026-01-01', 0, 0, 0, 0)`, x.Account, x.ID, x.Goal)
	dbtest.Exec(t, dbtest.URL(t, ""), `INSERT INTO primary_days VALUES ($1, '2026-01-01', $2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)`, x.Account, x.ID)
	dbtest.Exec(t, dbtest.URL(t, ""), `INSERT INTO orders VALUES ($1, $2, 0, 'o', $3, $3, 1, 0, 'v', now())`, x.Account, x.Goal, x.ID)
	hash, credential := make([]byte, 32), sha256.Sum256(x.Account[:])
	err := d.InTx(t.Context(), x.Account, func(s *db.Store) error {
		ctx := t.Context()
		_, begun := s.BeginPageCheck(ctx, db.BeginPageCheckParams{AccountID: x.Account, ExperimentID: x.ID, Now: at, Since: at})
		return errors.Join(begun,
			s.InsertOptimisationState(ctx, db.InsertOptimisationStateParams{AccountID: x.Account, ExperimentID: x.ID, Version: 1, Sealed: []byte{1}, Now: at}),
			s.SaveLooks(ctx, db.SaveLooksParams{AccountID: x.Account, ExperimentID: x.ID, Splits: []int16{0}, Goals: []uuid.UUID{x.Goal}, Arms: []int16{1}, Ps: []float64{.5}, Now: at}),
			s.InsertAPIKey(ctx, db.InsertAPIKeyParams{AccountID: x.Account, ID: uuid.New(), Name: "Shop", Hash: credential[:], Ending: "abcd", Role: "editor", CreatedBy: x.User, Now: at}),
			s.SaveEditorList(ctx, db.SaveEditorListParams{AccountID: x.Account, ExperimentID: x.ID, VariantID: uuid.New(), Edits: []byte("[]")}),
			s.SeeEditor(ctx, db.SeeEditorParams{AccountID: x.Account, ExperimentID: x.ID, UserID: x.User, VariantID: uuid.New(), Now: at}),
			s.InsertEditorRevision(ctx, db.InsertEditorRevisionParams{AccountID: x.Account, ExperimentID: x.ID, Rev: 2, VariantID: uuid.New(), UserID: x.User, Now: at,
				Request: "r", Kind: "edit", Ops: []byte("[]"), Inverse: []byte("[]"), Touched: []string{}}),
			s.InsertPageSession(ctx, db.InsertPageSessionParams{AccountID: x.Account, ID: uuid.New(), InstallationID: x.Installation, UserID: x.User, Hash: credential[:],
				Mode: "proxy", Url: "http://site.test/", Nonce: "n", Now: at, ExpiresAt: at.Add(time.Hour)}),
			s.InsertUpload(ctx, db.InsertUploadParams{AccountID: x.Account, Hash: credential[:], Kind: "png", Width: 1, Height: 1, Bytes: 1, CreatedBy: x.User, Now: at}),
			s.SavePageCopy(ctx, db.SavePageCopyParams{AccountID: x.Account, InstallationID: x.Installation, Url: "http://site.test/", Object: "o", Bytes: 1, CreatedBy: x.User, Now: at}),
			s.MarkPreviewed(ctx, db.MarkPreviewedParams{AccountID: x.Account, ExperimentID: x.ID, Now: at}),
			s.SavePageLook(ctx, db.SavePageLookParams{AccountID: x.Account, InstallationID: x.Installation, Now: at, Found: []byte("{}")}),
			noted(s.InsertExperimentNote(ctx, db.InsertExperimentNoteParams{AccountID: x.Account, ID: uuid.New(), ExperimentID: x.ID, Day: at, Body: "note", CreatedBy: x.User, Now: at, Most: 1})),
			s.CreateAuditHead(ctx, db.CreateAuditHeadParams{AccountID: x.Account, Hash: hash, Now: at}),
			s.AppendAuditEntry(ctx, db.AppendAuditEntryParams{AccountID: x.Account, Seq: 0, At: at, Actor: "a", Action: "b", Object: "c", Payload: []byte("{}"),
				Salt: hash, PayloadHash: hash, Prev: hash, Hash: hash, Peaks: hash, Levels: []int16{1}, Places: []int64{0}, Hashes: [][]byte{hash}}),
			s.InsertAuditCheckpoint(ctx, db.InsertAuditCheckpointParams{AccountID: x.Account, Size: 1, Note: "n", At: at}),
			s.InsertAuditDecisions(ctx, db.InsertAuditDecisionsParams{AccountID: x.Account, Minute: at.Truncate(time.Minute), Salt: hash, Leaves: hash}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, insert := range []string{
		`INSERT INTO exports (account_id, id, experiment_id, what, format, state, created_by, created_at) VALUES ($1, $2, $2, 'assignments', 'csv', 'ready', $3, now())`,
		`INSERT INTO shares (account_id, id, experiment_id, public, show_text, show_url, show_money, created_by, created_at)
		  VALUES ($1, $2, $2, true, true, true, true, $3, now())`,
		`INSERT INTO launch_plans SELECT $1, $2, '{}', now(), 1 WHERE $3::uuid IS NOT NULL`,
		`INSERT INTO notices (account_id, id, experiment_id, user_id, kind, occasion, body, created_at) VALUES ($1, $2, $2, $3, 'decided', 'o', '{}', now())`,
		`INSERT INTO learnings (account_id, experiment_id, written_by, ended_at, judged_at, outcome, shipped, variant, words)
		  VALUES ($1, $2, $3, now(), now(), 'won', true, 'B', '')`,
		`INSERT INTO notice_choices SELECT $1, $3, 'decided', true, true WHERE $2::uuid IS NOT NULL`,
		`INSERT INTO erasures (account_id, id, state, created_by, created_at) SELECT $1, $2, 'done', $3, now()`,
		`INSERT INTO segment_counts SELECT $1, $2, now() WHERE $3::uuid IS NOT NULL`,
		`INSERT INTO segment_tallies SELECT $1, $2, 0, $2, 'device', 'mobile', 0, 1, 0 WHERE $3::uuid IS NOT NULL`,
		`INSERT INTO page_messages (account_id, session_id, to_page, body, said_at)
		  SELECT account_id, id, true, '{}', now() FROM page_sessions WHERE account_id = $1 AND $2::uuid <> $3::uuid`,
	} {
		dbtest.Exec(t, dbtest.URL(t, ""), insert, x.Account, x.ID, x.User)
	}
	return x
}

// as runs one statement as the application with an account set, or none, and rolls it back.
func as(t *testing.T, account uuid.UUID, sql string, args ...any) (affected int64, err error) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, dbtest.URL(t, db.App))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if account != uuid.Nil {
		if _, err := tx.Exec(ctx, "SELECT set_config('app.account_id', $1, true)", account.String()); err != nil {
			t.Fatal(err)
		}
	}
	tag, err := tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

func denied(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "42501" || pg.Code == "55000") // no permission, or a view that nobody writes
}

func TestEveryTenantTableHidesOtherAccounts(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	mine := fillEveryTable(t, d)
	other, _ := dbtest.Account(t, d)
	c := owner(t)
	for _, table := range names(t, c, "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition") {
		if isExempt(table) {
			continue
		}
		key := "account_id"
		if table == "accounts" {
			key = "id"
		}
		seen, err := as(t, mine.Account, fmt.Sprintf("SELECT FROM %s WHERE %s = $1", table, key), mine.Account)
		if err != nil || seen == 0 {
			t.Errorf("%s: its own account sees %d rows, %v: the test would be blind", table, seen, err)
		}
		for _, who := range []uuid.UUID{other, uuid.Nil} {
			if n, err := as(t, who, fmt.Sprintf("SELECT FROM %s WHERE %s = $1", table, key), mine.Account); err != nil || n != 0 {
				t.Errorf("%s: account %s sees %d rows, %v", table, who, n, err)
			}
			for _, change := range []string{fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s = $1", table, key, key, key), fmt.Sprintf("DELETE FROM %s WHERE %s = $1", table, key)} {
				if n, err := as(t, who, change, mine.Account); n != 0 || err != nil && !denied(err) {
					t.Errorf("%s: %q as %s: %d rows, %v", table, change, who, n, err)
				}
			}
		}
	}
}

func TestRowsCannotBeMovedIntoAnotherAccount(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	mine := fillEveryTable(t, d)
	other, user := dbtest.Account(t, d)
	for _, sql := range []string{
		"INSERT INTO installations (account_id, id, name, site_url, token, created_at, changed_xid) VALUES ($1, gen_random_uuid(), 'x', 'x', gen_random_uuid()::text, now(), pg_current_xact_id())",
		"INSERT INTO members (account_id, user_id, role, created_at) VALUES ($1, '" + user.String() + "', 'owner', now())",
		"INSERT INTO audit_head (account_id, size, hash, at) VALUES ($1, 0, '', now())",
	} {
		if _, err := as(t, other, sql, mine.Account); !denied(err) {
			t.Errorf("%q: got %v, want it refused", sql, err)
		}
	}
	if _, err := as(t, other, "UPDATE members SET account_id = $1", mine.Account); !denied(err) {
		t.Errorf("moving a membership: got %v, want it refused", err)
	}
}

func TestApplicationCannotLeaveItsRole(t *testing.T) {
	t.Parallel()
	dbtest.Open(t)
	for _, sql := range []string{"SET ROLE postgres", "SET ROLE samplit_ingest", "ALTER TABLE events DISABLE ROW LEVEL SECURITY", "DROP TABLE goals",
		"TRUNCATE audit_entries", "UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries", "CREATE TABLE mine (x int)",
		"SELECT * FROM events_" + time.Now().UTC().Format("20060102"), "SELECT ensure_event_days(current_date, current_date)"} {
		if _, err := as(t, uuid.Nil, sql); !denied(err) {
			t.Errorf("%s: got %v, want permission denied", sql, err)
		}
	}
	if _, err := as(t, uuid.Nil, "SET row_security = off; SELECT FROM experiments"); err == nil {
		t.Error("row security could be switched off")
	}
}

// noted is the error of a note.
func noted(_ int64, err error) error { return err }
