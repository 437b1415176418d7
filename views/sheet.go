package views

import (
	"context"
	"strconv"
	"time"

	"github.com/samplit/samplit/locale"
)

// Sheet are the results of an experiment on paper, or for somebody without an account: what the results page says, without anything
// to press.
type Sheet struct {
	Experiment Experiment // empty texts are left out
	AsOf       time.Time
	Expires    time.Time // of the link; zero: never, or no link
	Goals      []SheetGoal
	Public     bool // no word about how it was reached
}

// SheetGoal is what is known about one goal.
type SheetGoal struct {
	Results
	Hidden bool // amounts are not to be seen
	Blocks []SheetBlock
}

// SheetBlock is a table of variants; Name is empty where there is one.
type SheetBlock struct {
	Name, Headline string
	Variants       []SheetRow
}

// SheetRow is a variant with what it brought.
type SheetRow struct {
	VariantResult
	PerVisitor *float64
}

// Decided says whether there is enough data to show chances.
func (g SheetGoal) Decided() bool { return g.Progress == nil }

// sheetGoalID is the id of what a goal is called.
func sheetGoalID(place int) string { return "goal-" + strconv.Itoa(place+1) }

// unlinked are the results without ways to where the figures come from.
func (g SheetGoal) unlinked() Results {
	g.Explained = false
	return g.Results
}

// sheetAxis is the scale of the uplifts of a block.
func sheetAxis(b SheetBlock) axis {
	lifts := make([]*Lift, 0, len(b.Variants))
	for _, v := range b.Variants {
		lifts = append(lifts, v.Lift)
	}
	return newAxis(lifts)
}

func sheetLift(v SheetRow) *Lift {
	if v.Index == 0 {
		return nil
	}
	return v.Lift
}

func amountText(ctx context.Context, amount *float64) string {
	if amount == nil {
		return "–"
	}
	return locale.Fixed(ctx, *amount, 2)
}

func sheetTitle(ctx context.Context, m Sheet) string {
	if m.Experiment.Name == "" {
		return t(ctx, "sheet.title")
	}
	return m.Experiment.Name
}
