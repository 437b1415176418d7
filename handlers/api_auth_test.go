package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (b *testBundle) postJSON(path, body string) answer {
	b.t.Helper()
	return b.send(http.MethodPost, path, body, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
}

func (b *testBundle) getBearer(path, token string) answer {
	b.t.Helper()
	return b.send(http.MethodGet, path, "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
}

func decoded[T any](t testing.TB, a answer) (out T) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return out
}

func (b *testBundle) apiRegister(email string) tokenReply {
	b.t.Helper()
	a := b.postJSON("/api/v1/auth/register", `{"email":"`+email+`","password":"`+goodPassword+`","name":"Ana"}`)
	return decoded[tokenReply](b.t, b.want(a, http.StatusCreated))
}

func (b *testBundle) apiLogin(email, password string) tokenReply {
	b.t.Helper()
	a := b.postJSON("/api/v1/auth/login", `{"email":"`+email+`","password":"`+password+`"}`)
	return decoded[tokenReply](b.t, b.want(a, http.StatusOK))
}

func TestAPIAccounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	email := newEmail()
	a := b.want(b.postJSON("/api/v1/auth/register", `{"email":" `+strings.ToUpper(email)+`","password":"`+goodPassword+`","name":"Ana","company":"Shop"}`), http.StatusCreated)
	made := decoded[tokenReply](t, a)
	if made.TokenType != "Bearer" || made.ExpiresIn != 1800 || made.User.Email != email || made.User.Name != "Ana" || made.Account.Name != "Shop" {
		t.Errorf("register: got %+v", made)
	}
	var shape map[string]any
	if err := json.Unmarshal([]byte(a.body), &shape); err != nil {
		t.Fatal(err)
	}
	if _, there := shape["$schema"]; there || a.Header.Get("Link") != "" {
		t.Error("the answer carries schema links")
	}
	if got := a.Header.Get("Set-Cookie"); got != "" {
		t.Errorf("the API set a cookie: %q", got)
	}
	in := b.apiLogin(email, goodPassword)
	if diff := cmp.Diff(made.User, in.User); diff != "" {
		t.Errorf("login gives another person (-register +login):\n%s", diff)
	}
	me := b.want(b.getBearer("/api/v1/auth/me", in.AccessToken), http.StatusOK)
	want := `{"user":{"id":"` + made.User.ID.String() + `","email":"` + email + `","name":"Ana"},"account":{"id":"` +
		made.Account.ID.String() + `","name":"Shop"},"role":"owner"}`
	if got := strings.TrimSpace(me.body); got != want {
		t.Errorf("me: got %s, want %s", got, want)
	}
	b.want(b.postJSON("/api/v1/auth/logout", `{"refresh_token":"`+in.RefreshToken+`"}`), http.StatusNoContent)
	b.want(b.postJSON("/api/v1/auth/refresh", `{"refresh_token":"`+in.RefreshToken+`"}`), http.StatusUnauthorized)
	b.want(b.postJSON("/api/v1/auth/logout", `{"refresh_token":"unknown"}`), http.StatusNoContent)
}

func TestLoginTellsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	email := newEmail()
	b.apiRegister(email)
	wrong := b.want(b.postJSON("/api/v1/auth/login", `{"email":"`+email+`","password":"wrong password"}`), http.StatusUnauthorized)
	unknown := b.want(b.postJSON("/api/v1/auth/login", `{"email":"`+newEmail()+`","password":"wrong password"}`), http.StatusUnauthorized)
	garbled := b.want(b.postJSON("/api/v1/auth/login", `{"email":"\u0000","password":"wrong password"}`), http.StatusUnauthorized)
	if stable(wrong.body) != stable(unknown.body) || stable(wrong.body) != stable(garbled.body) {
		t.Errorf("A1, A2: answers differ:\n%s\n%s\n%s", wrong.body, unknown.body, garbled.body)
	}
	if p := decoded[problem](t, wrong); p.Code != "bad_credentials" || p.RequestID != wrong.Header.Get("X-Request-Id") {
		t.Errorf("got %+v, want code bad_credentials and the request's id", p)
	}
}

func TestRefreshRotatesAndEndsAStolenFamily(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.apiRegister(newEmail())
	refresh := func(token string) answer { return b.postJSON("/api/v1/auth/refresh", `{"refresh_token":"`+token+`"}`) }
	second := decoded[tokenReply](t, b.want(refresh(first.RefreshToken), http.StatusOK))
	if second.RefreshToken == first.RefreshToken || second.User != first.User || second.Account != first.Account {
		t.Errorf("got %+v after %+v, want another refresh token for the same person", second, first)
	}
	b.want(b.getBearer("/api/v1/auth/me", second.AccessToken), http.StatusOK)
	b.want(refresh(first.RefreshToken), http.StatusUnauthorized)
	b.want(refresh(second.RefreshToken), http.StatusUnauthorized)
}

func TestRefreshTokensEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pair := b.apiRegister(newEmail())
	b.clock.advance(30 * 24 * time.Hour)
	b.want(b.postJSON("/api/v1/auth/refresh", `{"refresh_token":"`+pair.RefreshToken+`"}`), http.StatusUnauthorized)
}

func TestTokensOfADisabledPersonEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	email := newEmail()
	pair := b.apiRegister(email)
	b.want(b.getBearer("/api/v1/auth/me", pair.AccessToken), http.StatusOK)
	b.disable(email)
	b.clock.advance(time.Minute)
	b.want(b.getBearer("/api/v1/auth/me", pair.AccessToken), http.StatusUnauthorized)
	b.want(b.postJSON("/api/v1/auth/refresh", `{"refresh_token":"`+pair.RefreshToken+`"}`), http.StatusUnauthorized)
}

func TestPasswordChangeEndsTokensAndOtherSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	email := newEmail()
	br, other := b.registered(email), b.browser()
	b.want(other.post("/login", url.Values{"email": {email}, "password": {goodPassword}}), http.StatusSeeOther)
	pair := b.apiLogin(email, goodPassword)
	b.want(b.getBearer("/api/v1/auth/me", pair.AccessToken), http.StatusOK)
	before := br.session()
	b.want(br.post("/settings/password", url.Values{"current": {goodPassword}, "password": {"a brand new horse"}}), http.StatusSeeOther)
	b.want(br.get("/settings"), http.StatusOK)
	if br.session() == before {
		t.Error("the session that changed the password kept its id")
	}
	b.want(other.get("/settings"), http.StatusSeeOther)
	b.want(b.getBearer("/api/v1/auth/me", pair.AccessToken), http.StatusUnauthorized)
	b.want(b.postJSON("/api/v1/auth/refresh", `{"refresh_token":"`+pair.RefreshToken+`"}`), http.StatusUnauthorized)
}

func TestLargePasswordIsRefusedUnread(t *testing.T) {
	t.Parallel()
	b := setup(t)
	huge := strings.Repeat("x", 1_000_000)
	b.want(b.postJSON("/api/v1/auth/login", `{"email":"a@example.test","password":"`+huge+`"}`), http.StatusRequestEntityTooLarge)
	b.want(b.browser().post("/login", url.Values{"email": {"a@example.test"}, "password": {huge}}), http.StatusRequestEntityTooLarge)
	chunked := b.send(http.MethodPost, "/login", url.Values{"password": {huge}}.Encode(), func(r *http.Request) {
		r.ContentLength = -1
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	})
	b.want(chunked, http.StatusRequestEntityTooLarge)
	b.want(b.postJSON("/api/v1/auth/login", `{"email":"a@example.test","password":"`+strings.Repeat("x", 10_000)+`"}`), http.StatusUnauthorized)
}
