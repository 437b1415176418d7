package locale

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Date writes a day in t's own time zone: 3 Nov 2026 or 3 nov 2026. The zero time is a dash.
func Date(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return none
	}
	return strconv.Itoa(t.Day()) + " " + month(ctx, t) + " " + strconv.Itoa(t.Year())
}

// Day writes a day without its year: 3 Nov or 3 nov.
func Day(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return none
	}
	return strconv.Itoa(t.Day()) + " " + month(ctx, t)
}

// DateTime writes a day and the minute, both in t's own time zone: 3 Nov 2026, 14:05.
func DateTime(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return none
	}
	return Date(ctx, t) + ", " + t.Format("15:04")
}

func month(ctx context.Context, t time.Time) string {
	return strings.Fields(T(ctx, "date.months"))[t.Month()-1]
}

// Ago writes how long before now t was, in the largest unit that fits ("5 minutes ago"); from 30 days on it is the date.
// A moment after now, as an unset clock may give, reads as just now; the zero time is never.
func Ago(ctx context.Context, t, now time.Time) string {
	const day = 24 * time.Hour
	switch d := now.Sub(t); {
	case t.IsZero():
		return T(ctx, "date.never")
	case d < 10*time.Second:
		return T(ctx, "date.now")
	case d < time.Minute:
		return T(ctx, "date.seconds_ago", "Count", int(d/time.Second))
	case d < time.Hour:
		return T(ctx, "date.minutes_ago", "Count", int(d/time.Minute))
	case d < day:
		return T(ctx, "date.hours_ago", "Count", int(d/time.Hour))
	case d < 30*day:
		return T(ctx, "date.days_ago", "Count", int(d/day))
	}
	return Date(ctx, t)
}

// Days writes a number of days: 1 day, 12 days.
func Days(ctx context.Context, n int) string {
	return T(ctx, "date.days", "Count", n)
}
