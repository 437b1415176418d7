package snippet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// needs is what a configuration says about the parts it needs.
type needs struct {
	Consent  bool     `json:"consent"`
	Bridge   bool     `json:"bridge"`
	Partners []string `json:"partners"`
	X        []struct {
		State     string          `json:"state"`
		Remote    bool            `json:"remote"`
		Targeting json.RawMessage `json:"targeting"`
		In        json.RawMessage `json:"in"`
		Splits    []struct {
			Changes [][]struct {
				Action      string          `json:"action"`
				When        string          `json:"when"`
				Scope       json.RawMessage `json:"scope"`
				Fingerprint json.RawMessage `json:"fingerprint"`
				Limit       int             `json:"limit"`
			} `json:"changes"`
		} `json:"splits"`
		Goals []goalNeeds `json:"goals"`
	} `json:"x"`
}

type goalNeeds struct {
	Type    string `json:"type"`
	Trigger string `json:"trigger"`
}

// part is the module that reaches the goal.
func (g goalNeeds) part() string {
	switch {
	case g.Trigger != "":
		return "goal/" + g.Trigger
	case g.Type == "revenue":
		return "goal/custom"
	}
	return "goal/" + g.Type
}

// Parts are the modules that a configuration, given as JSON, needs beside those that are always there.
func Parts(config []byte) ([]string, error) {
	var n needs
	if err := json.Unmarshal(config, &n); err != nil {
		return nil, fmt.Errorf("snippet configuration: %w", err)
	}
	parts := map[string]bool{}
	need := func(when bool, names ...string) {
		for _, name := range names {
			parts[name] = parts[name] || when
		}
	}
	need(n.Consent, "consent-mode")
	need(n.Bridge && len(n.X) > 0, "bridge")
	need(len(n.Partners) > 0, "handoff")
	need(bytes.Contains(config, []byte(":has(")), "has")
	for _, x := range n.X {
		need(true, "page")
		need(x.Targeting != nil, "targeting", "visit")
		need(x.Remote, "remote", "visit")
		need(x.In != nil, "filter")
		for _, s := range x.Splits {
			for _, list := range s.Changes {
				for _, c := range list {
					need(true, "change/"+c.Action)
					need(c.When != "" || c.Scope != nil, "change/moment")
					need(c.Fingerprint != nil, "change/heal")
					need(c.Fingerprint != nil || c.Limit != 0, "change/marker")
					need(x.State == "running", "change/tell")
				}
			}
		}
		for _, g := range x.Goals {
			need(x.State != "winner", g.part())
		}
	}
	maps.DeleteFunc(parts, func(_ string, needed bool) bool { return !needed })
	return slices.Sorted(maps.Keys(parts)), nil
}
