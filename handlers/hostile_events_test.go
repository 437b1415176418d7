package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db/dbtest"
)

// buying is an experiment with the goal buy.
func buying() members {
	return members{"key": "shop", "name": "Shop", "variants": twoArms(), "goals": []members{{"key": "buy", "name": "Buy", "type": "custom", "primary": true}}}
}

// send sends one event of the browser and returns its rejection code, empty when it was taken.
func (h *house) send(event members, header ...string) string {
	h.testBundle.t.Helper()
	got := h.track("events", members{"sent_at": h.clock.Now().UnixMilli(), "events": []members{event}}, http.StatusOK, header...)
	if list := got["rejected"].([]any); len(list) > 0 {
		return list[0].(members)["code"].(string)
	}
	return ""
}

// v7 is an event id made at a moment.
func v7(at time.Time) string {
	id := uuid.Must(uuid.NewV7())
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id.String()
}

func TestTheFirstPayloadOfAnIdWins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.run(buying())
	arm := h.buyer("v")
	h.clock.advance(time.Second)
	sell := func(event string, value float64) {
		t.Helper()
		h.track("convert", members{"visitor_id": "v", "event_id": event, "value": value}, http.StatusOK)
	}
	own := v7(h.clock.Now())
	for _, event := range []string{own, "order-1"} {
		sell(event, 10)
		sell(event, 10)
		sell(event, 999)
	}
	if got := h.tally("id_conflict"); got != "2" {
		t.Errorf("%s conflicts counted, want 2", got)
	}
	h.clock.advance(24 * time.Hour) // over midnight
	sell(own, 10)
	sell("order-1", 10)
	if got := h.tally("id_conflict"); got != "2" {
		t.Errorf("an honest retry over midnight counts as a conflict: %s", got)
	}
	if n := h.stored("kind = 2"); n != "2" {
		t.Errorf("%s conversions are stored, want 2", n)
	}
	if _, v := h.results(id, "buy"); v[arm]["revenue"].(members)["sum"] != 20.0 {
		t.Errorf("got %v, want 20", v[arm])
	}
	h.clock.advance(8 * 24 * time.Hour)
	if got := h.send(members{"id": own, "type": "conversion", "visitor_id": "v", "goal": "buy"}); got != "too_old" {
		t.Errorf("a retry after 8 days: %q, want too_old", got)
	}
	if got := h.send(members{"id": v7(h.clock.Now().Add(48 * time.Hour)), "type": "conversion", "visitor_id": "v", "goal": "buy"}); got != "future" {
		t.Errorf("an id of the day after tomorrow: %q, want future", got)
	}
	h.recount()
}

func TestWhatWasNotSeenIsStoredAndNotCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.run(buying())
	arm := h.arm("v")
	other := map[string]string{"control": "b", "b": "control"}[arm]
	if got := h.send(members{"id": "1", "type": "exposure", "visitor_id": "v", "experiment": "shop", "arm": other, "epoch": 1}); got != "wrong_arm" {
		t.Errorf("a forged variant: %q", got)
	}
	h.track("convert", members{"visitor_id": "nobody", "event_id": "2"}, http.StatusOK)
	all, variants := h.results(id, "buy")
	if n := h.stored("kind = 2 AND state = 2"); n != "1" || variants["control"]["conversions"] != 0.0 || variants["b"]["conversions"] != 0.0 {
		t.Errorf("%s conversions wait, results %v", n, all)
	}
}

// A visitor whose stored variant is another one than the hash of a later epoch keeps it; that the page showed the other is counted.
func TestCrossoversAreCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.run(buying())
	var seen []string // those who have the control
	for i := range 20 {
		if v := fmt.Sprint("v", i); h.buyer(v) == "control" {
			seen = append(seen, v)
		}
	}
	h.call(http.MethodPatch, "/experiments/"+id, members{"variants": []members{{"key": "control", "weight": 1}, {"key": "b", "weight": 99}}}, http.StatusOK)
	h.look()
	visitor := ""
	for _, v := range seen { // nearly all would be in b now
		if h.send(members{"id": "of " + v, "type": "exposure", "visitor_id": v, "experiment": "shop", "arm": "b", "epoch": 2}) == "" {
			visitor = v
			break
		}
	}
	if all, _ := h.results(id, "buy"); all["crossovers"] != 1.0 {
		t.Errorf("crossovers %v, want 1", all["crossovers"])
	}
	if got := h.buyer(visitor); got != "control" {
		t.Errorf("the visitor has %s now, want what was stored first", got)
	}
}

func TestPropsArePlainDataInTheDatabase(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.run(buying())
	event := func(id string, props any) string {
		return h.send(members{"id": id, "type": "custom", "name": "added", "visitor_id": "v", "props": props,
			"url": "https://user:pw@shop.example/p?token=abc&email=a%40b.example&size=4"})
	}
	if got := event("1", members{"__proto__": members{"admin": true}, "constructor": "x", "mail": "write to a@b.example", "card": "4111 1111 1111 1111"}); got != "" {
		t.Fatalf("refused: %q", got)
	}
	read := func() string {
		return strings.Join(dbtest.Texts(t, h.url(""), "SELECT props::text || ' ' || url FROM events WHERE kind = 4 ORDER BY received_at DESC LIMIT 1"), "")
	}
	got := read()
	for _, want := range []string{`"__proto__": {"admin": true}`, `"constructor": "x"`, "write to [email]", `"[card]"`, "https://shop.example/p?token=[removed]&email=[email]&size=4"} {
		if !strings.Contains(got, want) {
			t.Errorf("stored %s, want %s in it", got, want)
		}
	}
	many := members{}
	for i := range 33 {
		many[fmt.Sprint("n", i)] = i
	}
	for _, bad := range []any{many, members{"a": strings.Repeat("x", 4096)}} {
		if got := event("2", bad); got != "props_too_large" {
			t.Errorf("too much: %q", got)
		}
	}
	if got := event("3", []int{1}); got != "bad_props" {
		t.Errorf("a list: %q", got)
	}
	h.call(http.MethodPatch, "/installations/"+h.program.site, members{"scrub_personal_data": false}, http.StatusOK)
	h.look()
	h.clock.advance(time.Second)
	event("4", members{"mail": "a@b.example"})
	if got := read(); !strings.Contains(got, "a@b.example") || !strings.Contains(got, "token=abc") {
		t.Errorf("switched off, it is stored as %s", got)
	}
}

func TestTheVisitorsAddressIsNeverStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.run(buying())
	const address = "203.0.113.77"
	header := []string{"X-Forwarded-For", address, "X-Real-IP", address, "Origin", "https://shop.example", "User-Agent", "Mozilla/5.0"}
	h.track("assign", members{"experiment": "shop", "visitor_id": "v"}, http.StatusOK, header...)
	h.track("convert", members{"visitor_id": "v", "event_id": "1"}, http.StatusOK, header...)
	h.send(members{"id": "2", "type": "pageview", "visitor_id": "v", "url": "https://shop.example/"}, header...)
	for _, table := range []string{"assignments", "events", "conversions", "heartbeats", "quarantine", "tallies", "waiting", "orders"} {
		if got := dbtest.Texts(t, h.url(""), "SELECT x::text FROM "+table+" x WHERE x::text LIKE '%"+address+"%'"); len(got) > 0 {
			t.Errorf("%s holds the address: %v", table, got)
		}
	}
}

func TestOnlyTheSitesOwnPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.run(buying())
	ask := func(want int, header ...string) members {
		return h.track("assign", members{"experiment": "shop", "visitor_id": "v"}, want, header...)
	}
	ask(http.StatusOK, "Origin", "https://elsewhere.example")
	_, site := h.call(http.MethodPatch, "/installations/"+h.program.site, members{"allowed_origins": []string{"https://blog.example/", "https://blog.example"}}, http.StatusOK)
	if fmt.Sprint(site["allowed_origins"]) != "[https://blog.example]" {
		t.Errorf("stored %v", site["allowed_origins"])
	}
	h.look()
	if got := ask(http.StatusForbidden, "Origin", "https://elsewhere.example"); got["code"] != "origin" {
		t.Errorf("another page: %v", got)
	}
	for path, body := range map[string]members{"convert": {"visitor_id": "v"}, "events": {"events": []members{}}, "identify": {"visitor_id": "v", "user_id": "u"}} {
		h.track(path, body, http.StatusForbidden, "Origin", "null")
	}
	ask(http.StatusOK, "Origin", "https://blog.example")
	ask(http.StatusOK, "Origin", "https://shop.example") // the site itself
	ask(http.StatusOK)                                   // a server
	h.call(http.MethodPatch, "/installations/"+h.program.site, members{"partner_domains": []string{"pay.example"}}, http.StatusOK)
	h.look()
	ask(http.StatusOK, "Origin", "https://secure.pay.example:8443")
	ask(http.StatusForbidden, "Origin", "https://notpay.example")
	_, wrong := h.call(http.MethodPatch, "/installations/"+h.program.site, members{"allowed_origins": []string{"ftp://x"}}, http.StatusUnprocessableEntity)
	if field(wrong) != "allowed_origins[0] url" {
		t.Errorf("got %q", field(wrong))
	}
}
