package services

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// The snippet is told what its site and its goals ask for, and nothing of goals that take no conversions from browsers.
func TestSiteConfig(t *testing.T) {
	t.Parallel()
	x := &live{id: uuid.New(), key: "x", status: "running", traffic: 1}
	for key, config := range map[string]string{"s": `{"trigger":"scroll","percent":75,"window_days":7}`, "hidden": `{"source":"server","window_days":7}`} {
		x.goals = append(x.goals, liveGoal{key: key, kind: "custom", config: json.RawMessage(config), windowDays: 7, terms: newTerms("custom", []byte(config))})
	}
	c := &siteConfig{base: "https://t.example", site: &site{token: "inst_1", url: "https://www.shop.example", consent: true, ga4: true, partners: []string{"pay.example"}, serving: []*live{x}}}
	got, err := c.bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"consent":true,"bridge":true,"partners":["shop.example","pay.example"]`, `{"key":"s","type":"custom","trigger":"scroll","percent":75}`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(string(got), "hidden") {
		t.Errorf("%s tells of a goal of servers", got)
	}
	halted := *c.site
	halted.halted = true
	got, err = (&siteConfig{base: c.base, site: &halted}).bytes()
	if err != nil || !strings.HasSuffix(string(got), `"x":[]}`) {
		t.Errorf("a halted site is told of %s (%v)", got, err)
	}
}
