package services

import (
	"sync"
	"testing"
)

// Of two experiments that want the same visitors of a layer, and are started at once, one starts.
func TestStartsInOneLayerTakeTurns(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const wanted = 6
	var wg sync.WaitGroup
	errs := make([]error, wanted)
	for i := range wanted {
		x := d.draft(t, `{"layer":{"key":"top","ranges":[[0.25,0.5]]}}`)
		wg.Go(func() { _, errs[i] = d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Running}) })
	}
	wg.Wait()
	started := 0
	for _, err := range errs {
		switch {
		case err == nil:
			started++
		case Code(err) != CodeConflict:
			t.Errorf("got %v, want a conflict", err)
		}
	}
	if started != 1 {
		t.Errorf("%d started, want 1", started)
	}
}

// Rules that cannot be read keep everybody out of their experiment, and nobody out of others.
func TestRulesThatCannotBeReadServeNobody(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]Rules{
		"attribute of a later version": {Targeting: &Targeting{Conditions: []Condition{{Attribute: "mood", Values: []string{"good"}}}}},
		"expression":                   {Targeting: &Targeting{Conditions: []Condition{{Attribute: onURL, Op: opRegex, Values: []string{"("}}}}},
		"time zone":                    {Targeting: &Targeting{Timezone: "Moon/Base", Conditions: []Condition{{Attribute: onHour, Values: []string{"0-24"}}}}},
		"address":                      {Exclusions: &Exclusions{Addresses: []string{"office"}}},
	} {
		x := &live{status: "running", rules: rules}
		x.prepare(nil)
		if x.broken == "" || x.serves() {
			t.Errorf("%s: serves with %v", name, rules)
		}
	}
}
