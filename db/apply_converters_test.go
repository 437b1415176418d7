package db_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// counted is everything that an experiment's traffic left in the tables, ids apart.
func counted(t *testing.T, x dbtest.Running) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for table, columns := range map[string]string{
		"events":      "event_id, part, day, kind, visitor, coalesce(credit, '-'), occurred_at, received_at, state",
		"conversions": "split, visitor, epoch, arm, hour, first_at, n, value",
		"rollups":     "split, epoch, arm, goal_id = '00000000-0000-0000-0000-000000000000', hour, visitors, converters, value, value_sq",
		"tallies":     "kind, day, n",
		"waiting":     "visitor",
	} {
		out[table] = names(t, owner(t), "SELECT row("+columns+")::text FROM "+table+" WHERE account_id = '"+x.Account.String()+"' ORDER BY 1")
	}
	return out
}

// TestKnownConvertersCountAsAllDo: what memory knows of a visitor changes nothing in what their conversions come to.
func TestKnownConvertersCountAsAllDo(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	start := time.Now().UTC().Truncate(time.Hour).Add(-9 * 24 * time.Hour)
	for seed := range uint64(12) {
		looked, known := dbtest.Experiment(t, d, "sequential"), dbtest.Experiment(t, d, "sequential")
		for _, x := range []dbtest.Running{looked, known} {
			r := rand.New(rand.NewPCG(seed, 1))
			cohorts := seen(t, d, x, r, start)
			var sent []db.NewEvent
			for range 8 {
				b := db.Batch{Now: start}
				for range r.IntN(12) {
					b.Events = append(b.Events, someConversion(r, x, sent, start))
					sent = append(sent, b.Events[len(b.Events)-1])
				}
				for i := range b.Events {
					if c, ok := cohorts[b.Events[i].Visitor]; ok && x == known {
						b.Events[i].Cohort = &c
					}
				}
				apply(t, d, b)
			}
		}
		if diff := cmp.Diff(counted(t, looked), counted(t, known)); diff != "" {
			t.Fatalf("seed %d: looked at (-), known (+):\n%s", seed, diff)
		}
	}
}

// seen makes visitors of an experiment, some of whom are not counted, and returns their cohorts.
func seen(t *testing.T, d *db.DB, x dbtest.Running, r *rand.Rand, start time.Time) map[string]db.Cohort {
	t.Helper()
	b, cohorts := db.Batch{Now: start}, map[string]db.Cohort{}
	for v := range 8 {
		a := assignment(x, fmt.Sprint("v", v), int16(r.IntN(2)), start.Add(time.Duration(r.IntN(7200))*time.Second))
		a.Counted = r.IntN(4) > 0
		b.Assignments = append(b.Assignments, a)
	}
	for i, got := range apply(t, d, b).Assignments {
		cohorts[b.Assignments[i].Visitor] = db.Cohort{Arm: got.Arm, Epoch: got.Epoch, SeenAt: got.SeenAt, Counted: got.Counted}
	}
	return cohorts
}

// someConversion is a new one, mostly plain, of a visitor who may be unknown; or one that was sent before.
func someConversion(r *rand.Rand, x dbtest.Running, sent []db.NewEvent, start time.Time) db.NewEvent {
	if len(sent) > 0 && r.IntN(4) == 0 {
		return sent[r.IntN(len(sent))]
	}
	at := start.Add(time.Duration(r.IntN(8*24*3600)-3600) * time.Second)
	e := conversion(x, fmt.Sprint("v", r.IntN(9)), at)
	for i := range e.ID {
		e.ID[i] = byte(r.Uint32())
	}
	switch r.IntN(8) {
	case 0:
		e.Name = "bought"
	case 1:
		value := int64(r.IntN(90_000))
		e.Value = &value
	case 2:
		e.Dayless = true
	}
	return e
}

func TestKnownConverterOfAClosedExperiment(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	at := time.Now().UTC()
	open, closed := dbtest.Experiment(t, d, "sequential"), dbtest.Experiment(t, d, "sequential")
	dbtest.Exec(t, dbtest.URL(t, ""), "UPDATE experiments SET status = 'completed' WHERE id = $1", closed.ID)
	b := db.Batch{Now: at}
	for _, x := range []dbtest.Running{open, closed, open} {
		b.Assignments = append(b.Assignments, assignment(x, "v", 1, at))
		e := conversion(x, "v", at)
		e.Cohort = &db.Cohort{Arm: 1, Epoch: 1, SeenAt: at.Truncate(time.Microsecond), Counted: true}
		b.Events = append(b.Events, e)
	}
	got := apply(t, d, b).Events
	want := []db.Recorded{{Fresh: true, State: db.StateApplied}, {Fresh: true, State: db.StateFrozen}, {Fresh: true, State: db.StateApplied}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]db.Recorded{{}, {}, {}}, apply(t, d, b).Events); diff != "" {
		t.Errorf("sent again (-want +got):\n%s", diff)
	}
}

// TestKnownConverterWhoCameToFollow: a node that has not heard yet that a visitor is another one credits the other all the same.
func TestKnownConverterWhoCameToFollow(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{assignment(x, "user", 0, at), assignment(x, "v", 1, at)}})
	dbtest.Exec(t, dbtest.URL(t, ""), "UPDATE assignments SET owner = 'user' WHERE account_id = $1 AND visitor = 'v'", x.Account)
	dbtest.Exec(t, dbtest.URL(t, ""), "UPDATE installations SET identifies = true WHERE id = $1", x.Installation)
	e := conversion(x, "v", at)
	e.Cohort = &db.Cohort{Arm: 1, Epoch: 1, SeenAt: at.Truncate(time.Microsecond), Counted: true}
	apply(t, d, db.Batch{Now: at, Events: []db.NewEvent{e}})
	if diff := cmp.Diff(map[int16][2]int64{0: {1, 1}, 1: {1, 0}}, counts(t, d, x)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestWhatIsKnownOfAVisitor(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	a := assignment(x, "v", 1, at)
	a.Exposed = false
	first := apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{a}}).Assignments[0]
	a.Exposed, a.At = true, at.Add(time.Minute)
	second := apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{a}}).Assignments[0]
	a.At = at.Add(time.Hour)
	third := apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{a}}).Assignments[0]
	if !first.SeenAt.IsZero() || !second.SeenAt.IsZero() || !third.SeenAt.Equal(at.Add(time.Minute).Truncate(time.Microsecond)) || !third.Counted {
		t.Errorf("seen at %v, %v, %v, want not sure twice, then %v", first.SeenAt, second.SeenAt, third.SeenAt, at.Add(time.Minute))
	}
}
