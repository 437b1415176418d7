package services

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// Hours that are over become one row of counts for each day, which changes no number, and neither do conversions that come afterwards.
func TestHoursAreFoldedIntoDays(t *testing.T) {
	t.Parallel()
	for allocator, left := range map[string]time.Duration{"sequential": 6 * time.Hour, "thompson": 45 * time.Hour} {
		t.Run(allocator, func(t *testing.T) {
			t.Parallel()
			d := emptyDatabase(t) // folding is for all accounts, of which some live in another week
			start := day(time.Now()).Add(-9 * 24 * time.Hour)
			now := start
			tr := joinTrafficAt(t, d, dbtest.Experiment(t, d, allocator), func() time.Time { return now })
			if err := d.EnsureEventDays(t.Context(), start, start.Add(6*24*time.Hour)); err != nil {
				t.Fatal(err)
			}
			for visitors := 0; now.Before(start.Add(4*24*time.Hour + 22*time.Hour)); now = now.Add(3 * time.Hour) {
				for range 6 {
					visitors++
					tr.see(t, fmt.Sprint("v", visitors))
				}
				tr.buy(t, fmt.Sprint("v", visitors), fmt.Sprint("order-", visitors))
			}
			now = start.Add(4*24*time.Hour + 21*time.Hour)
			before := tr.numbers(t)
			tr.foldInto(t, before, now.Add(-left))

			tr.buy(t, "v1", "late") // who came at midnight of the first day
			after := tr.numbers(t)
			if cmp.Equal(before, after) {
				t.Error("a late conversion was not counted")
			}
			tr.noDifference(t)
			tr.foldInto(t, after, now.Add(-left))
		})
	}
}

// foldInto folds and wants the numbers to stay, and hours to be left from the oldest one on.
func (tr *traffic) foldInto(t *testing.T, want foldedNumbers, oldest time.Time) {
	t.Helper()
	if err := tr.foldRollups(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, tr.numbers(t)); diff != "" {
		t.Errorf("folding changed counts (-before +after):\n%s", diff)
	}
	tr.noDifference(t)
	if old, young := tr.unfolded(t, oldest), tr.unfolded(t, oldest.Add(time.Hour)); old != 0 || young != 1 {
		t.Errorf("%d experiments have hours before %s, and %d before the next", old, oldest, young)
	}
}

func emptyDatabase(t *testing.T) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.Clone(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// foldedNumbers are what pages read: of one experiment, and of all since the third of five days.
type foldedNumbers struct {
	Goals   []db.GoalCellsRow
	Results []db.ResultCellsRow
	Impact  []db.ImpactCellsRow
	Traffic []db.TrafficByDayRow
	Totals  []db.ArmTotalsRow
}

func (tr *traffic) numbers(t *testing.T) (n foldedNumbers) {
	t.Helper()
	ctx, account, x := t.Context(), tr.x.Account, tr.x.ID
	since := day(tr.clock.now()).Add(-2 * 24 * time.Hour)
	err := tr.db.InTx(ctx, account, func(s *db.Store) (err error) {
		if n.Goals, err = s.GoalCells(ctx, account, x); err != nil {
			return err
		}
		if n.Results, err = s.ResultCells(ctx, db.ResultCellsParams{AccountID: account, Experiments: []uuid.UUID{x}, Goals: []uuid.UUID{tr.x.Goal}}); err != nil {
			return err
		}
		if n.Impact, err = s.ImpactCells(ctx, account, since); err != nil {
			return err
		}
		if n.Traffic, err = s.TrafficByDay(ctx, db.TrafficByDayParams{AccountID: account, Since: since, Site: &tr.x.Installation}); err != nil {
			return err
		}
		n.Totals, err = s.ArmTotals(ctx, db.ArmTotalsParams{AccountID: account, ExperimentID: x, GoalID: tr.x.Goal})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Traffic) != 3 || n.Impact[0].ControlVisitors+n.Impact[0].OtherVisitors != 3*8*6 {
		t.Fatalf("%d days of traffic, impact of %+v", len(n.Traffic), n.Impact)
	}
	return n
}

// unfolded is how many experiments have hours before a moment.
func (tr *traffic) unfolded(t *testing.T, before time.Time) (n int) {
	t.Helper()
	err := tr.db.AsIngest(t.Context(), func(s *db.Store) error {
		rows, err := s.UnfoldedRollups(t.Context(), before, before)
		n = len(rows)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
