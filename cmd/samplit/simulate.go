package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/samplit/samplit/engine/simulate"
)

type simulateCommand struct {
	Scenario string  `help:"JSON file of the scenario; standard input when left out." placeholder:"FILE"`
	JSON     bool    `help:"Print JSON."`
	Workers  int     `help:"Cores to use, all of them when left out; the answer is the same." placeholder:"N"`
	Limit    float64 `help:"Refuse what would take more seconds of CPU." default:"60"`
}

func (simulateCommand) Help() string {
	return `Plays experiments with known rates through the engine, for example
  echo '{"kind":"compare","seed":1,"runs":200,"rates":[0.04,0.05],"daily":1000,"days":30}' | samplit simulate
The same seed gives the same answer. All kinds of scenarios are described in docs/simulate.md.`
}

func (c simulateCommand) Run(ctx context.Context, s *streams) error {
	scenario, err := c.read(ctx, s.in)
	if err != nil {
		return err
	}
	o := simulate.Options{Workers: c.Workers, Limit: c.Limit}
	if p := newProgress(s.err, "Simulating", 1); p.terminal {
		o.Progress = func(done, total int) {
			p.total = total
			p.at(done)
		}
	}
	answer, err := scenario.Run(ctx, o)
	var dear *simulate.CostError
	switch {
	case errors.As(err, &dear):
		return fmt.Errorf("the scenario would take about %.0f seconds of CPU, more than the limit of %.0f; ask for less, or raise --limit", dear.Cost, dear.Limit)
	case err != nil:
		return scenarioError(err)
	}
	return c.print(s.out, answer)
}

// read takes the scenario from the file or from standard input.
func (c simulateCommand) read(ctx context.Context, in io.Reader) (simulate.Scenario, error) {
	in = stoppable(ctx, in)
	if c.Scenario != "" {
		file, err := os.Open(c.Scenario)
		if err != nil {
			return nil, fmt.Errorf("open the scenario: %w", err)
		}
		defer file.Close()
		in = file
	}
	scenario, err := simulate.Decode(in)
	if err != nil {
		return nil, scenarioError(err)
	}
	return scenario, nil
}

func scenarioError(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("simulation stopped")
	}
	return fmt.Errorf("scenario: %w; see docs/simulate.md", err)
}

func (c simulateCommand) print(w io.Writer, answer any) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(answer)
	}
	return printSimulation(w, answer)
}
