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
func inert(t testing.TB, path string, script *goquery.Selection) {
	t.Helper()
	_, file := script.Attr("src")
	if kind := script.AttrOr("type", ""); !file && kind != "application/json" {
		t.Errorf("%s: script %s", path, fmt.Sprint(script.Html()))
	}
}
