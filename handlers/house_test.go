package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/services"
)

// house is everything over a database of its own: pages, API, the learner and any number of tracker nodes, by one clock.
type house struct {
	*testBundle
	*program
	url     func(db.Role) string
	site    string // token
	key     string // secret; access tokens end when the clock moves on
	learner *services.Learner
	nodes   []*room
}

// room is one server's tracker.
type room struct {
	t    testing.TB
	snap *services.Snapshot
	h    http.Handler
	log  *syncBuffer
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseWith(t, nil)
}

// newHouseWith is newHouse with services of its own; change may be nil.
func newHouseWith(t *testing.T, change func(*db.DB, *Deps)) *house {
	t.Helper()
	url := dbtest.Clone(t)
	d, err := db.Open(t.Context(), db.Config{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	h := &house{url: url, testBundle: setupWith(t, bundleOptions{db: d, change: func(deps *Deps) {
		if change != nil {
			change(d, deps)
		}
	}})}
	h.program = h.testBundle.program()
	_, site := h.call(http.MethodGet, "/installations/"+h.program.site, nil, http.StatusOK)
	h.site = site["token"].(string)
	_, made := h.call(http.MethodPost, "/integrations/keys", members{"name": "Test", "role": "admin"}, http.StatusCreated)
	h.key = made["key"].(string)
	n := h.join()
	h.learner = services.NewLearner(d, h.keys, n.kept, h.clock.Now, h.deps.Log)
	return h
}

// kept: what this node answers is stored before it answers.
func (n *room) kept() int64 { return 0 }

// join starts a further node.
func (h *house) join() *room {
	t := h.testBundle.t
	t.Helper()
	d, log := h.db, &syncBuffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	n := &room{t: t, snap: services.NewSnapshot(d, "http://localhost:8080", h.clock.Now, logger), log: log}
	committer := services.NewCommitter(d, h.clock.Now, logger)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); committer.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	svc := services.NewTracker(d, n.snap, committer, services.NewAPIKeys(d, h.clock.Now), services.TrackerLimits{Remembered: 10_000, AssignWait: time.Minute},
		h.clock.Now, logger)
	e, err := NewTracker(TrackerDeps{Tracker: svc, Errors: h.e.HTTPErrorHandler, Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	n.h = e
	h.nodes = append(h.nodes, n)
	h.look()
	return n
}

// look makes every node look once at what changed.
func (h *house) look() {
	h.testBundle.t.Helper()
	for _, n := range h.nodes {
		if err := n.snap.Refresh(h.testBundle.t.Context()); err != nil {
			h.testBundle.t.Fatal(err)
		}
	}
}

// run creates an experiment and starts it.
func (h *house) run(x members) string {
	h.testBundle.t.Helper()
	x["installation_id"] = h.program.site
	_, made := h.call(http.MethodPost, "/experiments", x, http.StatusCreated)
	h.setStatus(made["id"].(string), "running")
	return made["id"].(string)
}

func (h *house) setStatus(id, status string) {
	h.testBundle.t.Helper()
	h.call(http.MethodPatch, "/experiments/"+id+"/status", members{"status": status}, http.StatusOK)
	h.look()
}

// track sends a tracker request to the first node; the members get the site's token.
func (h *house) track(path string, body members, want int, header ...string) members {
	h.testBundle.t.Helper()
	return h.nodes[0].track(h.site, path, body, want, header...)
}

func (n *room) track(token, path string, body members, want int, header ...string) members {
	n.t.Helper()
	if body["installation_token"] == nil {
		body["installation_token"] = token
	}
	text, err := json.Marshal(body)
	if err != nil {
		n.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(n.t.Context(), http.MethodPost, "/api/v1/tracker/"+path, strings.NewReader(string(text)))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	n.h.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	var out members
	if err := json.Unmarshal(raw, &out); err != nil || w.Code != want {
		n.t.Fatalf("%s of %s answered %d, want %d: %s", path, text, w.Code, want, raw)
	}
	return out
}

// field is the one field that a 422 names, with its code.
func field(answer members) string {
	list, _ := answer["errors"].([]any)
	var out []string
	for _, e := range list {
		out = append(out, fmt.Sprint(e.(members)["field"], " ", e.(members)["code"]))
	}
	return strings.Join(out, ", ")
}

// results are those of a goal, variant by variant.
func (h *house) results(id, goal string) (all members, variants map[string]members) {
	h.testBundle.t.Helper()
	token := h.program.token
	defer func() { h.program.token = token }()
	h.program.token = h.key
	_, all = h.call(http.MethodGet, "/analytics/experiments/"+id+"?goal="+goal, nil, http.StatusOK)
	variants = map[string]members{}
	for _, v := range all["variants"].([]any) {
		variants[v.(members)["key"].(string)] = v.(members)
	}
	return all, variants
}

// recount fails the test when some number is not what the events say.
func (h *house) recount() {
	h.testBundle.t.Helper()
	_, err := services.Recount(h.testBundle.t.Context(), h.db, func(_, difference string) { h.testBundle.t.Errorf("recount: %s", difference) })
	if err != nil {
		h.testBundle.t.Fatal(err)
	}
}

// stored counts the rows of a condition on events.
func (h *house) stored(where string, args ...any) string {
	h.testBundle.t.Helper()
	return strings.Join(dbtest.Texts(h.testBundle.t, h.url(""), "SELECT count(*)::text FROM events WHERE "+where, args...), "")
}

// tally is a counter of the account.
func (h *house) tally(kind string) string {
	h.testBundle.t.Helper()
	return strings.Join(dbtest.Texts(h.testBundle.t, h.url(""), "SELECT coalesce(sum(n), 0)::text FROM tallies WHERE kind = $1", kind), "")
}

// twoArms are a control and a variant.
func twoArms() []members {
	return []members{{"key": "control", "name": "Original", "is_control": true}, {"key": "b", "name": "Bolder"}}
}
