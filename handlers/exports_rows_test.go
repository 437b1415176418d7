package handlers

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/services"
)

// exporter is a server with a database and a folder of files of its own, whose jobs run when a test says so.
type exporter struct {
	owner
	b      *testBundle
	url    func(db.Role) string
	folder string
}

func newExporter(t testing.TB) exporter {
	t.Helper()
	e := exporter{url: dbtest.Clone(t), folder: t.TempDir()}
	d, err := db.Open(t.Context(), db.Config{URL: e.url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	objects, err := services.OpenObjects("", e.folder)
	if err != nil {
		t.Fatal(err)
	}
	e.b = setupWith(t, bundleOptions{db: d, change: func(deps *Deps) {
		deps.Exports = services.NewExports(d, objects, []byte("key of exports"), deps.BaseURL, deps.Clock, deps.Log)
	}})
	e.owner = e.b.owner().withSite()
	return e
}

// work runs the jobs of exports until the returned function is called.
func (e exporter) work() (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.b.t.Context()))
	done := make(chan error, 1)
	go func() { done <- e.b.db.RunJobs(ctx, e.b.deps.Exports.Workers()...) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			e.b.t.Errorf("run jobs: %v", err)
		}
	}
}

// many is an experiment with as many visitors, a quarter of whom converted.
func (e exporter) many(visitors int) (id string) {
	t := e.b.t
	t.Helper()
	x := e.experiment(members{"key": "many-" + strconv.Itoa(visitors)})
	e.status(x, members{"status": "running"}, http.StatusOK)
	id = x["id"].(string)
	account, _ := e.b.home(x)
	goal := x["goals"].([]any)[0].(members)["id"]
	dbtest.Exec(t, e.url(""), `INSERT INTO assignments (account_id, experiment_id, split, visitor, arm, epoch, propensity, assigned_at, exposed_at, door, counted)
		SELECT $1, $2, 0, 'v<&"''=' || md5(i::text), i % 2, 1 + i % 5, (i % 9) / 10.0, at, CASE WHEN i % 3 > 0 THEN at + interval '1 millisecond' END, 1, i % 10 > 0
		FROM generate_series(1, $3::int) i, LATERAL (SELECT timestamptz '2026-01-02 03:04:05Z' + i * interval '37 milliseconds' AS at) m`, account, id, visitors)
	dbtest.Exec(t, e.url(""), `INSERT INTO conversions (account_id, experiment_id, split, goal_id, visitor, first_at, n, value, epoch, arm, hour)
		SELECT $1, $2, 0, $3, visitor, assigned_at + interval '1 minute', 1 + epoch, epoch * 12.34, epoch, arm, date_trunc('hour', assigned_at) FROM assignments
		WHERE account_id = $1 AND experiment_id = $2 AND get_byte(convert_to(visitor, 'UTF8'), 9) % 4 = 0`, account, id, goal)
	dbtest.Exec(t, e.url(""), `INSERT INTO rollups (account_id, experiment_id, split, epoch, arm, goal_id, hour, visitors)
		VALUES ($1, $2, 0, 1, 0, '00000000-0000-0000-0000-000000000000', '2026-01-02 03:00Z', $3)`, account, id, visitors)
	dbtest.Exec(t, e.url(""), "VACUUM ANALYZE assignments, conversions")
	return id
}

// ask asks for a file and waits until it is there.
func (e exporter) ask(id, what, format string) members {
	t := e.b.t
	t.Helper()
	e.call(http.MethodPost, "/analytics/experiments/"+id+"/exports", members{"what": what, "format": format}, http.StatusAccepted)
	made := e.waitExport(id)
	if made["state"] != services.ExportReady {
		t.Fatalf("%s as %s: got %v", what, format, made)
	}
	return made
}

// download saves the file of an export by way of a real server.
func (e exporter) download(export members, change func(*http.Request)) (*http.Response, string) {
	t := e.b.t
	t.Helper()
	server := httptest.NewServer(e.b.e)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(export["url"].(string), "http://localhost:8080", server.URL, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "localhost:8080"
	if change != nil {
		change(r)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "export"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(file, a.Body); err != nil {
		t.Fatal(err)
	}
	return a, file.Name()
}

// peakDuring is how many bytes more than before are held at most while something is done, what can be thrown away left out.
func peakDuring(do func()) (bytes int64) {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	held := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := held()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	for {
		bytes = max(bytes, held()-before)
		select {
		case <-done:
			return bytes
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// Not in parallel with others: it looks at the memory of the process.
func TestManyRowsAreExportedInLittleMemory(t *testing.T) {
	e := newExporter(t)
	defer e.work()()
	few, many := e.many(10_000), e.many(100_000)
	for _, format := range []string{services.FormatCSV, services.FormatXLSX, services.FormatJSON, services.FormatParquet} {
		var made members
		little := peakDuring(func() { e.ask(few, services.ExportAssignments, format) })
		much := peakDuring(func() { made = e.ask(many, services.ExportAssignments, format) })
		t.Logf("%s: %d kB of 10,000 rows, %d kB of 100,000", format, little/1000, much/1000)
		if much > 12e6 || much > little+6e6 {
			t.Errorf("%s: %d bytes are held for ten times the rows that took %d", format, much, little)
		}
		e.same(made, many, services.ExportAssignments, format)
		e.same(e.ask(few, services.ExportConversions, format), few, services.ExportConversions, format)
	}
}

// same compares a file with the database.
func (e exporter) same(made members, id, what, format string) {
	t := e.b.t
	t.Helper()
	a, path := e.download(made, nil)
	want := e.sumsInDatabase(id, what)
	if diff := cmp.Diff(want, sumsOf(t, format, path)); diff != "" || a.ContentLength != int64(made["bytes"].(float64)) || int64(made["written"].(float64)) != want.Rows {
		t.Errorf("%s as %s, %d bytes, %v (-database +file):\n%s", what, format, a.ContentLength, made, diff)
	}
}

func TestDownloadsOfExportsGoOnWhereTheyBroke(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	defer e.work()()
	made := e.ask(e.many(500), services.ExportAssignments, services.FormatCSV)
	whole, path := e.download(made, nil)
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": "text/csv; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes",
		"Content-Disposition": `attachment; filename="assignments-` + time.Now().UTC().Format(time.DateOnly) + `.csv"`, "Content-Length": strconv.Itoa(len(want))} {
		if got := whole.Header.Get(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	rest, path := e.download(made, func(r *http.Request) {
		r.Header.Set("Range", "bytes=1000-")
		r.Header.Set("If-Range", whole.Header.Get("ETag"))
	})
	got, err := os.ReadFile(path)
	if err != nil || rest.StatusCode != http.StatusPartialContent || string(got) != string(want[1000:]) {
		t.Errorf("got status %d with %d bytes (%v), want the %d that were missing", rest.StatusCode, len(got), err, len(want)-1000)
	}
}

// files are those in the folder of exports.
func (e exporter) files() (names []string) {
	e.b.t.Helper()
	err := filepath.WalkDir(e.folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		e.b.t.Fatal(err)
	}
	return names
}

// waitFor asks again until something holds.
func (e exporter) waitFor(what string, holds func() bool) {
	e.b.t.Helper()
	for range 1200 {
		if holds() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	e.b.t.Fatalf("waited in vain for %s", what)
}

// newest is the export of an experiment that was asked for last.
func (e exporter) newest(id string) members {
	_, list := e.call(http.MethodGet, "/analytics/experiments/"+id+"/exports", nil, http.StatusOK)
	return list["items"].([]any)[0].(members)
}

func (e exporter) state(id string) string { return e.newest(id)["state"].(string) }

// begun asks for a file and waits until a part of it is there.
func (e exporter) begun(id string) (export members) {
	e.b.t.Helper()
	_, export = e.call(http.MethodPost, "/analytics/experiments/"+id+"/exports", members{"what": "assignments", "format": "csv"}, http.StatusAccepted)
	e.waitFor("the file to begin", func() bool { return len(e.files()) > 0 })
	return export
}

func TestCancelledExportLeavesNoFile(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	defer e.work()()
	id := e.many(100_000)
	export := e.begun(id)
	e.call(http.MethodDelete, "/analytics/exports/"+export["id"].(string), nil, http.StatusNoContent)
	e.waitFor("the file to go", func() bool { return len(e.files()) == 0 })
	if got := e.state(id); got != services.ExportCancelled {
		t.Errorf("got state %s, want cancelled", got)
	}
}

func TestStoppedServerLeavesItsExportsToTheNext(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	stop := e.work()
	id := e.many(100_000)
	e.begun(id)
	stop()
	if got, files := e.state(id), e.files(); got != services.ExportWaiting || len(files) > 0 {
		t.Errorf("got state %s with files %q, want one that waits, without a file", got, files)
	}
	defer e.work()()
	made := e.waitExport(id)
	if made["state"] != services.ExportReady {
		t.Fatalf("got %v, want the file", made)
	}
	e.same(made, id, services.ExportAssignments, services.FormatCSV)
}

// kill leaves what a server leaves that is killed at an export: a job and an export that are said to run, and half a file.
func (e exporter) kill(export members) {
	t := e.b.t
	t.Helper()
	dbtest.Exec(t, e.url(""), "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{killed}' WHERE kind = 'export.rows'")
	dbtest.Exec(t, e.url(""), "UPDATE exports SET state = 'running', run = 1, written = 500, heard_at = $1", e.b.clock.Now().Add(-3*time.Minute))
	account := dbtest.Texts(t, e.url(""), "SELECT account_id::text FROM exports")[0]
	half := filepath.Join(e.folder, "exports", account, ".new-"+export["id"].(string)+"-1.csv-1234")
	if err := os.MkdirAll(filepath.Dir(half), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(half, []byte("visitor,element\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestExportsOfAKilledServerBeginAnew(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	id := e.many(1000)
	_, asked := e.call(http.MethodPost, "/analytics/experiments/"+id+"/exports", members{"what": "assignments", "format": "csv"}, http.StatusAccepted)
	e.kill(asked)
	if got := e.state(id); got != services.ExportRunning {
		t.Fatalf("got state %s before the start", got)
	}
	defer e.work()()
	made := e.waitExport(id)
	if made["state"] != services.ExportReady || made["written"] != 1000. {
		t.Fatalf("got %v, want the file", made)
	}
	if diff := cmp.Diff([]string{asked["id"].(string) + "-2.csv"}, e.files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// Whoever cancels before a killed server is missed gets rid of its half file once the job's time is over.
func TestCancelledExportOfAKilledServerLeavesNoFile(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	id := e.many(1000)
	_, asked := e.call(http.MethodPost, "/analytics/experiments/"+id+"/exports", members{"what": "assignments", "format": "csv"}, http.StatusAccepted)
	e.kill(asked)
	e.call(http.MethodDelete, "/analytics/exports/"+asked["id"].(string), nil, http.StatusNoContent)
	dbtest.Exec(t, e.url(""), "UPDATE river_job SET attempted_at = now() - interval '3 hours' WHERE kind = 'export.rows'")
	defer e.work()()
	e.waitFor("the file to go", func() bool { return len(e.files()) == 0 })
	if got := e.state(id); got != services.ExportCancelled {
		t.Errorf("got state %s, want cancelled", got)
	}
}

// A server that was thought dead, and was only slow, hears that its run does not count and takes its file with it.
func TestTwoServersMakeOneFile(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	stop := e.work()
	defer stop()
	id := e.many(100_000)
	export := e.begun(id)
	dbtest.Exec(t, e.url(""), "UPDATE exports SET run = run + 1, heard_at = $1", e.b.clock.Now().Add(time.Hour))
	e.waitFor("the slow server to give up", func() bool { return len(e.files()) == 0 })
	if got := e.state(id); got != services.ExportRunning {
		t.Errorf("got state %s, want that of the run that counts", got)
	}
	e.call(http.MethodDelete, "/analytics/exports/"+export["id"].(string), nil, http.StatusNoContent)
}
