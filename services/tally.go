package services

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/text/currency"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// Tally is what a file of results counts, see ReadTally.
type Tally struct {
	Arms       []TallyArm // as they appear in the file
	Control    int        // index of the arm that the others are compared with
	Money      bool       // values were given
	Currency   string     // what they are in, if revenue per visitor decides and not conversions
	Crossovers int64      // visitors who came back under another variant; the first one counts
	Repeats    int64      // further rows of a visitor under the same variant
}

// TallyArm is what one variant did: values and their squares are summed over its visitors.
type TallyArm struct {
	Name                  string
	Visitors, Conversions int64
	Value, ValueSq        float64
}

// Visitors counts them in all arms.
func (t Tally) Visitors() (n int64) {
	for _, a := range t.Arms {
		n += a.Visitors
	}
	return n
}

// tallyGoal is what a file's conversions are called.
const tallyGoal = "conversions"

// Results judges the counts as those of an experiment that runs, with sentences in the language of ctx. Ratios are how visitors
// should have been split, in the order of the arms; nil is evenly.
func (t Tally) Results(ctx context.Context, ratios []float64) (Results, error) {
	if ratios == nil {
		ratios = engine.EqualShares(len(t.Arms))
	}
	names := make([]string, len(t.Arms))
	for i, a := range t.Arms {
		names[i] = a.Name
	}
	if _, err := engine.Split(ratios, names); err != nil {
		return Results{}, splitError(ratios, len(names))
	}
	goal := Goal{Key: tallyGoal, Role: "primary"}
	if t.Currency != "" {
		goal = Goal{Key: "revenue", Role: "primary", Type: "revenue", Config: GoalConfig{Currency: t.Currency}}
	}
	x := Experiment{Status: Running, Definition: Definition{Mode: "single", Allocator: engine.Sequential, Elements: []Element{{}}, Goals: []Goal{goal}}}
	var c counts
	for arm, i := range t.order() {
		a := t.Arms[i]
		x.Elements[0].Variants = append(x.Elements[0].Variants, Variant{Key: a.Name, Name: a.Name, IsControl: arm == 0, Weight: ratios[i]})
		c.cells = append(c.cells, db.ResultCellsRow{Epoch: 1, Arm: int16(arm), Day: time.Unix(0, 0), Visitors: a.Visitors, Converters: a.Conversions,
			Value: a.Value, ValueSq: a.ValueSq})
	}
	r := analyze(x, goal, c, time.Unix(0, 0))
	r.Crossovers = t.Crossovers
	r.Verdict.Headline = r.headline(ctx)
	return r, nil
}

// order lists the arms with the control first.
func (t Tally) order() []int {
	order := []int{t.Control}
	for i := range t.Arms {
		if i != t.Control {
			order = append(order, i)
		}
	}
	return order
}

// InCurrency lets revenue per visitor decide, as of a revenue goal.
func (t Tally) InCurrency(code string) (Tally, error) {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return t, fmt.Errorf("%q is no ISO 4217 code, such as EUR or USD", code)
	}
	if !t.Money {
		return t, errors.New("the file has no revenue: add the columns revenue and revenue_sq, or value to a file of visitors")
	}
	t.Currency = unit.String()
	return t, nil
}

func splitError(ratios []float64, arms int) error {
	if len(ratios) != arms {
		return fmt.Errorf("%d weights for %d variants: give one for each, in the order of the file", len(ratios), arms)
	}
	return errors.New("weights must be positive and give every variant at least 1 % of the visitors")
}
