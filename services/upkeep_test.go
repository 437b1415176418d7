package services

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// Days that are over become one row of counts each, which changes no number, and neither do conversions that come afterwards.
func TestHoursAreFoldedIntoDays(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	now := day(time.Now()).Add(-9 * 24 * time.Hour)
	tr := joinTrafficAt(t, d, dbtest.Experiment(t, d, "sequential"), func() time.Time { return now })
	last := now.Add(5 * 24 * time.Hour)
	if err := d.EnsureEventDays(t.Context(), now, last.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	visitors := 0
	for ; now.Before(last); now = now.Add(3 * time.Hour) {
		for range 6 {
			visitors++
			tr.see(t, fmt.Sprint("v", visitors))
		}
		tr.buy(t, fmt.Sprint("v", visitors), fmt.Sprint("order-", visitors))
	}
	now = last.Add(-time.Hour)
	cells := tr.goalCells(t)
	fold := func() {
		t.Helper()
		if err := tr.foldRollups(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(cells, tr.goalCells(t)); diff != "" {
			t.Errorf("folding changed counts (-before +after):\n%s", diff)
		}
		tr.noDifference(t)
		if old, hours := tr.rollupHours(t, day(now).Add(-24*time.Hour)); old != 3 || hours != 16 {
			t.Errorf("%d hours of three old days and %d of two young ones have counts, want 3 and 16", old, hours)
		}
	}
	fold()

	tr.buy(t, "v1", "late") // who came at midnight of the first day
	if diff := cmp.Diff(cells, tr.goalCells(t)); diff == "" {
		t.Error("a late conversion was not counted")
	}
	tr.noDifference(t)
	cells = tr.goalCells(t)
	fold()
}

func (tr *traffic) goalCells(t *testing.T) (cells []db.GoalCellsRow) {
	t.Helper()
	err := tr.db.InTx(t.Context(), tr.x.Account, func(s *db.Store) (err error) {
		cells, err = s.GoalCells(t.Context(), tr.x.Account, tr.x.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return cells
}

// rollupHours is how many hours before and since a moment have counts.
func (tr *traffic) rollupHours(t *testing.T, since time.Time) (before, after int) {
	t.Helper()
	err := tr.db.InTx(t.Context(), tr.x.Account, func(s *db.Store) error {
		rows, err := s.ArmHours(t.Context(), db.ArmHoursParams{AccountID: tr.x.Account, ExperimentID: tr.x.ID, GoalID: tr.x.Goal})
		seen := map[time.Time]bool{}
		for _, r := range rows {
			seen[r.Hour.UTC()] = true
		}
		for hour := range seen {
			if hour.Before(since) {
				before++
			} else {
				after++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return before, after
}
