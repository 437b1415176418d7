package main

import (
	"bytes"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/e2e/program"
)

// exportedRows is how many visitors there are, each of whom converted: to write their files takes seconds.
const exportedRows = 150_000

// crowd gives an experiment its visitors.
func (v *victim) crowd(conn *pgx.Conn, experiment string) {
	v.t.Helper()
	v.exec(conn, `INSERT INTO assignments (account_id, experiment_id, split, visitor, arm, epoch, propensity, assigned_at, exposed_at, door, counted)
		SELECT account_id, id, 0, md5(i::text), i % 2, 1, (1 + i % 9) / 10.0, at, CASE WHEN i % 3 > 0 THEN at + interval '1 millisecond' END, 1, i % 10 > 0
		FROM experiments, generate_series(1, $2::int) i, LATERAL (SELECT timestamptz '2026-01-02 03:04:05Z' + i * interval '37 milliseconds' AS at) m WHERE id = $1`,
		experiment, exportedRows)
	v.exec(conn, `INSERT INTO conversions (account_id, experiment_id, split, goal_id, visitor, first_at, n, value, epoch, arm, hour)
		SELECT a.account_id, a.experiment_id, 0, g.id, a.visitor, a.assigned_at + interval '1 minute', 1 + a.arm, a.arm * 12.34, a.epoch, a.arm, date_trunc('hour', a.assigned_at)
		FROM assignments a JOIN goals g USING (account_id, experiment_id) WHERE experiment_id = $1`, experiment)
	v.exec(conn, "ANALYZE assignments, conversions")
}

// files are those in the folder of exports: where each is, by its name without the number of an unfinished one.
func (v *victim) files() map[string]string {
	v.t.Helper()
	paths, err := filepath.Glob(filepath.Join(v.Dir, "objects", "exports", "*", "*"))
	if err != nil {
		v.t.Fatal(err)
	}
	number, files := regexp.MustCompile(`-\d+$`), map[string]string{}
	for _, path := range paths {
		files[number.ReplaceAllString(filepath.Base(path), "")] = path
	}
	return files
}

// rows are how many whole lines a file has but for the first.
func (v *victim) rows(name string) int {
	v.t.Helper()
	text, err := os.ReadFile(v.files()[name])
	if err != nil {
		v.t.Fatal(err)
	}
	return bytes.Count(text, []byte("\n")) - 1
}

// askRows asks for a file of an experiment and returns the export's id.
func askRows(o *program.Owner, experiment, what string) string {
	return o.Call(http.MethodPost, "/analytics/experiments/"+experiment+"/exports", map[string]any{"what": what, "format": "csv"}, http.StatusAccepted)["id"].(string)
}

// rowsOf are an experiment's rows as a file has them, and the columns of the file.
var rowsOf = map[string][2]string{
	"assignments": {"visitor text, element text, variant text, epoch int, propensity real, assigned_at timestamptz, exposed_at timestamptz, counted bool",
		`SELECT visitor, NULL, CASE arm WHEN 1 THEN 'b' ELSE 'control' END, epoch, propensity, assigned_at, exposed_at, counted FROM assignments`},
	"conversions": {"visitor text, element text, variant text, goal text, first_at timestamptz, times int, value numeric",
		`SELECT visitor, NULL, CASE arm WHEN 1 THEN 'b' ELSE 'control' END, 'buy', first_at, n, value FROM conversions`},
}

// wantFile compares the file that a link leads to with the database, row by row.
func (v *victim) wantFile(conn *pgx.Conn, experiment string, export map[string]any) {
	v.t.Helper()
	what := export["what"].(string)
	if export["state"] != "ready" || export["written"] != float64(exportedRows) {
		v.t.Fatalf("%s: got %v, want the file", what, export)
	}
	resp, err := http.Get(strings.Replace(export["url"].(string), v.URL, "http://"+v.Addr, 1))
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	v.exec(conn, "CREATE TEMP TABLE file_of_"+what+" ("+rowsOf[what][0]+")")
	n, err := conn.PgConn().CopyFrom(v.t.Context(), resp.Body, "COPY file_of_"+what+" FROM STDIN (FORMAT csv, HEADER true)")
	if err != nil || n.RowsAffected() != exportedRows || resp.ContentLength != int64(export["bytes"].(float64)) {
		v.t.Fatalf("%s: got %d rows in %d bytes, %v, want %d in %v", what, n.RowsAffected(), resp.ContentLength, err, exportedRows, export["bytes"])
	}
	var missing, added int
	stored, file := rowsOf[what][1]+" WHERE experiment_id = '"+experiment+"'", "SELECT * FROM file_of_"+what
	v.scan(conn, "SELECT (SELECT count(*) FROM ("+stored+" EXCEPT ALL "+file+") m), (SELECT count(*) FROM ("+file+" EXCEPT ALL "+stored+") a)", &missing, &added)
	if missing > 0 || added > 0 {
		v.t.Errorf("%s: %d stored rows are not in the file, %d rows of the file are not stored", what, missing, added)
	}
}

// Two files are being written when their server is killed; the next one begins them anew and is killed with its database at the moment at
// which one is whole and nobody was told. The third leaves one whole file of each, and nothing of the two before it.
func TestExportsOfAKilledServerBecomeWholeOnce(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	o := v.Register()
	x := o.Launch("rows")
	conn := v.connect()
	v.crowd(conn, x)

	assignments, conversions := askRows(o, x, "assignments"), askRows(o, x, "conversions")
	half := []string{".new-" + assignments + "-1.csv", ".new-" + conversions + "-1.csv"}
	v.await(conn, "SELECT bool_and(state = 'running' AND run = 1) FROM exports")
	v.Await("writing", func() bool {
		files := v.files()
		return !slices.ContainsFunc(half, func(name string) bool {
			info, err := os.Stat(files[name])
			return err != nil || info.Size() < 1<<20
		})
	})
	conn = v.fall(false)
	var under int
	v.scan(conn, "SELECT count(*) FROM exports WHERE state = 'running' AND run = 1", &under)
	if got := slices.Sorted(maps.Keys(v.files())); under != 2 || !slices.Equal(got, half) {
		t.Fatalf("killed with %d exports under way and the files %q, want two, half written", under, got)
	}
	for _, name := range half {
		if n := v.rows(name); n < 1 || n >= exportedRows {
			t.Fatalf("killed with %d of %d rows in %s", n, exportedRows, name)
		}
	}

	conn = v.rise()
	second, whole := "SELECT state = 'running' AND run = 2 FROM exports WHERE id = '"+assignments+"'", assignments+"-2.csv"
	v.await(conn, second)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT FROM exports WHERE id = $1 FOR UPDATE", assignments); err != nil {
		t.Fatal(err)
	}
	v.Await("written to the end", func() bool { return v.files()[whole] != "" })
	conn = v.fall(true)
	var untold bool
	if v.scan(conn, second, &untold); !untold || v.rows(whole) != exportedRows {
		t.Fatalf("killed with %d rows, nobody told: %t, want a whole file that nobody was told of", v.rows(whole), untold)
	}

	conn = v.rise()
	v.await(conn, "SELECT bool_and(state NOT IN ('waiting', 'running')) FROM exports")
	list := o.Call(http.MethodGet, "/analytics/experiments/"+x+"/exports", nil, http.StatusOK)["items"].([]any)
	for _, export := range list {
		v.wantFile(conn, x, export.(map[string]any))
	}
	var want []string
	v.scan(conn, "SELECT array_agg(id || '-' || run || '.csv' ORDER BY id) FROM exports", &want)
	if got := slices.Sorted(maps.Keys(v.files())); len(list) != 2 || !slices.Equal(got, want) || !slices.Contains(got, assignments+"-3.csv") {
		t.Errorf("%d exports left the files %q, want %q", len(list), got, want)
	}
}
