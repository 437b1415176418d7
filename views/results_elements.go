package views

import (
	"context"

	"github.com/samplit/samplit/locale"
)

// ElementResult is one element of an experiment with several. State is its verdict's where it has one of its own, see Verdict;
// Headline is a finished sentence.
type ElementResult struct {
	Key, Name string
	State     string
	Headline  string
	Variants  []VariantResult
}

// CombinationResults are the combinations of a factorial experiment: Best is a finished sentence about the best one, Top the most
// promising with the original first, More how many there are beside them. Together are finished sentences about versions that
// depend on each other.
type CombinationResults struct {
	Best     string
	Top      []VariantResult
	More     int
	Together []string
}

// elementRows are the results of one element as a table shows them.
func elementRows(m Results, variants []VariantResult) Results {
	return Results{Experiment: m.Experiment, Progress: m.Progress, Variants: variants, Currency: m.Currency, Money: m.Money}
}

func combinationsMore(ctx context.Context, n int) string {
	return t(ctx, "combinations.more", "Count", locale.Int(ctx, int64(n)))
}
