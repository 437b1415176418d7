package services

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// Rules say who takes part in an experiment beside its page pattern and traffic share, when, and who does not count. nil: no rule.
type Rules struct {
	Targeting  *Targeting  `json:"targeting,omitempty" doc:"Visits that it is for. {} takes it away"`
	Schedule   *Schedule   `json:"schedule,omitempty" doc:"When new visitors are taken in. {} takes it away"`
	Exclusions *Exclusions `json:"exclusions,omitempty" doc:"Visits that are served and not counted. {} takes them away"`
	Layer      *Layer      `json:"layer,omitempty" doc:"Part of a layer, whose experiments share no visitor. {} takes it away"`
	Holdout    *Holdout    `json:"holdout,omitempty" doc:"Visitors kept out of all experiments with that holdout. {} takes it away"`
}

// Schedule is when new visitors are taken in: from start on, before end.
type Schedule struct {
	Start    *time.Time `json:"start,omitempty"`
	End      *time.Time `json:"end,omitempty"`
	Timezone string     `json:"timezone,omitempty" doc:"IANA name of the zone in which pages show them; UTC when left out" example:"Europe/Madrid"`
}

// Layer is a part of a layer. Running experiments of an account that share a layer have no visitor in common.
type Layer struct {
	Key    string      `json:"key,omitempty"`
	Ranges [][]float64 `json:"ranges,omitempty" doc:"Parts of the visitors, [from, to) between 0 and 1"`
}

// Holdout keeps a share of the visitors out, the same ones in all experiments that name it.
type Holdout struct {
	Key   string  `json:"key,omitempty"`
	Share float64 `json:"share,omitempty" doc:"Of the visitors, more than 0 and less than 1"`
}

// ruleColumns are Rules as the database keeps them.
type ruleColumns struct{ targeting, schedule, exclusions, layer, holdout json.RawMessage }

func (r Rules) columns() (c ruleColumns, err error) {
	for _, rule := range []struct {
		into  *json.RawMessage
		given bool
		value any
	}{
		{&c.targeting, r.Targeting != nil, r.Targeting}, {&c.schedule, r.Schedule != nil, r.Schedule},
		{&c.exclusions, r.Exclusions != nil, r.Exclusions}, {&c.layer, r.Layer != nil, r.Layer}, {&c.holdout, r.Holdout != nil, r.Holdout},
	} {
		if !rule.given {
			continue
		}
		if *rule.into, err = json.Marshal(rule.value); err != nil {
			return c, fmt.Errorf("rules: %w", err)
		}
	}
	return c, nil
}

// rulesOf reads the rules of a row.
func rulesOf(e db.Experiment) (r Rules, err error) {
	for _, column := range []struct {
		raw  json.RawMessage
		into any
	}{{e.Targeting, &r.Targeting}, {e.Schedule, &r.Schedule}, {e.Exclusions, &r.Exclusions}, {e.Layer, &r.Layer}, {e.Holdout, &r.Holdout}} {
		if column.raw == nil {
			continue
		}
		if err := json.Unmarshal(column.raw, column.into); err != nil {
			return r, fmt.Errorf("rules of experiment %s: %w", e.ID, err)
		}
	}
	return r, nil
}

// over lays the rules that are said over others.
func (r Rules) over(base Rules) Rules {
	set(&base.Targeting, r.Targeting)
	set(&base.Schedule, r.Schedule)
	set(&base.Exclusions, r.Exclusions)
	set(&base.Layer, r.Layer)
	set(&base.Holdout, r.Holdout)
	return base
}

// judge is Rules made ready for traffic. An experiment without rules has none.
type judge struct {
	conditions []condition
	zone       *time.Location
	start, end time.Time // zero: open
	layer      string
	ranges     []engine.Range
	holdout    string
	share      float64
	exclusions *exclusions
}

// compile makes a judge of the rules, nil when there are none.
func (r Rules) compile() (j *judge, err error) {
	if r == (Rules{}) {
		return nil, nil
	}
	j = &judge{}
	if r.Targeting != nil {
		if j.conditions, j.zone, err = r.Targeting.compile(); err != nil {
			return nil, err
		}
	}
	if s := r.Schedule; s != nil {
		j.start, j.end = orZero(s.Start), orZero(s.End)
	}
	if r.Exclusions != nil {
		if j.exclusions, err = r.Exclusions.compile(); err != nil {
			return nil, err
		}
	}
	if r.Layer != nil {
		j.layer = r.Layer.Key
		for _, pair := range r.Layer.Ranges {
			if len(pair) != 2 {
				return nil, fmt.Errorf("layer %s: %v is no range", r.Layer.Key, pair)
			}
			j.ranges = append(j.ranges, engine.Range{Start: pair[0], End: pair[1]})
		}
	}
	if r.Holdout != nil {
		j.holdout, j.share = r.Holdout.Key, r.Holdout.Share
	}
	return j, nil
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// targets says whether the experiment is for the visit.
func (j *judge) targets(v *Visit, now time.Time) bool {
	if len(j.conditions) == 0 {
		return true
	}
	now = now.In(j.zone)
	return !slices.ContainsFunc(j.conditions, func(c condition) bool { return !c.holds(v, now) })
}

// open says whether new visitors are taken in at a time.
func (j *judge) open(at time.Time) bool {
	return !at.Before(j.start) && (j.end.IsZero() || at.Before(j.end))
}

// keepsOut says why a visitor can never be in the experiment, empty when they can.
func (j *judge) keepsOut(visitor string) string {
	switch {
	case j.holdout != "" && engine.InHoldout(j.holdout, visitor, j.share):
		return HeldOut
	case j.layer != "" && !slices.ContainsFunc(j.ranges, func(r engine.Range) bool { return engine.InLayer(j.layer, visitor, r) }):
		return OutsideLayer
	}
	return ""
}

// turns is when a time for new visitors next begins or ends after now; zero: never.
func (j *judge) turns(now time.Time) time.Time {
	switch {
	case j == nil:
		return time.Time{}
	case now.Before(j.start):
		return j.start
	case now.Before(j.end):
		return j.end
	}
	return time.Time{}
}

// hashFilter lets in visitors whose hash falls in one of the ranges.
type hashFilter struct {
	Seed   string       `json:"seed"`
	Ranges [][2]float64 `json:"ranges"`
}

// filters say what keepsOut decides, for clients that hash by themselves: all must let a visitor in.
func (j *judge) filters() (out []hashFilter) {
	if j == nil {
		return nil
	}
	if j.holdout != "" {
		out = append(out, hashFilter{"holdout/" + j.holdout, [][2]float64{{j.share, 1}}})
	}
	if j.layer != "" {
		layer := hashFilter{Seed: "layer/" + j.layer}
		for _, r := range j.ranges {
			layer.Ranges = append(layer.Ranges, [2]float64{r.Start, r.End})
		}
		out = append(out, layer)
	}
	return out
}

// excludes returns the kind of rule by which the visit does not count, empty when it does.
func (j *judge) excludes(v *Visit) string {
	if j == nil || j.exclusions == nil {
		return ""
	}
	return j.exclusions.excludes(v)
}
