package services

import (
	"time"
)

// PeriodInput are the first and last day that somebody wants to see, as YYYY-MM-DD; empty: the last seven days of the test.
type PeriodInput struct{ From, To string }

// PeriodCounts are what one variant's visitors of a period did, those who came in the days of it.
type PeriodCounts struct {
	Visitors, Conversions int64
	Rate                  float64
	Interval              Interval
	Revenue               float64
}

// Period compares days with as many days before them, as observed.
type Period struct {
	From, To    time.Time // days, both included
	Before      time.Time // first day of the period before, which ends the day before From
	First, Last time.Time // days of the test
	Now, Then   []PeriodCounts
	Problem     string // why the days asked for are not the ones shown: bad_date, order, outside; empty: they are
	Whole       bool   // the period before lies within the test as well
	DayCount    int
}

const usualPeriod = 7 // days

// Period counts the days asked for, as far as the test has them. Whatever is wrong with them is told and the nearest sensible days are
// shown.
func (r Results) Period(in PeriodInput) (p Period, ok bool) {
	days := r.days()
	if len(days) == 0 {
		return p, false
	}
	p.First, p.Last = days[0], days[len(days)-1]
	p.From, p.To = p.Last.AddDate(0, 0, 1-usualPeriod), p.Last
	if p.From.Before(p.First) {
		p.From = p.First
	}
	p.ask(in)
	p.DayCount = dayNumber(p.To) - dayNumber(p.From) + 1
	p.Before = p.From.AddDate(0, 0, -p.DayCount)
	p.Whole = !p.Before.Before(p.First)
	p.Now, p.Then = r.between(p.From, p.To), r.between(p.Before, p.From.AddDate(0, 0, -1))
	return p, true
}

// days are those with counts, oldest first.
func (r Results) days() (days []time.Time) {
	for _, d := range r.Timeline {
		day, _ := time.Parse(time.DateOnly, d.Day) // written by dayText
		if len(days) == 0 || !days[len(days)-1].Equal(day) {
			days = append(days, day)
		}
	}
	return days
}

func (p *Period) ask(in PeriodInput) {
	if in == (PeriodInput{}) {
		return
	}
	from, to := p.First, p.Last
	for _, part := range []struct {
		text string
		day  *time.Time
	}{{in.From, &from}, {in.To, &to}} {
		if part.text == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, part.text)
		if err != nil {
			p.Problem = "bad_date"
			return
		}
		*part.day = day
	}
	switch {
	case from.After(to):
		p.Problem = "order"
		return
	case to.Before(p.First) || from.After(p.Last):
		p.Problem = "outside"
		return
	case from.Before(p.First), to.After(p.Last):
		p.Problem = "outside"
	}
	if p.From = from; from.Before(p.First) {
		p.From = p.First
	}
	if p.To = to; to.After(p.Last) {
		p.To = p.Last
	}
}

// between counts the visitors of each variant from one day to another, both included.
func (r Results) between(from, to time.Time) []PeriodCounts {
	out := make([]PeriodCounts, len(r.Variants))
	first, last := from.Format(time.DateOnly), to.Format(time.DateOnly)
	for _, d := range r.Timeline {
		if d.Day < first || d.Day > last {
			continue
		}
		for i, v := range r.Variants {
			if v.Key == d.Variant {
				out[i].Visitors += d.Visitors
				out[i].Conversions += d.Conversions
				if d.Revenue != nil {
					out[i].Revenue += *d.Revenue
				}
			}
		}
	}
	for i := range out {
		p := ratePoint(from, "", DayResult{Visitors: out[i].Visitors, Conversions: out[i].Conversions})
		out[i].Rate, out[i].Interval = p.Rate, p.Interval
	}
	return out
}

// Day is what the visitors of one day did, by variant.
type Day struct {
	Day    time.Time
	Counts []PeriodCounts
}

// Daily are the days with counts, oldest first, each by itself.
func (r Results) Daily() (days []Day) {
	place := map[string]int{}
	for i, v := range r.Variants {
		place[v.Key] = i
	}
	for _, d := range r.Timeline {
		at, _ := time.Parse(time.DateOnly, d.Day) // written by dayText
		if n := len(days); n == 0 || !days[n-1].Day.Equal(at) {
			days = append(days, Day{at, make([]PeriodCounts, len(r.Variants))})
		}
		p := ratePoint(at, d.Variant, d)
		days[len(days)-1].Counts[place[d.Variant]] = PeriodCounts{Visitors: d.Visitors, Conversions: d.Conversions, Rate: p.Rate, Interval: p.Interval}
	}
	return days
}
