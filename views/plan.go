package views

import (
	"context"
	"time"

	"github.com/samplit/samplit/locale"
)

// Forecast is the tab that says what a test can find, and what was decided before it started.
type Forecast struct {
	Experiment Experiment
	Daily      int64 // visitors a day; 0: nobody was seen
	Rate       float64
	Measured   bool
	Lift       float64
	Days       int // 0: it cannot be told
	Long       bool
	Power      float64
	Detectable float64 // 0: nothing
	Within     int     // days that the last two are about
	Plan       *LaunchPlan
}

// LaunchPlan is what was stored at the start.
type LaunchPlan struct {
	Goal                            string // name
	FalseAlarms, Margin             float64
	LeastVisitors, LeastConversions int
	LongestDays, PlannedPerArm      int
	Days                            int
	Lift                            float64
	StoredAt                        time.Time
	Hash                            string
	Seq                             int64
	Intact                          bool
	Visitors                        int64 // so far
}

// ForecastMistakes is how often a test like this names a winner although there is none; Known is false where it cannot be played.
type ForecastMistakes struct {
	Known, Busy bool
	FalseWinner float64
	Runs        int
}

// forecastLine answers the tab's question.
func forecastLine(ctx context.Context, m Forecast) string {
	kv := []any{"Lift", locale.Percent(ctx, m.Lift, 0), "Days", m.Days}
	switch {
	case m.Daily == 0:
		return t(ctx, "forecast.no_traffic")
	case m.Days == 0:
		return t(ctx, "forecast.never", kv...)
	case m.Long:
		return t(ctx, "forecast.long", kv...)
	}
	return t(ctx, "forecast.days", kv...)
}

func forecastRate(ctx context.Context, m Forecast) string {
	if m.Measured {
		return t(ctx, "forecast.rate_measured", "Rate", locale.Percent(ctx, m.Rate, 1))
	}
	return t(ctx, "forecast.rate_guess", "Rate", locale.Percent(ctx, m.Rate, 1))
}

func detectableText(ctx context.Context, m Forecast) string {
	if m.Detectable == 0 {
		return t(ctx, "forecast.nothing")
	}
	return locale.SignedPercent(ctx, m.Detectable, 0)
}
