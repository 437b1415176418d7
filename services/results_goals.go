package services

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine/stats"
)

// GoalResult is what the variants do about one of the other goals: a secondary one or a guardrail, or the primary one where another is
// looked at.
type GoalResult struct {
	Key      string          `json:"key"`
	Name     string          `json:"name"`
	Role     string          `json:"role" enum:"primary,secondary,guardrail"`
	Currency string          `json:"currency,omitempty"`
	Variants []VariantResult `json:"variants"`
	// States are by variant key, without the control's.
	States map[string]string `json:"states" doc:"What is proven of each variant: better, worse, open or early. Over all secondary goals together one finding in twenty is false; a guardrail is judged by itself"`
}

// States of a variant on one goal.
const (
	GoalBetter = "better"
	GoalWorse  = "worse"
	GoalOpen   = "open"  // neither is proven
	GoalEarly  = "early" // too little data to judge
)

// readGoalCounts reads the counts of every goal at once.
func readGoalCounts(ctx context.Context, s *db.Store, account uuid.UUID, x Experiment) (map[uuid.UUID]counts, error) {
	rows, err := s.GoalCells(ctx, account, x.ID)
	if err != nil {
		return nil, fmt.Errorf("read cells: %w", err)
	}
	goals := make([]uuid.UUID, len(x.Goals))
	for i, g := range x.Goals {
		goals[i] = g.ID
	}
	looks, err := s.Looks(ctx, db.LooksParams{AccountID: account, Experiments: []uuid.UUID{x.ID}, Goals: goals})
	if err != nil {
		return nil, fmt.Errorf("read looks: %w", err)
	}
	out := map[uuid.UUID]counts{}
	for _, g := range goals {
		out[g] = counts{cellsOf(rows, x.ID, g), looks}
	}
	return out, nil
}

// cellsOf joins visitors with what they did about one goal. Rows are in the order of their places.
func cellsOf(rows []db.GoalCellsRow, experiment, goal uuid.UUID) (cells []db.ResultCellsRow) {
	for _, r := range rows {
		if r.GoalID != uuid.Nil && r.GoalID != goal {
			continue
		}
		last := len(cells) - 1
		if last < 0 || cells[last].Split != r.Split || cells[last].Epoch != r.Epoch || cells[last].Arm != r.Arm || !cells[last].Day.Equal(r.Day) {
			cells = append(cells, db.ResultCellsRow{ExperimentID: experiment, Split: r.Split, Epoch: r.Epoch, Arm: r.Arm, Day: r.Day})
			last++
		}
		if c := &cells[last]; r.GoalID == uuid.Nil {
			c.Visitors = r.Visitors
		} else {
			c.Converters, c.Value, c.ValueSq = r.Converters, r.Value, r.ValueSq
		}
	}
	return cells
}

// judgeGoals judges every goal but the one that is shown.
func (r *Results) judgeGoals(all map[uuid.UUID]counts) {
	if r.Experiment.Mode != ModeSingle || r.Status == Draft {
		return
	}
	for _, g := range r.Experiment.Goals {
		if g.ID != r.Shown.ID {
			r.others = append(r.others, analyze(r.Experiment, g, all[g.ID], r.AsOf))
		}
	}
	proven := falseDiscoveries(r.others)
	for i, o := range r.others {
		g := GoalResult{Key: o.Shown.Key, Name: o.Shown.Name, Role: o.Shown.Role, Currency: o.Currency, Variants: o.Variants, States: map[string]string{}}
		for arm, v := range o.Variants[1:] {
			g.States[v.Key] = o.goalState(v, proven[i][arm+1])
		}
		r.Goals = append(r.Goals, g)
	}
}

// falseDiscoveries are the p-values of each goal's arms, adjusted for what they are read as: those of secondary goals together by
// Benjamini and Hochberg, the others each by Holm over its variants, because a harm must not hide among many goals.
func falseDiscoveries(goals []Results) [][]float64 {
	out := make([][]float64, len(goals))
	var family []float64
	for i, g := range goals {
		if g.Shown.Role == "secondary" {
			family = append(family, g.looks[1:]...)
			continue
		}
		out[i] = append([]float64{1}, stats.Holm(g.looks[1:])...)
	}
	family = stats.BenjaminiHochberg(family)
	for i, g := range goals {
		if g.Shown.Role == "secondary" {
			n := len(g.looks) - 1
			out[i] = append([]float64{1}, family[:n]...)
			family = family[n:]
		}
	}
	return out
}

func (r Results) goalState(v VariantResult, p float64) string {
	switch {
	case !r.Progress.Enough:
		return GoalEarly
	case v.Lift == nil || p > falseAlarms:
		return GoalOpen
	case v.Lift.Mean < 0:
		return GoalWorse
	}
	return GoalBetter
}

// Harmed are the guardrails that a variant is proven to harm.
func (r Results) Harmed(variant string) (names []string) {
	for _, g := range r.Goals {
		if g.Role == "guardrail" && g.States[variant] == GoalWorse {
			names = append(names, g.Name)
		}
	}
	return names
}

// cappedKey names the values of a goal's visitors: what is counted of them changes only with their sums.
type cappedKey struct {
	account, goal uuid.UUID
	converters    int64
	value         float64
}

// capRevenue adds the capped values, which are read again only when there are new ones.
func (a *Analytics) capRevenue(ctx context.Context, s *db.Store, account uuid.UUID, r *Results) error {
	key := cappedKey{account: account, goal: r.Shown.ID, converters: r.Progress.Conversions}
	for _, t := range r.totals {
		key.value += t.Value
	}
	if key.value == 0 || r.Experiment.Mode == ModeIndependent {
		return nil
	}
	rows, known := a.capped.GetIfPresent(key)
	if !known {
		var err error
		rows, err = s.CappedValues(ctx, db.CappedValuesParams{AccountID: account, ExperimentID: r.ExperimentID, GoalID: r.Shown.ID})
		if err != nil {
			return fmt.Errorf("read capped values: %w", err)
		}
		a.capped.Set(key, rows)
	}
	r.capped(rows)
	return nil
}

func (r *Results) capped(rows []db.CappedValuesRow) {
	if len(rows) == 0 {
		return
	}
	for i := range r.Variants {
		v := &r.Variants[i]
		if v.Revenue == nil {
			continue
		}
		row := db.CappedValuesRow{Most: rows[0].Most}
		if at := slices.IndexFunc(rows, func(c db.CappedValuesRow) bool { return int(c.Arm) == i }); at >= 0 {
			row = rows[at]
		}
		mean := stats.SampleFromSums(float64(v.Visitors), row.Value, row.ValueSq).Estimate()
		c := &CappedRevenue{Cap: row.Most, PerVisitor: mean.Mean, Interval: Interval{Level: combinationLevel}}
		c.Interval.Low, c.Interval.High = mean.Interval(combinationLevel)
		v.Revenue.Capped = c
	}
}
