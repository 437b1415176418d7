package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/samplit/samplit/engine/stats"
)

// tally is what a group of visitors did.
type tally struct {
	visitors, converters int64
	value, valueSq       float64
}

// sane reads counts that cannot be as the nearest that can.
func (c Cell) sane() tally {
	n := max(c.Visitors, 0)
	s := tally{visitors: n, converters: min(max(c.Converters, 0), n)}
	if n > 0 && math.Abs(c.Value) < 1e150 && c.ValueSq < 1e300 {
		s.value, s.valueSq = c.Value, max(c.ValueSq, c.Value*c.Value/float64(n))
	}
	return s
}

func (s *tally) add(x tally) {
	s.visitors += x.visitors
	s.converters += x.converters
	s.value += x.value
	s.valueSq += x.valueSq
}

// revenue returns the value per visitor with the normal interval of a mean.
func (s tally) revenue() Revenue {
	e := s.metric(true).Sample().Estimate()
	low, high := e.Interval(level)
	return Revenue{Sum: s.value, PerVisitor: e.Mean, Interval: Interval{Low: low, High: high, Level: level}}
}

// metric sums up what is judged: the value of a visitor, or whether it converted.
func (s tally) metric(revenue bool) stats.Sums {
	if revenue {
		return stats.Sums{N: float64(s.visitors), Sum: s.value, Squares: s.valueSq}
	}
	return s.rate().Sums()
}

func (s tally) rate() stats.Rate {
	return stats.Rate{Successes: float64(s.converters), Trials: float64(s.visitors)}
}

// spread is the variance of one visitor of the arm. That of conversions adds two visitors of each kind, so that an
// arm with few is not thought to be known better than it is (Agresti & Coull 1998).
func (s tally) spread(revenue bool) float64 {
	if revenue {
		return s.metric(true).Sample().Variance
	}
	p := float64(s.converters+2) / float64(s.visitors+4)
	return p * (1 - p)
}

// leastSpread is the variance that one visitor of arm i has at least. Values are the conversions of the arm, two visitors
// of each kind added, times what a conversion is worth in all arms,
//
//	p̃ E[v²] - (p̃ E[v])²,
//
// because an arm whose few orders happened to be small has a small variance as well, and gets fewer visitors to put that
// right.
func (t table) leastSpread(i int) float64 {
	own := t.totals[i].spread(t.revenue)
	if !t.revenue {
		return own
	}
	var all tally
	for _, a := range t.totals {
		all.add(a)
	}
	if all.converters == 0 {
		return own
	}
	n := float64(all.converters)
	p := float64(t.totals[i].converters+2) / float64(t.totals[i].visitors+4)
	return math.Max(0, p*all.valueSq/n-p*p*(all.value/n)*(all.value/n))
}

// stratum is a day of an epoch, or several in a row: its visitors had the same chances and came at about the same time.
type stratum struct {
	epoch  int
	shares []float64
	arms   []tally
}

// table is the data by stratum and in all.
type table struct {
	revenue bool
	days    []stratum // one for each day of an epoch, by epoch, then day
	totals  []tally   // by arm
	changed bool      // visitors came under different weights
}

// tabulate adds up cells that are in order.
func tabulate(d Data) table {
	t := table{revenue: d.Revenue, totals: make([]tally, len(d.Arms))}
	shares := map[int][]float64{}
	for _, e := range d.Epochs {
		if len(e.Weights) != len(d.Arms) {
			panic(fmt.Sprintf("engine: epoch %d has %d weights, want %d", e.Number, len(e.Weights), len(d.Arms)))
		}
		shares[e.Number] = e.Weights.Shares()
	}
	for i, c := range d.Cells {
		if i == 0 || c.Epoch != d.Cells[i-1].Epoch || c.Day != d.Cells[i-1].Day {
			s := stratum{epoch: c.Epoch, shares: shares[c.Epoch], arms: make([]tally, len(d.Arms))}
			if s.shares == nil {
				s.shares = EqualShares(len(d.Arms))
			}
			t.changed = t.changed || i > 0 && !slices.Equal(s.shares, t.days[0].shares)
			t.days = append(t.days, s)
		}
		t.days[len(t.days)-1].arms[c.Arm].add(c.sane())
		t.totals[c.Arm].add(c.sane())
	}
	return t
}

// join puts days of an epoch together until every arm has ten visitors, because a comparison within a day needs
// both arms in it. What decides it are the visitors, not their outcomes, so it favours nobody.
func join(days []stratum) []stratum {
	full := func(s stratum) bool {
		return !slices.ContainsFunc(s.arms, func(arm tally) bool { return arm.visitors < 10 })
	}
	var joined []stratum
	for i, day := range days {
		last := len(joined) - 1
		ends := i+1 == len(days) || days[i+1].epoch != day.epoch
		if last >= 0 && joined[last].epoch == day.epoch && (!full(joined[last]) || ends && !full(day)) {
			for arm := range day.arms {
				joined[last].arms[arm].add(day.arms[arm])
			}
			continue
		}
		day.arms = slices.Clone(day.arms)
		joined = append(joined, day)
	}
	return joined
}

// srmAlpha is how often a right split is doubted, over all looks together.
const srmAlpha = 0.01

// srm tests the visitors of every epoch against its weights, once every arm is expected to have five: below that the counts are
// not normal. P is the chi-square's of this look; whether all is well says a test that holds at every look.
func (t table) srm() SRMResult {
	cells := make([]stats.SRMCell, len(t.days))
	for i, s := range t.days {
		cells[i] = stats.SRMCell{Weights: s.shares, Counts: make([]float64, len(s.arms))}
		for arm, a := range s.arms {
			cells[i].Counts[arm] = float64(a.visitors)
		}
	}
	expected := stats.SRMExpected(cells)
	if len(expected) == 0 || slices.Min(expected) < 5 {
		return SRMResult{P: 1, OK: true}
	}
	p, _, _ := stats.SRMMix(cells)
	return SRMResult{P: p, OK: stats.SequentialSRMMix(cells, 0) >= srmAlpha}
}

// visitors returns the number in all and of the arm that has the fewest.
func (t table) visitors() (all, least int64) {
	for i, a := range t.totals {
		all += a.visitors
		if i == 0 || a.visitors < least {
			least = a.visitors
		}
	}
	return all, least
}

// timeline adds the epochs of a day up.
func timeline(d Data) []DayCount {
	type place struct{ day, arm int }
	sum := map[place]tally{}
	for _, c := range d.Cells {
		s := sum[place{c.Day, c.Arm}]
		s.add(c.sane())
		sum[place{c.Day, c.Arm}] = s
	}
	var days []DayCount
	for at, s := range sum {
		days = append(days, DayCount{Day: at.day, Arm: at.arm, Visitors: s.visitors, Conversions: s.converters, Value: s.value})
	}
	slices.SortFunc(days, func(a, b DayCount) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Arm, b.Arm)) })
	return days
}

// latest returns the shares of the epoch with the highest number, even ones without epochs.
func latest(d Data) []float64 {
	if len(d.Epochs) == 0 {
		return EqualShares(len(d.Arms))
	}
	return slices.MaxFunc(d.Epochs, func(a, b Epoch) int { return cmp.Compare(a.Number, b.Number) }).Weights.Shares()
}

// Regroup returns the data with arms put together: arm i becomes arm group[i] of those named by keys, 0 being the
// control. It shows the variants of one element of a factorial experiment, each over all variants of the others.
func (d Data) Regroup(keys []string, group []int) Data {
	if len(group) != len(d.Arms) {
		panic("engine: Regroup needs a group for every arm")
	}
	out := d
	out.Arms, out.Cells, out.Epochs, out.PastP = keys, slices.Clone(d.Cells), slices.Clone(d.Epochs), nil
	for i, c := range d.Cells {
		out.Cells[i].Arm = group[c.Arm]
	}
	for i, e := range d.Epochs {
		out.Epochs[i].Weights = make(Weights, len(keys))
		for arm, w := range e.Weights {
			out.Epochs[i].Weights[group[arm]] += w
		}
	}
	return out
}
