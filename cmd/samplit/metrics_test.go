package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/port"
	"github.com/samplit/samplit/e2e/program"
)

// The operator's listener tells of the database and of what waits, and the tracker's requests are in it.
func TestOperatorSeesTheNumbers(t *testing.T) {
	t.Parallel()
	admin := port.Free(t)
	p := program.New(t, "ADMIN_ADDR="+admin)
	p.Serve()
	if status, _ := p.Post("assign", map[string]any{"installation_token": "inst_x", "experiment": "x", "visitor_id": "v"}); status != http.StatusUnauthorized {
		t.Fatalf("assign with an unknown token: %d", status)
	}
	resp, err := http.Get("http://" + admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"samplit_database_away 0", "samplit_ingest_waiting 0", "samplit_ingest_kept 0", "samplit_ingest_quarantined_total 0",
		`samplit_database_connections{kind="max",role="samplit_app"} 8`, `samplit_tracker_requests_total{route="/api/v1/tracker/assign",status="401"} 1`,
		`samplit_limited_total{limit="address"} 0`, `samplit_limited_total{limit="token"} 0`, "samplit_ingest_crowded_total 0",
	} {
		if !strings.Contains(string(text), want+"\n") {
			t.Errorf("metrics lack %s", want)
		}
	}
	if _, age, ok := strings.Cut(string(text), "\nsamplit_snapshot_age_seconds "); !ok || strings.HasPrefix(age, "+Inf") {
		t.Errorf("metrics lack the age of the snapshot: %.20q", age)
	}
}
