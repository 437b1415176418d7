package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/proxy"
	"github.com/samplit/samplit/services"
)

// checkBundle is a shop whose pages a test writes, with the workers that look at them.
type checkBundle struct {
	*house
	o     owner
	pages map[string]*atomic.Value // HTML by path
	asked atomic.Int64
}

func newCheckBundle(t *testing.T) *checkBundle {
	t.Helper()
	c := &checkBundle{pages: map[string]*atomic.Value{"/": {}, "/tents/dome": {}}}
	shop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.asked.Add(1)
		page, ok := c.pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page.Load())
	})
	c.house = newHouseWith(t, func(d *db.DB, deps *Deps) {
		fetch := proxy.New(proxy.Config{Inside: map[string]http.Handler{"shop.example": shop}})
		deps.PageChecks = services.NewPageChecks(d, fetch, deps.Clock, deps.Log)
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- c.db.RunJobs(ctx, c.deps.PageChecks.Workers()...) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run jobs: %v", err)
		}
	})
	c.o = c.newOwner()
	return c
}

// newOwner is one whose access never ends, however far the clock moves.
func (c *checkBundle) newOwner() owner {
	c.testBundle.t.Helper()
	o := c.testBundle.owner().withSite()
	_, made := o.call(http.MethodPost, "/integrations/keys", members{"name": "Test", "role": "admin"}, http.StatusCreated)
	o.token = made["key"].(string)
	return o
}

func (c *checkBundle) write(path, body string) {
	c.pages[path].Store("<!doctype html><html><head><title>Shop</title></head><body>" + body + "</body></html>")
}

// night is the round of the next day, by which every experiment is due.
func (c *checkBundle) night() {
	c.testBundle.t.Helper()
	c.clock.advance(24 * time.Hour)
	if err := c.deps.PageChecks.Round(c.testBundle.t.Context()); err != nil {
		c.testBundle.t.Fatal(err)
	}
}

// table is the experiment's table once no look is under way.
func (c *checkBundle) table(id string) answer {
	c.testBundle.t.Helper()
	for {
		a := c.want(c.o.htmx(http.MethodGet, "/experiments/"+id+"/pages", nil), http.StatusOK)
		if a.doc(c.testBundle.t).Find("[data-poll]").Length() == 0 {
			return a
		}
		select {
		case <-c.testBundle.t.Context().Done():
			c.testBundle.t.Fatal("the look never ended")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// rows are the changes of the table: the words, and whether each alarms.
func (c *checkBundle) rows(id string) (out []string) {
	c.testBundle.t.Helper()
	for _, row := range c.table(id).doc(c.testBundle.t).Find("tbody tr").EachIter() {
		text := row.Find(".rate-check").Text() + ": " + strings.TrimSpace(row.Find(".rate-words > span").Text())
		if row.HasClass("is-alarm") {
			text = "alarm, " + text
		}
		out = append(out, strings.Join(strings.Fields(text), " "))
	}
	return out
}

func (c *checkBundle) wantRows(when, id string, want ...string) {
	c.testBundle.t.Helper()
	got := c.rows(id)
	for i := range want {
		if len(got) != len(want) || !strings.HasPrefix(got[i], want[i]) {
			c.testBundle.t.Fatalf("%s the changes fare %q, want %q", when, got, want)
		}
	}
}

// wantHome says whether home asks for a change to be mended.
func (c *checkBundle) wantHome(when string, want bool) {
	c.testBundle.t.Helper()
	tasks := c.want(c.o.get("/home"), http.StatusOK).doc(c.testBundle.t).Find(".task-fix").Text()
	if got := strings.Contains(tasks, "One change no longer finds its element"); got != want {
		c.testBundle.t.Errorf("%s home asks to mend a change: %t, want %t: %s", when, got, want, tasks)
	}
}

const heading = `<main class="shop"><h1 class="hero">Sleep under the stars</h1><p id="free">Free delivery</p></main>`

// running starts an experiment with a heading that can heal and a line that cannot.
func (c *checkBundle) running(page string) string {
	c.testBundle.t.Helper()
	return c.start(c.o, page, []members{
		{"id": "c1", "selector": "h1.hero", "action": "text", "value": "Go outside", "fingerprint": members{"tag": "h1", "text": "sleep under the stars", "classes": []string{"hero"}}},
		{"id": "c2", "selector": "#free", "action": "hide"}})
}

func (c *checkBundle) start(o owner, page string, changes []members) string {
	c.testBundle.t.Helper()
	_, x := o.call(http.MethodPost, "/experiments", members{"installation_id": o.site, "key": "shop", "name": "Shop", "url": page,
		"variants": []members{{"key": "control", "is_control": true}, {"key": "b", "name": "Short", "changes": changes}},
		"goals":    []members{{"key": "buy", "name": "Buy", "type": "custom", "primary": true}}}, http.StatusCreated)
	id := x["id"].(string)
	o.call(http.MethodPatch, "/experiments/"+id+"/status", members{"status": "running"}, http.StatusOK)
	return id
}

// A page that is rebuilt overnight is noticed before a visitor's browser tells: what moved is found again, what went alarms on the
// experiment's pages and in the API, and the alarm ends when the page has it again.
func TestPagesAreCheckedEachNight(t *testing.T) {
	t.Parallel()
	c := newCheckBundle(t)
	c.write("/", heading)
	id := c.running("/")
	if a := c.o.htmx(http.MethodPost, "/experiments/"+id+"/pages", nil); a.StatusCode != http.StatusConflict {
		t.Errorf("a site that has never shown the snippet: %d", a.StatusCode)
	}
	c.beat(c.o.program, c.clock.Now())
	c.night()
	c.wantRows("at first", id, "Found: Its element is on the page", "Found: Its element is on the page")
	c.wantHome("at first", false)

	c.write("/", `<div><h1 class="title">Sleep under the stars</h1></div>`)
	c.night()
	c.wantRows("rebuilt", id, "Found, moved: Its element moved", "alarm, Not found: Our check no longer finds its element")
	health := c.want(c.o.get("/experiments/"+id), http.StatusOK).doc(t).Find("#health .check-bad")
	if !strings.Contains(health.Text(), "One change no longer finds its element") {
		t.Errorf("the results say %q", health.Text())
	}
	_, r := c.o.call(http.MethodGet, "/analytics/experiments/"+id, nil, http.StatusOK)
	if last := r["changes"].([]any)[1].(members); last["alarm"] != true || last["dropped"] != true || last["check"] != "missed" {
		t.Errorf("the API says %v", last)
	}
	c.wantHome("rebuilt", true)
	c.night()
	c.wantRows("a night later", id, "Found, moved", "alarm, Not found")

	c.write("/", heading)
	c.clock.advance(time.Minute)
	asked := c.want(c.o.htmx(http.MethodPost, "/experiments/"+id+"/pages", nil), http.StatusOK).doc(t)
	if asked.Find("#change-rates[data-poll] .progress").Length() != 1 || asked.Find("button[disabled]").Length() != 1 {
		t.Error("no progress is shown")
	}
	c.wantRows("mended", id, "Found: Its element is on the page", "Found: Its element is on the page")
	c.wantHome("mended", false)
	n := c.asked.Load()
	c.o.htmx(http.MethodPost, "/experiments/"+id+"/pages", nil)
	if c.table(id); c.asked.Load() != n {
		t.Error("the page was opened again at once")
	}

	stranger := c.testBundle.owner()
	c.want(stranger.post("/experiments/"+id+"/pages", url.Values{}), http.StatusNotFound)
	c.want(stranger.htmx(http.MethodGet, "/experiments/"+id+"/pages", nil), http.StatusNotFound)
	c.want(c.o.post("/experiments/"+uuid.NewString()+"/pages", url.Values{}), http.StatusNotFound)
}

// A page that cannot be opened says so, takes nothing back that was known, and holds up nobody else.
func TestPagesThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	c := newCheckBundle(t)
	c.write("/", heading)
	c.write("/tents/dome", heading)
	gone, other := c.running("/gone"), c.newOwner()
	pattern := c.start(other, "/tents/*", []members{{"id": "c1", "selector": "#free", "action": "hide"}, {"id": "c2", "selector": ".nowhere", "action": "hide"},
		{"id": "c3", "action": "css", "value": "p{color:red}"}})
	c.beat(c.o.program, c.clock.Now())
	c.beat(other.program, c.clock.Now())
	c.night()
	if text := c.table(gone).doc(t).Find(".rates-foot").Text(); !strings.Contains(text, "https://shop.example/gone") || !strings.Contains(text, "error 404") {
		t.Errorf("the page that is gone: %s", text)
	}
	c.wantRows("not opened", gone, ": Nothing is known yet", ": Nothing is known yet")

	c.o = other
	if text := c.table(pattern).doc(t).Find(".rates-foot").Text(); !strings.Contains(text, "No visited page fits") {
		t.Errorf("a pattern that nobody has seen a page of: %s", text)
	}
	c.view(other, "https://shop.example/tents/dome?token=secret")
	c.night()
	text := c.table(pattern).doc(t).Find(".rates-foot").Text()
	if !strings.Contains(text, "https://shop.example/tents/dome") || strings.Contains(text, "secret") {
		t.Errorf("opened %s", text)
	}
	c.wantRows("by pattern", pattern, "Found: Its element", "Not found: Not on the page as the server sends it", ": Nothing is known")
}

// view is a browser that opens a page of a site.
func (c *checkBundle) view(o owner, address string) {
	c.testBundle.t.Helper()
	c.look()
	_, site := o.call(http.MethodGet, "/installations/"+o.site, nil, http.StatusOK)
	now := c.clock.Now()
	c.nodes[0].track(site["token"].(string), "events", members{"sent_at": now.UnixMilli(), "events": []members{
		{"id": uuid.NewString(), "type": "pageview", "t": now.UnixMilli(), "visitor_id": "v1", "url": address}}}, http.StatusOK)
}
