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

// impactDays is the period of a number of days: the middle one where there is no such.
func impactDays(days int) int {
	if !slices.Contains(ImpactDays, days) {
		return ImpactDays[1]
	}
	return days
}

// brought reads what visitors of some days did, of every variant and of the original under the same weights.
func (h *Home) brought(ctx context.Context, by Actor, days int) (rows []db.ImpactCellsRow, err error) {
	err = h.db.InTx(ctx, by.Account, func(s *db.Store) error {
		rows, err = s.ImpactCells(ctx, by.Account, firstDay(h.clock.now(), days))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read impact: %w", err)
	}
	return rows, nil
}

// impactOf adds up the strata, each an epoch of a split, but for tests whose numbers need fixing.
func impactOf(rows []db.ImpactCellsRow, broken []uuid.UUID, days int) Impact {
	out := Impact{Days: days}
	sums := map[string]stats.Estimate{}
	for _, r := range rows {
		if r.ControlVisitors == 0 || r.OtherVisitors == 0 || slices.Contains(broken, r.ExperimentID) {
			continue
		}
		if r.Split == 0 { // whoever is in one split is in all
			out.Visitors += r.OtherVisitors
		}
		more := beyond(seen{r.ControlVisitors, r.ControlConverters, r.ControlValue, r.ControlValueSq},
			seen{r.OtherVisitors, r.OtherConverters, r.OtherValue, r.OtherValueSq}, r.Currency != "")
		sum := sums[r.Currency]
		sums[r.Currency] = stats.Estimate{Mean: sum.Mean + more.Mean, Variance: sum.Variance + more.Variance}
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

// seen is what some visitors did.
type seen struct {
	visitors, converters int64
	value, valueSq       float64
}

// beyond is N(x̄ - x̄₀), what N others brought beyond the control's mean, with variance N s² + N² s₀²/N₀.
func beyond(control, others seen, money bool) stats.Estimate {
	n, n0 := float64(others.visitors), float64(control.visitors)
	mean, spread := others.perVisitor(money)
	mean0, spread0 := control.perVisitor(money)
	return stats.Estimate{Mean: n * (mean - mean0), Variance: n*spread + n*n*spread0/n0}
}

// perVisitor is the mean of a visitor and its variance. That of conversions adds two visitors of each kind, as judging does.
func (s seen) perVisitor(money bool) (mean, variance float64) {
	n := float64(s.visitors)
	if money {
		e := stats.SampleFromSums(n, s.value, s.valueSq)
		return e.Mean, e.Variance
	}
	p := (float64(s.converters) + 2) / (n + 4)
	return float64(s.converters) / n, p * (1 - p)
}
