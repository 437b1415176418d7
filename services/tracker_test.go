package services

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/engine/state"
)

// traffic is a running tracker over one experiment of its own.
type traffic struct {
	*Tracker
	x       dbtest.Running
	learner *Learner
}

func newTraffic(t *testing.T, allocator string) *traffic {
	t.Helper()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, allocator)
	return joinTraffic(t, d, x)
}

// joinTraffic starts a further node on the same experiment.
func joinTraffic(t *testing.T, d *db.DB, x dbtest.Running) *traffic {
	t.Helper()
	return joinTrafficAt(t, d, x, time.Now)
}

// joinTrafficAt is joinTraffic with a clock of its own.
func joinTrafficAt(t *testing.T, d *db.DB, x dbtest.Running, clock Clock) *traffic {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	snap := NewSnapshot(d, "http://tracker.test", clock, log)
	if err := snap.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	com := NewCommitter(d, clock, log)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); com.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	keys, err := state.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return &traffic{NewTracker(d, snap, com, NewAPIKeys(d, clock), TrackerLimits{Remembered: 10_000, AssignWait: time.Minute}, clock, log), x, NewLearner(d, keys, com.Kept, clock, log)}
}

func (tr *traffic) see(t *testing.T, visitor string) Assignment {
	t.Helper()
	a, err := tr.Assign(t.Context(), AssignRequest{Token: tr.x.Token, Experiment: tr.x.Key, Visitor: visitor, Expose: true})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (tr *traffic) buy(t *testing.T, visitor, id string) bool {
	t.Helper()
	duplicate, err := tr.Convert(t.Context(), ConvertRequest{Token: tr.x.Token, Experiment: tr.x.Key, Goal: tr.x.GoalKey, Visitor: visitor, EventID: id})
	if err != nil {
		t.Fatal(err)
	}
	return duplicate
}

// totals is [visitors, converters] of arms 0 and 1.
func (tr *traffic) totals(t *testing.T) (out [2][2]int64) {
	t.Helper()
	err := tr.db.InTx(t.Context(), tr.x.Account, func(s *db.Store) error {
		rows, err := s.ArmTotals(t.Context(), db.ArmTotalsParams{AccountID: tr.x.Account, ExperimentID: tr.x.ID, GoalID: tr.x.Goal})
		for _, r := range rows {
			out[r.Arm] = [2]int64{r.Visitors, r.Converters}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (tr *traffic) noDifference(t *testing.T) {
	t.Helper()
	_, err := Recount(t.Context(), tr.db, func(account, difference string) {
		if account == tr.x.Account.String() {
			t.Errorf("recount differs: %s", difference)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAssignIsStickyAndCounted(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	first := tr.see(t, "v1")
	if !first.New || !first.Stored || first.Reason != "" {
		t.Fatalf("first: got %+v, want new and stored", first)
	}
	again := tr.see(t, "v1")
	if again.New || !again.Stored || again.Arms[0].arm != first.Arms[0].arm {
		t.Errorf("again: got %+v, want the same arm, not new", again)
	}
	if p := first.Arms[0].Propensity(); p != .5 {
		t.Errorf("propensity %v, want .5", p)
	}
	if tr.buy(t, "v1", "order-1") {
		t.Error("first conversion is a duplicate")
	}
	if !tr.buy(t, "v1", "order-1") {
		t.Error("same id again is not a duplicate")
	}
	got := tr.totals(t)[first.Arms[0].arm]
	if diff := cmp.Diff([2]int64{1, 1}, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	tr.noDifference(t)
}

func TestAssignAnswersWhyNot(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	cases := []struct{ name, experiment, url, want string }{
		{"unknown", "nothing", "", UnknownExperiment},
		{"another account's id", uuid.NewString(), "", UnknownExperiment},
		{"its own id", tr.x.ID.String(), "", ""},
	}
	for _, c := range cases {
		got, err := tr.Assign(t.Context(), AssignRequest{Token: tr.x.Token, Experiment: c.experiment, Visitor: "v", Visit: Visit{URL: c.url}})
		if err != nil || got.Reason != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got.Reason, err, c.want)
		}
	}
	if _, err := tr.Assign(t.Context(), AssignRequest{Token: "inst_none", Experiment: "test", Visitor: "v"}); Code(err) != CodeUnknownToken {
		t.Errorf("unknown token: got %v", err)
	}
	for _, v := range []string{"", "é", "a\x00b", string(make([]byte, 129))} {
		if _, err := tr.Assign(t.Context(), AssignRequest{Token: tr.x.Token, Experiment: "test", Visitor: v}); Code(err) != CodeInvalid {
			t.Errorf("visitor %q: got %v, want invalid", v, err)
		}
	}
}

func TestBotsAreServedAndNotCounted(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	got, err := tr.Assign(t.Context(), AssignRequest{Token: tr.x.Token, Experiment: "test", Visitor: "bot", Expose: true,
		Visit: Visit{UserAgent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}})
	if err != nil || got.Reason != "" || got.Stored {
		t.Fatalf("got %+v, %v, want served and not stored", got, err)
	}
	if n := tr.totals(t); n != [2][2]int64{} {
		t.Errorf("got counts %v, want none", n)
	}
}

func TestBrowserExposureMustMatchTheHash(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	sp := &tr.snapshot.site(tr.x.Token).find("test").splits[0]
	var own, other string
	for i := 0; own == "" || other == ""; i++ {
		v := fmt.Sprint("v", i)
		if sp.choose(v, 1) == 1 {
			own = v
		} else {
			other = v
		}
	}
	now := time.Now()
	batch := EventBatch{Token: tr.x.Token, SentAt: now, Events: []Event{
		{ID: "1", Type: "exposure", T: now, Visitor: own, Experiment: "test", Arm: "b", Epoch: 1},
		{ID: "2", Type: "exposure", T: now, Visitor: other, Experiment: "test", Arm: "b", Epoch: 1},
		{ID: "3", Type: "exposure", T: now, Visitor: own, Experiment: "test", Arm: "b", Epoch: 9},
		{ID: "4", Type: "conversion", T: now, Visitor: own, Goal: "buy"},
		{ID: "4", Type: "conversion", T: now, Visitor: own, Goal: "buy"},
		{ID: "5", Type: "conversion", T: now, Visitor: own, Goal: "nothing"},
		{ID: "6", Type: "pageview", T: now, Visitor: own, URL: "http://site.test/"},
		{ID: "7", Type: "whatever", T: now, Visitor: own},
	}}
	got, err := tr.Events(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[int]string{}
	for _, r := range got.Rejected {
		codes[r.Index] = r.Code
	}
	if diff := cmp.Diff(map[int]string{1: "wrong_arm", 2: "unknown_epoch", 5: "unknown_goal", 7: "bad_type"}, codes); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	if got.Accepted != 4 || got.Duplicates != 1 {
		t.Errorf("accepted %d, duplicates %d, want 4 and 1", got.Accepted, got.Duplicates)
	}
	if diff := cmp.Diff([2][2]int64{{0, 0}, {1, 1}}, tr.totals(t)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	tr.noDifference(t)
}

func TestManyClientsOneCount(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	other := joinTraffic(t, tr.db, tr.x)
	var wg sync.WaitGroup
	for c := range 16 {
		wg.Go(func() {
			node := tr
			if c%2 == 1 {
				node = other
			}
			for v := range 40 {
				name := fmt.Sprint("v", v)
				if _, err := node.Assign(t.Context(), AssignRequest{Token: tr.x.Token, Experiment: "test", Visitor: name, Expose: true}); err != nil {
					t.Error(err)
				}
				if _, err := node.Convert(t.Context(), ConvertRequest{Token: tr.x.Token, Visitor: name, EventID: "e" + name}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	n := tr.totals(t)
	if n[0][0]+n[1][0] != 40 || n[0][1]+n[1][1] != 40 {
		t.Errorf("got %v, want 40 visitors and 40 converters", n)
	}
	tr.noDifference(t)
}

func TestPausedServesOnlyWhoIsIn(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	before := tr.see(t, "in")
	tr.setStatus(t, "paused", nil)
	if a := tr.see(t, "in"); a.Reason != "" || a.Arms[0].arm != before.Arms[0].arm {
		t.Errorf("visitor in the test: got %+v", a)
	}
	fresh := joinTraffic(t, tr.db, tr.x) // remembers nobody
	if a := fresh.see(t, "in"); a.Reason != "" || a.Arms[0].arm != before.Arms[0].arm {
		t.Errorf("visitor in the test, another node: got %+v", a)
	}
	if a := fresh.see(t, "out"); a.Reason != NotRunning {
		t.Errorf("new visitor: got %+v, want not_running", a)
	}
	winner := "b"
	tr.setStatus(t, "completed", &winner)
	if a := tr.see(t, "anybody"); !a.Winner || a.Arms[0].Arm() != "b" {
		t.Errorf("after completion: got %+v, want the winner", a)
	}
	tr.buy(t, "in", "late")
	if n := tr.totals(t); n[0][1]+n[1][1] != 0 {
		t.Errorf("a conversion after completion was counted: %v", n)
	}
	tr.noDifference(t)
}

func (tr *traffic) setStatus(t *testing.T, status string, winner *string) {
	t.Helper()
	err := tr.db.InTx(t.Context(), tr.x.Account, func(s *db.Store) error {
		return s.UpdateExperimentStatus(t.Context(), db.UpdateExperimentStatusParams{AccountID: tr.x.Account, ID: tr.x.ID, Status: status, Winner: winner, Now: time.Now()})
	})
	if err == nil {
		err = tr.snapshot.Refresh(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestIdentifyKeepsTheFirstVariant(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	sp := &tr.snapshot.site(tr.x.Token).find("test").splits[0]
	var phone, user string // two names whose hashes differ
	for i := 0; phone == "" || user == ""; i++ {
		v := fmt.Sprint("n", i)
		if sp.choose(v, 1) == 1 && phone == "" {
			phone = v
		} else if sp.choose(v, 1) == 0 && user == "" {
			user = v
		}
	}
	other := joinTraffic(t, tr.db, tr.x)
	tr.see(t, phone)
	tr.see(t, user)
	if a := other.see(t, user); a.Arms[0].Arm() != "control" {
		t.Fatalf("another node: got arm %s before anybody was identified", a.Arms[0].Arm())
	}
	if err := tr.Identify(t.Context(), tr.x.Token, phone, user); err != nil {
		t.Fatal(err)
	}
	if a := tr.see(t, user); a.Arms[0].Arm() != "b" {
		t.Errorf("the known id has arm %s, want that of the earlier visit", a.Arms[0].Arm())
	}
	if err := other.snapshot.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := other.see(t, user); a.Arms[0].Arm() != "b" {
		t.Errorf("another node remembers arm %s for the known id, want b", a.Arms[0].Arm())
	}
	if err := tr.Identify(t.Context(), tr.x.Token, "tablet", user); err != nil {
		t.Fatal(err)
	}
	if a := tr.see(t, "tablet"); a.Arms[0].Arm() != "b" {
		t.Errorf("a third device has arm %s, want b", a.Arms[0].Arm())
	}
	tr.buy(t, user, "1")
	tr.buy(t, "tablet", "2")
	if diff := cmp.Diff([2][2]int64{{1, 0}, {1, 1}}, tr.totals(t)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	tr.noDifference(t)
}

func TestSmartTrafficMovesToTheBetterVariant(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "thompson")
	err := tr.db.InTx(t.Context(), tr.x.Account, func(s *db.Store) error {
		if err := startAudit(t.Context(), s, tr.x.Account, time.Now()); err != nil {
			return err
		}
		return startLearning(t.Context(), s, tr.learner.keys, tr.x.Account, tr.x.ID, 0, tr.x.Key, []string{"control", "b"}, time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 600 {
		v := fmt.Sprint("v", i)
		a := tr.see(t, v)
		if a.Arms[0].arm == 1 && i%4 == 0 || a.Arms[0].arm == 0 && i%20 == 0 { // b sells at 25 %, control at 5 %
			tr.buy(t, v, v)
		}
		if i%150 == 149 {
			if _, err := tr.learner.Visit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := tr.snapshot.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	sp := &tr.snapshot.site(tr.x.Token).find("test").splits[0]
	if sp.current() < 2 {
		t.Fatal("no epoch opened")
	}
	if share := sp.epochs[sp.current()-1].weights.Share(1); share < .8 {
		t.Errorf("the better variant gets %v of new visitors, want most", share)
	}
	old := tr.see(t, "v3")
	if old.Arms[0].epoch != 1 {
		t.Errorf("an old visitor moved to epoch %d", old.Arms[0].epoch)
	}
	if opened, err := tr.learner.Visit(t.Context()); err != nil || opened != 0 {
		t.Errorf("same counts again: opened %d, %v", opened, err)
	}
	tr.noDifference(t)
	wrong, err := state.Generate()
	if err != nil {
		t.Fatal(err)
	}
	tr.learner.keys, tr.learner.marks = wrong, map[splitID]mark{}
	for i := range 400 { // the control catches up: enough for another epoch
		v := fmt.Sprint("w", i)
		if tr.see(t, v).Arms[0].arm == 0 {
			tr.buy(t, v, v)
		}
	}
	if _, err := tr.learner.Visit(t.Context()); !errors.Is(err, state.ErrWrongKey) {
		t.Errorf("with a wrong key: got %v, want ErrWrongKey", err)
	}
}

func TestMain(m *testing.M) { dbtest.Main(m) }

// A visitor who is known costs the answer's arms and nothing else.
func TestAssignOfAKnownVisitorAllocatesItsArms(t *testing.T) {
	tr := newTraffic(t, "sequential")
	tr.see(t, "v")
	r := AssignRequest{Token: tr.x.Token, Experiment: tr.x.Key, Visitor: "v", Expose: true, Visit: Visit{URL: "https://site.test/", Device: "mobile"}}
	if n := testing.AllocsPerRun(1000, func() {
		if a, err := tr.Assign(t.Context(), r); err != nil || !a.Stored {
			t.Error(a, err)
		}
	}); n > 1 {
		t.Errorf("got %v allocations, want 1", n)
	}
}
