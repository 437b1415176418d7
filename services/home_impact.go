package services

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine/stats"
)

// Gain is what tests brought beyond what the original would have brought to the same visitors, with its 95 % range. Currency is empty for
// conversions.
type Gain struct {
	Currency        string
	More, Low, High float64
}

// Impact is what the account's tests brought in some days: conversions, and amounts by currency.
type Impact struct {
	Days     int
	Visitors int64 // who saw something else than the original
	Gains    []Gain
}

// ImpactDays are the periods that can be asked for.
var ImpactDays = []int{7, 30, 90}

// Impact compares the visitors of every variant with those of the original under the same weights. Tests whose numbers need fixing are
// left out. Any member may; days that are not one of ImpactDays are read as the middle one.
func (h *Home) Impact(ctx context.Context, by Actor, days int, leaveOut []uuid.UUID) (Impact, error) {
	if !slices.Contains(ImpactDays, days) {
		days = ImpactDays[1]
	}
	var rows []db.ImpactCellsRow
	err := h.db.InTx(ctx, by.Account, func(s *db.Store) (err error) {
		rows, err = s.ImpactCells(ctx, by.Account, h.clock.now().AddDate(0, 0, -days))
		return err
	})
	if err != nil {
		return Impact{}, fmt.Errorf("read impact: %w", err)
	}
	rows = slices.DeleteFunc(rows, func(r db.ImpactCellsRow) bool { return slices.Contains(leaveOut, r.ExperimentID) })
	return impactOf(rows, days), nil
}

// impactOf adds up the strata, each an epoch of a split: control and others stand next to each other.
func impactOf(rows []db.ImpactCellsRow, days int) Impact {
	out := Impact{Days: days}
	sums := map[string]stats.Estimate{}
	for i, control := range rows {
		if !control.Control || control.Visitors == 0 || i+1 == len(rows) {
			continue
		}
		others := rows[i+1]
		if others.ExperimentID != control.ExperimentID || others.Split != control.Split || others.Epoch != control.Epoch || others.Visitors == 0 {
			continue
		}
		if control.Split == 0 { // whoever is in one split is in all
			out.Visitors += others.Visitors
		}
		more, currency := beyond(control, others), ""
		if control.Money {
			currency = control.Currency
		}
		sum := sums[currency]
		sums[currency] = stats.Estimate{Mean: sum.Mean + more.Mean, Variance: sum.Variance + more.Variance}
	}
	for currency, sum := range sums {
		g := Gain{Currency: currency, More: sum.Mean}
		half := stats.NormalQuantile(0.975) * math.Sqrt(sum.Variance)
		g.Low, g.High = sum.Mean-half, sum.Mean+half
		out.Gains = append(out.Gains, g)
	}
	slices.SortFunc(out.Gains, func(a, b Gain) int { return cmp.Compare(a.Currency, b.Currency) })
	return out
}

// beyond is N(x̄ - x̄₀), what N others brought beyond the control's mean, with variance N s² + N² s₀²/N₀.
func beyond(control, others db.ImpactCellsRow) stats.Estimate {
	n, n0 := float64(others.Visitors), float64(control.Visitors)
	mean, spread := perVisitor(others)
	mean0, spread0 := perVisitor(control)
	return stats.Estimate{Mean: n * (mean - mean0), Variance: n*spread + n*n*spread0/n0}
}

// perVisitor is the mean of a visitor and its variance. That of conversions adds two visitors of each kind, as judging does.
func perVisitor(r db.ImpactCellsRow) (mean, variance float64) {
	n := float64(r.Visitors)
	if r.Money {
		s := stats.SampleFromSums(n, r.Value, r.ValueSq)
		return s.Mean, s.Variance
	}
	p := (float64(r.Converters) + 2) / (n + 4)
	return float64(r.Converters) / n, p * (1 - p)
}
