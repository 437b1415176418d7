package services

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// fill gives every field of a value something that is not its zero, unexported ones too. n numbers what it writes.
func fill(v reflect.Value, n *int) {
	*n++
	v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(int64(*n), 0).UTC()))
		return
	case uuid.UUID:
		v.Set(reflect.ValueOf(uuid.UUID{byte(*n)}))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(fmt.Sprintf(`{"n":%d}`, *n))))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*n) / 1000)
	case reflect.Int, reflect.Int16, reflect.Int32:
		v.SetInt(int64(*n))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "rendered" && name != "judge" && name != "terms" { // made again when asked for, from the rules, from the settings
				fill(v.Field(i), n)
			}
		}
	case reflect.Map: // of texts
		*n++
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), reflect.ValueOf(fmt.Sprint("value ", *n)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	default:
		panic("fill does not know " + v.Type().String())
	}
}

// A field that an experiment gains must be in the file, or a start without the database serves something else.
func TestEveryFieldOfAnExperimentIsSaved(t *testing.T) {
	t.Parallel()
	var x live
	n := 0
	fill(reflect.ValueOf(&x).Elem(), &n)
	for i := range x.splits {
		for j := range x.splits[i].epochs {
			e := &x.splits[i].epochs[j]
			e.cumulative = e.weights.Cumulative() // follows from the weights
		}
	}
	x.showArms() // which follow from elements and splits
	raw, err := json.Marshal(saveExperiment(&x))
	if err != nil {
		t.Fatal(err)
	}
	var saved savedExperiment
	if err := json.Unmarshal(raw, &saved); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&x, saved.live(), cmp.AllowUnexported(live{}, liveElement{}, liveVariant{}, liveArm{}, livePart{}, liveGoal{}, liveSplit{}, liveEpoch{}),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".rendered" || p.Last().String() == ".terms" }, cmp.Ignore())); diff != "" {
		t.Errorf("saved and read again an experiment differs:\n%s", diff)
	}
}

// snapshotBundle is a snapshot of one running experiment and its file.
type snapshotBundle struct {
	*SnapshotFile
	x    dbtest.Running
	snap *Snapshot
	log  *bytes.Buffer
	now  time.Time
}

var snapshotKey = bytes.Repeat([]byte("k"), 32)

func newSnapshotBundle(t testing.TB) *snapshotBundle {
	t.Helper()
	d := dbtest.Open(t)
	b := &snapshotBundle{x: dbtest.Experiment(t, d, "thompson"), log: &bytes.Buffer{}, now: time.Now()}
	clock := func() time.Time { return b.now }
	b.snap = NewSnapshot(d, "http://tracker.test", clock, slog.New(slog.DiscardHandler))
	if err := b.snap.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.SnapshotFile = NewSnapshotFile(filepath.Join(t.TempDir(), "snapshot"), snapshotKey, clock, slog.New(slog.NewTextHandler(b.log, nil)))
	return b
}

func (b *snapshotBundle) bytes(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// unreached is a database that nobody answers for.
func unreached(t *testing.T) *db.DB {
	t.Helper()
	d, err := db.Prepare(t.Context(), db.Config{URL: func(db.Role) string { return "postgres://nobody@127.0.0.1:1/none" }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func TestARestoredSnapshotAnswersAsTheDatabaseDid(t *testing.T) {
	t.Parallel()
	b := newSnapshotBundle(t)
	b.update(b.snap)
	b.now = b.now.Add(23 * time.Hour)
	saved := b.Read()
	if saved == nil {
		t.Fatalf("the file cannot be read: %s", b.log)
	}
	clock := func() time.Time { return b.now }
	log := slog.New(slog.DiscardHandler)
	away := unreached(t)
	cold := NewSnapshot(away, "http://tracker.test", clock, log)
	cold.Restore(saved)
	if age := cold.Age().Round(time.Second); age != 23*time.Hour {
		t.Errorf("age %v, want 23h", age)
	}
	committer := NewCommitter(away, clock, log)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go committer.Run(ctx)
	warm := NewTracker(dbtest.Open(t), b.snap, committer, NewAPIKeys(dbtest.Open(t), time.Now), TrackerLimits{Remembered: 1}, clock, log)
	tracker := NewTracker(away, cold, committer, NewAPIKeys(away, time.Now), TrackerLimits{Remembered: 1}, clock, log)
	for i := range 200 {
		visitor := fmt.Sprint("visitor ", i)
		a, err := tracker.Assign(t.Context(), AssignRequest{Token: b.x.Token, Experiment: b.x.Key, Visitor: visitor, Expose: true})
		if err != nil || a.Reason != "" || a.Stored {
			t.Fatalf("%s: got %+v, %v, want a variant that is not stored", visitor, a, err)
		}
		if want := warm.snapshot.site(b.x.Token).byKey[b.x.Key].choose(visitor)[0]; a.Arms[0].arm != want.arm {
			t.Errorf("%s: arm %d, want %d", visitor, a.Arms[0].arm, want.arm)
		}
	}
	for name, text := range map[string]func(*Tracker) ([]byte, error){
		"snippet":  func(t *Tracker) ([]byte, error) { return t.Config(b.x.Token) },
		"features": func(t *Tracker) ([]byte, error) { return t.Features(b.x.Token) },
	} {
		want, _ := text(warm)
		if got, err := text(tracker); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
	if _, err := tracker.Events(t.Context(), EventBatch{Token: b.x.Token, Events: []Event{{Type: "custom", Visitor: "v"}}}); Code(err) != CodeUnavailable {
		t.Errorf("events: got %v, want unavailable", err)
	}
	if _, err := tracker.Config("inst_newer_than_the_file"); Code(err) != CodeUnavailable {
		t.Errorf("a token that the file does not hold: got %v, want unavailable", err)
	}
}

func TestTheFirstLookReplacesWhatAFileHeld(t *testing.T) {
	t.Parallel()
	b := newSnapshotBundle(t)
	gone := uuid.New()
	b.snap.looked.Store(false)
	b.snap.horizon = "0"
	b.snap.Restore(&SavedSnapshot{at: b.now, changes: changes{sites: []db.SnapshotInstallationsRow{{AccountID: gone, ID: gone, Token: "inst_gone"}}}})
	if b.snap.site("inst_gone") == nil || b.snap.site(b.x.Token) != nil {
		t.Fatal("the file is not served from")
	}
	if err := b.snap.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.snap.site("inst_gone") != nil || b.snap.site(b.x.Token) == nil {
		t.Error("after a look at the database a site is there that it does not know, or one is missing")
	}
}

func TestAFileThatCannotBeTrustedIsIgnored(t *testing.T) {
	t.Parallel()
	b := newSnapshotBundle(t)
	b.update(b.snap)
	good := b.bytes(t)
	otherKey := hmac.New(sha256.New, bytes.Repeat([]byte("x"), 32))
	body := good[len(snapshotFormat) : len(good)-64]
	otherKey.Write(body)
	replace := func(old, with string) []byte {
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("the file lacks %q", old)
		}
		return bytes.Replace(bytes.Clone(good), []byte(old), []byte(with), 1)
	}
	cases := map[string][]byte{
		"empty":             {},
		"cut short":         good[:len(good)/2],
		"without signature": good[:len(good)-64],
		"longer":            append(bytes.Clone(good), '\n'),
		"another token":     replace(b.x.Token, strings.Repeat("x", len(b.x.Token))),
		"other weights":     replace("[5000,5000]", "[9000,1000]"),
		"another format":    replace(snapshotFormat, "samplit snapshot 9\n"),
		"foreign":           append(append([]byte(snapshotFormat), body...), hex.EncodeToString(otherKey.Sum(nil))...),
		"no text at all":    []byte(snapshotFormat),
		"something else":    []byte("hello"),
	}
	for name, raw := range cases {
		if err := os.WriteFile(b.path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		b.log.Reset()
		if saved := b.Read(); saved != nil {
			t.Errorf("%s: the file is used", name)
		}
		if lines := strings.Count(b.log.String(), "\n"); lines != 1 || !strings.Contains(b.log.String(), "snapshot on disk ignored") {
			t.Errorf("%s: logged %q, want one line", name, b.log)
		}
	}
	if err := os.WriteFile(b.path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if b.Read() == nil {
		t.Error("the file itself is not used: nothing was tested")
	}
	b.now = b.now.Add(snapshotLife + time.Minute)
	if b.Read() != nil {
		t.Error("a file of yesterday is used")
	}
	if err := os.Remove(b.path); err != nil {
		t.Fatal(err)
	}
	b.log.Reset()
	if b.Read() != nil || b.log.Len() > 0 {
		t.Errorf("no file: logged %q, want nothing", b.log)
	}
}

func TestTheFileFollowsTheSnapshot(t *testing.T) {
	t.Parallel()
	b := newSnapshotBundle(t)
	again := func(after time.Duration) bool {
		t.Helper()
		b.now = b.now.Add(after)
		if err := b.snap.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.written = b.snap.current.Load() // other tests' experiments in this database are no change of ours
		if err := os.Remove(b.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		b.update(b.snap)
		_, err := os.Stat(b.path)
		return err == nil
	}
	b.update(b.snap)
	if mode, err := os.Stat(b.path); err != nil || mode.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v: a file with tokens is for its owner alone", mode, err)
	}
	if again(5 * time.Second) {
		t.Error("written again though nothing changed")
	}
	if !again(snapshotRenew) {
		t.Error("not written again to tell how old it is")
	}
	b.written = nil // as if it had changed
	b.update(b.snap)
	first := b.bytes(t)
	b.written = nil
	b.now = b.now.Add(time.Second)
	b.update(b.snap)
	if !bytes.Equal(first, b.bytes(t)) {
		t.Error("written twice within a second")
	}
	names, err := os.ReadDir(filepath.Dir(b.path))
	if err != nil || len(names) != 1 {
		t.Errorf("%v, %v: temporary files stay behind", names, err)
	}
}

func TestASnapshotFromAFileIsNotWritten(t *testing.T) {
	t.Parallel()
	b := newSnapshotBundle(t)
	cold := NewSnapshot(nil, "http://tracker.test", func() time.Time { return b.now }, slog.New(slog.DiscardHandler))
	cold.Restore(&SavedSnapshot{at: b.now})
	b.update(cold)
	if _, err := os.Stat(b.path); err == nil {
		t.Error("what a file held was written as if the database had said it")
	}
}

func BenchmarkWriteSnapshot(b *testing.B) {
	var x live
	n := 0
	fill(reflect.ValueOf(&x).Elem(), &n)
	many := changes{sites: []db.SnapshotInstallationsRow{{ID: x.installation, Token: "inst_token"}}}
	for i := range 10_000 {
		many.experiments = append(many.experiments, saveExperiment(&x).live())
		many.experiments[i].id, many.experiments[i].key = uuid.New(), fmt.Sprint("key-", i)
	}
	f := NewSnapshotFile(filepath.Join(b.TempDir(), "snapshot"), snapshotKey, time.Now, slog.New(slog.DiscardHandler))
	w := newWorld().with(many, "http://tracker.test")
	b.ReportAllocs()
	for b.Loop() {
		if err := f.write(w, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	file, err := os.Stat(f.path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(file.Size())/1e6, "MB")
}
