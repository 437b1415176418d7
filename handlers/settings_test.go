package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	b.want(br.post("/settings", url.Values{"name": {" Ana  María "}, "lang": {"es"}, "theme": {"ink"}}), http.StatusSeeOther)
	doc := b.want(br.get("/settings"), http.StatusOK).doc(t)
	if lang, _ := doc.Find("html").Attr("lang"); lang != "es" {
		t.Errorf("lang: got %q, want es", lang)
	}
	if theme, _ := doc.Find("html").Attr("data-theme"); theme != "ink" {
		t.Errorf("theme: got %q, want ink", theme)
	}
	if name, _ := doc.Find("#name").Attr("value"); name != "Ana María" {
		t.Errorf("name: got %q, want Ana María", name)
	}
	b.want(br.post("/settings", url.Values{"name": {"Ana"}, "lang": {""}, "theme": {"neon"}}), http.StatusSeeOther)
	if theme, there := br.get("/settings").doc(t).Find("html").Attr("data-theme"); there {
		t.Errorf("an unknown theme was taken: %q", theme)
	}
}

func TestRefusedSettings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	for _, tc := range []struct {
		name, path string
		form       url.Values
		field      string
	}{
		{"no name", "/settings", url.Values{"name": {""}, "lang": {"es"}, "theme": {"ink"}}, "name"},
		{"wrong current password", "/settings/password", url.Values{"current": {"wrong"}, "password": {"a brand new horse"}}, "current"},
		{"short password", "/settings/password", url.Values{"current": {goodPassword}, "password": {"short"}}, "password"},
	} {
		page := b.want(br.post(tc.path, tc.form), http.StatusUnprocessableEntity).doc(t)
		if page.Find("html").Length() != 1 || page.Find("#"+tc.field+"[aria-invalid]").Length() != 1 {
			t.Errorf("%s: no whole page with the field marked", tc.name)
		}
		br.header.Set("HX-Request", "true")
		part := b.want(br.post(tc.path, tc.form), http.StatusUnprocessableEntity)
		br.header.Del("HX-Request")
		if strings.Contains(part.body, "<html") || part.doc(t).Find("#"+tc.field+"[aria-invalid]").Length() != 1 {
			t.Errorf("%s: htmx did not get the form alone", tc.name)
		}
		if got := part.Header.Get("Vary"); !strings.Contains(got, "HX-Request") {
			t.Errorf("%s: Vary is %q", tc.name, got)
		}
		for _, secret := range []string{goodPassword, "a brand new horse"} {
			if strings.Contains(part.body, secret) {
				t.Errorf("%s: a password came back", tc.name)
			}
		}
	}
}

func TestHtmxRedirects(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	br.header.Set("HX-Request", "true")
	a := b.want(br.post("/settings", url.Values{"name": {"Ana"}}), http.StatusOK)
	if got := a.Header.Get("HX-Redirect"); got != "/settings" || a.body != "" {
		t.Errorf("got HX-Redirect %q and %q, want /settings and nothing", got, a.body)
	}
	br.cookies = map[string]*http.Cookie{}
	if got := b.want(br.get("/settings"), http.StatusOK).Header.Get("HX-Redirect"); got != "/login" {
		t.Errorf("signed out: got HX-Redirect %q, want /login", got)
	}
}

func TestSessionsList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	email := newEmail()
	br, phone, third := b.registered(email), b.browser(), b.browser()
	phone.header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1")
	for _, other := range []*browser{phone, third} {
		b.want(other.post("/login", url.Values{"email": {email}, "password": {goodPassword}}), http.StatusSeeOther)
	}
	page := b.want(br.get("/settings"), http.StatusOK)
	if !strings.Contains(page.body, "Chrome · Linux") || !strings.Contains(page.body, "Safari · iOS") || !strings.Contains(page.body, "192.0.2.1") {
		t.Error("the browsers are not named, or not where they are")
	}
	forms := page.doc(t).Find("form[action^='/settings/sessions/']:not([action$='others'])")
	if forms.Length() != 2 {
		t.Fatalf("got %d sessions to end, want the two others", forms.Length())
	}
	stranger := b.registered(newEmail())
	action, _ := forms.First().Attr("action")
	b.want(stranger.post(action, nil), http.StatusSeeOther)
	if n := br.get("/settings").doc(t).Find(".sessions li").Length(); n != 3 {
		t.Errorf("somebody else ended a session: got %d, want 3", n)
	}
	b.want(br.post(action, nil), http.StatusSeeOther)
	if n := br.get("/settings").doc(t).Find(".sessions li").Length(); n != 2 {
		t.Errorf("after ending one: got %d, want 2", n)
	}
	b.want(br.post("/settings/sessions/others", nil), http.StatusSeeOther)
	b.want(br.get("/settings"), http.StatusOK)
	b.want(phone.get("/settings"), http.StatusSeeOther)
	b.want(third.get("/settings"), http.StatusSeeOther)
	b.want(br.post("/settings/sessions/nonsense", nil), http.StatusNotFound)
}
