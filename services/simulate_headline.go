package services

import (
	"context"
	"math"

	"github.com/samplit/samplit/locale"
)

// headline is the sentence that matters: what smart traffic brings, or costs.
func (c Comparison) headline(ctx context.Context) string {
	size := int64(math.Round(math.Abs(c.Extra.Mean)))
	switch {
	case c.Input.alike():
		return locale.T(ctx, "simulated.alike")
	case c.Gain() > 0:
		return locale.T(ctx, "simulated.more", "Count", size, "Days", c.Input.Days)
	case c.Gain() < 0:
		return locale.T(ctx, "simulated.fewer", "Count", size, "Days", c.Input.Days)
	}
	return locale.T(ctx, "simulated.level", "Days", c.Input.Days)
}

// advice says what the headline leaves out: whether there is an answer at all, how much later, and how often it is wrong.
func (c Comparison) advice(ctx context.Context) []string {
	out := []string{c.answerText(ctx)}
	if c.Gain() > 0 && c.Fewer >= 0.05 {
		out = append(out, locale.T(ctx, "simulated.luck", "Share", inHundred(c.Fewer)))
	}
	if text := c.wrongText(ctx); text != "" {
		out = append(out, text)
	}
	return out
}

// Parts of all runs that matter.
const (
	hopeless   = 0.5  // without an answer in time
	noticeable = 0.05 // between the two sides
)

func (c Comparison) answerText(ctx context.Context) string {
	fixed, adaptive := c.Fixed.Decided(), c.Adaptive.Decided()
	shares := []any{"Fixed", inHundred(fixed), "Smart", inHundred(adaptive), "Days", c.Input.Days}
	switch {
	case fixed < hopeless && adaptive < hopeless:
		return locale.T(ctx, "simulated.no_end", shares...)
	case adaptive < fixed-noticeable:
		return locale.T(ctx, "simulated.less_often", shares...)
	case c.Adaptive.Days.Low > c.Fixed.Days.High:
		return locale.T(ctx, "simulated.later", "Fixed", locale.Number(ctx, c.Fixed.Days.Mean, 1), "Smart", locale.Number(ctx, c.Adaptive.Days.Mean, 1))
	case c.Adaptive.Days.High < c.Fixed.Days.Low:
		return locale.T(ctx, "simulated.sooner", "Fixed", locale.Number(ctx, c.Fixed.Days.Mean, 1), "Smart", locale.Number(ctx, c.Adaptive.Days.Mean, 1))
	}
	return locale.T(ctx, "simulated.same_time", shares...)
}

// wrongText speaks up when a side is wrong more often than the verdict promises.
func (c Comparison) wrongText(ctx context.Context) string {
	if max(c.Fixed.Wrong, c.Adaptive.Wrong) <= noticeable {
		return ""
	}
	return locale.T(ctx, "simulated.wrong", "Fixed", inHundred(c.Fixed.Wrong), "Smart", inHundred(c.Adaptive.Wrong))
}

// inHundred rounds as percentages are rounded, so that both say the same.
func inHundred(share float64) int64 { return int64(math.RoundToEven(100 * share)) }
