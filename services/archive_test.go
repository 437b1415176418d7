package services

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/parquet-go/parquet-go"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// cloned opens a database that no other test sees.
func cloned(t *testing.T) *db.DB {
	t.Helper()
	d, _ := clonedAt(t)
	return d
}

// clonedAt tells the owner's address, too.
func clonedAt(t *testing.T) (d *db.DB, owner string) {
	t.Helper()
	url := dbtest.Clone(t)
	d, err := db.Open(t.Context(), db.Config{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d, url("")
}

// fakeS3 is an S3 server with a bucket; while down holds, it answers nothing but 503.
func fakeS3(t *testing.T, down *atomic.Bool) Objects {
	t.Helper()
	fake := gofakes3.New(s3mem.New(), gofakes3.WithAutoBucket(true)).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	o, err := OpenObjects("s3://key:secret@"+strings.TrimPrefix(server.URL, "http://")+"/samplit?insecure=true&region=eu-west-1", "")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// past is a tracker that lives some days ago, with visitors who saw and bought.
func past(t *testing.T, d *db.DB, x dbtest.Running, ago, visitors int) {
	t.Helper()
	tr := joinTrafficAt(t, d, x, func() time.Time { return time.Now().AddDate(0, 0, -ago) })
	for i := range visitors {
		v := fmt.Sprintf("d%d-%d", ago, i)
		tr.see(t, v)
		if i%2 == 0 {
			tr.buy(t, v, fmt.Sprintf("order-%d-%d", ago, i))
		}
	}
}

// moved reads an exported day and its manifest.
func moved(t *testing.T, o Objects, day time.Time) (rows []archivedEvent, m Manifest) {
	t.Helper()
	get := func(name string) []byte {
		r, err := o.Get(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := json.Unmarshal(get(archiveName(day)+".json"), &m); err != nil {
		t.Fatal(err)
	}
	file := get(m.Object)
	rows, err := parquet.Read[archivedEvent](bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(file)) != m.Bytes || int64(len(rows)) != m.Rows {
		t.Errorf("manifest says %d bytes and %d rows, the file has %d and %d", m.Bytes, m.Rows, len(file), len(rows))
	}
	return rows, m
}

func eventDays(t *testing.T, d *db.DB) (days map[string]bool) {
	t.Helper()
	days = map[string]bool{}
	err := d.AsSystem(t.Context(), func(s *db.Store) error {
		list, err := s.EventDays(t.Context())
		for _, day := range list {
			days[day.Format(time.DateOnly)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return days
}

func recounted(t *testing.T, d *db.DB) (Recounted, []string) {
	t.Helper()
	var found []string
	r, err := Recount(t.Context(), d, func(_, difference string) { found = append(found, difference) })
	if err != nil {
		t.Fatal(err)
	}
	return r, found
}

func TestOldDaysMoveToTheObjectStore(t *testing.T) {
	t.Parallel()
	up := &atomic.Bool{}
	for name, o := range map[string]Objects{"folder": folderObjects(t.TempDir()), "S3": fakeS3(t, up)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := cloned(t)
			x := dbtest.Experiment(t, d, "sequential")
			for _, ago := range []int{30, 20, 2} {
				past(t, d, x, ago, 30)
			}
			a := NewArchive(d, o, 14, time.Now, slog.New(slog.DiscardHandler))
			if err := a.Move(t.Context()); err != nil {
				t.Fatal(err)
			}
			days := eventDays(t, d)
			for _, ago := range []int{30, 20} {
				day := day(time.Now().AddDate(0, 0, -ago))
				if days[day.Format(time.DateOnly)] {
					t.Errorf("the day %d days ago is still in the database", ago)
				}
				rows, m := moved(t, o, day)
				if len(rows) != 15 || m.Counted != 15 {
					t.Fatalf("%d days ago: %d rows, %d counted, want 15 conversions", ago, len(rows), m.Counted)
				}
				if r := rows[0]; r.AccountID != x.Account.String() || *r.ExperimentID != x.ID.String() || *r.GoalID != x.Goal.String() || !strings.HasPrefix(r.Visitor, fmt.Sprintf("d%d-", ago)) {
					t.Errorf("row %+v is not what was sent", r)
				}
				if sum, err := hex.DecodeString(m.SHA256); err != nil || len(sum) != 32 {
					t.Errorf("manifest has hash %q", m.SHA256)
				}
			}
			if !days[day(time.Now().AddDate(0, 0, -2)).Format(time.DateOnly)] {
				t.Error("a young day was moved, too")
			}
			if s := a.State(); s != (ArchiveState{Moved: s.Moved}) || s.Moved < 2 {
				t.Errorf("state %+v", s)
			}
			r, found := recounted(t, d)
			if len(found) > 0 || r.MovedDays < 2 || r.MovedAccounts != 1 {
				t.Errorf("recount: %+v, differences %q", r, found)
			}
		})
	}
}

// A recount still finds a number that somebody changed, also of a day that is no longer in the database.
func TestRecountIsTruthfulAfterAMove(t *testing.T) {
	t.Parallel()
	d, owner := clonedAt(t)
	past(t, d, dbtest.Experiment(t, d, "sequential"), 20, 10)
	if err := NewArchive(d, folderObjects(t.TempDir()), 14, time.Now, slog.New(slog.DiscardHandler)).Move(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{"UPDATE rollups SET converters = converters %s 1 WHERE converters > 0", "UPDATE conversions SET n = n %s 1"} {
		if n := dbtest.Exec(t, owner, fmt.Sprintf(change, "+")); n == 0 {
			t.Fatalf("%s changed nothing", change)
		}
		if _, found := recounted(t, d); len(found) == 0 {
			t.Errorf("no difference found after %s", change)
		}
		dbtest.Exec(t, owner, fmt.Sprintf(change, "-"))
	}
	if _, found := recounted(t, d); len(found) > 0 {
		t.Errorf("set right again, it differs: %q", found)
	}
}

func TestDaysStayWhileTheObjectStoreIsAway(t *testing.T) {
	t.Parallel()
	d := cloned(t)
	x := dbtest.Experiment(t, d, "sequential")
	past(t, d, x, 20, 10)
	log := &bytes.Buffer{}
	down := &atomic.Bool{}
	down.Store(true)
	a := NewArchive(d, fakeS3(t, down), 14, time.Now, slog.New(slog.NewTextHandler(log, nil)))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := a.Move(ctx); err == nil {
		t.Fatal("moved into nothing")
	}
	day := day(time.Now().AddDate(0, 0, -20)).Format(time.DateOnly)
	if !eventDays(t, d)[day] {
		t.Fatal("the day is gone")
	}
	if s := a.State(); s.Failed != 1 || s.Overdue == 0 || s.Moved != 0 || !strings.Contains(log.String(), day) {
		t.Errorf("state %+v, log %s", s, log)
	}
	down.Store(false)
	if err := a.Move(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := a.State(); s.Overdue != 0 || eventDays(t, d)[day] {
		t.Errorf("after its return: state %+v", s)
	}
	if _, found := recounted(t, d); len(found) > 0 {
		t.Errorf("differences %q", found)
	}
}

// An object that does not read back as it was written is worth nothing: the day stays.
func TestADayStaysWhenItsObjectIsSpoilt(t *testing.T) {
	t.Parallel()
	d := cloned(t)
	past(t, d, dbtest.Experiment(t, d, "sequential"), 20, 4)
	a := NewArchive(d, spoilt{folderObjects(t.TempDir())}, 14, time.Now, slog.New(slog.DiscardHandler))
	if err := a.Move(t.Context()); err == nil || !strings.Contains(err.Error(), "another hash") {
		t.Errorf("got %v, want a refusal", err)
	}
	if !eventDays(t, d)[day(time.Now().AddDate(0, 0, -20)).Format(time.DateOnly)] {
		t.Error("the day is gone")
	}
}

// spoilt loses the last byte of every object.
type spoilt struct{ Objects }

func (s spoilt) Get(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	r, err := s.Objects.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return inMemory{bytes.NewReader(b[:len(b)-1])}, nil
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

func TestObjectStoreAddresses(t *testing.T) {
	t.Parallel()
	a, err := parseS3URL("s3://key:" + url.QueryEscape("a/b@c") + "@minio:9000/bucket?region=eu-west-1&insecure=true")
	if want := (s3Address{"minio:9000", "bucket", "eu-west-1", "key", "a/b@c", true}); err != nil || a != want {
		t.Errorf("got %+v, %v", a, err)
	}
	for _, bad := range []string{"http://key:secret@host/bucket", "s3://host/bucket", "s3://key@host/bucket", "s3://key:hidden@host", "s3://key:hidden@host/a/b",
		"s3://key:hidden@host/bucket?colour=red", "s3://key:hid den@host/bucket%"} {
		if err := CheckS3URL(bad); err == nil || strings.Contains(err.Error(), "hid") {
			t.Errorf("%s: got %v, want a refusal without the secret", bad, err)
		}
	}
	if _, err := folderObjects(t.TempDir()).Get(t.Context(), "../etc/passwd"); err == nil || errors.Is(err, ErrNoObject) {
		t.Errorf("a name outside the folder: %v", err)
	}
	if _, err := folderObjects(t.TempDir()).Get(t.Context(), "nothing"); !errors.Is(err, ErrNoObject) {
		t.Errorf("a name without object: %v", err)
	}
}
