package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func revenueExperiment(over members) members {
	config := members{"currency": "EUR", "cap": 1000}
	for k, v := range over {
		config[k] = v
	}
	return members{"key": "shop", "name": "Shop", "variants": twoArms(),
		"goals": []members{{"key": "sales", "name": "Sales", "type": "revenue", "primary": true, "config": config}}}
}

// buyer is a visitor with an arm.
func (h *house) buyer(visitor string) (arm string) {
	h.testBundle.t.Helper()
	a := h.track("assign", members{"experiment": "shop", "visitor_id": visitor}, http.StatusOK)
	return a["variant"].(members)["key"].(string)
}

func TestRevenueRefusesWhatItCannotCount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.run(revenueExperiment(nil))
	h.buyer("v")
	for name, c := range map[string]struct {
		sent members
		want string
	}{
		"no event id":           {members{"value": 10}, "event_id no_id"},
		"no value":              {members{"event_id": "1"}, "value no_value"},
		"another currency":      {members{"event_id": "1", "value": 10, "currency": "USD"}, "currency wrong_currency"},
		"more than the cap":     {members{"event_id": "1", "value": 1000.01}, "value over_cap"},
		"a refund of nothing":   {members{"event_id": "1", "value": -5}, "value bad_value"},
		"an unprintable order":  {members{"event_id": "1", "value": 5, "order": "a\nb"}, "order bad_order"},
		"an order without end":  {members{"event_id": "1", "value": 5, "order": strings.Repeat("o", 129)}, "order bad_order"},
		"more than any value":   {members{"event_id": "1", "value": 1e10}, "value bad_value"},
		"five decimals":         {members{"event_id": "1", "value": 1.00001}, "value bad_value"},
		"a refund over the cap": {members{"event_id": "1", "value": -1001, "order": "A"}, "value over_cap"},
	} {
		c.sent["visitor_id"] = "v"
		if got := field(h.track("convert", c.sent, http.StatusUnprocessableEntity)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	got := h.track("events", members{"events": []members{
		{"id": "1", "type": "conversion", "visitor_id": "v", "goal": "sales", "value": 10, "currency": "usd"},
		{"id": "2", "type": "conversion", "visitor_id": "v", "goal": "sales", "value": 10, "currency": "eur"},
		{"id": "", "type": "conversion", "visitor_id": "v", "goal": "sales", "value": 10},
		{"id": "4", "type": "conversion", "visitor_id": "v", "goal": "sales", "value": "2000"},
	}}, http.StatusOK)
	var codes []string
	for _, r := range got["rejected"].([]any) {
		codes = append(codes, fmt.Sprint(r.(members)["index"], " ", r.(members)["code"]))
	}
	if got["accepted"] != 1.0 || strings.Join(codes, ", ") != "0 wrong_currency, 2 no_id, 3 over_cap" {
		t.Errorf("batch: %v", got)
	}
	if n := h.stored("kind = 2"); n != "1" {
		t.Errorf("%s conversions are stored, want the good one", n)
	}
}

func TestRevenueCountsAnOrderOnceAndTakesRefunds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.run(revenueExperiment(nil))
	arm := h.buyer("v")
	h.clock.advance(time.Second)
	buy := func(event, order string, value any, duplicate bool) {
		t.Helper()
		got := h.track("convert", members{"visitor_id": "v", "event_id": event, "order": order, "value": value, "currency": "EUR"}, http.StatusOK)
		if got["accepted"] != true || got["duplicate"] != duplicate {
			t.Errorf("event %s of order %s: %v, want duplicate %v", event, order, got, duplicate)
		}
	}
	sum := func(want, conversions float64) {
		t.Helper()
		all, variants := h.results(id, "sales")
		v := variants[arm]
		revenue := v["revenue"].(members)
		if all["currency"] != "EUR" || revenue["sum"] != want || revenue["per_visitor"] != want || v["conversions"] != conversions || revenue["interval"] == nil {
			t.Errorf("got %v, %v conversions in %v, want %v and %v", revenue, v["conversions"], all["currency"], want, conversions)
		}
		h.recount()
	}
	buy("e1", "A", 100, false)
	sum(100, 1)
	buy("e1", "A", 100, true) // a retry
	buy("e2", "A", 100, true) // reported twice, under two ids
	buy("e3", "B", "20.50", false)
	sum(120.5, 1)
	buy("e4", "A", -30, false) // part of it came back
	sum(90.5, 1)
	buy("e4", "A", -30, true)
	buy("e5", "A", -500, false) // never more than there was
	sum(20.5, 1)
	buy("e6", "unknown", -20, false)
	sum(20.5, 1)
	buy("e7", "B", -20.5, false)
	sum(0, 1)
	if n := h.stored("state = 7"); n != "1" {
		t.Errorf("%s events stand as repeats of an order, want 1", n)
	}
	if n := h.stored("state = 8"); n != "1" {
		t.Errorf("%s refunds stand without order, want 1", n)
	}
}

// The same batch may hold an order, its repeat and its refund; another node may have the repeat.
func TestRevenueOfABatchAndOfTwoNodes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.run(revenueExperiment(nil))
	second := h.join()
	arm := h.buyer("v")
	h.clock.advance(time.Second)
	event := func(id, order string, value float64) members {
		return members{"id": id, "type": "conversion", "visitor_id": "v", "goal": "sales", "order": order, "value": value}
	}
	got := h.track("events", members{"events": []members{event("1", "A", 50), event("2", "A", 50), event("3", "A", -20), event("4", "B", 10), event("4", "B", 10)}}, http.StatusOK)
	if got["accepted"] != 5.0 || got["duplicates"] != 2.0 {
		t.Errorf("batch: %v", got)
	}
	got = second.track(h.site, "events", members{"events": []members{event("5", "A", 50), event("6", "B", -4)}}, http.StatusOK)
	if got["accepted"] != 2.0 || got["duplicates"] != 1.0 {
		t.Errorf("second node: %v", got)
	}
	if _, v := h.results(id, "sales"); v[arm]["revenue"].(members)["sum"] != 36.0 || v[arm]["conversions"] != 1.0 {
		t.Errorf("got %v, want 36 of one buyer", v[arm])
	}
	if a, b := h.tally("accepted"), h.tally("duplicate"); a != "7" || b != "1" {
		t.Errorf("accepted %s, duplicate %s, want 7 and 1", a, b)
	}
	h.recount()
}

// An order may come before its visitor is known to have seen anything, and lose something before it counts.
func TestRevenueWaitsForItsExposure(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.run(revenueExperiment(nil))
	at := h.clock.Now()
	h.clock.advance(time.Minute)
	h.track("convert", members{"visitor_id": "v", "event_id": "1", "order": "A", "value": 80}, http.StatusOK)
	h.track("convert", members{"visitor_id": "v", "event_id": "2", "order": "A", "value": -30}, http.StatusOK)
	if n := h.stored("state = 2"); n != "1" {
		t.Fatalf("%s conversions wait, want 1", n)
	}
	arm := h.arm("v")
	h.track("events", members{"sent_at": h.clock.Now().UnixMilli(), "events": []members{{"id": "3", "type": "exposure", "t": at.UnixMilli(), "visitor_id": "v",
		"experiment": "shop", "arm": arm, "epoch": 1}}}, http.StatusOK)
	if _, v := h.results(id, "sales"); v[arm]["revenue"].(members)["sum"] != 50.0 || v[arm]["conversions"] != 1.0 {
		t.Errorf("got %v, want 50", v[arm])
	}
	h.recount()
}

// arm is what the visitor gets, without being exposed.
func (h *house) arm(visitor string) string {
	h.testBundle.t.Helper()
	a := h.track("assign", members{"experiment": "shop", "visitor_id": visitor, "expose": false}, http.StatusOK)
	return a["variant"].(members)["key"].(string)
}

func TestServerGoalsWantASecretKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.run(revenueExperiment(members{"source": "server"}))
	arm := h.buyer("v")
	h.clock.advance(time.Second)
	_, made := h.call(http.MethodPost, "/integrations/keys", members{"name": "Shop server"}, http.StatusCreated)
	key := "Bearer " + made["key"].(string)
	other := newHouse(t)
	_, foreign := other.call(http.MethodPost, "/integrations/keys", members{"name": "Other"}, http.StatusCreated)
	_, reader := h.call(http.MethodPost, "/integrations/keys", members{"name": "Reader", "role": "viewer"}, http.StatusCreated)
	sale := func(want int, header ...string) members {
		return h.track("convert", members{"visitor_id": "v", "event_id": "1", "value": 10, "order": "A"}, want, header...)
	}
	for name, header := range map[string][]string{"no key": nil, "a token in place of a key": {"Authorization", "Bearer " + h.site}} {
		if got := sale(http.StatusForbidden, header...); got["code"] != "server_only" {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := sale(http.StatusForbidden, "Authorization", key, "Origin", "https://shop.example"); got["code"] != "secret_in_browser" {
		t.Errorf("from a page: %v", got)
	}
	if log := h.nodes[0].log.String(); !strings.Contains(log, "secret key was sent by a web page") || strings.Contains(log, made["key"].(string)) {
		t.Errorf("the log says %q", log)
	}
	sale(http.StatusUnauthorized, "Authorization", "Bearer sk_unknown")
	sale(http.StatusForbidden, "Authorization", "Bearer "+reader["key"].(string))
	if n := h.stored("kind = 2"); n != "0" {
		t.Fatalf("%s conversions are stored before a good one", n)
	}
	sale(http.StatusOK, "Authorization", key)
	if _, v := h.results(id, "sales"); v[arm]["revenue"].(members)["sum"] != 10.0 {
		t.Errorf("got %v, want 10", v[arm])
	}
	_ = foreign
	h.call(http.MethodDelete, "/integrations/keys/"+made["id"].(string), nil, http.StatusNoContent)
	h.clock.advance(time.Minute)
	sale(http.StatusUnauthorized, "Authorization", key)
	if got := other.track("convert", members{"visitor_id": "v"}, http.StatusUnprocessableEntity); field(got) != "goal unknown_goal" {
		t.Errorf("the other account: %v", got)
	}
}

func TestRevenueGoalsAreChecked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		config members
		want   string
	}{
		{members{"currency": ""}, "goals[0].config.currency required"},
		{members{"currency": "EURO"}, "goals[0].config.currency currency"},
		{members{"currency": 7}, "goals[0].config.currency wrong_type"},
		{members{"source": "browser"}, "goals[0].config.source unknown"},
		{members{"cap": -1}, "goals[0].config.cap range"},
		{members{"cap": 1e10}, "goals[0].config.cap range"},
		{members{"selector": "#x"}, "goals[0].config.selector unknown"},
	} {
		x := revenueExperiment(c.config)
		x["installation_id"] = h.program.site
		_, got := h.call(http.MethodPost, "/experiments", x, http.StatusUnprocessableEntity)
		if !strings.Contains(field(got), c.want) {
			t.Errorf("%v: got %q, want %q", c.config, field(got), c.want)
		}
	}
	x := revenueExperiment(members{"currency": "eur", "source": "server", "cap": 99.5})
	x["installation_id"] = h.program.site
	_, made := h.call(http.MethodPost, "/experiments", x, http.StatusCreated)
	goal := made["goals"].([]any)[0].(members)
	if c := goal["config"].(members); goal["type"] != "revenue" || c["currency"] != "EUR" || c["cap"] != 99.5 || c["source"] != "server" {
		t.Errorf("stored %v", goal)
	}
	_, copied := h.call(http.MethodPost, "/experiments/"+made["id"].(string)+"/duplicate", nil, http.StatusCreated)
	if c := copied["goals"].([]any)[0].(members)["config"].(members); c["cap"] != 99.5 || c["source"] != "server" || c["currency"] != "EUR" {
		t.Errorf("copied %v", c)
	}
}
