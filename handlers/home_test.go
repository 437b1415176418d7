package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	id := o.draft()
	for query, want := range map[string]string{"HEAD": "/experiments/" + id, "shop.ex": "/sites/" + o.site, "nothing at all": "", "%": "", strings.Repeat("x", 300): "", "\xff": ""} {
		doc := b.want(o.get("/search?q="+url.QueryEscape(query)), http.StatusOK).doc(t)
		if got := doc.Find(".found a").AttrOr("href", ""); got != want {
			t.Errorf("%.20q: got %q, want %q", query, got, want)
		}
	}
	part := b.want(o.htmx(http.MethodGet, "/search?q=head", nil), http.StatusOK)
	if strings.Contains(part.body, "<html") || !strings.Contains(part.body, id) {
		t.Errorf("part: %s", part.body)
	}
	if strings.Contains(b.owner().get("/search?q=head").body, id) {
		t.Error("another account is found")
	}
}

func TestHome(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner()
	doc := b.want(o.get("/home"), http.StatusOK).doc(t)
	if n := doc.Find(".steps .step").Length(); n != 5 || doc.Find(".step-done").Length() != 0 {
		t.Errorf("%d steps for a new account", n)
	}
	o = o.withSite()
	id := o.draft()
	b.beat(o.program, b.clock.Now())
	o.run(id, "running", http.StatusSeeOther)
	if n := o.get("/home").doc(t).Find(".step-done").Length(); n != 4 {
		t.Errorf("%d steps done, want 4", n)
	}
	_, x := o.call(http.MethodGet, "/experiments/"+id, nil, http.StatusOK)
	b.crowd(x, 0, 500, 40)
	b.crowd(x, 1, 500, 110)
	for _, share := range []float64{0.9, 0.8, 1} {
		o.call(http.MethodPatch, "/experiments/"+id, members{"traffic_allocation": share}, http.StatusOK)
	}
	doc = o.get("/home").doc(t)
	if n := doc.Find(".feed li").Length(); n != 4 {
		t.Errorf("%d lines of activity, want the site, the draft, its start and the changes of traffic once", n)
	}
	if feed := doc.Find(".feed").Text(); !strings.Contains(feed, "Headline") || strings.Contains(feed, "Signed in") {
		t.Errorf("activity %s", feed)
	}
	if doc.Find(".steps").Length() != 0 || doc.Find(".task-decide").Length() != 1 || doc.Find("tbody tr").Length() != 1 {
		t.Errorf("home of a winner: %s", doc.Find("main").Text())
	}
	quiet := o.draft()
	o.run(quiet, "running", http.StatusSeeOther)
	b.clock.advance(25 * time.Hour)
	if n := o.get("/home").doc(t).Find(".task-fix").Length(); n != 1 {
		t.Errorf("%d experiments to repair, want the one without visitors", n)
	}
}
