package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

func TestSitePages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner()
	b.want(o.get("/sites"), http.StatusOK)
	b.want(o.get("/sites/new"), http.StatusOK)
	a := b.want(o.post("/sites/new", url.Values{"url": {"javascript:alert(1)"}, "name": {"<b>Shop"}}), http.StatusUnprocessableEntity)
	if doc := a.doc(t); doc.Find("input[name=url]").AttrOr("value", "") != "javascript:alert(1)" || doc.Find("input[name=name]").AttrOr("value", "") != "<b>Shop" ||
		doc.Find("#url-error").Length() != 1 {
		t.Errorf("refused form: %s", a.body)
	}
	o = o.withSite()
	path := "/sites/" + o.site
	doc := b.want(o.get(path), http.StatusOK).doc(t)
	if !strings.Contains(doc.Find("#snippet").Text(), `<script src="http://localhost:8080/s/inst_`) || !doc.Find("#install").HasClass("install-waiting") || doc.Find("#install[hx-get]").Length() != 1 {
		t.Errorf("a new site is watched: %s", doc.Find("#install").Text())
	}
	part := b.want(o.htmx(http.MethodGet, path+"/check", nil), http.StatusOK)
	if strings.Contains(part.body, "<html") || part.doc(t).Find("#install.install-waiting").Length() != 1 {
		t.Errorf("part: %s", part.body)
	}
	b.beat(o.program, b.clock.Now().Add(-time.Hour))
	if doc := o.get(path + "/check").doc(t); !doc.Find("#install").HasClass("install-waiting") {
		t.Error("an old heartbeat proved something")
	}
	b.clock.advance(30 * time.Second)
	b.beat(o.program, b.clock.Now())
	if doc := o.get(path + "/check").doc(t); !doc.Find("#install").HasClass("install-found") || !strings.Contains(doc.Find("#install").Text(), "/cart") {
		t.Errorf("found: %s", doc.Find("#install").Text())
	}
	b.want(o.post(path+"/check", nil), http.StatusSeeOther)
	b.clock.advance(3 * time.Minute)
	if doc := o.get(path).doc(t); !doc.Find("#install").HasClass("install-missing") {
		t.Error("the watch did not end")
	}
	if rows := o.get("/sites").doc(t).Find("tbody tr").Length(); rows != 1 {
		t.Errorf("%d sites listed", rows)
	}
	b.want(o.get("/sites/"+uuid.NewString()), http.StatusNotFound)
	b.want(b.owner().get(path), http.StatusNotFound)
}

func (b *testBundle) beat(p *program, at time.Time) {
	b.t.Helper()
	account := p.account()
	_, err := b.db.Apply(b.t.Context(), db.Batch{Now: at, Beats: []db.Beat{{Account: account, Installation: uuid.MustParse(p.site), At: at, URL: "https://shop.example/cart"}}})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (p *program) account() uuid.UUID {
	p.b.t.Helper()
	_, me := p.call(http.MethodGet, "/auth/me", nil, http.StatusOK)
	return uuid.MustParse(me["account"].(members)["id"].(string))
}

func TestSiteRulesForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	path := "/sites/" + o.site
	b.want(o.post(path+"/rules", url.Values{"origins": {"https://blog.example\nhttps://shop.example"}}), http.StatusSeeOther)
	doc := b.want(o.get(path), http.StatusOK).doc(t)
	if got := doc.Find("textarea[name=origins]").Text(); !strings.Contains(got, "https://blog.example") || doc.Find("input[name=scrub][checked]").Length() != 0 {
		t.Errorf("shown again: %q", got)
	}
	if a := b.want(o.post(path+"/rules", url.Values{"origins": {"ftp://x"}, "scrub": {"on"}}), http.StatusUnprocessableEntity); !strings.Contains(a.body, "ftp://x") {
		t.Error("what was typed is lost")
	}
}

// The checklist of a site leads from one step to the next, and goes once an experiment runs.
func TestSiteChecklist(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	next := func() (done int, link string) {
		t.Helper()
		doc := b.want(o.get("/sites/"+o.site), http.StatusOK).doc(t)
		return doc.Find(".step-done").Length(), doc.Find(".step-next .btn").AttrOr("href", "")
	}
	want := func(when string, done int, link string) {
		t.Helper()
		if n, to := next(); n != done || to != link {
			t.Errorf("%s: %d steps done and then %q, want %d and %q", when, n, to, done, link)
		}
	}
	want("a new site", 0, "#snippet-head")
	b.beat(o.program, b.clock.Now())
	want("installed", 1, "/experiments/new?site="+o.site+"#decision-3")
	id := o.draft()
	want("a draft", 3, "/experiments/"+id+"/changes")
	b.want(o.get("/experiments/"+id+"/preview?variant=b"), http.StatusSeeOther)
	want("previewed", 4, "/experiments/"+id)
	o.run(id, "running", http.StatusSeeOther)
	want("running", 0, "")
}
