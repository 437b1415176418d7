package services

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// archivist is an account with a record and a notary.
type archivist struct {
	*Notary
	t     testing.TB
	by    Actor
	sent  *[]string // checkpoints that were mailed, as address and size
	moved *time.Duration
}

// SendCheckpoint implements CheckpointMailer.
func (a archivist) SendCheckpoint(_ context.Context, to Recipient, _ string, size int64, note string) error {
	*a.sent = append(*a.sent, fmt.Sprintf("%s %d %s", to.Email, size, strings.SplitN(note, "\n", 2)[0]))
	return nil
}

func newArchivist(t testing.TB, d *db.DB) archivist {
	t.Helper()
	key, err := GenerateAuditKey(filepath.Join(t.TempDir(), "audit.key"))
	if err != nil {
		t.Fatal(err)
	}
	return archivistWith(t, d, key)
}

func archivistWith(t testing.TB, d *db.DB, key *AuditKey) archivist {
	t.Helper()
	account, user := dbtest.Account(t, d)
	a := archivist{t: t, by: Actor{Account: account, User: user, Role: Owner}, sent: &[]string{}, moved: new(time.Duration)}
	a.Notary = NewNotary(d, key, a, "https://samplit.test", func() time.Time { return time.Now().Add(*a.moved) }, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err := d.InTx(t.Context(), account, func(s *db.Store) error { return startAudit(t.Context(), s, account, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	return a
}

// write records n changes.
func (a archivist) write(n int) archivist {
	a.t.Helper()
	for i := range n {
		err := a.db.InTx(a.t.Context(), a.by.Account, func(s *db.Store) error {
			_, err := record(a.t.Context(), s, a.clock.now(), a.by, "experiment.traffic", "experiment:"+a.by.User.String(),
				map[string]any{"old": map[string]any{"traffic_allocation": "0.5"}, "new": map[string]any{"traffic_allocation": fmt.Sprint(i)}, "note": "Señal <b>😀"})
			return err
		})
		if err != nil {
			a.t.Fatal(err)
		}
	}
	return a
}

func (a archivist) checkpoint() Signed {
	a.t.Helper()
	s, err := a.Checkpoint(a.t.Context(), a.by)
	if err != nil {
		a.t.Fatal(err)
	}
	return s
}

func (a archivist) bundle() []byte {
	a.t.Helper()
	_, write, err := a.Bundle(a.t.Context(), a.by)
	if err != nil {
		a.t.Fatal(err)
	}
	var out bytes.Buffer
	if err := write(a.t.Context(), &out); err != nil {
		a.t.Fatal(err)
	}
	return out.Bytes()
}

// prove verifies the bundle as somebody outside does.
func (a archivist) prove(since string) (audit.Report, error) {
	return audit.Verify(bytes.NewReader(a.bundle()), a.key.Public(), since)
}

func (a archivist) check() AuditCheck {
	a.t.Helper()
	c, err := a.Verify(a.t.Context(), a.by, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

func TestWhatIsRecordedVerifiesOutside(t *testing.T) {
	t.Parallel()
	a := newArchivist(t, dbtest.Open(t)).write(5)
	first := a.checkpoint()
	a.write(12)
	r, err := a.prove(first.Note)
	if err != nil || r.Entries != 17 || r.Checkpoints != 2 || r.Account != a.by.Account {
		t.Errorf("got %+v, %v, want 17 entries and 2 checkpoints", r, err)
	}
	if c := a.check(); !c.OK || c.Entries != 17 {
		t.Errorf("self-check: %+v", c)
	}
	again := a.checkpoint()
	if again.Note != a.checkpoint().Note || again.Size != 17 {
		t.Errorf("got a checkpoint of %d, want the same one of 17", again.Size)
	}
}

// I22: proofs for every place of small trees, and none outside.
func TestProofsLeadToTheCheckpoint(t *testing.T) {
	t.Parallel()
	a := newArchivist(t, dbtest.Open(t)).write(3)
	old := a.checkpoint()
	a.write(10)
	now := a.checkpoint()
	rows, err := NewAudit(a.db).History(t.Context(), a.by, "", 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		p, err := a.Inclusion(t.Context(), a.by, r.Seq, 0)
		if err != nil || !audit.CheckInclusion(p.Hashes, now.Checkpoint, r.Seq, audit.Hash(r.Hash)) {
			t.Errorf("entry %d: %+v, %v", r.Seq, p, err)
		}
		if audit.CheckInclusion(p.Hashes, now.Checkpoint, r.Seq^1, audit.Hash(r.Hash)) || audit.CheckInclusion(p.Hashes, old.Checkpoint, r.Seq, audit.Hash(r.Hash)) {
			t.Errorf("entry %d: its proof holds elsewhere", r.Seq)
		}
	}
	p, err := a.Consistency(t.Context(), a.by, 3, 13)
	if err != nil || !audit.CheckConsistency(p.Hashes, old.Checkpoint, now.Checkpoint) {
		t.Errorf("consistency: %+v, %v", p, err)
	}
	for _, bad := range [][2]int64{{13, 13}, {-1, 5}, {0, 14}, {5, 4}, {0, -1}} {
		if _, err := a.Inclusion(t.Context(), a.by, bad[0], bad[1]); Code(err) != CodeNotFound {
			t.Errorf("inclusion %v: got %v, want not found", bad, err)
		}
	}
	for _, bad := range [][2]int64{{0, 13}, {14, 14}, {5, 4}, {-1, 3}} {
		if _, err := a.Consistency(t.Context(), a.by, bad[0], bad[1]); Code(err) != CodeNotFound {
			t.Errorf("consistency %v: got %v, want not found", bad, err)
		}
	}
}

// I20
func TestErasedEntriesVerifyAsErased(t *testing.T) {
	t.Parallel()
	a := newArchivist(t, dbtest.Open(t)).write(9)
	before := a.checkpoint()
	viewer := a.by
	viewer.Role = Admin
	if _, err := a.Erase(t.Context(), viewer, []audit.Span{{1, 1}}, "asked"); Code(err) != CodeForbidden {
		t.Errorf("an admin: got %v, want forbidden", err)
	}
	for _, bad := range [][]audit.Span{nil, {{3, 2}}, {{-1, 2}}, {{0, 9}}, make([]audit.Span, 101)} {
		if _, err := a.Erase(t.Context(), a.by, bad, "asked"); Code(err) != CodeInvalid {
			t.Errorf("%v: got %v, want invalid", bad, err)
		}
	}
	n, err := a.Erase(t.Context(), a.by, []audit.Span{{2, 4}, {7, 7}}, "The person asked")
	if err != nil || n != 4 {
		t.Fatalf("got %d erased, %v, want 4", n, err)
	}
	r, err := a.prove(before.Note)
	if err != nil || r.Erased != 4 || r.Entries != 10 {
		t.Errorf("got %+v, %v, want 10 entries, 4 of them erased", r, err)
	}
	if c := a.check(); !c.OK || c.Erased != 4 {
		t.Errorf("self-check: %+v", c)
	}
	if bytes.Count(a.bundle(), []byte("Señal")) != 5 {
		t.Error("what was erased is still in the bundle")
	}
	if _, err := a.Erase(t.Context(), a.by, []audit.Span{{9, 9}, {2, 2}}, "again"); Code(err) != CodeConflict {
		t.Errorf("what is gone or must stay: got %v, want conflict", err)
	}
}

// I17
func TestManyWritersMakeOneChain(t *testing.T) {
	t.Parallel()
	const writers, each = 40, 5
	manyWriters(t, newArchivist(t, dbtest.Open(t)), writers, each)
}

// manyWriters write at once while the record is checked again and again: it is in order at every moment.
func manyWriters(t *testing.T, a archivist, writers, each int) {
	t.Helper()
	first := a.write(1).checkpoint()
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() { a.write(each) })
	}
	written := make(chan struct{})
	go func() { defer close(written); wg.Wait() }()
	checks := 0
	for busy := true; busy; checks++ {
		select {
		case <-written:
			busy = false
		default:
		}
		if c := a.check(); !c.OK {
			t.Errorf("while %d write: %+v", writers, c)
		}
	}
	r, err := a.prove(first.Note)
	if want := int64(writers*each + 1); err != nil || r.Entries != want {
		t.Errorf("got %+v, %v, want %d entries in order", r, err, want)
	}
	t.Logf("%d entries of %d writers, %d checks, %d checkpoints", r.Entries, writers, checks, r.Checkpoints)
}

// I16, I18: the application cannot change an entry, and a change whose entry cannot be written does not happen.
func TestEntriesCannotBeChangedByTheApplication(t *testing.T) {
	t.Parallel()
	a := newArchivist(t, dbtest.Open(t)).write(3)
	for _, sql := range []string{"UPDATE audit_entries SET actor = 'x'", "UPDATE audit_entries SET payload = NULL, salt = NULL, erased_at = now()",
		"DELETE FROM audit_entries", "TRUNCATE audit_entries", "UPDATE audit_nodes SET n = 9", "DELETE FROM audit_checkpoints", "UPDATE audit_checkpoints SET note = ''"} {
		if err := tryAs(t, db.App, a.by.Account, sql); err == nil {
			t.Errorf("%s: done", sql)
		}
	}
	err := a.db.InTx(t.Context(), a.by.Account, func(s *db.Store) error {
		if err := s.InsertInstallation(t.Context(), db.InsertInstallationParams{AccountID: a.by.Account, ID: uuid.New(), Name: "x", SiteUrl: "http://x.test", Token: uuid.NewString(), Now: time.Now()}); err != nil {
			return err
		}
		_, err := record(t.Context(), s, time.Now(), a.by, "installation.created", "x", map[string]any{"rate": 0.5})
		return err
	})
	if err == nil {
		t.Error("a payload that is not canonical was recorded")
	}
	sites, err := NewInstallations(a.db, "", time.Now).List(t.Context(), a.by, Paging{})
	if err != nil || len(sites.Items) != 0 {
		t.Errorf("got %d sites, %v, want none: its entry failed", len(sites.Items), err)
	}
}

func TestQuietRecordsBeatAndOwnersGetCheckpoints(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.Clone(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	a := newArchivist(t, d).write(1)
	*a.moved = 25 * time.Hour
	for range 2 { // the second finds nothing to do
		if err := a.beatAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := a.signAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := a.checkpoint(); got.Size != 2 {
		t.Errorf("got %d entries, want the change and a heartbeat", got.Size)
	}
	if rows, err := NewAudit(d).History(t.Context(), a.by, "", 0, 10); err != nil || len(rows) != 1 {
		t.Errorf("people see %d entries, %v, want theirs alone", len(rows), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	mailed := make(chan struct{})
	go func() {
		_ = d.RunJobs(ctx, db.Work(func(ctx context.Context, job checkpointMailJob) error {
			err := a.mailCheckpoint(ctx, job)
			close(mailed)
			return err
		}))
	}()
	for range 2 {
		if err := a.mailAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-mailed:
	case <-time.After(30 * time.Second):
		t.Fatal("no checkpoint was mailed")
	}
	if want := []string{a.by.User.String() + "@example.test 2 samplit/audit/" + a.by.Account.String()}; !slices.Equal(*a.sent, want) {
		t.Errorf("mailed %q, want %q", *a.sent, want)
	}
}

func TestDecisionsAreProvable(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.Clone(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	a := newArchivist(t, d).write(1)
	x := dbtest.Experiment(t, d, "sequential")
	a.by = Actor{Account: x.Account, User: x.User, Role: Owner}
	if err := d.InTx(t.Context(), x.Account, func(s *db.Store) error { return startAudit(t.Context(), s, x.Account, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	at := time.Now().UTC().Truncate(time.Minute).Add(90 * time.Second)
	var batch db.Batch
	batch.Now = at
	for i := range 37 {
		batch.Assignments = append(batch.Assignments, db.NewAssignment{Account: x.Account, Experiment: x.ID, Visitor: fmt.Sprintf("v%d", i), Arm: int16(i % 2), Epoch: 1,
			Propensity: .5, At: at.Add(time.Duration(i) * time.Millisecond), Exposed: true, Counted: true, Door: 1})
	}
	if _, err := d.Apply(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Decision(t.Context(), a.by, x.ID.String(), 0, "v7"); Code(err) != CodeNotFound && Code(err) != CodeConflict {
		t.Errorf("before its batch: got %v, want not found", err)
	}
	*a.moved = 10 * time.Minute
	for range 5 { // the clock of the database stands where the day's template was made
		if err := a.writeDecisions(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 37 {
		p, err := a.Decision(t.Context(), a.by, x.ID.String(), 0, fmt.Sprintf("v%d", i))
		if err != nil || p.Count != 37 || p.Arm != i%2 {
			t.Fatalf("v%d: %+v, %v", i, p, err)
		}
		checkDecision(t, a, p)
	}
	if r, err := a.prove(""); err != nil || r.Entries != 1 {
		t.Errorf("got %+v, %v, want one batch", r, err)
	}
}

// checkDecision follows a proof from the decision to the checkpoint.
func checkDecision(t *testing.T, a archivist, p DecisionProof) {
	t.Helper()
	c, err := audit.OpenCheckpoint(p.Checkpoint, a.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	salt := unhex(t, p.Salt)
	leaf := audit.Decision{Account: a.by.Account, Experiment: uuid.MustParse(p.Experiment), Split: p.Split, Visitor: p.Visitor, Arm: p.Arm, Epoch: p.Epoch,
		Propensity: p.Propensity, Micros: p.Micros}.Hash(salt)
	if !audit.CheckInclusion(p.Path, audit.Checkpoint{Size: p.Count, Root: p.Root}, p.Index, leaf) {
		t.Errorf("%s does not lead to the batch", p.Visitor)
	}
	if !audit.CheckInclusion(p.Inclusion.Hashes, c, p.Entry, p.EntryHash) {
		t.Errorf("the entry of %s does not lead to the checkpoint", p.Visitor)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tryAs runs one statement as a role that sees an account, and takes it back.
func tryAs(t *testing.T, role db.Role, account uuid.UUID, sql string) error {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dbtest.URL(t, role))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(t.Context()))
	_, err = c.Exec(t.Context(), "BEGIN; SELECT set_config('app.account_id', '"+account.String()+"', true); "+sql+"; ROLLBACK")
	return err
}

// seals is how many checkpoints follow a new key.
var seals = 3

// A new key goes on where the old one ended: whoever has either may check everything, a server that runs notices, and what was signed is
// still remembered.
func TestTheKeyIsHandedOver(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.Clone(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	a := newArchivist(t, d).write(4)
	first, old := a.checkpoint(), a.key.Public()
	empty := archivistWith(t, d, a.key)
	var keys []audit.Key
	for round := range 2 {
		done, err := RotateAuditKey(t.Context(), d, a.key.path, a.clock, slog.New(slog.DiscardHandler))
		if err != nil || done.Accounts != 1 || done.Refused != 0 || done.Key == old || a.key.Public() != done.Key {
			t.Fatalf("round %d: %+v, %v, and the server has %s", round, done, err, a.key.Public())
		}
		keys = append(keys, done.Key)
		for range seals {
			a.write(1).checkpoint()
		}
	}
	empty.write(1).checkpoint()
	bundle := a.bundle()
	for _, key := range append(keys, old) {
		r, err := audit.Verify(bytes.NewReader(bundle), key, first.Note)
		if err != nil || r.Entries != int64(6+2*seals) {
			t.Errorf("%s: %+v, %v", key, r, err)
		}
	}
	if c := a.check(); !c.OK {
		t.Errorf("self-check: %+v", c)
	}
	stranger, err := GenerateAuditKey(filepath.Join(t.TempDir(), "other.key"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Verify(bytes.NewReader(bundle), stranger.Public(), first.Note); err == nil {
		t.Error("a key that has signed nothing verifies the record")
	}
	again, err := LoadAuditKey(t.Context(), d, a.key.path)
	if err != nil || !slices.Equal(again.All(), []audit.Key{keys[1], keys[0], old}) {
		t.Errorf("read again: %v, %v", again.All(), err)
	}
}

// A rotation that was killed goes on with the key that it began with, and a record that the old key would not sign names no new one.
func TestHandingOverGoesOnAndVouchesForNothingForged(t *testing.T) {
	t.Parallel()
	url := dbtest.Clone(t)
	d, err := db.Open(t.Context(), db.Config{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	a := newArchivist(t, d).write(4)
	a.checkpoint()
	forged := archivistWith(t, d, a.key).write(9)
	forged.checkpoint()
	owner := dbtest.Owner(t, url)
	for _, sql := range []string{"SET session_replication_role = replica", "UPDATE audit_nodes SET hash = sha256('x') WHERE account_id = '" + forged.by.Account.String() + "' AND level = 3"} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	begun, err := a.key.successor()
	if err != nil {
		t.Fatal(err)
	}
	done, err := RotateAuditKey(t.Context(), d, a.key.path, a.clock, slog.New(slog.DiscardHandler))
	if err != nil || done.Key != begun.public || done.Accounts != 1 || done.Refused != 1 {
		t.Errorf("got %+v, %v, want the key %s", done, err, begun.public)
	}
	left, err := a.key.current()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.key.path+".next", []byte(left.String()), 0o600); err != nil { // killed before it was taken away
		t.Fatal(err)
	}
	if next, err := a.key.successor(); err != nil || next.public == left.public {
		t.Errorf("the next rotation goes on to the same key, %v", err)
	}
	if r, err := a.prove(""); err != nil || r.Entries != 5 {
		t.Errorf("the honest record: %+v, %v", r, err)
	}
	if c := forged.check(); c.OK || c.Code != "hash" {
		t.Errorf("the forged record: %+v", c)
	}
}
