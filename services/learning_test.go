package services

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

func TestDaysArePeriods(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	arms := []engine.Arm{{Key: "a"}, {Key: "b"}}
	err := addDays(arms, []db.ArmDaysRow{
		{Arm: 0, Day: day(1), Visitors: 10, Converters: 1}, {Arm: 1, Day: day(1), Visitors: 12, Converters: 3},
		{Arm: 1, Day: day(4), Visitors: 7},
	})
	want := []engine.Arm{
		{Key: "a", Exposures: 10, Periods: []engine.Count{{Trials: 10, Successes: 1}, {}, {}, {}}},
		{Key: "b", Exposures: 19, Periods: []engine.Count{{Trials: 12, Successes: 3}, {}, {}, {Trials: 7}}},
	}
	if diff := cmp.Diff(want, arms); diff != "" || err != nil {
		t.Errorf("arms (-want +got), %v:\n%s", err, diff)
	}
	if err := addDays(arms, []db.ArmDaysRow{{Arm: 2, Day: day(1)}}); err == nil {
		t.Error("got no error for an arm that does not exist")
	}
}
