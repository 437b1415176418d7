package services

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// ward is a tracker on a database that refuses what is called poison, until it is cured.
type ward struct {
	*traffic
	*Quarantine
	by    Actor
	exec  func(sql string)
	tally func() map[string]int64
}

func newWard(t *testing.T) *ward {
	t.Helper()
	url := dbtest.Clone(t)
	own, err := db.Open(t.Context(), db.Config{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	tr := joinTraffic(t, own, dbtest.Experiment(t, own, "sequential"))
	w := &ward{traffic: tr, Quarantine: NewQuarantine(own, tr.committer, tr.snapshot, time.Now)}
	w.by = Actor{Account: w.x.Account, User: w.x.User, Role: Admin}
	conn := dbtest.Owner(t, url)
	w.exec = func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	w.tally = func() map[string]int64 {
		t.Helper()
		out := map[string]int64{}
		rows, err := conn.Query(t.Context(), `SELECT kind, sum(n)::bigint FROM tallies WHERE account_id = $1 AND experiment_id = '00000000-0000-0000-0000-000000000000'
			GROUP BY kind HAVING sum(n) <> 0`, w.x.Account)
		for err == nil && rows.Next() {
			var kind string
			var n int64
			err = rows.Scan(&kind, &n)
			out[kind] = n
		}
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	w.inTx(t, func(s *db.Store) error { return startAudit(t.Context(), s, w.x.Account, time.Now()) })
	w.exec("ALTER TABLE events ADD CONSTRAINT poison CHECK (name IS DISTINCT FROM 'poison' AND visitor NOT LIKE 'poison%')")
	w.exec("ALTER TABLE assignments ADD CONSTRAINT poison CHECK (visitor NOT LIKE 'poison%')")
	return w
}

func (w *ward) inTx(t *testing.T, fn func(*db.Store) error) {
	t.Helper()
	if err := w.traffic.db.InTx(t.Context(), w.x.Account, fn); err != nil {
		t.Fatal(err)
	}
}

func (w *ward) cure() {
	w.exec("ALTER TABLE events DROP CONSTRAINT poison")
	w.exec("ALTER TABLE assignments DROP CONSTRAINT poison")
}

// conserved fails unless the identity holds, and returns the counters.
func (w *ward) conserved(t *testing.T) map[string]int64 {
	t.Helper()
	n := w.tally()
	if n["accepted"] != n["applied"]+n["duplicate"]+n["quarantined"]+n["waiting"]+n["discarded"] {
		t.Errorf("accepted is not the sum of the others: %v", n)
	}
	return n
}

// exposure is what the browser of a visitor reports when it shows the hash's choice.
func (w *ward) exposure(t *testing.T, visitor string) Event {
	t.Helper()
	split := &w.site0(t).byKey[w.x.Key].splits[0]
	return Event{ID: uuid.Must(uuid.NewV7()).String(), Type: "exposure", Visitor: visitor, Experiment: w.x.Key, Arm: split.arms[split.choose(visitor, 1)], Epoch: 1}
}

// refused reports an event that the database does not take.
func (w *ward) refused(t *testing.T, events ...Event) {
	t.Helper()
	_, err := w.Events(t.Context(), EventBatch{Token: w.x.Token, Events: events})
	if Reason(err) != "quarantined" {
		t.Fatalf("got %v, want quarantined", err)
	}
}

func (w *ward) retry(t *testing.T, want Retried) {
	t.Helper()
	got, err := w.Retry(t.Context(), w.by, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("retried (-want +got):\n%s", diff)
	}
}

func TestQuarantineComesBackAsIfItHadBeenStoredAtOnce(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.see(t, "well")
	w.buy(t, "well", "order-0")
	exposed := w.exposure(t, "poison-1")
	w.refused(t, exposed)
	w.refused(t, Event{ID: "order-1", Type: "conversion", Visitor: "poison-1", Experiment: w.x.Key, Goal: w.x.GoalKey})
	w.refused(t, Event{ID: "late", Type: "conversion", Visitor: "poison-unseen", Experiment: w.x.Key, Goal: w.x.GoalKey})
	// One of a request is refused: the request was answered so, and all of it is kept.
	w.refused(t, Event{Type: "custom", Name: "poison", Visitor: "v"}, Event{Type: "custom", Name: "fine", Visitor: "v"})
	if a := w.see(t, "poison-2"); len(a.Arms) != 1 || a.Stored {
		t.Errorf("a visitor is served although the row is refused: %+v", a)
	}
	if n := w.conserved(t); n["quarantined"] != 5 || n["accepted"] != 6 {
		t.Errorf("5 events are set aside, counted are %v", n)
	}
	list, err := w.List(t.Context(), Actor{Account: w.x.Account, Role: Viewer}, Paging{})
	if err != nil || list.Total != 6 || list.Items[0].Kind != SightAssignment || list.Items[0].Visitor != "poison-2" || list.Items[5].Kind != SightExposure {
		t.Fatalf("listed %+v, %v", list, err)
	}

	w.retry(t, Retried{Applied: 1, Failed: 5, Left: 5}) // the one that is fine goes
	if n := w.conserved(t); n["quarantined"] != 4 {
		t.Errorf("after a try in vain: %v", n)
	}
	if list, err = w.List(t.Context(), w.by, Paging{}); err != nil || list.Items[0].Tries != 1 || list.Total != 5 {
		t.Errorf("after a try in vain: %+v, %v", list, err)
	}

	w.cure()
	w.retry(t, Retried{Applied: 5})
	want := map[string]int64{"accepted": 6, "applied": 5, "waiting": 1}
	if diff := cmp.Diff(want, w.conserved(t)); diff != "" {
		t.Errorf("tallies (-want +got):\n%s", diff)
	}
	totals := w.totals(t)
	if visitors, converters := totals[0][0]+totals[1][0], totals[0][1]+totals[1][1]; visitors != 3 || converters != 2 {
		t.Errorf("%d visitors and %d converters, want well, poison-1 and poison-2, of whom two bought", visitors, converters)
	}
	w.noDifference(t)
	w.retry(t, Retried{})
	w.conserved(t)
}

// What came in again by itself meanwhile counts once, whichever day it came.
func TestQuarantineCountsNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.see(t, "well")
	sold := Event{ID: "order-1", Type: "conversion", Visitor: "well", Experiment: w.x.Key, Goal: w.x.GoalKey, Name: "poison"}
	w.refused(t, sold)
	w.cure()
	w.exec("UPDATE quarantine SET body = convert_to(replace(convert_from(body, 'UTF8'), to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') || 'T00:00:00Z', to_char((now() AT TIME ZONE 'UTC') - interval '3 days', 'YYYY-MM-DD') || 'T00:00:00Z'), 'UTF8')")
	w.report(t, sold, "") // its sender tried again, days later
	w.retry(t, Retried{Duplicates: 1})
	if n := w.conserved(t); n["applied"] != 1 || n["duplicate"] != 1 || n["quarantined"] != 0 {
		t.Errorf("tallies %v", n)
	}
	w.noDifference(t)
}

// An experiment that is over by now takes in nobody; its results are final.
func TestQuarantineChangesNoFinishedExperiment(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.see(t, "well")
	w.refused(t, w.exposure(t, "poison-1"))
	w.refused(t, Event{ID: "order-1", Type: "conversion", Visitor: "well", Experiment: w.x.Key, Goal: w.x.GoalKey, Name: "poison"})
	before := w.totals(t)
	w.exec("UPDATE experiments SET status = 'completed', completed_at = now()")
	w.cure()
	if err := w.traffic.snapshot.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.retry(t, Retried{Applied: 2})
	if diff := cmp.Diff(before, w.totals(t)); diff != "" {
		t.Errorf("final results changed (-before +after):\n%s", diff)
	}
	w.conserved(t)
}

func TestQuarantineIsThrownAwayByAdminsWhoKnowHowMuch(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	for i := range 3 {
		w.refused(t, Event{ID: fmt.Sprint("e", i), Type: "custom", Name: "poison", Visitor: "v"})
	}
	list, err := w.List(t.Context(), w.by, Paging{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, one := t.Context(), list.Items[0].ID.String()
	account, _ := dbtest.Account(t, w.traffic.db)
	for name, c := range map[string]struct {
		by    Actor
		id    string
		count int
		want  ErrorCode
	}{
		"an editor":            {Actor{Account: w.x.Account, User: w.x.User, Role: Editor}, one, 1, CodeForbidden},
		"another account":      {Actor{Account: account, Role: Owner}, one, 1, CodeNotFound},
		"another account, all": {Actor{Account: account, Role: Owner}, "", 3, CodeStale},
		"no such entry":        {w.by, uuid.NewString(), 1, CodeNotFound},
		"no id":                {w.by, "'; --", 1, CodeNotFound},
		"too many":             {w.by, "", 2, CodeStale},
	} {
		if _, err := w.Discard(ctx, c.by, c.id, c.count); Code(err) != c.want {
			t.Errorf("%s throws away: %v, want %s", name, err, c.want)
		}
		if c.want != CodeStale {
			if _, err := w.Retry(ctx, c.by, c.id); Code(err) != c.want {
				t.Errorf("%s tries again: %v, want %s", name, err, c.want)
			}
		}
	}
	if n := w.conserved(t); n["quarantined"] != 3 {
		t.Fatalf("something went: %v", n)
	}
	if n, err := w.Discard(ctx, w.by, one, 1); n != 1 || err != nil {
		t.Errorf("one: %d, %v", n, err)
	}
	if n := w.conserved(t); n["discarded"] != 1 || n["quarantined"] != 2 {
		t.Errorf("after one: %v", n)
	}
	if n, err := w.Discard(ctx, w.by, "", 2); n != 2 || err != nil {
		t.Errorf("all: %d, %v", n, err)
	}
	if n := w.conserved(t); n["discarded"] != 3 || n["quarantined"] != 0 {
		t.Errorf("after all: %v", n)
	}
	records, err := NewAudit(w.traffic.db).History(ctx, w.by, "", 0, 10)
	if err != nil || len(records) != 2 || records[0].Action != "quarantine.discarded" || records[0].Payload["entries"] != 2.0 {
		t.Errorf("the audit has %+v, %v", records, err)
	}
}

// A crash after storing and before the entry goes leaves an entry that is found to be stored.
func TestQuarantineSurvivesACrashBetweenStoringAndRemoving(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.refused(t, Event{ID: "e1", Type: "custom", Name: "poison", Visitor: "v"})
	w.cure()
	rows, err := w.toTry(t.Context(), w.by, "")
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	lost, err := w.work(t.Context(), w.by, rows[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Quarantine.committer.commit(context.WithoutCancel(t.Context()), lost, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.conserved(t)
	w.retry(t, Retried{Duplicates: 1})
	if diff := cmp.Diff(map[string]int64{"accepted": 2, "applied": 1, "duplicate": 1}, w.conserved(t)); diff != "" {
		t.Errorf("tallies (-want +got):\n%s", diff)
	}
}
