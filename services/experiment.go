package services

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// Status of an experiment; experiment_states.go says which follows which.
type Status string

const (
	Draft     Status = "draft"
	Running   Status = "running"
	Paused    Status = "paused"
	Completed Status = "completed"
	Archived  Status = "archived"
)

// Definition is what people decide about an experiment. It has passed every rule of validate.
type Definition struct {
	InstallationID    uuid.UUID      `json:"installation_id"`
	Key               string         `json:"key"`
	Name              string         `json:"name"`
	Hypothesis        string         `json:"hypothesis"`
	URL               string         `json:"url" doc:"Page pattern; empty is every page of the site"`
	Mode              string         `json:"mode" enum:"single,independent,factorial"`
	Allocator         string         `json:"allocator" enum:"sequential,thompson,explore"`
	Strategy          *string        `json:"strategy" nullable:"true"`
	AllocatorParams   map[string]any `json:"allocator_params"`
	TrafficAllocation float64        `json:"traffic_allocation"`
	Elements          []Element      `json:"elements"`
	ExcludedPairs     []Pair         `json:"excluded_pairs,omitempty" doc:"factorial: variants of two elements that nobody sees together"`
	Goals             []Goal         `json:"goals"`
	Rules
}

// Element is what is tested; in mode single it is the page, and its variants are the arms.
type Element struct {
	Key      string    `json:"key"`
	Name     string    `json:"name"`
	Selector string    `json:"selector,omitempty"`
	Variants []Variant `json:"variants"`
}

// Variant is one version of an element; the first is the control.
type Variant struct {
	ID        uuid.UUID `json:"id"`
	Key       string    `json:"key"`
	Name      string    `json:"name"`
	IsControl bool      `json:"is_control"`
	Weight    float64   `json:"weight" doc:"Share of visitors in proportion to the other weights"`
	Changes   []Change  `json:"changes,omitzero" doc:"Left out in lists"`
}

// Goal is what counts as a success.
type Goal struct {
	ID     uuid.UUID  `json:"id"`
	Key    string     `json:"key"`
	Name   string     `json:"name"`
	Role   string     `json:"role" enum:"primary,secondary,guardrail"`
	Type   string     `json:"type" enum:"click,url,custom,revenue"`
	Config GoalConfig `json:"config"`
}

// Epoch is one set of weights.
type Epoch struct {
	Split             string             `json:"split"`
	Number            int                `json:"epoch"`
	OpenedAt          time.Time          `json:"opened_at"`
	Weights           map[string]float64 `json:"weights"`
	TrafficAllocation float64            `json:"traffic_allocation"`
	Reason            string             `json:"reason"`
}

// Experiment is one experiment with its life so far.
type Experiment struct {
	ID uuid.UUID `json:"id"`
	Definition
	Version       int        `json:"version"`
	Status        Status     `json:"status" enum:"draft,running,paused,completed,archived"`
	Winner        *string    `json:"winner" nullable:"true"`
	Epochs        []Epoch    `json:"epochs" doc:"In lists only the current one"`
	CreatedAt     time.Time  `json:"created_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
	StartedAt     *time.Time `json:"started_at"`
	CompletedAt   *time.Time `json:"completed_at"`
	ArchivedAt    *time.Time `json:"archived_at"`
	PlannedPerArm int        `json:"-"`
}

// Variants are those of the first element: the arms of mode single.
func (d Definition) Variants() []Variant {
	if len(d.Elements) == 0 {
		return nil
	}
	return d.Elements[0].Variants
}

// Primary is the goal that decides.
func (d Definition) Primary() Goal {
	for _, g := range d.Goals {
		if g.Role == "primary" {
			return g
		}
	}
	return Goal{}
}

// Money says whether the goal is judged by value per visitor.
func (g Goal) Money() bool { return g.Type == "revenue" }

// Learns says whether traffic follows the outcomes.
func (d Definition) Learns() bool { return d.Allocator != engine.Sequential }

// Shares are the parts of the visitors that the weights give an element's variants.
func (e Element) Shares() []float64 {
	shares, sum := make([]float64, len(e.Variants)), 0.0
	for _, v := range e.Variants {
		sum += v.Weight
	}
	for i, v := range e.Variants {
		shares[i] = v.Weight / sum
	}
	return shares
}

// Even says whether all variants get the same share.
func (e Element) Even() bool {
	return !slices.ContainsFunc(e.Variants, func(v Variant) bool { return v.Weight != e.Variants[0].Weight })
}

// experimentRows are the rows below experiments.
type experimentRows struct {
	elements []db.Element
	variants []db.Variant
	goals    []db.Goal
	splits   []db.Split
	epochs   []db.Epoch
}

func newExperiment(r db.Experiment, p experimentRows) (Experiment, error) {
	x := Experiment{ID: r.ID, Version: int(r.Version), Status: Status(r.Status), Winner: r.Winner, PlannedPerArm: int(r.PlannedPerArm), Epochs: []Epoch{},
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, StartedAt: r.StartedAt, CompletedAt: r.CompletedAt, ArchivedAt: r.ArchivedAt}
	x.Definition = Definition{InstallationID: r.InstallationID, Key: r.Key, Name: r.Name, Hypothesis: r.Hypothesis, URL: r.Url, Mode: r.Mode,
		Allocator: r.Allocator, Strategy: r.Strategy, TrafficAllocation: r.TrafficAllocation, Elements: []Element{}, Goals: []Goal{}}
	if err := json.Unmarshal(r.AllocatorParams, &x.AllocatorParams); err != nil {
		return x, fmt.Errorf("allocator_params of experiment %s: %w", r.ID, err)
	}
	if r.ExcludedPairs != nil {
		if err := json.Unmarshal(r.ExcludedPairs, &x.ExcludedPairs); err != nil {
			return x, fmt.Errorf("excluded_pairs of experiment %s: %w", r.ID, err)
		}
	}
	var err error
	if x.Rules, err = rulesOf(r); err != nil {
		return x, err
	}
	for _, e := range p.elements {
		x.Elements = append(x.Elements, Element{Key: e.Key, Name: e.Name, Selector: e.Selector, Variants: []Variant{}})
	}
	for _, v := range p.variants {
		variant := Variant{ID: v.ID, Key: v.Key, Name: v.Name, IsControl: v.Ord == 0, Weight: v.Weight}
		if v.Changes != nil {
			if err := json.Unmarshal(v.Changes, &variant.Changes); err != nil {
				return x, fmt.Errorf("changes of variant %s: %w", v.ID, err)
			}
		}
		e := &x.Elements[v.Element]
		e.Variants = append(e.Variants, variant)
	}
	for _, g := range p.goals {
		goal := Goal{ID: g.ID, Key: g.Key, Name: g.Name, Role: g.Role, Type: g.Type}
		if err := json.Unmarshal(g.Config, &goal.Config); err != nil {
			return x, fmt.Errorf("config of goal %s: %w", g.ID, err)
		}
		goal.Config.WindowDays = int(g.WindowDays)
		x.Goals = append(x.Goals, goal)
	}
	for _, e := range p.epochs {
		x.Epochs = append(x.Epochs, newEpochOf(p.splits, e))
	}
	return x, nil
}

func newEpochOf(splits []db.Split, e db.Epoch) Epoch {
	out := Epoch{Number: int(e.Epoch), OpenedAt: e.OpenedAt, TrafficAllocation: e.TrafficAllocation, Reason: e.Reason, Weights: map[string]float64{}}
	for _, s := range splits {
		if s.Split != e.Split {
			continue
		}
		out.Split = s.Key
		for i, w := range e.Weights {
			out.Weights[s.Arms[i]] = float64(w) / engine.Buckets
		}
	}
	return out
}
