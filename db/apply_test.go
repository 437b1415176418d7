package db_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

func assignment(x dbtest.Running, visitor string, arm int16, at time.Time) db.NewAssignment {
	return db.NewAssignment{Account: x.Account, Experiment: x.ID, Visitor: visitor, Arm: arm, Epoch: 1, Propensity: .5, At: at,
		Exposed: true, Door: db.DoorAssign, Counted: true}
}

func conversion(x dbtest.Running, visitor string, at time.Time) db.NewEvent {
	return db.NewEvent{Account: x.Account, ID: uuid.Must(uuid.NewV7()), Day: at.UTC().Truncate(24 * time.Hour), Kind: db.KindConversion,
		Installation: x.Installation, Experiment: x.ID, Goal: x.Goal, Window: 7, Visitor: visitor, Occurred: at, Received: at}
}

func apply(t *testing.T, d *db.DB, b db.Batch) db.Applied {
	t.Helper()
	out, err := d.Apply(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// counts is [visitors, converters] by arm.
func counts(t *testing.T, d *db.DB, x dbtest.Running) map[int16][2]int64 {
	t.Helper()
	out := map[int16][2]int64{}
	err := d.InTx(t.Context(), x.Account, func(s *db.Store) error {
		rows, err := s.ArmTotals(t.Context(), db.ArmTotalsParams{AccountID: x.Account, ExperimentID: x.ID, GoalID: x.Goal})
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

func TestApplyCountsAVisitorAndAConverterOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	e := conversion(x, "v1", at.Add(time.Second))
	b := db.Batch{Now: at, Assignments: []db.NewAssignment{assignment(x, "v1", 1, at), assignment(x, "v2", 0, at)}, Events: []db.NewEvent{e}}
	got := apply(t, d, b)
	seen := at.Truncate(time.Microsecond)
	want := db.Applied{Assignments: []db.Assigned{{1, 1, true, true, seen, true}, {0, 1, true, true, seen, true}},
		Events: []db.Recorded{{Fresh: true, State: db.StateApplied}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("first batch (-want +got):\n%s", diff)
	}
	again := apply(t, d, b)
	if again.Assignments[0].New || again.Events[0].Fresh {
		t.Errorf("repeat: got %+v, want nothing new", again)
	}
	second := conversion(x, "v1", at.Add(2*time.Second)) // another id, same visitor: converts at most once
	apply(t, d, db.Batch{Now: at, Events: []db.NewEvent{second}})
	if diff := cmp.Diff(map[int16][2]int64{0: {1, 0}, 1: {1, 1}}, counts(t, d, x)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestFirstAssignmentWinsUnderARace(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	var wg sync.WaitGroup
	won := make([]db.Applied, 8)
	for i := range won {
		wg.Go(func() {
			b := db.Batch{Now: at}
			for v := range 50 {
				b.Assignments = append(b.Assignments, assignment(x, fmt.Sprint("v", v), int16(i%2), at))
			}
			var err error
			if won[i], err = d.Apply(t.Context(), b); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, o := range won[1:] {
		for v := range o.Assignments {
			if o.Assignments[v].Arm != won[0].Assignments[v].Arm {
				t.Fatalf("visitor %d was given arms %d and %d", v, won[0].Assignments[v].Arm, o.Assignments[v].Arm)
			}
		}
	}
	c := counts(t, d, x)
	if n := c[0][0] + c[1][0]; n != 50 {
		t.Errorf("got %d visitors, want 50", n)
	}
}

func TestConversionWaitsForItsExposure(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	got := apply(t, d, db.Batch{Now: at, Events: []db.NewEvent{conversion(x, "late", at), conversion(x, "before", at.Add(-time.Minute))}})
	if got.Events[0].State != db.StateWaiting {
		t.Fatalf("got state %d, want waiting", got.Events[0].State)
	}
	apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{assignment(x, "late", 1, at.Add(-time.Second)), assignment(x, "before", 1, at)}})
	if diff := cmp.Diff(map[int16][2]int64{1: {2, 1}}, counts(t, d, x)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestWhatDoesNotCount(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	bot := assignment(x, "bot", 1, at)
	bot.Counted = false
	apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{assignment(x, "v", 1, at.Add(-7*24*time.Hour)), bot}})
	late, early, robot := conversion(x, "v", at.Add(time.Second)), conversion(x, "v", at.Add(-8*24*time.Hour)), conversion(x, "bot", at)
	early.Day = at.Truncate(24 * time.Hour)
	got := apply(t, d, db.Batch{Now: at, Events: []db.NewEvent{late, early, robot}})
	want := []db.Recorded{{Fresh: true, State: db.StateOutside}, {Fresh: true, State: db.StateOutside}, {Fresh: true, State: db.StateUncounted}}
	if diff := cmp.Diff(want, got.Events); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[int16][2]int64{1: {1, 0}}, counts(t, d, x)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestEventIdWithoutADayIsUniqueOverMidnight(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	e := conversion(x, "v", at)
	e.ID, e.Dayless, e.Day = uuid.New(), true, at.Truncate(24*time.Hour).Add(-24*time.Hour)
	apply(t, d, db.Batch{Now: at, Events: []db.NewEvent{e}})
	e.Day = e.Day.Add(24 * time.Hour)
	if got := apply(t, d, db.Batch{Now: at, Events: []db.NewEvent{e}}); got.Events[0].Fresh {
		t.Error("the id of yesterday was taken as new today")
	}
}

func TestMissingPartitionIsMadeOnDemand(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC().Add(20 * 24 * time.Hour)
	got := apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{assignment(x, "v", 1, at)}, Events: []db.NewEvent{conversion(x, "v", at)}})
	if got.Events[0].State != db.StateApplied {
		t.Errorf("got %+v, want applied", got.Events[0])
	}
}

func TestConservation(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	waiting, known := conversion(x, "w", at), conversion(x, "v", at)
	apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{assignment(x, "v", 1, at)}, Events: []db.NewEvent{waiting, known}})
	apply(t, d, db.Batch{Now: at, Events: []db.NewEvent{known}})
	check := func(want map[string]int64) {
		t.Helper()
		got := map[string]int64{}
		err := d.InTx(t.Context(), x.Account, func(s *db.Store) error {
			rows, err := s.TalliesOfExperiment(t.Context(), db.TalliesOfExperimentParams{AccountID: x.Account})
			for _, r := range rows {
				got[r.Kind] += r.N
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tallies (-want +got):\n%s", diff)
		}
	}
	check(map[string]int64{"accepted": 3, "applied": 1, "duplicate": 1, "waiting": 1})
	apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{assignment(x, "w", 0, at.Add(-time.Second))}})
	check(map[string]int64{"accepted": 3, "applied": 2, "duplicate": 1, "waiting": 0})
}

func TestAConversionCountsInEverySplit(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	first, second := assignment(x, "v", 1, at), assignment(x, "v", 0, at)
	second.Split = 1
	e := conversion(x, "v", at)
	other := e
	other.Part, other.Split = 1, 1
	apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{first}, Events: []db.NewEvent{e, other}}) // split 1 is seen later
	apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{second}})
	if got, want := rollups(t, d, x), []string{"0/1: 1 of 1", "1/0: 1 of 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// rollups lists split/arm: converters of visitors.
func rollups(t *testing.T, d *db.DB, x dbtest.Running) []string {
	t.Helper()
	return names(t, owner(t), `SELECT format('%s/%s: %s of %s', split, arm, sum(converters), sum(visitors)) FROM rollups
		WHERE account_id = '`+x.Account.String()+`' GROUP BY split, arm`)
}

// Not parallel: it gives up what waits in the database of all tests.
func TestWaitingEndsAfterADay(t *testing.T) {
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	later := time.Now().UTC()
	at := later.Add(-db.WaitingLife - time.Minute)
	apply(t, d, db.Batch{Now: at, Events: []db.NewEvent{conversion(x, "v", at)}})
	if err := d.AsIngest(t.Context(), func(s *db.Store) error { return s.GiveUpWaiting(t.Context(), later, later.Add(-db.WaitingLife)) }); err != nil {
		t.Fatal(err)
	}
	apply(t, d, db.Batch{Now: later, Assignments: []db.NewAssignment{assignment(x, "v", 1, at)}})
	if diff := cmp.Diff(map[int16][2]int64{1: {1, 0}}, counts(t, d, x)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if got, want := names(t, owner(t), "SELECT kind || ' ' || sum(n) FROM tallies WHERE account_id = '"+x.Account.String()+"' GROUP BY kind"),
		[]string{"accepted 1", "applied 1", "waiting 0"}; !slices.Equal(got, want) {
		t.Errorf("tallies: got %q, want %q", got, want)
	}
}

// TestAFullBatchNeedsNoStatistics: on tables that were never analysed a batch of the largest size stays within the statement timeout.
func TestAFullBatchNeedsNoStatistics(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	var b db.Batch
	for i := range 2000 {
		v := fmt.Sprint("v", i)
		b.Assignments, b.Events = append(b.Assignments, assignment(x, v, int16(i%2), at)), append(b.Events, conversion(x, v, at))
	}
	b.Now = at
	apply(t, d, b)
	if diff := cmp.Diff(map[int16][2]int64{0: {1000, 1000}, 1: {1000, 1000}}, counts(t, d, x)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// Two nodes store a conversion and its exposure at once, neither seeing the other's row: the sweep joins them.
func TestSettleWaitingJoinsWhatMissedItsExposure(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	x := dbtest.Experiment(t, d, "sequential")
	at := time.Now().UTC()
	apply(t, d, db.Batch{Now: at, Events: []db.NewEvent{conversion(x, "v", at)}})
	unseen := assignment(x, "v", 1, at.Add(-time.Second))
	unseen.Exposed = false
	apply(t, d, db.Batch{Now: at, Assignments: []db.NewAssignment{unseen}})
	settle := func() {
		t.Helper()
		if err := d.SettleWaiting(t.Context(), at.Add(2*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	settle()
	if c := counts(t, d, x); c[1] != [2]int64{} {
		t.Errorf("before the exposure: %v", c)
	}
	owner, err := pgx.Connect(t.Context(), dbtest.URL(t, db.Ingest))
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	if _, err := owner.Exec(t.Context(), "UPDATE assignments SET exposed_at = assigned_at WHERE experiment_id = $1", x.ID); err != nil {
		t.Fatal(err)
	}
	settle()
	settle()
	if c := counts(t, d, x); c[1][1] != 1 {
		t.Errorf("after the sweep: %v, want one converter", c)
	}
}
