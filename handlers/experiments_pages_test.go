package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// owner is a browser of somebody signed in, and the same person's access to the API.
type owner struct {
	*browser
	*program
}

func (b *testBundle) owner() owner {
	b.t.Helper()
	email := newEmail()
	br := b.registered(email)
	p := &program{b: b}
	_, reply := p.call(http.MethodPost, "/auth/login", members{"email": email, "password": goodPassword}, http.StatusOK)
	p.token = reply["access_token"].(string)
	return owner{br, p}
}

// withSite adds a site by its form.
func (o owner) withSite() owner {
	o.program.b.t.Helper()
	a := o.program.b.want(o.post("/sites/new", url.Values{"url": {"https://shop.example"}, "name": {""}}), http.StatusSeeOther)
	o.site = strings.TrimPrefix(a.Header.Get("Location"), "/sites/")
	return o
}

// htmx sends like a part of a page does.
func (br *browser) htmx(method, target string, form url.Values) answer {
	br.b.t.Helper()
	br.header.Set("HX-Request", "true")
	defer br.header.Del("HX-Request")
	return br.do(method, target, form)
}

// draft makes an experiment by its form and returns its id.
func (o owner) draft() string {
	o.program.b.t.Helper()
	a := o.program.b.want(o.post("/experiments/new", typedExperiment(o)), http.StatusSeeOther)
	return strings.TrimPrefix(a.Header.Get("Location"), "/experiments/")
}

func (o owner) run(id, status string, code int) answer {
	o.program.b.t.Helper()
	return o.program.b.want(o.post("/experiments/"+id+"/status", url.Values{"status": {status}}), code)
}

func TestResultPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	id := o.draft()
	path := "/experiments/" + id
	if doc := b.want(o.get(path), http.StatusOK).doc(t); doc.Find(".verdict-draft").Length() != 1 || doc.Find("#results[hx-get]").Length() != 0 {
		t.Errorf("draft: %s", doc.Find("#results").Text())
	}
	o.run(id, "running", http.StatusSeeOther)
	_, x := o.call(http.MethodGet, "/experiments/"+id, nil, http.StatusOK)
	b.crowd(x, 0, 500, 40)
	b.crowd(x, 1, 500, 110)
	page := b.want(o.get(path), http.StatusOK)
	doc := page.doc(t)
	_, r := o.call(http.MethodGet, "/analytics/experiments/"+id, nil, http.StatusOK)
	if got, want := doc.Find("#headline").Text(), r["verdict"].(members)["headline"]; got != want {
		t.Errorf("headline %q, want the API's %q", got, want)
	}
	if !strings.Contains(doc.Find("#row-b").Text(), "22.00%") || !strings.Contains(doc.Find("#row-b").Text(), "110") {
		t.Errorf("row %s", doc.Find("#row-b").Text())
	}
	for _, script := range doc.Find("script[type='application/json']").EachIter() {
		if !strings.HasPrefix(strings.TrimSpace(script.Text()), "{") {
			t.Errorf("chart data: %s", script.Text())
		}
	}
	part := b.want(o.htmx(http.MethodGet, path+"/results", nil), http.StatusOK)
	tag := part.Header.Get("ETag")
	if strings.Contains(part.body, "<html") || tag == "" {
		t.Errorf("part with tag %q", tag)
	}
	b.clock.advance(10 * time.Second)
	o.header.Set("If-None-Match", tag)
	if a := b.want(o.htmx(http.MethodGet, path+"/results", nil), http.StatusNotModified); a.body != "" {
		t.Errorf("304 with a body: %s", a.body)
	}
	b.crowd(x, 1, 1, 0)
	if a := b.want(o.htmx(http.MethodGet, path+"/results", nil), http.StatusOK); a.Header.Get("ETag") == tag {
		t.Error("one more visitor has the same tag")
	}
	o.header.Del("If-None-Match")
	for _, tab := range []string{"/results", "/changes", "/settings", "/history", "/confirm?status=completed", "?goal=bought"} {
		b.want(o.get(path+tab), http.StatusOK)
	}
	for _, missing := range []string{"?goal=nothing", "/confirm?status=draft", "/confirm"} {
		b.want(o.get(path+missing), http.StatusNotFound)
	}
	stranger := b.owner()
	for _, tab := range []string{"", "/results", "/changes", "/settings", "/history", "/edit", "/confirm?status=completed"} {
		b.want(stranger.get(path+tab), http.StatusNotFound)
	}
}

func TestStatusForms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	id := o.draft()
	o.run(id, "completed", http.StatusConflict)
	start := "form[action='/experiments/" + id + "/status'] input[value=running]"
	if n := o.get("/experiments/" + id).doc(t).Find(start).Length(); n != 0 {
		t.Error("the page invites to start without a snippet")
	}
	if n := b.want(o.get("/experiments/"+id+"/confirm?status=running"), http.StatusOK).doc(t).Find(start).Length(); n != 1 {
		t.Error("no way to start all the same")
	}
	o.run(id, "running", http.StatusSeeOther)
	b.want(o.get("/experiments/"+id+"/confirm?status=running"), http.StatusSeeOther)
	if a := o.run(id, "running", http.StatusConflict); a.doc(t).Find("#results").Length() != 1 {
		t.Error("a refused start does not show the experiment")
	}
	o.run(id, "paused", http.StatusSeeOther)
	if doc := o.get("/experiments/" + id).doc(t); doc.Find("form[action='/experiments/"+id+"/status'] input[value=running]").Length() == 0 {
		t.Error("no way back from a pause")
	}
	o.run(id, "running", http.StatusSeeOther)
	confirm := b.want(o.htmx(http.MethodGet, "/experiments/"+id+"/confirm?status=completed&winner=b", nil), http.StatusOK).doc(t)
	if confirm.Find("input[name=winner][value=b][checked]").Length() != 1 {
		t.Errorf("confirmation: %s", confirm.Text())
	}
	a := b.want(o.post("/experiments/"+id+"/status", url.Values{"status": {"completed"}, "winner": {"zebra"}}), http.StatusUnprocessableEntity)
	if a.doc(t).Find("input[name=winner]").Length() == 0 {
		t.Error("a refused winner does not ask again")
	}
	b.want(o.post("/experiments/"+id+"/status", url.Values{"status": {"completed"}, "winner": {"b"}}), http.StatusSeeOther)
	if text := o.get("/experiments/" + id).doc(t).Find("#headline").Text(); text != "Bolder is now shown to everyone." {
		t.Errorf("headline %q", text)
	}
	copied := b.want(o.post("/experiments/"+id+"/duplicate", nil), http.StatusSeeOther).Header.Get("Location")
	if !strings.HasSuffix(copied, "/edit") {
		t.Errorf("the copy is at %q", copied)
	}
	b.want(o.get(copied), http.StatusOK)
	o.run(id, "archived", http.StatusSeeOther)
	list := o.get("/experiments").doc(t)
	if n := list.Find("tbody tr").Length(); n != 1 {
		t.Errorf("%d rows after archiving one of two", n)
	}
	if n := o.get("/experiments?status=archived").doc(t).Find("tbody tr").Length(); n != 1 {
		t.Errorf("%d archived rows", n)
	}
	for _, odd := range []string{"?status=open", "?page=9999999", "?page=-1", "?q=%25", "?site=x", "?sort=x"} {
		b.want(o.get("/experiments"+odd), http.StatusOK)
	}
}
