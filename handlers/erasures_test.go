package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/services"
)

// What is stored of Ana: the id of her browser, whom the site says she is, and what her events tell.
const (
	anaID    = "browser-of-ana"
	anaMail  = "ana.perez@mail.example"
	anaPage  = "https://shop.example/account/perez"
	anaOrder = "order-of-ana"
	anaTexts = "browser-of-ana|ana.perez|account/perez|order-of-ana|colour-of-ana|wish-of-ana"
)

// mentions are the tables that say something of the texts about an account, with how many rows do.
func (h *house) mentions(texts string) string {
	t := h.testBundle.t
	t.Helper()
	var out []string
	for _, table := range dbtest.Texts(t, h.url(""), `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`) {
		row := "t::text"
		if table == "quarantine" {
			row = "t::text || convert_from(t.body, 'UTF8')"
		}
		n := dbtest.Texts(t, h.url(""), fmt.Sprintf("SELECT count(*)::text FROM %q t WHERE %s ~ $1 AND coalesce(to_jsonb(t) ->> 'account_id', $2) = $2", table, row), texts, h.account())[0]
		if n != "0" {
			out = append(out, table+" "+n)
		}
	}
	return strings.Join(out, ", ")
}

func (h *house) account() string {
	h.testBundle.t.Helper()
	return dbtest.Texts(h.testBundle.t, h.url(""), "SELECT account_id::text FROM installations WHERE token = $1", h.site)[0]
}

// neighbour is another account of the same house.
func (h *house) neighbour() *house {
	h.testBundle.t.Helper()
	other := *h
	other.program = h.testBundle.program()
	_, site := other.call(http.MethodGet, "/installations/"+other.program.site, nil, http.StatusOK)
	other.site = site["token"].(string)
	return &other
}

// traffic are the rows of traffic of the account, as text.
func (h *house) traffic() string {
	h.testBundle.t.Helper()
	var out []string
	for _, table := range []string{"assignments", "events", "conversions", "orders", "waiting", "aliases", "quarantine", "rollups", "tallies"} {
		out = append(out, dbtest.Texts(h.testBundle.t, h.url(""), fmt.Sprintf("SELECT t::text FROM %s t WHERE account_id::text = $1 ORDER BY 1", table), h.account())...)
	}
	return strings.Join(out, "\n")
}

// setAside leaves an event of Ana's, one of Ben's, and assignments of both in quarantine.
func (h *house) setAside() {
	t := h.testBundle.t
	t.Helper()
	now, account, site := h.clock.Now().UTC(), uuid.MustParse(h.account()), uuid.MustParse(h.program.site)
	var rest []db.NewAssignment
	for _, v := range []string{anaID, "browser-of-ben"} {
		e := db.NewEvent{Account: account, ID: uuid.Must(uuid.NewV7()), Day: now.Truncate(24 * time.Hour), Kind: db.KindCustom, Installation: site, Visitor: v, Occurred: now, Received: now}
		if err := h.db.Quarantine(t.Context(), account, []db.NewEvent{e}, nil, now, errors.New("refused")); err != nil {
			t.Fatal(err)
		}
		rest = append(rest, db.NewAssignment{Account: account, Visitor: v, At: now})
	}
	if err := h.db.Quarantine(t.Context(), account, nil, rest, now, errors.New("refused "+anaID)); err != nil {
		t.Fatal(err)
	}
}

// balance is what the counters of an account say that events became; zero is in order.
func (h *house) balance() string {
	h.testBundle.t.Helper()
	return strings.Join(dbtest.Texts(h.testBundle.t, h.url(""), `SELECT coalesce(sum(CASE WHEN kind = 'accepted' THEN n ELSE -n END), 0)::text FROM tallies
		WHERE kind IN ('accepted', 'applied', 'duplicate', 'quarantined', 'waiting', 'discarded')`), "")
}

// erase has a person erased through the API and waits for the end.
func (h *house) erase(names ...string) members {
	t := h.testBundle.t
	t.Helper()
	_, e := h.call(http.MethodPost, "/audit/people/erasures", members{"names": names}, http.StatusAccepted)
	for range 3000 {
		_, e = h.call(http.MethodGet, "/audit/people/erasures/"+e["id"].(string), nil, http.StatusOK)
		if e["state"] != services.ErasureWaiting && e["state"] != services.ErasureRunning {
			return e
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the erasure does not end")
	return nil
}

// live has two visitors who do everything that is stored of one: Ana, under two names, and Ben.
func (h *house) live() {
	h.testBundle.t.Helper()
	send := func(path string, body members) { h.track(path, body, http.StatusOK) }
	for _, v := range []struct{ id, user, page, order string }{{anaID, anaMail, anaPage, anaOrder}, {"browser-of-ben", "ben@mail.example", "https://shop.example/", "order-of-ben"}} {
		send("assign", members{"experiment": "shop", "visitor_id": v.id, "url": v.page})
		h.clock.advance(time.Second)
		send("convert", members{"visitor_id": v.id, "event_id": "1" + v.id, "order": v.order, "value": 50})
		send("identify", members{"visitor_id": v.id, "user_id": v.user})
		h.look()
		send("assign", members{"experiment": "shop", "visitor_id": v.user, "url": v.page})
		send("convert", members{"visitor_id": v.user, "event_id": "2" + v.id, "value": 7})
		send("convert", members{"visitor_id": v.user, "event_id": "3" + v.id, "order": v.order + "-2", "value": 20})
		send("convert", members{"visitor_id": "server of " + v.id[11:], "event_id": "4" + v.id, "order": v.order, "value": -20}) // a refund that a server knows of
		send("events", members{"events": []members{{"id": "5" + v.id, "type": "pageview", "visitor_id": v.id, "url": v.page},
			{"id": "6" + v.id, "type": "custom", "visitor_id": v.id, "name": "wish-of-" + v.id[11:], "props": members{"liked": "colour-of-" + v.id[11:]}},
			{"id": "7" + v.id, "type": "conversion", "visitor_id": v.id, "goal": "sales", "order": v.order, "value": 50}}})
	}
}

func TestAPersonIsErased(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.runJobs()
	id := h.run(revenueExperiment(nil))
	second := h.join()
	h.live()
	later := h.run(members{"key": "later", "name": "Later", "variants": twoArms(), "goals": []members{{"key": "seen", "name": "Seen", "type": "custom", "primary": true}}})
	h.track("convert", members{"visitor_id": anaMail, "experiment": "later", "goal": "seen", "event_id": "waits"}, http.StatusOK)
	second.track(h.site, "assign", members{"experiment": "shop", "visitor_id": anaID, "url": anaPage}, http.StatusOK)
	h.setAside()
	other := h.neighbour()
	other.run(revenueExperiment(nil))
	other.live()
	before, _ := h.results(id, "sales")
	theirs := other.traffic()
	h.recount()
	if got := h.mentions(anaTexts); got != "aliases 2, assignments 2, conversions 1, events 8, heartbeats 1, orders 2, quarantine 2, waiting 1" {
		t.Fatalf("stored of Ana: %s", got)
	}

	h.program.token = h.key
	_, found := h.call(http.MethodPost, "/audit/people/find", members{"names": []string{anaMail}}, http.StatusOK)
	for kind, n := range map[string]float64{"ids": 2, "assignments": 2, "conversions": 3, "events": 7, "orders": 2, "quarantined": 2} {
		if found[kind] != n {
			t.Errorf("%s: found %v, want %v", kind, found[kind], n)
		}
	}
	e := h.erase(anaMail)
	if e["state"] != services.ErasureDone || fmt.Sprint(e["erased"]) != fmt.Sprint(found) {
		t.Errorf("erased %v, found before %v", e, found)
	}
	if got := h.mentions(anaTexts); got != "aliases 2" {
		t.Errorf("stored of Ana afterwards: %s", got)
	}
	if got := other.traffic(); got != theirs {
		t.Errorf("the other account's rows changed from\n%s\nto\n%s", theirs, got)
	}
	h.recount()
	if got := h.balance(); got != "0" {
		t.Errorf("accepted events are off by %s", got)
	}
	after, _ := h.results(id, "sales")
	if a, b := fmt.Sprint(before["variants"]), fmt.Sprint(after["variants"]); a != b {
		t.Errorf("the results changed from\n%s\nto\n%s", a, b)
	}
	if _, checked := h.call(http.MethodPost, "/audit/verify", nil, http.StatusOK); checked["ok"] != true {
		t.Errorf("the record: %v", checked)
	}
	h.call(http.MethodGet, "/audit/proof/decision?experiment="+later+"&visitor="+anaID, nil, http.StatusNotFound)
	again := h.erase(anaMail, anaID)
	if got := fmt.Sprint(again["state"], again["erased"]); got != "donemap[assignments:0 conversions:0 events:0 ids:2 orders:0 quarantined:0]" {
		t.Errorf("erased once more: %s", got)
	}
	h.recount()
}

func TestErasePage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.runJobs()
	o := h.owner()
	o.site = ""
	o = o.withSite()
	doc := h.want(o.get("/audit/erase"), http.StatusOK).doc(t)
	if doc.Find("form[action='/audit/erase/find'] input[name=visitor]").Length() != 1 || !strings.Contains(doc.Text(), "Nobody was erased yet") {
		t.Errorf("the page: %s", doc.Find("main").Text())
	}
	for _, path := range []string{"/audit", "/settings"} {
		if h.want(o.get(path), http.StatusOK).doc(t).Find("main a[href='/audit/erase']").Length() != 1 {
			t.Errorf("%s does not lead to it", path)
		}
	}
	ana := url.Values{"visitor": {anaID}, "user": {anaMail}}
	for name, f := range map[string]url.Values{"nobody": {}, "no ASCII": {"visitor": {"año"}}, "too long": {"user": {strings.Repeat("a", 129)}}} {
		if doc := h.want(o.post("/audit/erase/find", f), http.StatusUnprocessableEntity).doc(t); doc.Find(".field-error").Length() != 1 {
			t.Errorf("%s: %s", name, doc.Find("main").Text())
		}
	}
	if doc := h.want(o.post("/audit/erase/find", ana), http.StatusOK).doc(t); !strings.Contains(doc.Text(), "Nothing is stored under these names") || doc.Find(".btn-danger").Length() != 0 {
		t.Errorf("nothing there: %s", doc.Find("main").Text())
	}

	mine := *h
	mine.program = o.program
	mine.site = dbtest.Texts(t, h.url(""), "SELECT token FROM installations WHERE id::text = $1", o.site)[0]
	h.look()
	mine.run(revenueExperiment(nil))
	mine.live()
	doc = h.want(o.post("/audit/erase/find", url.Values{"visitor": {anaID}}), http.StatusOK).doc(t)
	if got := cellTexts(doc.Find("form[action='/audit/erase']").Parent().Find("dd.num")); fmt.Sprint(got) != "[2 2 3 6 2 0]" {
		t.Errorf("found %v: %s", got, doc.Find("main").Text())
	}
	v := h.viewer(o)
	for _, path := range []string{"/audit/erase", "/audit/erase/" + uuid.NewString()} {
		h.want(v.get(path), http.StatusForbidden)
	}
	h.want(v.post("/audit/erase/find", ana), http.StatusForbidden)
	h.want(v.post("/audit/erase", ana), http.StatusForbidden)
	if h.want(v.get("/audit"), http.StatusOK).doc(t).Find("a[href='/audit/erase']").Length() != 0 {
		t.Error("a viewer is shown the way")
	}
	ana.Set("confirm", "somebody else")
	if doc := h.want(o.post("/audit/erase", ana), http.StatusUnprocessableEntity).doc(t); doc.Find("#confirm-error").Length() != 1 {
		t.Errorf("typed wrong: %s", doc.Find("main").Text())
	}
	ana.Set("confirm", anaID)
	foreign := h.testBundle.send(http.MethodPost, "/audit/erase", ana.Encode(), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		for _, c := range o.cookies {
			r.AddCookie(c)
		}
	})
	h.want(foreign, http.StatusForbidden)
	path := h.want(o.post("/audit/erase", ana), http.StatusSeeOther).Header.Get("Location")
	for range 3000 {
		if doc = h.want(o.get(path), http.StatusOK).doc(t); doc.Find("progress").Length() == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if text := doc.Find("main").Text(); !strings.Contains(text, "The person's data is erased.") || strings.Contains(text, anaID) || strings.Contains(text, anaMail) || fmt.Sprint(cellTexts(doc.Find("dd.num"))) != "[2 2 3 6 2 0]" {
		t.Errorf("the result: %s", text)
	}
	if got := mine.mentions(anaTexts); got != "aliases 2" {
		t.Errorf("stored of Ana afterwards: %s", got)
	}
	h.want(h.owner().get(path), http.StatusNotFound)
	if text := h.want(o.get("/audit?what=person"), http.StatusOK).doc(t).Find("main").Text(); !strings.Contains(text, "Erased a person's data") {
		t.Errorf("the record: %s", text)
	}
	if text := h.want(o.get("/audit/erase"), http.StatusOK).doc(t).Find("#erased").Text(); !strings.Contains(text, "2 variants given, 6 events") {
		t.Errorf("the history: %s", text)
	}
	h.recount()
}
