//go:build e2e

package snippet_test

import "github.com/samplit/samplit/proxy"

// The configuration as static/src/snippet/config.ts declares it.
type (
	config struct {
		V        int          `json:"v"`
		Token    string       `json:"token"`
		Base     string       `json:"base"`
		Consent  bool         `json:"consent,omitempty"`
		Bridge   bool         `json:"bridge,omitempty"`
		Partners []string     `json:"partners,omitempty"`
		X        []experiment `json:"x"`
	}
	experiment struct {
		ID        string     `json:"id"`
		Key       string     `json:"key"`
		State     string     `json:"state"`
		Traffic   float64    `json:"traffic"`
		URL       string     `json:"url,omitempty"`
		Remote    bool       `json:"remote,omitempty"`
		Cookies   []string   `json:"cookies,omitempty"`
		Targeting *targeting `json:"targeting,omitempty"`
		Start     int64      `json:"start,omitempty"`
		End       int64      `json:"end,omitempty"`
		In        []filter   `json:"in,omitempty"`
		Splits    []split    `json:"splits"`
		Goals     []goal     `json:"goals"`
	}
	targeting struct {
		Conditions []condition `json:"conditions"`
	}
	condition struct {
		Attribute string   `json:"attribute"`
		Name      string   `json:"name,omitempty"`
		Op        string   `json:"op,omitempty"`
		Not       bool     `json:"not,omitempty"`
		Values    []string `json:"values,omitempty"`
	}
	filter struct {
		Seed   string       `json:"seed"`
		Ranges [][2]float64 `json:"ranges"`
	}
	split struct {
		Key     string     `json:"key"`
		Seed    string     `json:"seed"`
		Epoch   int        `json:"epoch"`
		Arms    []string   `json:"arms"`
		Weights []int      `json:"weights"`
		Changes [][]change `json:"changes"`
		Winner  *int       `json:"winner,omitempty"`
	}
	goal struct {
		Key      string `json:"key"`
		Type     string `json:"type"`
		Success  string `json:"success,omitempty"`
		Trigger  string `json:"trigger,omitempty"`
		Percent  int    `json:"percent,omitempty"`
		Seconds  int    `json:"seconds,omitempty"`
		Selector string `json:"selector,omitempty"`
		URL      string `json:"url,omitempty"`
		Name     string `json:"name,omitempty"`
		Window   int    `json:"window_days"`
	}
	change = proxy.Change
)

// always gives every visitor the arm with this index of two.
func always(arm int) []int {
	weights := []int{0, 0}
	weights[arm] = 10_000
	return weights
}

// test returns a running experiment with a control and a variant that everybody gets.
func test(key string, changes ...change) experiment {
	if changes == nil {
		changes = []change{}
	}
	return experiment{
		ID: "id-" + key, Key: key, State: "running", Traffic: 1, Goals: []goal{},
		Splits: []split{{
			Seed: key, Epoch: 1, Arms: []string{"control", "variant"}, Weights: always(1), Changes: [][]change{{}, changes},
		}},
	}
}

func (e experiment) with(edit func(*experiment)) experiment {
	edit(&e)
	return e
}

func text(selector, value string) change {
	return change{ID: "c", Selector: selector, Action: "text", Value: &value}
}

func style(selector, property, value string) change {
	return change{ID: "c", Selector: selector, Action: "style", Name: property, Value: &value}
}

func attr(selector, name, value string) change {
	return change{ID: "c", Selector: selector, Action: "attr", Name: name, Value: &value}
}

func hide(selector string) change {
	return change{ID: "c", Selector: selector, Action: "hide"}
}
