package services

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine/stats"
)

// Overview is what an account's tests did in a period. Visitors are those first seen in it, with their conversions on primary goals
// whenever those came; experiments count where they started or ended in it.
type Overview struct {
	Days        int          `json:"days" doc:"Length of the period, today included; 0 is all time"`
	Since       *string      `json:"since,omitempty" format:"date" doc:"First UTC day of the period"`
	Visitors    int64        `json:"visitors"`
	Conversions int64        `json:"conversions"`
	Step        string       `json:"step" enum:"day,week" doc:"What a point of the trend stands for"`
	Trend       []TrendPoint `json:"trend"`
	Started     int          `json:"started"`
	Ended       int          `json:"ended"`
	Decided     int          `json:"decided" doc:"Ended with an answer: won, lost or flat"`
	Won         int          `json:"won"`
	Lost        int          `json:"lost"`
	Flat        int          `json:"flat"`
	Undecided   int          `json:"undecided" doc:"Ended without an answer"`
	WinRate     *Proportion  `json:"win_rate,omitempty" doc:"Won among decided"`
	MedianDays  *float64     `json:"median_days,omitempty" doc:"From start to end of the decided"`
	Shipped     Shipped      `json:"shipped"`
	Unjudged    int          `json:"unjudged,omitempty" doc:"Ended experiments that are judged when it is asked again"`
	Ever        bool         `json:"-"` // something was started at some time
}

// TrendPoint counts a UTC day, or the week that begins with it.
type TrendPoint struct {
	Day         string `json:"day" format:"date"`
	Visitors    int64  `json:"visitors"`
	Conversions int64  `json:"conversions"`
}

// Proportion is a part of a whole with Wilson's interval.
type Proportion struct {
	Value float64 `json:"value"`
	Interval
}

// Shipped is what the variants that are shown since brought, each on its own goal, multiplied.
type Shipped struct {
	Count    int      `json:"count"`
	Measured int      `json:"measured" doc:"Of those, with an effect to multiply"`
	Observed *float64 `json:"observed,omitempty" doc:"As it was measured"`
	Shrunken *Effect  `json:"shrunken,omitempty" doc:"Without the luck that made them win, with 95 % range"`
	Basis    int      `json:"basis" doc:"Ended experiments of the account, of any time, that the correction is learned from"`
	Needed   int      `json:"needed" doc:"So many are needed for a correction"`
}

// fewestEffects are needed before anything is said about effects in general.
const fewestEffects = 5

// OverviewDays are the periods that can be asked for; 0 is all time.
var OverviewDays = []int{7, 30, 90, 0}

// dailyTrend is the longest period that is drawn by day.
const dailyTrend = 92

// Overview sums up the tests of an account, of one site unless site is the zero id. Any member may. Invalid names days that are
// not one of OverviewDays.
func (a *Analytics) Overview(ctx context.Context, by Actor, days int, site uuid.UUID) (o Overview, err error) {
	if !slices.Contains(OverviewDays, days) {
		return o, (Fields{"days": {"unknown", "Must be 7, 30, 90 or 0."}}).err()
	}
	o.Days = days
	if o.Unjudged, err = a.judgeEnded(ctx, by); err != nil {
		return o, err
	}
	now, since := a.clock.now(), time.Unix(0, 0).UTC()
	if days > 0 {
		since = firstDay(now, days)
		day := since.Format(time.DateOnly)
		o.Since = &day
	}
	var wanted *uuid.UUID
	if site != uuid.Nil {
		wanted = &site
	}
	err = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		traffic, err := s.TrafficByDay(ctx, db.TrafficByDayParams{AccountID: by.Account, Site: wanted, Since: since})
		if err != nil {
			return fmt.Errorf("read traffic: %w", err)
		}
		o.traffic(traffic, since, now)
		moves, err := s.CountMoves(ctx, db.CountMovesParams{AccountID: by.Account, Site: wanted, Since: &since})
		if err != nil {
			return fmt.Errorf("count experiments: %w", err)
		}
		o.Started, o.Ended, o.Ever = int(moves.Started), int(moves.Ended), moves.Ever > 0
		outcomes, err := s.Outcomes(ctx, by.Account)
		if err != nil {
			return fmt.Errorf("read outcomes: %w", err)
		}
		o.outcomes(outcomes, site, since)
		return nil
	})
	return o, err
}

// firstDay is the UTC day with which so many days begin, today being the last.
func firstDay(now time.Time, days int) time.Time {
	return day(now).AddDate(0, 0, 1-days)
}

// traffic makes the trend, without gaps: by day, or by week beginning on Monday where the period is long.
func (o *Overview) traffic(rows []db.TrafficByDayRow, since, now time.Time) {
	o.Trend = []TrendPoint{}
	if len(rows) == 0 {
		o.Step = "day"
		return
	}
	first := dayNumber(since)
	if o.Days == 0 {
		first = dayNumber(rows[0].Day)
	}
	last, step := dayNumber(now), 1
	if o.Step = "day"; last-first >= dailyTrend {
		o.Step, step = "week", 7
		first -= (first + 3) % 7 // day 0 was a Thursday
	}
	for day := first; day <= last; day += step {
		o.Trend = append(o.Trend, TrendPoint{Day: dayText(day)})
	}
	for _, row := range rows {
		o.Visitors, o.Conversions = o.Visitors+row.Visitors, o.Conversions+row.Conversions
		if at := (dayNumber(row.Day) - first) / step; at >= 0 && at < len(o.Trend) {
			o.Trend[at].Visitors += row.Visitors
			o.Trend[at].Conversions += row.Conversions
		}
	}
}

// outcomes counts those of a site since a moment. What effects are like in general is learned from all.
func (o *Overview) outcomes(all []db.OutcomesRow, site uuid.UUID, since time.Time) {
	var effects, shipped []stats.Estimate
	var days []float64
	for _, row := range all {
		e := logEffect(row)
		if e.OK() {
			effects = append(effects, e)
		}
		if row.EndedAt.Before(since) || site != uuid.Nil && row.InstallationID != site {
			continue
		}
		if row.Shipped {
			if o.Shipped.Count++; e.OK() {
				shipped = append(shipped, e)
			}
		}
		switch row.Outcome {
		case OutcomeWon:
			o.Won++
		case OutcomeLost:
			o.Lost++
		case OutcomeFlat:
			o.Flat++
		default:
			o.Undecided++
			continue
		}
		if row.StartedAt != nil {
			days = append(days, row.EndedAt.Sub(*row.StartedAt).Hours()/24)
		}
	}
	o.Decided = o.Won + o.Lost + o.Flat
	o.rate(days)
	o.Shipped.sum(shipped, effects)
}

// logEffect is ln(1 + lift), not OK where nothing could be compared.
func logEffect(row db.OutcomesRow) stats.Estimate {
	if row.Lift == nil || row.LogSe == nil {
		return stats.Estimate{}
	}
	return stats.Estimate{Mean: math.Log1p(*row.Lift), Variance: *row.LogSe * *row.LogSe}
}

func (o *Overview) rate(days []float64) {
	if o.Decided > 0 {
		won, decided := float64(o.Won), float64(o.Decided)
		s := Proportion{Value: won / decided, Interval: Interval{Level: 0.95}}
		s.Low, s.High = stats.Wilson(won, decided, s.Level)
		o.WinRate = &s
	}
	if n := len(days); n > 0 {
		slices.Sort(days)
		median := (days[(n-1)/2] + days[n/2]) / 2
		o.MedianDays = &median
	}
}

// sum multiplies the effects that were shipped, as measured and as they are believed to be given what effects are like.
func (s *Shipped) sum(shipped, effects []stats.Estimate) {
	s.Measured, s.Basis, s.Needed = len(shipped), len(effects), fewestEffects
	if len(shipped) == 0 {
		return
	}
	logs := 0.0
	for _, e := range shipped {
		logs += e.Mean
	}
	observed := math.Expm1(logs)
	s.Observed = &observed
	if len(effects) < fewestEffects {
		return
	}
	sum := stats.PopulationOf(effects).Sum(shipped)
	low, high := sum.Interval(0.95)
	s.Shrunken = &Effect{math.Expm1(sum.Mean), math.Expm1(low), math.Expm1(high)}
}

// SiteFilter reads the id of a site to narrow to; empty is the zero id, all sites. Invalid names installation_id.
func SiteFilter(id string) (uuid.UUID, error) {
	if id == "" {
		return uuid.Nil, nil
	}
	site, err := uuid.Parse(id)
	if err != nil {
		return uuid.Nil, (Fields{"installation_id": {"unknown", "Must be the id of a site."}}).err()
	}
	return site, nil
}
