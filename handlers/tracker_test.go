package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/static/snippet"
)

// trackerBundle is the tracker's door over one running experiment: arms control and b, goal buy.
type trackerBundle struct {
	t        testing.TB
	x        dbtest.Running
	h        http.Handler
	registry *prometheus.Registry
}

func newTrackerBundle(t testing.TB) *trackerBundle {
	t.Helper()
	return newTrackerBundleOn(t, dbtest.Open(t))
}

func newTrackerBundleOn(t testing.TB, d *db.DB) *trackerBundle {
	t.Helper()
	return newLimitedTrackerBundle(t, d, services.LimitRules{})
}

// newLimitedTrackerBundle is a tracker behind proxies at the addresses given.
func newLimitedTrackerBundle(t testing.TB, d *db.DB, rules services.LimitRules, proxies ...netip.Prefix) *trackerBundle {
	t.Helper()
	x := dbtest.Experiment(t, d, "sequential")
	log := slog.New(slog.DiscardHandler)
	snap := services.NewSnapshot(d, "http://tracker.test", time.Now, log)
	if err := snap.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	committer := services.NewCommitter(d, time.Now, log)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); committer.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	pages := setupWith(t, bundleOptions{db: d})
	e, err := NewTracker(TrackerDeps{Tracker: services.NewTracker(d, snap, committer, services.NewAPIKeys(d, time.Now), services.TrackerLimits{Remembered: 10_000, AssignWait: time.Minute}, time.Now, log),
		Limits: services.NewLimits(snap, rules, time.Now), TrustedProxies: proxies, Errors: pages.e.HTTPErrorHandler, Metrics: pages.registry})
	if err != nil {
		t.Fatal(err)
	}
	return &trackerBundle{t, x, Root(pages.e, e, nil), pages.registry}
}

func (b *trackerBundle) send(path, body string, header ...string) (int, map[string]any) {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/api/v1/tracker/"+path, strings.NewReader(strings.ReplaceAll(body, "TOKEN", b.x.Token)))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if got := w.Header().Get("Access-Control-Allow-Origin"); got != "*" {
		b.t.Errorf("%s: Access-Control-Allow-Origin %q, want *", path, got)
	}
	if w.Header().Get("Access-Control-Allow-Credentials") != "" || w.Header().Get("Set-Cookie") != "" {
		b.t.Errorf("%s: the tracker deals in credentials", path)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		b.t.Fatalf("%s answered %d with %q", path, w.Code, raw)
	}
	return w.Code, out
}

func TestTrackerRefusesHostileBodies(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	good := `"installation_token":"TOKEN","experiment":"test","visitor_id":"v"`
	cases := []struct {
		name, path, body string
		header           []string
		status           int
		field            string
	}{
		{"not JSON", "assign", `{"installation_token"`, nil, 400, ""},
		{"byte order mark", "assign", "\ufeff{" + good + "}", nil, 400, ""},
		{"trailing garbage", "assign", "{" + good + "} x", nil, 400, ""},
		{"an array", "assign", "[]", nil, 400, ""},
		{"duplicate names", "assign", `{"visitor_id":"a",` + good + `}`, nil, 400, ""},
		{"invalid UTF-8", "assign", "{" + good + ",\"x\":\"\xff\"}", nil, 400, ""},
		{"lone surrogate", "assign", `{` + good + `,"x":"\ud800"}`, nil, 400, ""},
		{"NUL", "assign", `{` + good + `,"x":"a\u0000b"}`, nil, 400, ""},
		{"deep", "assign", `{` + good + `,"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, nil, 400, ""},
		{"deep but allowed", "assign", `{` + good + `,"x":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}`, nil, 200, ""},
		{"too large", "assign", `{` + good + `,"x":"` + strings.Repeat("a", 70<<10) + `"}`, nil, 413, ""},
		{"too large for events", "events", `{"installation_token":"TOKEN","x":"` + strings.Repeat("a", 513<<10) + `"}`, nil, 413, ""},
		{"encoded", "assign", "{" + good + "}", []string{"Content-Encoding", "gzip"}, 415, ""},
		{"a number for text", "assign", `{"installation_token":"TOKEN","experiment":"test","visitor_id":7}`, nil, 422, "visitor_id"},
		{"no visitor", "assign", `{"installation_token":"TOKEN","experiment":"test"}`, nil, 422, "visitor_id"},
		{"long visitor", "assign", `{"installation_token":"TOKEN","experiment":"test","visitor_id":"` + strings.Repeat("v", 129) + `"}`, nil, 422, "visitor_id"},
		{"unknown token", "assign", `{"installation_token":"inst_x","experiment":"test","visitor_id":"v"}`, nil, 401, ""},
		{"no token", "convert", `{"visitor_id":"v"}`, nil, 401, ""},
		{"unknown fields are ignored", "assign", `{` + good + `,"__proto__":{"admin":true},"constructor":1}`, nil, 200, ""},
		{"beacon", "assign", "{" + good + "}", []string{"Content-Type", "text/plain"}, 200, ""},
		{"unknown goal", "convert", `{` + good + `,"goal":"nothing"}`, nil, 422, "goal"},
		{"unknown experiment", "convert", `{"installation_token":"TOKEN","experiment":"nothing","visitor_id":"v"}`, nil, 422, "experiment"},
		{"a huge value", "convert", `{` + good + `,"value":1e15}`, nil, 422, "value"},
		{"five decimals", "convert", `{` + good + `,"value":1.00001}`, nil, 422, "value"},
		{"a long id", "convert", `{` + good + `,"event_id":"` + strings.Repeat("e", 129) + `"}`, nil, 422, "event_id"},
		{"an old id", "convert", `{` + good + `,"event_id":"0190a0b0-0000-7000-8000-000000000000"}`, nil, 422, "event_id"},
		{"too many events", "events", `{"installation_token":"TOKEN","events":[` + strings.Repeat("{},", 500) + `{}]}`, nil, 422, "events"},
		{"hostile names in identify", "identify", `{"installation_token":"TOKEN","visitor_id":"v","user_id":"<script>\n"}`, nil, 422, "user_id"},
	}
	for _, c := range cases {
		status, answer := b.send(c.path, c.body, c.header...)
		if status != c.status {
			t.Errorf("%s: status %d, want %d (%v)", c.name, status, c.status, answer)
			continue
		}
		if c.field != "" && !strings.Contains(fmt.Sprint(answer["errors"]), c.field) {
			t.Errorf("%s: %v does not name %s", c.name, answer, c.field)
		}
		if status >= 400 && (answer["code"] == nil || answer["request_id"] == nil || answer["request_id"] == "") {
			t.Errorf("%s: %v has no code or no request_id", c.name, answer)
		}
	}
}

func TestAssignAnswersInTheDocumentedShape(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	body := `{"installation_token":"TOKEN","experiment":"test","visitor_id":"v1","context":{"url":"http://site.test/"}}`
	status, got := b.send("assign", body)
	if status != 200 || got["assigned"] != true || got["new"] != true || got["stored"] != true {
		t.Fatalf("first: %d %v", status, got)
	}
	for _, key := range []string{"experiment_id", "experiment_key", "variant", "epoch", "propensity", "assignments", "changes"} {
		if got[key] == nil {
			t.Errorf("the answer has no %s: %v", key, got)
		}
	}
	variant := got["variant"].(map[string]any)
	first := got["assignments"].([]any)[0].(map[string]any)
	if variant["key"] != first["arm"] || first["element"] != "page" || got["propensity"] != .5 || got["epoch"] != 1.0 {
		t.Errorf("parts that do not fit: %v", got)
	}
	_, again := b.send("assign", body)
	if again["new"] != false || again["variant"].(map[string]any)["key"] != variant["key"] {
		t.Errorf("again: %v, want the same variant, not new", again)
	}
	_, none := b.send("assign", strings.Replace(body, `"test"`, `"nothing"`, 1))
	if none["assigned"] != false || none["reason"] != "unknown_experiment" {
		t.Errorf("unknown experiment: %v", none)
	}
}

func TestOneBadEventDoesNotSpoilTheBatch(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	now := time.Now().UnixMilli()
	var events []string
	for i := range 500 {
		e := fmt.Sprintf(`{"id":"%s","type":"conversion","t":%d,"visitor_id":"v%d","goal":"buy"}`, uuid.Must(uuid.NewV7()), now, i)
		if i == 250 {
			e = `{"id":"x","type":"conversion","visitor_id":"","goal":"buy"}`
		}
		events = append(events, e)
	}
	body := fmt.Sprintf(`{"installation_token":"TOKEN","sent_at":%d,"events":[%s]}`, now, strings.Join(events, ","))
	status, got := b.send("events", body)
	if status != 200 || got["accepted"] != 499.0 || got["duplicates"] != 0.0 {
		t.Fatalf("got %d %v", status, got)
	}
	rejected := got["rejected"].([]any)
	if len(rejected) != 1 || rejected[0].(map[string]any)["index"] != 250.0 || rejected[0].(map[string]any)["code"] != "bad_visitor" {
		t.Errorf("rejected %v", rejected)
	}
	if _, again := b.send("events", body); again["duplicates"] != 499.0 {
		t.Errorf("the same batch again: %v", again)
	}
}

func TestSnippetIsServedFreshAndSmall(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	get := func(path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		b.h.ServeHTTP(w, r)
		return w
	}
	path := "/s/" + b.x.Token + ".js"
	w := get(path)
	if w.Code != 200 || !strings.Contains(w.Body.String(), b.x.ID.String()) || strings.Contains(w.Body.String(), snippet.ConfigMark) {
		t.Fatalf("status %d, body of %d bytes", w.Code, w.Body.Len())
	}
	if cc := w.Header().Get("Cache-Control"); !strings.Contains(cc, "max-age=60") || !strings.Contains(cc, "stale-if-error") {
		t.Errorf("Cache-Control %q", cc)
	}
	if again := get(path, "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("with its ETag: status %d, %d bytes", again.Code, again.Body.Len())
	}
	br := get(path, "Accept-Encoding", "gzip, br")
	if br.Header().Get("Content-Encoding") != "br" || br.Body.Len() >= w.Body.Len() || br.Header().Get("ETag") == w.Header().Get("ETag") {
		t.Errorf("brotli: %v, %d of %d bytes", br.Header(), br.Body.Len(), w.Body.Len())
	}
	if zipped := get(path, "Accept-Encoding", "gzip"); zipped.Body.Len() > 9000 {
		t.Errorf("gzip: %d bytes", zipped.Body.Len())
	}
	preview := get("/s/preview.js", "Accept-Encoding", "br")
	if preview.Code != http.StatusOK || preview.Body.Len() == 0 || preview.Header().Get("Content-Encoding") != "br" || preview.Header().Get("ETag") == br.Header().Get("ETag") {
		t.Errorf("preview script: status %d, %v", preview.Code, preview.Header())
	}
	for _, bad := range []string{"/s/inst_unknown.js", "/s/" + b.x.Token, "/s/preview", "/s/..%2f..%2fetc.js"} {
		if got := get(bad); got.Code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", bad, got.Code)
		}
	}
}

func TestPreflightIsCachedAndBare(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	r := httptest.NewRequest(http.MethodOptions, "/api/v1/tracker/events", nil)
	r.Header.Set("Origin", "https://shop.test")
	r.Header.Set("Access-Control-Request-Method", "POST")
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	h := w.Header()
	if w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Max-Age") == "" || h.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("status %d, headers %v", w.Code, h)
	}
}

func TestTrackerRequestsAreCounted(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	assign := `{"installation_token":"TOKEN","experiment":"test","visitor_id":"v"}`
	b.send("assign", assign)
	b.send("assign", assign)
	b.send("convert", `{"installation_token":"inst_x","visitor_id":"v"}`)
	for _, made := range []string{"/api/v1/tracker/made-up-1", "/api/v1/tracker/made-up-2", "/s/"} {
		b.h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("MADEUP", made, nil))
	}
	b.h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/s/"+b.x.Token+".js", nil))
	text := metricsOf(b.registry)
	for _, want := range []string{
		`samplit_tracker_requests_total{route="/api/v1/tracker/assign",status="200"} 2`,
		`samplit_tracker_requests_total{route="/api/v1/tracker/convert",status="401"} 1`,
		`samplit_tracker_requests_total{route="/s/:file",status="200"} 1`,
		`samplit_tracker_requests_total{route="/api/v1/tracker/*",status="404"} 2`,
		`samplit_tracker_requests_total{route="other",status="404"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("metrics lack %s", want)
		}
	}
	if strings.Contains(text, "made-up") || strings.Contains(text, "MADEUP") {
		t.Error("an address that somebody made up is in the metrics")
	}
}

// An outage turns away every event: that is a number for the operator, and two lines in the log, when it begins and when it ends.
func TestTrackerWithoutDatabaseIsCountedNotLogged(t *testing.T) {
	t.Parallel()
	log := &syncBuffer{}
	d, line := databaseToLose(t, slog.New(slog.NewTextHandler(log, nil)))
	b := newTrackerBundleOn(t, d)
	line.cut()
	const sent = 50
	for i := range sent {
		status, answer := b.send("convert", fmt.Sprintf(`{"installation_token":"TOKEN","experiment":"test","visitor_id":"v%d"}`, i))
		if status != http.StatusServiceUnavailable {
			t.Fatalf("convert: %d %v, want 503", status, answer)
		}
	}
	text := metricsOf(b.registry)
	for _, want := range []string{
		fmt.Sprintf(`samplit_tracker_requests_total{route="/api/v1/tracker/convert",status="503"} %d`, sent),
		fmt.Sprintf(`samplit_unavailable_total{cause="database"} %d`, sent),
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("metrics lack %s", want)
		}
	}
	if got := strings.Count(log.String(), "\n"); got != 1 || !strings.Contains(log.String(), "database away") {
		t.Errorf("the log of %d refused events is\n%s", sent, log)
	}
	line.mend()
	for i := 0; ; i++ {
		status, _ := b.send("convert", `{"installation_token":"TOKEN","experiment":"test","visitor_id":"back"}`)
		if status == http.StatusOK {
			break
		}
		if i == 3000 {
			t.Fatalf("still %d after the database is back", status)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if got := strings.Count(log.String(), "\n"); got != 2 || !strings.Contains(log.String(), "database back") {
		t.Errorf("the log of the whole outage is\n%s", log)
	}
}

// TestWhatBrowsersChoseIsRemembered: a visitor whom the snippet reported is answered without a database, as one of assign is.
func TestWhatBrowsersChoseIsRemembered(t *testing.T) {
	t.Parallel()
	d, line := databaseToLose(t, slog.New(slog.DiscardHandler))
	b := newTrackerBundleOn(t, d)
	chosen := map[string]string{}
	for i := range 8 {
		visitor := fmt.Sprint("v", i)
		for _, arm := range []string{"control", "b"} { // the tracker refuses the one that the hash does not give
			_, out := b.send("events", fmt.Sprintf(`{"installation_token":"TOKEN","events":[{"type":"exposure","visitor_id":%q,"experiment":"test","arm":%q,"epoch":1}]}`, visitor, arm))
			if out["accepted"] == 1.0 {
				chosen[visitor] = arm
			}
		}
	}
	line.cut()
	for visitor, arm := range chosen {
		_, out := b.send("assign", fmt.Sprintf(`{"installation_token":"TOKEN","experiment":"test","visitor_id":%q}`, visitor))
		variant, _ := out["variant"].(map[string]any)
		if variant["key"] != arm || out["stored"] != true || out["new"] != false {
			t.Errorf("%s: got %v, want %s, stored and not new", visitor, out, arm)
		}
	}
	if len(chosen) != 8 {
		t.Errorf("%d of 8 exposures were taken", len(chosen))
	}
}
