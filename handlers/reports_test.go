package handlers

import (
	"fmt"
	"testing"
	"time"
)

// Browsers tell what became of changes; it is counted by variant, change and day, and a change that pages no longer take alarms.
func TestReportsOfChanges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	variants := []members{{"key": "control", "is_control": true}, {"key": "b", "changes": []members{
		{"id": "c1", "selector": "h1", "action": "text", "value": "New"}, {"id": "c2", "selector": "p", "action": "hide"}}}}
	id := h.run(members{"key": "shop", "name": "Shop", "variants": variants, "goals": []members{{"key": "buy", "name": "Buy", "type": "custom", "primary": true}}})
	report := func(n int, name, arm, change string) string {
		t.Helper()
		code := ""
		for i := range n {
			code = h.send(members{"type": "report", "visitor_id": fmt.Sprint("v", i), "experiment": id, "name": name, "arm": arm, "change": change})
		}
		return code
	}
	for _, bad := range []struct{ name, arm, change, code string }{
		{"sold", "b", "c1", "bad_name"}, {"found", "b", "c9", "unknown_change"}, {"found", "z", "c1", "unknown_change"}, {"found", "", "c1", "unknown_change"},
	} {
		if got := report(1, bad.name, bad.arm, bad.change); got != bad.code {
			t.Errorf("%+v is answered %q", bad, got)
		}
	}
	report(30, "found", "b", "c1")
	report(30, "found", "b", "c2")
	report(1, "mask_timeout", "", "")
	h.clock.advance(72 * time.Hour)
	report(10, "found", "b", "c1")
	report(15, "missed", "b", "c1")
	report(25, "healed", "b", "c2")
	h.look()
	got, _ := h.results(id, "buy")
	want := []members{
		{"change": "c1", "found": 40.0, "missed": 15.0, "healed": 0.0, "rate": .4, "before": 1.0, "alarm": true},
		{"change": "c2", "found": 30.0, "missed": 0.0, "healed": 25.0, "rate": 1.0, "before": 1.0, "alarm": false},
	}
	list := got["changes"].([]any)
	if len(list) != len(want) {
		t.Fatalf("changes are %v, want %v", list, want)
	}
	for i, w := range want {
		for name, value := range w {
			if have := list[i].(members)[name]; have != value {
				t.Errorf("change %d: %s is %v, want %v", i+1, name, have, value)
			}
		}
	}
	if excluded := got["excluded"].(members); len(excluded) != 1 {
		t.Errorf("reports are told as visits left out: %v", excluded)
	}
}
