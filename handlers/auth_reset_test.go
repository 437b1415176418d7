package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/samplit/samplit/mail"
)

var resetLink = regexp.MustCompile(`\S+/reset\?token=\S+`)

// mailTo waits for a message.
func (b *testBundle) mailTo(address, subject string) (found mail.Caught) {
	b.t.Helper()
	eventually(b.t, func() bool {
		for _, m := range b.mailbox.List() {
			if m.To == address && m.Subject == subject {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func TestReset(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{db: ownDatabase(t)})
	b.runJobs()
	email := newEmail()
	br := b.registered(email)
	welcome := b.mailTo(email, "Your Samplit account is ready")
	if !strings.Contains(welcome.Text, "http://localhost:8080/home") {
		t.Errorf("the welcome has no link: %s", welcome.Text)
	}
	refresh := b.apiLogin(email, goodPassword).RefreshToken

	// A14: the link uses the configured URL, whatever the request claims.
	a := b.send(http.MethodPost, "/forgot", url.Values{"email": {strings.ToUpper(email)}}.Encode(), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-Host", "evil.test")
		r.Host = "app.preview.localhost:8080"
	})
	b.want(a, http.StatusAccepted)
	link := resetLink.FindString(b.mailTo(email, "Choose a new password").Text)
	path, ok := strings.CutPrefix(link, "http://localhost:8080")
	if !ok {
		t.Fatalf("link: got %q, want one to http://localhost:8080", link)
	}
	token := strings.TrimPrefix(path, "/reset?token=")

	stranger := b.browser()
	doc := b.want(stranger.get(path), http.StatusOK).doc(t)
	if got, _ := doc.Find("input[name=token]").Attr("value"); got != token {
		t.Errorf("token in the form: got %q, want %q", got, token)
	}
	b.want(stranger.post("/reset", url.Values{"token": {token}, "password": {"short"}}), http.StatusUnprocessableEntity)
	if a := stranger.post("/reset", url.Values{"token": {token}, "password": {"a brand new horse"}}); a.Header.Get("Location") != "/home" {
		t.Fatalf("reset: got %d to %q, want 303 to /home", a.StatusCode, a.Header.Get("Location"))
	}
	b.want(stranger.get("/settings"), http.StatusOK)

	// A12: everything that the old password opened is shut.
	b.want(br.get("/settings"), http.StatusSeeOther)
	b.want(b.postJSON("/api/v1/auth/refresh", `{"refresh_token":"`+refresh+`"}`), http.StatusUnauthorized)
	b.want(b.browser().post("/login", url.Values{"email": {email}, "password": {goodPassword}}), http.StatusUnprocessableEntity)
	b.want(b.browser().post("/login", url.Values{"email": {email}, "password": {"a brand new horse"}}), http.StatusSeeOther)

	// A13: once.
	b.want(b.browser().get(path), http.StatusBadRequest)
	b.want(b.browser().post("/reset", url.Values{"token": {token}, "password": {"yet another horse"}}), http.StatusBadRequest)
}

func TestResetLinksEnd(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{db: ownDatabase(t)})
	b.runJobs()
	ana, eva := newEmail(), newEmail()
	b.registered(ana)
	b.registered(eva)
	ask := func(email string) string {
		b.want(b.browser().post("/forgot", url.Values{"email": {email}}), http.StatusAccepted)
		return strings.TrimPrefix(resetLink.FindString(b.mailTo(email, "Choose a new password").Text), "http://localhost:8080/reset?token=")
	}
	first, other := ask(ana), ask(eva)
	b.want(b.browser().post("/reset", url.Values{"token": {other}, "password": {"a brand new horse"}}), http.StatusSeeOther)
	b.want(b.browser().post("/login", url.Values{"email": {ana}, "password": {"a brand new horse"}}), http.StatusUnprocessableEntity)
	b.clock.advance(30 * time.Minute)
	for name, token := range map[string]string{"A13 after 30 minutes": first, "unknown": strings.Repeat("A", 43), "empty": "", "NUL": "\x00"} {
		if a := b.browser().post("/reset", url.Values{"token": {token}, "password": {"yet another horse"}}); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: got %d, want 400", name, a.StatusCode)
		}
	}
}

func TestForgotTellsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	known := newEmail()
	b.registered(known)
	unknown := strings.Repeat("x", len(known)-len("@example.test")) + "@example.test"
	bodies := map[string]string{}
	for _, email := range []string{known, unknown} {
		a := b.want(b.browser().post("/forgot", url.Values{"email": {email}}), http.StatusAccepted)
		bodies[email] = stable(strings.ReplaceAll(a.body, email, "ADDRESS"))
	}
	if bodies[known] != bodies[unknown] {
		t.Error("A15: the answers differ")
	}
	a := b.want(b.browser().post("/forgot", url.Values{"email": {"nobody"}}), http.StatusUnprocessableEntity)
	if got, _ := a.doc(t).Find("#email").Attr("value"); got != "nobody" {
		t.Errorf("what was typed is lost: got %q", got)
	}
}

var random = regexp.MustCompile(`[A-Z2-7]{26}`)

// stable removes from a body what differs by chance: nonces and request ids.
func stable(body string) string { return random.ReplaceAllString(body, "RANDOM") }
