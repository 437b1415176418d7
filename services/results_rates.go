package services

import (
	"time"

	"github.com/samplit/samplit/engine/stats"
)

// RatePoint is one variant at the end of one day: everything up to then.
type RatePoint struct {
	Day                   time.Time
	Variant               string
	Visitors, Conversions int64
	Rate                  float64
	Interval              Interval
}

// longestChart bounds the days of a chart; the counts before them are in its first day.
const longestChart = 180

// Rates adds the timeline up, for every variant on every day that had visitors.
func (r Results) Rates() []RatePoint {
	var points []RatePoint
	sums := map[string]DayResult{}
	days := 0
	for i, d := range r.Timeline {
		sum := sums[d.Variant]
		sum.Visitors += d.Visitors
		sum.Conversions += d.Conversions
		sums[d.Variant] = sum
		if i+1 < len(r.Timeline) && r.Timeline[i+1].Day == d.Day {
			continue
		}
		days++
		at, _ := time.Parse(time.DateOnly, d.Day) // written by dayText
		for _, v := range r.Variants {
			if s := sums[v.Key]; s.Visitors > 0 {
				points = append(points, ratePoint(at, v.Key, s))
			}
		}
	}
	for len(points) > 0 && days > longestChart {
		first := points[0].Day
		for len(points) > 0 && points[0].Day.Equal(first) {
			points = points[1:]
		}
		days--
	}
	return points
}

func ratePoint(day time.Time, variant string, s DayResult) RatePoint {
	rate := stats.Rate{Successes: float64(s.Conversions), Trials: float64(s.Visitors)}
	p := RatePoint{Day: day, Variant: variant, Visitors: s.Visitors, Conversions: s.Conversions, Rate: rate.Value(), Interval: Interval{Level: 0.95}}
	p.Interval.Low, p.Interval.High = stats.Wilson(rate.Successes, rate.Trials, p.Interval.Level)
	return p
}
