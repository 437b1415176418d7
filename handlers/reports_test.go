package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// What browsers told becomes a row for each change, with the next step where one fell; a version's change is one row over all the
// combinations that it is part of.
func TestReportsOfChangesOnScreen(t *testing.T) {
	t.Parallel()
	c := newCheckBundle(t)
	hide := func(name, selector string) members {
		return members{"key": name, "name": name, "selector": selector, "variants": []members{{"key": "original", "is_control": true},
			{"key": "new", "name": "New " + name, "changes": []members{{"action": "hide"}}}}}
	}
	_, x := c.o.call(http.MethodPost, "/experiments", members{"installation_id": c.o.site, "key": "shop", "name": "Shop", "url": "/", "mode": "factorial",
		"elements": []members{hide("headline", "h1"), hide("button", "#buy")},
		"goals":    []members{{"key": "buy", "name": "Buy", "type": "custom", "primary": true}}}, http.StatusCreated)
	id := x["id"].(string)
	if rows := c.want(c.o.get("/experiments/"+id+"/changes"), http.StatusOK).doc(t).Find(".rows-rates tbody tr"); rows.Length() != 2 || rows.Find(".link").Length() != 0 {
		t.Errorf("a draft has %d rows: %s", rows.Length(), rows.Text())
	}
	c.o.call(http.MethodPatch, "/experiments/"+id+"/status", members{"status": "running"}, http.StatusOK)
	c.look()
	_, site := c.o.call(http.MethodGet, "/installations/"+c.o.site, nil, http.StatusOK)
	told := 0
	report := func(n int, name, arm, change string) {
		t.Helper()
		for range n {
			told++
			got := c.nodes[0].track(site["token"].(string), "events", members{"sent_at": c.clock.Now().UnixMilli(), "events": []members{
				{"type": "report", "visitor_id": fmt.Sprint("v", told), "experiment": id, "name": name, "arm": arm, "change": change}}}, http.StatusOK)
			if list := got["rejected"].([]any); len(list) > 0 {
				t.Fatalf("%s of %s is refused: %v", name, change, list)
			}
		}
	}
	version := func(element int) members {
		return x["elements"].([]any)[element].(members)["variants"].([]any)[1].(members)
	}
	change := func(element int) string { return version(element)["changes"].([]any)[0].(members)["id"].(string) }
	report(15, "found", "new.original", change(0))
	report(15, "found", "new.new", change(0))
	report(10, "found", "original.new", change(1))
	report(10, "healed", "new.new", change(1))
	c.clock.advance(72 * time.Hour)
	report(6, "found", "new.original", change(0))
	report(20, "missed", "new.new", change(0))
	report(4, "conflict", "new.new", change(0))
	home := c.want(c.o.get("/home"), http.StatusOK).doc(t)
	if task := home.Find(".task-fix"); !strings.Contains(task.Text(), "One change no longer finds its element") || task.Find("a").AttrOr("href", "") != "/experiments/"+id {
		t.Errorf("home asks for %q", home.Find(".tasks").Text())
	}
	for _, page := range []string{"/experiments/" + id, "/experiments/" + id + "/changes"} {
		section := c.want(c.o.get(page), http.StatusOK).doc(t).Find("#change-rates")
		var rows []string
		for _, row := range section.Find("tbody tr").EachIter() {
			var cells []string
			for _, cell := range row.Find("td.num").EachIter() {
				cells = append(cells, cell.Text())
			}
			rows = append(rows, fmt.Sprint(row.HasClass("is-alarm"), cells, strings.TrimSpace(row.Find(".rate-words > span").Contents().First().Text())))
		}
		want := []string{
			"true [60% 0% 33% 7%]Made on 20% of page views since yesterday; before that it was 100%. The page may have been rebuilt.",
			"false [100% 50% 0% 0%]Its element moved, and was found again by what it looks like.",
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", page, diff)
		}
		if link := section.Find(".is-alarm .link").AttrOr("href", ""); link != "/experiments/"+id+"/editor?variant="+version(0)["id"].(string) {
			t.Errorf("%s: the next step is %q", page, link)
		}
		if line := section.Find(".section-text").Text(); !strings.HasPrefix(line, "One change no longer reaches the page") {
			t.Errorf("%s says %q", page, line)
		}
	}
}
