package services

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db"
)

func TestEveryMoveOfEveryState(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	all := []Status{Draft, Running, Paused, Completed, Archived}
	allowed := map[string]bool{"draft running": true, "draft archived": true, "running paused": true, "running completed": true,
		"paused running": true, "paused completed": true, "completed archived": true}
	for _, from := range all {
		for _, to := range all {
			x := d.in(t, from, `{}`)
			after, err := d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: to})
			switch name := string(from + " " + to); {
			case allowed[name]:
				if err != nil || after.Status != to || after.Version != x.Version+1 {
					t.Errorf("%s: got %s version %d, %v", name, after.Status, after.Version, err)
				}
			case to == Draft:
				if fields(t, err)["status"] != "unknown" {
					t.Errorf("%s: got %v", name, err)
				}
			default:
				if Code(err) != CodeConflict {
					t.Errorf("%s: got %v, want conflict", name, err)
				}
			}
		}
	}
}

func TestStartFreezesTheArms(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.in(t, Running, `{"allocator":"thompson","traffic_allocation":0.5,"variants":[{"key":"c","weight":1,"is_control":true},{"key":"b","weight":2}]}`)
	if x.StartedAt == nil || *x.Strategy != "adaptive" {
		t.Errorf("got %+v", x)
	}
	want := []Epoch{{Number: 1, OpenedAt: *x.StartedAt, Weights: map[string]float64{"c": .3333, "b": .6667}, TrafficAllocation: .5, Reason: "initial"}}
	if diff := cmp.Diff(want, x.Epochs); diff != "" {
		t.Errorf("epochs (-want +got):\n%s", diff)
	}
	err := d.db.InTx(t.Context(), d.by.Account, func(s *db.Store) error {
		states, err := s.OptimisationStates(t.Context(), d.by.Account)
		if len(states) != 1 || states[0].Version != 1 {
			t.Errorf("learned states: %v", states)
		}
		row, err2 := s.Experiment(t.Context(), d.by.Account, x.ID)
		head, err3 := s.LockAuditHead(t.Context(), d.by.Account)
		if row.AuditSeq == nil || *row.AuditSeq != head.Size-1 {
			t.Errorf("audit_seq %v, want %d", row.AuditSeq, head.Size-1)
		}
		return errors.Join(err, err2, err3)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWinner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.in(t, Running, `{}`)
	_, err := d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Completed, Winner: ptr("z")})
	if fields(t, err)["winner"] != "unknown" {
		t.Errorf("unknown winner: %v", err)
	}
	_, err = d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Paused, Winner: ptr("b")})
	if fields(t, err)["winner"] != "unexpected" {
		t.Errorf("winner of a pause: %v", err)
	}
	x, err = d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Completed, Winner: ptr("b")})
	if err != nil || orEmpty(x.Winner) != "b" || x.CompletedAt == nil {
		t.Fatalf("got %+v, %v", x, err)
	}
	if x, err = d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Archived}); err != nil || orEmpty(x.Winner) != "b" {
		t.Errorf("archived: got %+v, %v", x, err)
	}
	if y := d.in(t, Completed, `{}`); y.Winner != nil {
		t.Errorf("no winner: got %q", *y.Winner)
	}
}

func TestEveryChangeIsRecorded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.draft(t, `{}`)
	id := x.ID.String()
	must := func(_ Experiment, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Update(t.Context(), d.by, id, ExperimentInput{Name: ptr("New")}, nil))
	must(d.SetStatus(t.Context(), d.by, id, StatusChange{To: Running}))
	must(d.Update(t.Context(), d.by, id, ExperimentInput{TrafficAllocation: ptr(.5)}, nil))
	must(d.SetStatus(t.Context(), d.by, id, StatusChange{To: Paused}))
	must(d.SetStatus(t.Context(), d.by, id, StatusChange{To: Running}))
	must(d.SetStatus(t.Context(), d.by, id, StatusChange{To: Completed, Winner: ptr("b")}))
	must(d.SetStatus(t.Context(), d.by, id, StatusChange{To: Archived}))
	rows, err := NewAudit(d.db).History(t.Context(), d.by, experimentObject(x.ID), 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.Action)
	}
	want := []string{"experiment.archived", "experiment.completed", "experiment.resumed", "experiment.paused", "experiment.traffic",
		"experiment.started", "experiment.updated", "experiment.created"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"old": map[string]any{"name": "Headline"}, "new": map[string]any{"name": "New"}}, rows[6].Payload); diff != "" {
		t.Errorf("update (-want +got):\n%s", diff)
	}
	variants := rows[7].Payload["variants"].([]any)
	// The SHA-256 of the canonical list [{"action":"text","id":"c1","selector":"h1","value":"Buy"}].
	if got, want := variants[1].(map[string]any)["changes"], "be9ce357034ea045459ad12298089848474c9ed6000dcfca79e689dbb2ab6d77"; got != want {
		t.Errorf("hash of the changes: got %v, want %s", got, want)
	}
	if rows[1].Payload["winner"] != "b" {
		t.Errorf("winner: got %v", rows[1].Payload)
	}
}
