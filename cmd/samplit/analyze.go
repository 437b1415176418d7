package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
)

type analyzeCommand struct {
	File    string    `arg:"" help:"CSV file; - is standard input."`
	Control string    `help:"Variant that the others are compared with; without it the one named control, else that of the first row."`
	Weights []float64 `help:"How visitors should have been split, such as 9,1, in the order of the file; evenly when left out." placeholder:"W"`
	Revenue string    `help:"Judge by revenue per visitor, in this currency, and not by conversions." placeholder:"EUR"`
	JSON    bool      `help:"Print JSON, in the shape of the results API."`
	Lang    string    `help:"Language of the sentences, en or es." enum:"en,es" default:"en"`
}

func (analyzeCommand) Help() string {
	return `Judges a test that ran elsewhere as the results page would. The file has a header and either counts,
variant,visitors,conversions[,revenue,revenue_sq], or a row per visitor, visitor_id,variant,converted[,value].
Commas, semicolons and tabs separate columns; revenue_sq is the sum of the squares of each visitor's revenue.`
}

// mostVisitors takes about 25 bytes each.
const mostVisitors = 10_000_000

func (a analyzeCommand) Run(ctx context.Context, s *streams) error {
	ctx = locale.With(ctx, a.Lang)
	tally, err := a.read(ctx, s)
	if err != nil {
		return fmt.Errorf("%s: %w", a.name(), err)
	}
	if a.Revenue != "" {
		if tally, err = tally.InCurrency(a.Revenue); err != nil {
			return fmt.Errorf("--revenue: %w", err)
		}
	}
	r, err := tally.Results(ctx, a.Weights)
	if err != nil {
		return fmt.Errorf("--weights: %w", err)
	}
	if a.JSON {
		return printJSON(s.out, r)
	}
	return printResults(ctx, s.out, tally, r)
}

func (a analyzeCommand) name() string {
	if a.File == "-" {
		return "standard input"
	}
	return a.File
}

func (a analyzeCommand) read(ctx context.Context, s *streams) (services.Tally, error) {
	in := s.in
	if a.File != "-" {
		file, err := os.Open(a.File)
		if err != nil {
			return services.Tally{}, errors.Unwrap(err) // the path is said already
		}
		defer file.Close()
		in = file
	}
	return services.ReadTally(ctx, stoppable(ctx, in), a.Control, mostVisitors)
}

// analysis is what the results API says, as far as a file can tell it.
type analysis struct {
	Goal       string                   `json:"goal"`
	Verdict    services.Verdict         `json:"verdict"`
	SRM        services.SRM             `json:"srm"`
	Crossovers int64                    `json:"crossovers"`
	Variants   []services.VariantResult `json:"variants"`
	Sequential services.Sequential      `json:"sequential"`
}

func printJSON(w io.Writer, r services.Results) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(analysis{r.Goal, r.Verdict, r.SRM, r.Crossovers, r.Variants, r.Sequential})
}
