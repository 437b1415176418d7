package locale

import (
	"context"
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

var printers = map[string]*message.Printer{
	English: message.NewPrinter(language.English),
	Spanish: message.NewPrinter(language.Spanish),
}

const (
	minus = "−" // U+2212 has the width of a figure; the hyphen does not
	none  = "–"
)

// Int writes a whole number: 1,234 or 1.234.
func Int(ctx context.Context, n int64) string {
	return signs(printers[Lang(ctx)].Sprint(number.Decimal(n)))
}

// Plain writes a whole number for machines, without separators.
func Plain(n int) string {
	return strconv.Itoa(n)
}

// Number writes a number with at most decimals places: 1,234.5 or 1.234,5. A value that is not finite is a dash.
func Number(ctx context.Context, x float64, decimals int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return none
	}
	return signs(printers[Lang(ctx)].Sprint(number.Decimal(x, number.MaxFractionDigits(decimals))))
}

// Fixed writes a number with exactly decimals places, for a column of them. A value that is not finite is a dash.
func Fixed(ctx context.Context, x float64, decimals int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return none
	}
	return signs(printers[Lang(ctx)].Sprint(number.Decimal(x, number.Scale(decimals))))
}

// Percent writes a share with exactly decimals places: 0.1234 is 12.3% or 12,3 %.
func Percent(ctx context.Context, share float64, decimals int) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return none
	}
	text := printers[Lang(ctx)].Sprint(number.Percent(share,
		number.MinFractionDigits(decimals), number.MaxFractionDigits(decimals)))
	return signs(text)
}

// SignedPercent is Percent with a plus in front of a gain: +12.3% or +12,3 %. What rounds to zero has no sign.
func SignedPercent(ctx context.Context, share float64, decimals int) string {
	text := Percent(ctx, share, decimals)
	if !strings.ContainsAny(text, "123456789") {
		return strings.TrimPrefix(text, minus)
	}
	if share > 0 {
		return "+" + text
	}
	return text
}

// Uplift writes a relative difference: +12.3%. A tenth of a percent means nothing once it doubles.
func Uplift(ctx context.Context, x float64) string {
	if math.Abs(x) >= 0.995 {
		return SignedPercent(ctx, x, 0)
	}
	return SignedPercent(ctx, x, 1)
}

// Money writes an amount with its currency's code behind it: 1,234.50 EUR. Without a code it is the amount alone.
func Money(ctx context.Context, x float64, currency string) string {
	text := Fixed(ctx, x, 2)
	if currency == "" || text == none {
		return text
	}
	return text + "\u00a0" + currency
}

// Chance writes a probability as a whole percentage; certainty is never claimed.
func Chance(ctx context.Context, p float64) string {
	switch {
	case p > 0.99:
		return T(ctx, "results.chance_over")
	case p < 0.01:
		return T(ctx, "results.chance_under")
	}
	return Percent(ctx, p, 0)
}

// Signed is Number with a plus in front of a gain. What rounds to zero has no sign.
func Signed(ctx context.Context, x float64, decimals int) string {
	text := Number(ctx, x, decimals)
	if !strings.ContainsAny(text, "123456789") {
		return strings.TrimPrefix(text, minus)
	}
	if x > 0 {
		return "+" + text
	}
	return text
}

func signs(text string) string {
	return strings.Replace(text, "-", minus, 1)
}
