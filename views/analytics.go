package views

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

// Analytics is what the account's tests did in a period.
type Analytics struct {
	Days                       int // 0 is all time
	Choices                    []int
	Since                      time.Time // zero for all time
	Ever                       bool      // something was started at some time
	Visitors, Conversions      int64
	Weekly                     bool // a point of the trend is a week
	Trend                      []VolumePoint
	Started, Ended, Decided    int
	Won, Lost, Flat, Undecided int
	WinRate                    *Span
	MedianDays                 *float64
	Shipped                    ShippedSum
	Unjudged                   int
}

// VolumePoint counts a day, or the week that begins with it.
type VolumePoint struct {
	Day                   time.Time
	Visitors, Conversions int64
}

// Span is a number with its 95 % range.
type Span struct{ Value, Low, High float64 }

// ShippedSum is what shipped variants brought together: as measured, and corrected where enough is known.
type ShippedSum struct {
	Count, Measured int
	Observed        *float64
	Corrected       *Span
	Basis, Needed   int
}

// overviewPeriod names the period in a sentence.
func overviewPeriod(ctx context.Context, m Analytics) string {
	if m.Days == 0 {
		return t(ctx, "analytics.all_time")
	}
	return t(ctx, "analytics.since", "Days", locale.Days(ctx, m.Days), "Day", locale.Day(ctx, m.Since))
}

// analyticsLine is the page's answer.
func analyticsLine(ctx context.Context, m Analytics) string {
	switch {
	case m.Decided > 0:
		return t(ctx, "analytics.line_decided", "Won", m.Won, "Count", m.Decided)
	case m.Visitors > 0:
		return t(ctx, "analytics.line_open", "Count", m.Visitors)
	}
	return t(ctx, "analytics.line_quiet")
}

func analyticsURL(days int, site string) templ.SafeURL {
	query := url.Values{"days": {locale.Plain(days)}}
	if site != "" {
		query.Set("site", site)
	}
	return templ.SafeURL("/analytics?" + query.Encode())
}

func daysChoice(ctx context.Context, days int) string {
	if days == 0 {
		return t(ctx, "analytics.all")
	}
	return locale.Days(ctx, days)
}

// siteChoices are all sites, and each.
func siteChoices(ctx context.Context, p Page) []option {
	options := []option{{Value: "", Label: t(ctx, "analytics.every_site")}}
	for _, site := range p.Sites {
		options = append(options, option{Value: site.ID, Label: site.Host})
	}
	return options
}

// volumeData is what the script element beside a chart of counts holds.
type volumeData struct {
	Lang   string        `json:"lang"`
	Unit   string        `json:"unit"`
	Week   string        `json:"week"` // what is written before the day of a week; empty for days
	Points []volumePoint `json:"points"`
}

type volumePoint struct {
	Day string `json:"day"`
	N   int64  `json:"n"`
}

func volumes(ctx context.Context, m Analytics, unit string, count func(VolumePoint) int64) volumeData {
	data := volumeData{Lang: locale.Lang(ctx), Unit: t(ctx, unit), Points: make([]volumePoint, 0, len(m.Trend))}
	if m.Weekly {
		data.Week = t(ctx, "analytics.week_of")
	}
	for _, p := range m.Trend {
		data.Points = append(data.Points, volumePoint{p.Day.Format(time.DateOnly), count(p)})
	}
	return data
}

func visitorsOf(p VolumePoint) int64 { return p.Visitors }

func conversionsOf(p VolumePoint) int64 { return p.Conversions }

// busiest is the day, or the week, with the most.
func busiest(ctx context.Context, m Analytics, finding, weekly string, count func(VolumePoint) int64) string {
	best := VolumePoint{}
	for _, p := range m.Trend {
		if count(p) > count(best) {
			best = p
		}
	}
	if m.Weekly {
		finding = weekly
	}
	return t(ctx, finding, "Count", count(best), "Day", locale.Day(ctx, best.Day))
}

func signedShare(ctx context.Context, x float64) string { return locale.Uplift(ctx, x) }

func spanText(ctx context.Context, s Span, write func(context.Context, float64) string) string {
	return t(ctx, "analytics.range", "Low", write(ctx, s.Low), "High", write(ctx, s.High))
}

func wholePercent(ctx context.Context, x float64) string { return locale.Percent(ctx, x, 0) }

func volumeHead(ctx context.Context, m Analytics) string {
	if m.Weekly {
		return t(ctx, "analytics.week")
	}
	return t(ctx, "chart.day")
}

func latestFirst(trend []VolumePoint) []VolumePoint {
	reversed := slices.Clone(trend)
	slices.Reverse(reversed)
	return reversed
}
