package services

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

func hourOf(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC) }

func TestDaysArePeriods(t *testing.T) {
	t.Parallel()
	arms := newArms("single", []string{"a", "b"})
	err := addHours(arms, []db.ArmHoursRow{
		{Arm: 0, Hour: hourOf(1, 3), Visitors: 6, Converters: 1, Value: "2.5000", ValueSq: "6.25"}, {Arm: 1, Hour: hourOf(1, 3), Visitors: 12, Converters: 3, Value: "0", ValueSq: "0"},
		{Arm: 0, Hour: hourOf(1, 23), Visitors: 4, Value: "-1", ValueSq: "1"}, {Arm: 1, Hour: hourOf(4, 0), Visitors: 7, Value: "0", ValueSq: "0"},
	})
	want := []engine.Arm{
		{Key: "a", Exposures: 10, Periods: []engine.Count{{Trials: 10, Successes: 1, Value: 1.5, ValueSq: 7.25}, {}, {}, {}}},
		{Key: "b", Exposures: 19, Periods: []engine.Count{{Trials: 12, Successes: 3}, {}, {}, {Trials: 7}}},
	}
	if diff := cmp.Diff(want, arms); diff != "" || err != nil {
		t.Errorf("arms (-want +got), %v:\n%s", err, diff)
	}
	if err := addHours(arms, []db.ArmHoursRow{{Arm: 2, Hour: hourOf(1, 0), Value: "0", ValueSq: "0"}}); err == nil {
		t.Error("an arm that the split does not have was taken")
	}
}

func TestCombinationsHaveLevels(t *testing.T) {
	t.Parallel()
	var got [][]int
	for _, a := range newArms("factorial", []string{"o.o", "o.x", "b.o", "b.y"}) {
		got = append(got, a.Levels)
	}
	if diff := cmp.Diff([][]int{{0, 0}, {0, 1}, {1, 0}, {1, 2}}, got); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
	if newArms("single", []string{"a.b"})[0].Levels != nil {
		t.Error("a key with a dot was taken for a combination")
	}
}

// Half of the visitors who convert do so within the hour, half in their 25th: of those who came just now, half is still to come; of
// those of two days ago nothing is.
func TestYoungVisitorsAreNotFailures(t *testing.T) {
	t.Parallel()
	hours := []db.ArmHoursRow{
		{Arm: 0, Hour: hourOf(1, 0), Visitors: 1000, Converters: 100, Value: "0", ValueSq: "0"}, {Arm: 1, Hour: hourOf(1, 0), Visitors: 1000, Converters: 100, Value: "0", ValueSq: "0"},
		{Arm: 0, Hour: hourOf(3, 0), Visitors: 1000, Converters: 50, Value: "0", ValueSq: "0"},
	}
	waits := []db.ConversionWaitsRow{{Arm: 0, Hours: 1, N: 100}, {Arm: 0, Hours: 25, N: 50}, {Arm: 1, Hours: 1, N: 100}}
	arms := newArms("single", []string{"a", "b"})
	if err := addHours(arms, hours); err != nil {
		t.Fatal(err)
	}
	f := newCohorts(hours, 7).delayed(engine.Facts{Arms: arms}, waits)
	if p := f.Arms[0].Periods[2].Pending; math.Abs(p-.5) > .03 {
		t.Errorf("of today's conversions %.3f are thought to come, want about half", p)
	}
	if p := f.Arms[0].Periods[0].Pending; p != 0 {
		t.Errorf("of those of two days ago %.3f, want none", p)
	}
	if p := f.Arms[1].Periods[0].Pending; p != 0 {
		t.Errorf("the arm without delay waits for %.3f", p)
	}
	few := newCohorts(hours, 7).delayed(engine.Facts{Arms: arms}, []db.ConversionWaitsRow{{Arm: 0, Hours: 1, N: 20}, {Arm: 0, Hours: 25, N: 20}})
	if p := few.Arms[0].Periods[2].Pending; p != 0 {
		t.Errorf("forty conversions made a delay of %.3f", p)
	}
	old := newCohorts(hours, 1)
	old.since = hourOf(2, 0)
	if p := old.delayed(engine.Facts{Arms: arms}, waits).Arms[0].Periods[0].Pending; p != 0 {
		t.Errorf("visitors whose window is over wait for %.3f", p)
	}
}
