package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/services"
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

func typedExperiment(o owner) url.Values {
	return url.Values{"site": {o.site}, "name": {"Headline"}, "url": {"/"}, "hypothesis": {"Shorter"}, "method": {"sequential"}, "traffic": {"50"}, "version": {""},
		"goals[0][type]": {"click"}, "goals[0][selector]": {"#buy"}, "goals[0][url]": {""}, "goals[0][name]": {"Bought"},
		"variants[0][key]": {"control"}, "variants[0][name]": {""}, "variants[0][weight]": {""},
		"variants[1][key]": {"b"}, "variants[1][name]": {"Bolder"}, "variants[1][weight]": {""},
		"variants[1][changes][0][action]": {"text"}, "variants[1][changes][0][selector]": {"h1"}, "variants[1][changes][0][name]": {""}, "variants[1][changes][0][value]": {"Buy"},
		"variants[1][changes][1][action]": {"text"}, "variants[1][changes][1][selector]": {""}, "variants[1][changes][1][name]": {""}, "variants[1][changes][1][value]": {""},
	}
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

func TestExperimentForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner()
	if doc := b.want(o.get("/experiments/new"), http.StatusOK).doc(t); doc.Find("form#experiment-form").Length() != 0 {
		t.Error("a form without a site")
	}
	o = o.withSite()
	b.want(o.get("/experiments/new"), http.StatusOK)
	f := typedExperiment(o)
	f.Set("do", "add-variant")
	a := b.want(o.post("/experiments/new", f), http.StatusOK)
	if n := a.doc(t).Find("[id^=variant-form-]").Length(); n != 3 {
		t.Errorf("%d variants after adding one", n)
	}
	f = typedExperiment(o)
	f.Set("traffic", "12,5")
	id := strings.TrimPrefix(b.want(o.post("/experiments/new", f), http.StatusSeeOther).Header.Get("Location"), "/experiments/")
	_, x := o.call(http.MethodGet, "/experiments/"+id, nil, http.StatusOK)
	variants := x["elements"].([]any)[0].(members)["variants"].([]any)
	if x["traffic_allocation"] != .125 || variants[0].(members)["name"] != "Original" || len(variants[1].(members)["changes"].([]any)) != 1 {
		t.Errorf("stored %v", x)
	}
	edit := b.want(o.get("/experiments/"+id+"/edit"), http.StatusOK).doc(t)
	if edit.Find("input[name=name]").AttrOr("value", "") != "Headline" || edit.Find("input[name=traffic]").AttrOr("value", "") != "12.5" ||
		edit.Find("input[name=version]").AttrOr("value", "") != "1" {
		t.Errorf("edit form: %s", edit.Text())
	}
	f.Set("name", "Second")
	f.Set("version", "1")
	b.want(o.post("/experiments/"+id+"/edit", f), http.StatusSeeOther)
	f.Set("name", "Third")
	a = b.want(o.post("/experiments/"+id+"/edit", f), http.StatusConflict)
	if doc := a.doc(t); doc.Find("input[name=name]").AttrOr("value", "") != "Third" || doc.Find("input[name=version]").AttrOr("value", "") != "2" {
		t.Error("a conflict loses what was typed")
	}
	f.Set("version", "2")
	a = b.want(o.htmx(http.MethodPost, "/experiments/"+id+"/edit", f), http.StatusOK)
	if a.Header.Get("HX-Redirect") != "/experiments/"+id {
		t.Errorf("htmx redirect %q", a.Header.Get("HX-Redirect"))
	}
	o.run(id, "running", http.StatusSeeOther)
	if a := b.want(o.get("/experiments/"+id+"/edit"), http.StatusSeeOther); a.Header.Get("Location") != "/experiments/"+id+"/settings" {
		t.Errorf("edit of a running one leads to %q", a.Header.Get("Location"))
	}
	f.Set("name", "Fourth")
	f.Set("version", "4")
	b.want(o.post("/experiments/"+id+"/edit", f), http.StatusConflict)
}

func TestGoalsWithoutAName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	for kind, want := range map[string]string{"click": "Clicked", "url": "Reached the page", "custom": ""} {
		f := typedExperiment(o)
		f.Set("goals[0][type]", kind)
		f.Set("goals[0][url]", "/thanks")
		f.Set("goals[0][name]", "")
		a := o.post("/experiments/new", f)
		if want == "" {
			b.want(a, http.StatusUnprocessableEntity)
			continue
		}
		_, x := o.call(http.MethodGet, strings.TrimSuffix(b.want(a, http.StatusSeeOther).Header.Get("Location"), "/"), nil, http.StatusOK)
		if got := x["goals"].([]any)[0].(members)["name"]; got != want {
			t.Errorf("%s: got %v, want %s", kind, got, want)
		}
	}
}

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

func TestExperimentFormNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	for _, c := range []struct{ name, value, field string }{
		{"name", "", "name"}, {"name", strings.Repeat("x", 256), "name"}, {"url", "/" + strings.Repeat("x", 2000), "url"},
		{"hypothesis", strings.Repeat("x", 4097), "hypothesis"}, {"traffic", "many", "traffic"}, {"traffic", "101", "traffic"}, {"traffic", "0", "traffic"},
		{"method", "coin", "method"}, {"goals[0][type]", "revenue", "goals-0-type"}, {"goals[0][selector]", "a[", "goals-0-selector"}, {"goals[0][name]", strings.Repeat("x", 256), "goals-0-name"},
		{"variants[1][changes][0][selector]", "h1[", "variants-1-changes-0-selector"}, {"variants[1][changes][0][action]", "js", "variants-1-changes-0-action"},
		{"variants[1][changes][1][value]", "x", "variants-1-changes-1-selector"}, {"variants[1][name]", strings.Repeat("x", 256), "variants-1-name"},
	} {
		f := typedExperiment(o)
		f.Set(c.name, c.value)
		a := b.want(o.htmx(http.MethodPost, "/experiments/new", f), http.StatusUnprocessableEntity)
		doc := a.doc(t)
		if strings.Contains(a.body, "<html") || doc.Find("#"+c.field+"-error").Length() != 1 {
			t.Errorf("%s=%.20q: no error at %s: %s", c.name, c.value, c.field, doc.Find("[id$=-error]").Text())
		}
		if got := doc.Find("input[name=name]").AttrOr("value", ""); got != f.Get("name") {
			t.Errorf("%s: typed name lost: %.20q", c.name, got)
		}
	}
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

func TestTrafficForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	id := o.draft()
	o.run(id, "running", http.StatusSeeOther)
	path := "/experiments/" + id + "/traffic"
	typed := func(traffic, control, other, version string) url.Values {
		return url.Values{"traffic": {traffic}, "weights[control]": {control}, "weights[b]": {other}, "version": {version}}
	}
	for name, c := range map[string]struct {
		form  url.Values
		field string
	}{
		"no number": {typed("x", "50", "50", "2"), "#traffic-error"}, "nothing": {typed("0", "50", "50", "2"), "#traffic-error"},
		"no share": {typed("50", "", "50", "2"), "#weights-control-error"}, "not 100": {typed("50", "60", "50", "2"), ".field-error"},
		"too little": {typed("50", "99.5", "0.5", "2"), "#weights-b-error"},
	} {
		a := b.want(o.htmx(http.MethodPost, path, c.form), http.StatusUnprocessableEntity)
		if a.doc(t).Find(c.field).Length() == 0 || a.doc(t).Find("input[name=traffic]").AttrOr("value", "") != c.form.Get("traffic") {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	b.want(o.post(path, typed("100", "50", "50", "2")), http.StatusSeeOther)
	a := b.want(o.post(path, typed("80", "50", "50", "2")), http.StatusConflict)
	if a.doc(t).Find("input[name=traffic]").AttrOr("value", "") != "80" {
		t.Error("a conflict loses what was typed")
	}
	b.want(o.post(path, typed("100", "90", "10", "3")), http.StatusSeeOther)
	_, x := o.call(http.MethodGet, "/experiments/"+id, nil, http.StatusOK)
	epochs := x["epochs"].([]any)
	if len(epochs) != 3 || epochs[1].(members)["reason"] != "traffic_changed" || epochs[2].(members)["reason"] != "weights_changed" || epochs[2].(members)["weights"].(members)["b"] != .1 {
		t.Errorf("epochs %v", epochs)
	}
	history := b.want(o.get("/experiments/"+id+"/history"), http.StatusOK).doc(t).Find("tbody").Text()
	for _, want := range []string{"90%", "50%", "Ana"} {
		if !strings.Contains(history, want) {
			t.Errorf("history lacks %q: %s", want, history)
		}
	}
	b.want(o.get("/audit"), http.StatusOK)
	b.want(o.get("/audit?before=2"), http.StatusOK)
	b.want(o.get("/audit?before=x"), http.StatusOK)
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
	doc = o.get("/home").doc(t)
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

// viewer is somebody of the same account who may only read.
func (b *testBundle) viewer(o owner) *browser {
	b.t.Helper()
	email := newEmail()
	b.registered(email)
	p := &program{b: b}
	_, reply := p.call(http.MethodPost, "/auth/login", members{"email": email, "password": goodPassword}, http.StatusOK)
	user := uuid.MustParse(reply["user"].(members)["id"].(string))
	account := o.account()
	err := b.db.InTx(b.t.Context(), account, func(s *db.Store) error {
		return s.InsertMember(b.t.Context(), db.InsertMemberParams{AccountID: account, UserID: user, Role: string(services.Viewer), Now: b.clock.Now().Add(-time.Hour)})
	})
	if err != nil {
		b.t.Fatal(err)
	}
	br := b.browser()
	b.want(br.post("/login", url.Values{"email": {email}, "password": {goodPassword}}), http.StatusSeeOther)
	return br
}

func TestViewersReadPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	id := o.draft()
	v := b.viewer(o)
	for _, path := range []string{"/home", "/sites", "/sites/" + o.site, "/experiments", "/experiments/" + id, "/experiments/" + id + "/changes",
		"/experiments/" + id + "/settings", "/experiments/" + id + "/history", "/audit"} {
		a := b.want(v.get(path), http.StatusOK)
		if strings.HasPrefix(path, "/experiments/"+id) && !strings.Contains(a.body, "Headline") {
			t.Errorf("%s shows another account", path)
		}
	}
	for _, path := range []string{"/sites/new", "/experiments/new", "/experiments/" + id + "/edit", "/experiments/" + id + "/confirm?status=archived"} {
		b.want(v.get(path), http.StatusForbidden)
	}
	for path, f := range map[string]url.Values{"/sites/new": {"url": {"https://a.example"}}, "/experiments/new": typedExperiment(o),
		"/experiments/" + id + "/edit": typedExperiment(o), "/experiments/" + id + "/status": {"status": {"running"}},
		"/experiments/" + id + "/duplicate": {}, "/experiments/" + id + "/traffic": {"traffic": {"50"}, "version": {"1"}}} {
		b.want(v.post(path, f), http.StatusForbidden)
	}
}

// What people type is text on every page, whatever it looks like.
func TestTypedTextIsInert(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner()
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.X}}${7*7}</script>`
	a := b.want(o.post("/sites/new", url.Values{"url": {"https://shop.example"}, "name": {evil}}), http.StatusSeeOther)
	o.site = strings.TrimPrefix(a.Header.Get("Location"), "/sites/")
	f := typedExperiment(o)
	for _, name := range []string{"name", "hypothesis", "goals[0][name]", "variants[1][name]", "variants[1][changes][0][value]"} {
		f.Set(name, evil)
	}
	f.Set("url", "/"+evil)
	id := strings.TrimPrefix(b.want(o.post("/experiments/new", f), http.StatusSeeOther).Header.Get("Location"), "/experiments/")
	o.run(id, "running", http.StatusSeeOther)
	_, x := o.call(http.MethodGet, "/experiments/"+id, nil, http.StatusOK)
	if x["name"] != evil {
		t.Errorf("stored name %v", x["name"])
	}
	b.crowd(x, 0, 500, 40)
	b.crowd(x, 1, 500, 110)
	copied := b.want(o.post("/experiments/"+id+"/duplicate", nil), http.StatusSeeOther).Header.Get("Location")
	for _, path := range []string{"/home", "/sites", "/sites/" + o.site, "/experiments", "/experiments/" + id, "/experiments/" + id + "/changes",
		"/experiments/" + id + "/settings", "/experiments/" + id + "/history", "/experiments/" + id + "/confirm?status=completed", "/audit", copied} {
		doc := b.want(o.get(path), http.StatusOK).doc(t)
		if n := doc.Find("img[onerror]").Length(); n > 0 {
			t.Errorf("%s: %d images of an attacker", path, n)
		}
		for _, script := range doc.Find("script").EachIter() {
			inert(t, path, script)
		}
	}
}

// inert wants scripts to be ours: from a file, or data that no policy executes.
func inert(t *testing.T, path string, script *goquery.Selection) {
	t.Helper()
	_, file := script.Attr("src")
	if kind := script.AttrOr("type", ""); !file && kind != "application/json" {
		t.Errorf("%s: script %s", path, fmt.Sprint(script.Html()))
	}
}
