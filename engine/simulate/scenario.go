package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Scenario is something to simulate, as decoded from JSON.
type Scenario interface {
	// Check returns a *FieldError for the first field that cannot be simulated.
	Check() error
	// Cost estimates the seconds of CPU that Run takes.
	Cost() float64
	// Run simulates and returns the answer, which JSON can always hold. The error is a *FieldError, a *CostError or that
	// of the context.
	Run(context.Context, Options) (any, error)
}

// kinds are the scenarios by the name in their field kind.
func kinds() map[string]func() Scenario {
	return map[string]func() Scenario{
		"bandit":    func() Scenario { return new(Bandit) },
		"compare":   func() Scenario { return new(CompareInput) },
		"delay":     func() Scenario { return new(Delay) },
		"factorial": func() Scenario { return new(Factorial) },
		"funnel":    func() Scenario { return new(Funnel) },
		"inference": func() Scenario { return new(Inference) },
		"peeking":   func() Scenario { return new(Peeking) },
		"verdict":   func() Scenario { return new(Verdict) },
	}
}

// Decode reads a scenario: one JSON object with a known kind and no unknown fields.
func Decode(r io.Reader) (Scenario, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxScenario+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxScenario {
		return nil, fmt.Errorf("the scenario is longer than %d bytes", maxScenario)
	}
	var head struct{ Kind string }
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, fmt.Errorf("the scenario is not a JSON object: %w", err)
	}
	all := kinds()
	blank, ok := all[head.Kind]
	if !ok {
		names := []string{}
		for name := range all {
			names = append(names, name)
		}
		slices.Sort(names)
		return nil, &FieldError{Field: "kind", Want: "one of " + strings.Join(names, ", ")}
	}
	s := blank()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return s, s.Check()
}

const maxScenario = 1 << 20
