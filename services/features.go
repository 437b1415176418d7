package services

import (
	"encoding/json"
	"strconv"
	"sync"
)

// siteFeatures is a site's running experiments as a GrowthBook SDK reads them, made when first asked for. The SDK decides by the
// same hash; what it cannot decide as the tracker does is left out.
type siteFeatures struct {
	site *site
	once sync.Once
	json []byte
	err  error
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
	Condition  *featureOnURL    `json:"condition,omitempty"`
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

type featureOnURL struct {
	URL struct {
		Regex string `json:"$regex"`
	} `json:"url"`
}

// bytes returns the payload as JSON.
func (f *siteFeatures) bytes() ([]byte, error) {
	f.once.Do(func() {
		out := featurePayload{Status: 200, Features: map[string]feature{}}
		for _, x := range f.site.serving {
			for i := range x.splits {
				if rule, ok := newFeatureRule(x, i); ok {
					out.Features[rule.Key] = feature{Rules: []featureRule{rule}}
				}
			}
		}
		f.json, f.err = json.Marshal(out)
	})
	return f.json, f.err
}

func newFeatureRule(x *live, at int) (featureRule, bool) {
	s := &x.splits[at]
	r := featureRule{Key: Evaluation{Assignment{Experiment: x}, at}.Flag(), Seed: s.seed, HashAttribute: "id", HashVersion: 2}
	if x.url != "" {
		pattern, ok := pageRegexp(x.url)
		if !ok {
			return r, false
		}
		r.Condition = &featureOnURL{}
		r.Condition.URL.Regex = pattern
	}
	switch x.status {
	case "completed":
		winner, err := json.Marshal(s.arms[x.winner])
		if err != nil {
			return r, false
		}
		r.Force = (*json.RawMessage)(&winner)
	case "running":
		r.Coverage = 1
		r.Phase, r.Variations, r.Weights = strconv.Itoa(int(s.current())), s.arms, s.epochs[s.current()-1].weights.Shares()
		for _, arm := range s.arms {
			r.Meta = append(r.Meta, featureMeta{arm})
		}
		if x.traffic < 1 {
			r.Filters = []featureFilter{{Attribute: "id", Seed: "in/" + x.key, HashVersion: 2, Ranges: [][2]float64{{0, x.traffic}}}}
		}
	default: // paused: an SDK does not know who is in
		return r, false
	}
	return r, true
}
