package services

import (
	"encoding/json"
	"strconv"
	"sync"
	"time"
)

// siteFeatures is a site's running experiments as a GrowthBook SDK reads them, made when first asked for. The SDK decides by the
// same hash; what it cannot decide as the tracker does is left out.
type siteFeatures struct {
	site *site
	mu   sync.Mutex
	made madeFeatures
}

// madeFeatures is the payload from one boundary of a schedule to the next.
type madeFeatures struct {
	json        []byte
	from, until time.Time // until is zero when nothing will change by itself
}

type featurePayload struct {
	Status   int                `json:"status"`
	Features map[string]feature `json:"features"`
}

type feature struct {
	DefaultValue *string       `json:"defaultValue"`
	Rules        []featureRule `json:"rules"`
}

type featureRule struct {
	Key           string `json:"key"`
	Seed          string `json:"seed"`
	HashAttribute string `json:"hashAttribute"`
	HashVersion   int    `json:"hashVersion"`
	// Phase tells the epoch. It is not the bucket version: a change of that makes sticky buckets forget.
	Phase      string           `json:"phase,omitempty"`
	Condition  map[string]any   `json:"condition,omitempty"`
	Filters    []featureFilter  `json:"filters,omitempty"`
	Variations []string         `json:"variations,omitempty"`
	Meta       []featureMeta    `json:"meta,omitempty"`
	Weights    []float64        `json:"weights,omitempty"`
	Coverage   int              `json:"coverage,omitempty"`
	Force      *json.RawMessage `json:"force,omitempty"`
}

type featureMeta struct {
	Key string `json:"key"`
}

// featureFilter lets in visitors whose hash falls in one of the ranges.
type featureFilter struct {
	Attribute   string       `json:"attribute"`
	Seed        string       `json:"seed"`
	HashVersion int          `json:"hashVersion"`
	Ranges      [][2]float64 `json:"ranges"`
}

// bytes returns the payload as JSON.
func (f *siteFeatures) bytes(now time.Time) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := f.made; m.json != nil && !now.Before(m.from) && (m.until.IsZero() || now.Before(m.until)) {
		return m.json, nil
	}
	made := madeFeatures{from: now}
	out := featurePayload{Status: 200, Features: map[string]feature{}}
	for _, x := range f.site.serving {
		made.until = earliest(made.until, x.judge.turns(now))
		for i := range x.splits {
			if rule, ok := newFeatureRule(x, i, now); ok {
				out.Features[rule.Key] = feature{Rules: []featureRule{rule}}
			}
		}
	}
	var err error
	if made.json, err = json.Marshal(out); err == nil {
		f.made = made
	}
	return made.json, err
}

// earliest is the earlier of two times, of which zero is never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func newFeatureRule(x *live, at int, now time.Time) (r featureRule, ok bool) {
	s := &x.splits[at]
	r = featureRule{Key: Evaluation{Assignment{Experiment: x}, at}.Flag(), Seed: s.seed, HashAttribute: "id", HashVersion: 2}
	if r.Condition, ok = featureCondition(x); !ok {
		return r, false
	}
	switch {
	case x.status == "completed":
		winner, err := json.Marshal(s.arms[max(s.winner, 0)])
		if err != nil {
			return r, false
		}
		r.Force = (*json.RawMessage)(&winner)
	case x.takesIn(now):
		r.Coverage = 1
		r.Phase, r.Variations, r.Weights = strconv.Itoa(int(s.current())), s.arms, s.epochs[s.current()-1].weights.Shares()
		for _, arm := range s.arms {
			r.Meta = append(r.Meta, featureMeta{arm})
		}
		if x.traffic < 1 {
			r.Filters = append(r.Filters, newFeatureFilter(hashFilter{"in/" + x.key, [][2]float64{{0, x.traffic}}}))
		}
		for _, f := range x.judge.filters() {
			r.Filters = append(r.Filters, newFeatureFilter(f))
		}
	default: // paused or outside of its time: an SDK does not know who is in
		return r, false
	}
	return r, true
}

func newFeatureFilter(f hashFilter) featureFilter {
	return featureFilter{Attribute: "id", Seed: f.Seed, HashVersion: 2, Ranges: f.Ranges}
}
