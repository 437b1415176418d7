package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/proxy"
)

// installBundle is a site whose page is answered by the test.
type installBundle struct {
	b     *testBundle
	o     owner
	token string
	page  http.HandlerFunc
}

func newInstallBundle(t *testing.T) *installBundle {
	t.Helper()
	i := &installBundle{}
	host := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { i.page(w, r) })
	i.b = setupWith(t, bundleOptions{change: func(d *Deps) {
		d.Installations.LookWith(proxy.New(proxy.Config{Inside: map[string]http.Handler{"shop.example": host}}))
	}})
	i.o = i.b.owner().withSite()
	_, site := i.o.call(http.MethodGet, "/installations/"+i.o.site, nil, http.StatusOK)
	i.token = site["token"].(string)
	return i
}

func (i *installBundle) snippet(attributes string) string {
	return `<script ` + attributes + ` src="http://localhost:8080/s/` + i.token + `.js"></script>`
}

// html makes the site's page a document with a head and a body.
func (i *installBundle) html(head, body string, header ...string) {
	i.page = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for n := 0; n+1 < len(header); n += 2 {
			w.Header().Add(header[n], header[n+1])
		}
		fmt.Fprintf(w, "<!doctype html><html><head><title>Shop</title>%s</head><body><h1>Shop</h1>%s</body></html>", head, body)
	}
}

// check presses the button and returns what the fragment says, the directive to add apart.
func (i *installBundle) check() (text, detail string) {
	i.b.t.Helper()
	i.b.clock.advance(time.Minute)
	doc := i.b.want(i.o.htmx(http.MethodPost, "/sites/"+i.o.site+"/check", nil), http.StatusOK).doc(i.b.t)
	return doc.Find(".install-verdict").Text(), doc.Find("#install-detail").Text()
}

// poll is what the fragment says when it asks again.
func (i *installBundle) poll() string {
	i.b.t.Helper()
	return i.b.want(i.o.htmx(http.MethodGet, "/sites/"+i.o.site+"/check", nil), http.StatusOK).doc(i.b.t).Find("#install").Text()
}

func TestInstallVerdictsOfThePage(t *testing.T) {
	t.Parallel()
	i := newInstallBundle(t)
	own, other := i.snippet, `<script src="http://localhost:8080/s/inst_aaaaaaaaaaaaaaaaaaaaaaaaaa.js"></script>`
	for _, c := range []struct {
		name, head, body string
		header           []string
		want             string
	}{
		{"early", own(""), "", nil, "early in the head"},
		{"in the body", "", own(""), nil, "is in the body"},
		{"in a head that a division ends", "<div></div>" + own(""), "", nil, "is in the body"},
		{"async", own("async"), "", nil, "“async” without our loader"},
		{"defer", own("defer"), "", nil, "“async” without our loader"},
		{"with the loader", strings.Replace(own(`async blocking="render"`), ".js", ".async.js", 1), "", nil, "early in the head"},
		{"twice", own("") + own(""), "", nil, "twice"},
		{"of another site", other, "", nil, "of another site"},
		{"own beside another's", own("") + other, "", nil, "early in the head"},
		{"absent", "", "", nil, "not on it"},
		{"in a comment", "<!--" + own("") + "-->", "", nil, "not on it"},
		{"in a template", "<template>" + own("") + "</template>", "", nil, "not on it"},
		{"in text", "", "<pre>&lt;script src=/s/" + i.token + ".js></pre>", nil, "not on it"},
		{"under the site's own host", `<script src="/_smp/s/` + i.token + `.js"></script>`, "", nil, "early in the head"},
		{"blocked", own(""), "", []string{"Content-Security-Policy", "script-src 'self'"}, "policy blocks"},
		{"blocked by a meta", `<meta http-equiv="Content-Security-Policy" content="connect-src 'none'">` + own(""), "", nil, "policy blocks"},
		{"allowed", own(""), "", []string{"Content-Security-Policy", "default-src 'self' http://localhost:8080"}, "early in the head"},
		{"only reported", own(""), "", []string{"Content-Security-Policy-Report-Only", "default-src 'none'"}, "early in the head"},
	} {
		i.html(c.head, c.body, c.header...)
		if got, _ := i.check(); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	i.page = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sign in", http.StatusForbidden) }
	if got, _ := i.check(); !strings.Contains(got, "could not open") {
		t.Errorf("403: got %q", got)
	}
	i.page = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1/", http.StatusFound)
	}
	if got, _ := i.check(); !strings.Contains(got, "could not open") {
		t.Errorf("a redirect inside: got %q", got)
	}
}

func TestInstallCheckPrintsTheDirective(t *testing.T) {
	t.Parallel()
	i := newInstallBundle(t)
	for policy, want := range map[string]string{
		"script-src 'self' https://cdn.example; connect-src 'self'": "script-src 'self' https://cdn.example http://localhost:8080; connect-src 'self' http://localhost:8080",
		"default-src 'none'":                  "script-src http://localhost:8080; connect-src http://localhost:8080",
		"script-src 'nonce-abc'; img-src *":   "script-src 'nonce-abc' http://localhost:8080",
		"script-src 'strict-dynamic' https:":  "script-src 'strict-dynamic' https: 'nonce-…'",
		"script-src https://localhost:8080":   "script-src https://localhost:8080 http://localhost:8080",
		"script-src *.localhost:8080 'self'":  "script-src *.localhost:8080 'self' http://localhost:8080",
		"default-src 'self' http://localhost": "script-src 'self' http://localhost http://localhost:8080; connect-src 'self' http://localhost http://localhost:8080",
	} {
		i.html(i.snippet(""), "", "Content-Security-Policy", policy)
		if _, got := i.check(); got != want {
			t.Errorf("%s: got %q, want %q", policy, got, want)
		}
	}
	for _, policy := range []string{"script-src *", "script-src http:", "default-src localhost:8080 http://localhost:8080", "script-src http://localhost:*", "img-src 'none'"} {
		i.html(i.snippet(""), "", "Content-Security-Policy", policy)
		if text, got := i.check(); got != "" || !strings.Contains(text, "early") {
			t.Errorf("%s: got %q, %q", policy, text, got)
		}
	}
	i.html(i.snippet(`nonce="abc"`), "", "Content-Security-Policy", "script-src 'strict-dynamic' 'nonce-abc'")
	if text, _ := i.check(); !strings.Contains(text, "early") {
		t.Errorf("with the nonce: got %q", text)
	}
}

// What a browser reports after the check began proves more than the page; what it reported before proves nothing.
func TestInstallVerdictsOfTheBrowser(t *testing.T) {
	t.Parallel()
	i := newInstallBundle(t)
	i.html("<script>(function(){/* googletagmanager.com/gtm.js */})()</script>", "")
	i.b.beat(i.o.program, i.b.clock.Now())
	if got, _ := i.check(); !strings.Contains(got, "not on it") {
		t.Errorf("an old report: got %q", got)
	}
	i.b.clock.advance(10 * time.Second)
	i.b.beat(i.o.program, i.b.clock.Now())
	if got := i.poll(); !strings.Contains(got, "through a tag manager") || !strings.Contains(got, "/cart") {
		t.Errorf("a tag manager: got %q", got)
	}
	i.html(i.snippet(""), "", "Content-Security-Policy", "script-src 'self'")
	i.check()
	i.b.clock.advance(10 * time.Second)
	i.b.beat(i.o.program, i.b.clock.Now())
	if got := i.poll(); !strings.Contains(got, "early in the head") {
		t.Errorf("it runs all the same: got %q", got)
	}
	i.seen("smp-test-abc")
	if got := i.poll(); !strings.Contains(got, "Only test visitors") {
		t.Errorf("staff alone: got %q", got)
	}
	i.seen("visitor")
	if got := i.poll(); !strings.Contains(got, "early in the head") {
		t.Errorf("a visitor among staff: got %q", got)
	}
}

func TestInstallWaitsForConsent(t *testing.T) {
	t.Parallel()
	i := newInstallBundle(t)
	i.b.want(i.o.post("/sites/"+i.o.site+"/rules", url.Values{"consent": {"on"}}), http.StatusSeeOther)
	i.html(i.snippet(""), "")
	if got, _ := i.check(); !strings.Contains(got, "early in the head") {
		t.Errorf("while it waits: got %q", got)
	}
	i.b.clock.advance(3 * time.Minute)
	if got := i.poll(); !strings.Contains(got, "before a visitor consents") {
		t.Errorf("after the wait: got %q", got)
	}
}

// seen stores a page view of a visitor now.
func (i *installBundle) seen(visitor string) {
	i.b.t.Helper()
	now := i.b.clock.Now()
	_, err := i.b.db.Apply(i.b.t.Context(), db.Batch{Now: now, Events: []db.NewEvent{{Account: i.o.account(), ID: uuid.Must(uuid.NewV7()), Day: now.UTC().Truncate(24 * time.Hour),
		Kind: db.KindPageview, Installation: uuid.MustParse(i.o.site), Visitor: visitor, URL: "https://shop.example/", Occurred: now, Received: now}}})
	if err != nil {
		i.b.t.Fatal(err)
	}
}

func TestAnotherAccountsSiteIsNotLookedAt(t *testing.T) {
	t.Parallel()
	i := newInstallBundle(t)
	i.page = func(http.ResponseWriter, *http.Request) { t.Error("the page was opened") }
	i.b.want(i.b.owner().htmx(http.MethodPost, "/sites/"+i.o.site+"/check", nil), http.StatusNotFound)
}
