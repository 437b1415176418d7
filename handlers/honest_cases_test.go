package handlers

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// lived is a house whose owner has a browser, and an experiment of theirs that runs.
type lived struct {
	*house
	owner owner
	test  *fair
}

func newLived(t *testing.T) lived {
	t.Helper()
	h := newHouse(t)
	h.clock.set(time.Date(2026, time.November, 4, 9, 0, 0, 0, time.UTC)) // a Wednesday
	o := h.testBundle.owner().withSite()
	_, made := o.call(http.MethodPost, "/integrations/keys", members{"name": "Test", "role": "admin"}, http.StatusCreated)
	o.token = made["key"].(string)
	_, site := o.call(http.MethodGet, "/installations/"+o.site, nil, http.StatusOK)
	h.program, h.key, h.site = o.program, o.token, site["token"].(string)
	x := &fair{key: "shop"}
	x.id = h.run(members{"key": x.key, "name": "Shop", "variants": twoArms(), "goals": []members{{"key": "buy", "name": "Buy", "type": "custom", "primary": true}}})
	return lived{h, o, x}
}

// page is what the owner sees of the results.
func (l lived) page() *goquery.Document {
	t := l.house.testBundle.t
	t.Helper()
	return l.house.want(l.owner.get("/experiments/"+l.test.id), http.StatusOK).doc(t)
}

// everyNth says yes to each n-th of its calls by arm; 0 never does.
func everyNth(n map[string]int) func(arm string) bool {
	seen := map[string]int{}
	return func(arm string) bool {
		seen[arm]++
		return n[arm] > 0 && seen[arm]%n[arm] == 0
	}
}

// A variant whose page breaks before a third of its visitors are seen looks better than it is: the numbers are refused, on the page and
// to programs, however good they look.
func TestVisitorsLostOnTheWayAreNoticed(t *testing.T) {
	t.Parallel()
	l := newLived(t)
	buys := everyNth(map[string]int{"control": 10, "b": 5})
	lost := everyNth(map[string]int{"b": 3})
	for i := range 1200 {
		visitor := fmt.Sprint("v", i)
		arm := l.track("assign", members{"experiment": "shop", "visitor_id": visitor, "expose": false}, http.StatusOK)["variant"].(members)["key"].(string)
		if lost(arm) {
			continue
		}
		l.visit(l.test, visitor, buys)
	}
	all, variants := l.results(l.test.id, "buy")
	v, srm := all["verdict"].(members), all["srm"].(members)
	if srm["ok"] != false || srm["p"].(float64) > .01 || v["action"] != "fix" || v["reason"] != "sample_ratio_mismatch" || v["variant"] != nil {
		t.Errorf("srm %v, verdict %v", srm, v)
	}
	if c, b := variants["control"], variants["b"]; b["visitors"].(float64) > .8*c["visitors"].(float64) || b["rate"].(float64) < 1.5*c["rate"].(float64) {
		t.Errorf("the case is none: %v and %v", c, b)
	}
	doc := l.page()
	if doc.Find(".verdict .chip-fix").Length() != 1 || doc.Find(".statement").Text() != v["headline"] || !strings.Contains(v["headline"].(string), "Do not trust") {
		t.Errorf("the page says %q, %q", doc.Find(".verdict .chip").Text(), doc.Find(".statement").Text())
	}
	if n := doc.Find(".verdict form[action$='/status'] button:contains('Bolder')").Length(); n != 0 {
		t.Error("the page offers to ship what cannot be trusted")
	}
}

// A variant whose conversions never arrive is no loser: its events are missing, and both say whose.
func TestAGoalThatFallsSilentIsNoLoss(t *testing.T) {
	t.Parallel()
	l := newLived(t)
	buys := everyNth(map[string]int{"control": 6})
	for i := range 700 {
		l.visit(l.test, fmt.Sprint("v", i), buys)
	}
	all, variants := l.results(l.test.id, "buy")
	v := all["verdict"].(members)
	if v["action"] != "fix" || v["reason"] != "missing_events" || v["variant"] != "b" || all["srm"].(members)["ok"] != true {
		t.Errorf("verdict %v, srm %v", v, all["srm"])
	}
	if b := variants["b"]; b["conversions"] != 0.0 || b["rate"] != 0.0 {
		t.Errorf("b is %v", b)
	}
	doc := l.page()
	if doc.Find(".verdict .chip-fix").Length() != 1 || doc.Find(".statement").Text() != v["headline"] || !strings.Contains(v["headline"].(string), "Bolder") {
		t.Errorf("the page says %q, %q", doc.Find(".verdict .chip").Text(), doc.Find(".statement").Text())
	}
}

// Simpson's paradox: on work days nine in ten see the control and a fifth buys, then the shares are made equal and a weekend comes on
// which few buy. Both variants are the same on every day; added up, b would lose a third of its sales.
func TestSharesChangedBeforeABadWeekendFakeNoLift(t *testing.T) {
	t.Parallel()
	l := newLived(t)
	n := 0
	shares := func(control, b int) {
		l.call(http.MethodPatch, "/experiments/"+l.test.id, members{"variants": []members{{"key": "control", "weight": control}, {"key": "b", "weight": b}}}, http.StatusOK)
		l.look()
	}
	day := func(visitors, every int) {
		buys := everyNth(map[string]int{"control": every, "b": every})
		for range visitors {
			n++
			l.visit(l.test, fmt.Sprint("v", n), buys)
		}
		l.clock.advance(24 * time.Hour)
	}
	shares(9, 1)
	for range 3 { // Wednesday to Friday
		day(500, 5)
	}
	shares(1, 1)
	for range 2 {
		day(500, 20)
	}
	all, variants := l.results(l.test.id, "buy")
	c, b := variants["control"], variants["b"]
	pooled := b["rate"].(float64)/c["rate"].(float64) - 1
	lift := b["lift"].(members)
	if pooled > -.3 {
		t.Errorf("the case is none: added up, b has %+.3f", pooled)
	}
	if mean := lift["mean"].(float64); math.Abs(mean) > .1 || lift["low"].(float64) > 0 || lift["high"].(float64) < 0 || lift["estimator"] != "stratified" {
		t.Errorf("the lift is %v", lift)
	}
	if v, srm := all["verdict"].(members), all["srm"].(members); v["action"] != "keep_running" || srm["ok"] != true || all["sequential"].(members)["decided"] != false {
		t.Errorf("verdict %v, srm %v, sequential %v", v, srm, all["sequential"])
	}
	if chance := b["prob_beats_control"].(float64); chance < .1 || chance > .9 {
		t.Errorf("b is said to beat the control with %v", chance)
	}
	if epochs := all["epochs"].([]any); len(epochs) != 3 {
		t.Errorf("%d epochs, want that of the start and two changes", len(epochs))
	}
	row := strings.Join(strings.Fields(l.page().Find("#row-b .lift-cell").Text()), " ")
	if pooledText := fmt.Sprintf("%.0f%%", 100*pooled); strings.Contains(row, pooledText) || row == "" {
		t.Errorf("the page says %q", row)
	}
}
