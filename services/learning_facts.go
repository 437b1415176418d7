package services

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
)

// newArms are the arms of a split, without counts. Those of a factorial experiment are combinations of variants, whose keys are
// joined by dots; the first one is all controls.
func newArms(mode string, keys []string) []engine.Arm {
	arms := make([]engine.Arm, len(keys))
	var known [][]string // variants by element, in the order of their first arm
	for i, key := range keys {
		arms[i].Key = key
		if mode != "factorial" {
			continue
		}
		for element, variant := range strings.Split(key, ".") {
			if element == len(known) {
				known = append(known, nil)
			}
			level := slices.Index(known[element], variant)
			if level < 0 {
				level = len(known[element])
				known[element] = append(known[element], variant)
			}
			arms[i].Levels = append(arms[i].Levels, level)
		}
	}
	return arms
}

// addHours adds the counts of hours, in order, to periods of a UTC day. A day without visitors is a period like any other: what is
// known fades by the calendar.
func addHours(arms []engine.Arm, hours []db.ArmHoursRow) error {
	for _, h := range hours {
		if int(h.Arm) >= len(arms) {
			return fmt.Errorf("counts of arm %d of %d", h.Arm, len(arms))
		}
		value, err := strconv.ParseFloat(h.Value, 64)
		if err != nil {
			return fmt.Errorf("value of arm %d: %w", h.Arm, err)
		}
		square, err := strconv.ParseFloat(h.ValueSq, 64)
		if err != nil {
			return fmt.Errorf("squared value of arm %d: %w", h.Arm, err)
		}
		period := dayNumber(h.Hour) - dayNumber(hours[0].Hour)
		for i := range arms {
			for len(arms[i].Periods) <= period {
				arms[i].Periods = append(arms[i].Periods, engine.Count{})
			}
		}
		a := &arms[h.Arm]
		a.Exposures += h.Visitors
		p := &a.Periods[period]
		p.Trials += float64(h.Visitors)
		p.Successes += float64(h.Converters)
		p.Value += value
		p.ValueSq += square
	}
	return nil
}

// cohorts are the visitors first exposed lately, by the hour: too young, perhaps, to have shown all of their conversions. Their age
// is told by the newest hour that has any, not by a clock, so that the same counts always teach the same.
type cohorts struct {
	hours []db.ArmHoursRow
	since time.Time // those before have shown everything: the goal's window is over
	end   time.Time // of the newest hour
}

// ownCurve is how many conversions an arm needs for a delay curve of its own; below that it takes the one of all arms together, and
// when those have fewer, too, nothing is thought to be late.
const ownCurve = 50

func newCohorts(hours []db.ArmHoursRow, windowDays int) cohorts {
	end := hours[len(hours)-1].Hour.Add(time.Hour)
	return cohorts{hours, end.AddDate(0, 0, -2*windowDays), end}
}

// age is in hours, and at least 1.
func (c cohorts) age(h db.ArmHoursRow) float64 { return c.end.Sub(h.Hour).Hours() }

// delayed tells for every day of an arm which part of its conversions is still to come, by the delays that the arm's visitors of the
// same weeks have shown.
func (c cohorts) delayed(f engine.Facts, waits []db.ConversionWaitsRow) engine.Facts {
	curves := c.curves(len(f.Arms), waits)
	if curves == nil {
		return f
	}
	days := make([]float64, len(f.Arms[0].Periods))
	in, all := make([][]float64, len(f.Arms)), make([][]float64, len(f.Arms))
	for arm := range f.Arms {
		in[arm], all[arm] = make([]float64, len(days)), make([]float64, len(days))
	}
	for day := range days {
		days[day] = float64(day)
	}
	for _, h := range c.hours {
		day, reached := dayNumber(h.Hour)-dayNumber(c.hours[0].Hour), 1.0
		if !h.Hour.Before(c.since) {
			reached = curves[h.Arm].At(c.age(h))
		}
		in[h.Arm][day] += float64(h.Visitors) * reached
		all[h.Arm][day] += float64(h.Visitors)
	}
	return f.Delayed(days, func(arm int, day float64) float64 {
		if n := all[arm][int(day)]; n > 0 {
			return in[arm][int(day)] / n
		}
		return 1
	})
}

// curves returns the delay curve of every arm, nil when too few have converted.
func (c cohorts) curves(arms int, waits []db.ConversionWaitsRow) []stats.DelayCurve {
	own, n := make([][]stats.Wait, arms), make([]float64, arms)
	var pooled []stats.Wait
	total := 0.0
	add := func(arm int16, w stats.Wait) {
		own[arm], pooled = append(own[arm], w), append(pooled, w)
	}
	for _, w := range waits {
		add(w.Arm, stats.Wait{Time: float64(w.Hours), N: float64(w.N), Converted: true})
		n[w.Arm] += float64(w.N)
		total += float64(w.N)
	}
	for _, h := range c.hours {
		if left := h.Visitors - h.Converters; left > 0 && !h.Hour.Before(c.since) {
			add(h.Arm, stats.Wait{Time: c.age(h), N: float64(left)})
		}
	}
	if total < ownCurve {
		return nil
	}
	out, all := make([]stats.DelayCurve, arms), stats.KaplanMeier(pooled)
	for arm := range out {
		if out[arm] = all; n[arm] >= ownCurve {
			out[arm] = stats.KaplanMeier(own[arm])
		}
	}
	return out
}
