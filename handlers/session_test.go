package handlers

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/services"
)

// actionsOf lists what the record of a person's account says, newest first.
func (b *testBundle) actionsOf(email, password string) []string {
	b.t.Helper()
	who, err := b.deps.Accounts.SignIn(b.t.Context(), email, password, netip.Addr{}, services.API)
	if err != nil {
		b.t.Fatal(err)
	}
	records, err := services.NewAudit(b.db).History(b.t.Context(), who.Actor(), "", 0, 100)
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, r := range records {
		out = append(out, r.Action)
	}
	return out
}

func TestSessionIDChangesAtSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	email := newEmail()
	planted := b.registered(email)
	before := planted.session()
	b.want(planted.post("/login", url.Values{"email": {email}, "password": {goodPassword}}), http.StatusSeeOther)
	if planted.session() == before {
		t.Error("A9: the session id stayed the same")
	}
	old := b.browser()
	old.cookies["samplit_session"] = &http.Cookie{Name: "samplit_session", Value: before}
	b.want(old.get("/settings"), http.StatusSeeOther)
}

func TestReplayAfterLogout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	kept := *br.cookies["samplit_session"]
	b.want(br.post("/logout", nil), http.StatusSeeOther)
	br.cookies[kept.Name] = &kept
	if a := br.get("/settings"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("A11: a cookie from before logout got %d, want 303 to sign in", a.StatusCode)
	}
}

func TestTwoSessionCookiesAreNone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mine, theirs := b.registered(newEmail()), b.registered(newEmail())
	for _, order := range [][]string{{mine.session(), theirs.session()}, {theirs.session(), mine.session()}, {mine.session(), mine.session()}, {"", mine.session()}} {
		a := b.send(http.MethodGet, "/settings", "", func(r *http.Request) {
			r.Header.Set("Cookie", "samplit_session="+order[0]+"; samplit_session="+order[1])
		})
		if a.StatusCode != http.StatusSeeOther {
			t.Errorf("A20: got %d, want 303 to sign in", a.StatusCode)
		}
	}
}

func TestForgedSessionCookies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := b.registered(newEmail()).session()
	for name, value := range map[string]string{"empty": "", "text": "abc", "cut": good[:len(good)-4], "changed": "A" + good[1:], "huge": strings.Repeat("A", 8000)} {
		br := b.browser()
		br.cookies["samplit_session"] = &http.Cookie{Name: "samplit_session", Value: value}
		if a := br.get("/settings"); a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: got %d, want 303 to sign in", name, a.StatusCode)
		}
	}
}

func TestCookieFlags(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{change: func(d *Deps) { d.Production, d.Mailbox = true, nil }})
	br := b.browser()
	a := br.post("/register", url.Values{"email": {newEmail()}, "password": {goodPassword}, "name": {"Ana"}})
	cookies := a.Cookies()
	if len(cookies) == 0 {
		t.Fatal("no cookie was set")
	}
	for _, c := range cookies {
		if c.Name != "__Host-samplit_session" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("A19: got %+v, want __Host-, Secure, HttpOnly, SameSite=Lax, Path=/ and no Domain", c)
		}
	}
	b.want(br.get("/settings"), http.StatusOK)
	for _, c := range br.post("/settings", url.Values{"name": {"Ana"}, "theme": {"ink"}}).Cookies() {
		if !c.Secure || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("%s: got %+v, want Secure and SameSite=Lax", c.Name, c)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	t.Run("A21 after 14 idle days", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		br := b.registered(newEmail())
		b.clock.advance(13 * 24 * time.Hour)
		b.want(br.get("/settings"), http.StatusOK)
		b.clock.advance(13 * 24 * time.Hour)
		b.want(br.get("/settings"), http.StatusOK)
		b.clock.advance(14 * 24 * time.Hour)
		b.want(br.get("/settings"), http.StatusSeeOther)
	})
	t.Run("A21 after 90 days in any case", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		br := b.registered(newEmail())
		for range 8 {
			b.clock.advance(11 * 24 * time.Hour)
			b.want(br.get("/settings"), http.StatusOK)
		}
		b.clock.advance(3 * 24 * time.Hour)
		b.want(br.get("/settings"), http.StatusSeeOther)
	})
	t.Run("A21 not by a clock that jumps an hour", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		br := b.registered(newEmail())
		for _, jump := range []time.Duration{time.Hour, -2 * time.Hour, time.Hour} {
			b.clock.advance(jump)
			b.want(br.get("/settings"), http.StatusOK)
		}
	})
}

func TestDisabledPersonIsOutAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	email := newEmail()
	br := b.registered(email)
	b.disable(email)
	b.want(br.get("/settings"), http.StatusSeeOther)
	a := b.browser().post("/login", url.Values{"email": {email}, "password": {goodPassword}})
	b.want(a, http.StatusUnprocessableEntity)
}

// disable shuts a person out, as an operator does.
func (b *testBundle) disable(email string) {
	b.t.Helper()
	err := b.db.Global(b.t.Context(), func(s *db.Store) error {
		u, err := s.UserByEmail(b.t.Context(), email)
		if err != nil {
			return err
		}
		now := b.clock.Now()
		return s.DisableUser(b.t.Context(), &now, u.ID)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestFlashIsShownOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	b.want(br.post("/settings", url.Values{"name": {"Ana"}}), http.StatusSeeOther)
	if n := b.want(br.get("/settings"), http.StatusOK).doc(t).Find(".flash").Length(); n != 1 {
		t.Errorf("first page: got %d messages, want 1", n)
	}
	if n := b.want(br.get("/settings"), http.StatusOK).doc(t).Find(".flash").Length(); n != 0 {
		t.Errorf("second page: got %d messages, want 0", n)
	}
}

func TestExpiredRowsGo(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{db: ownDatabase(t)})
	email := newEmail()
	b.registered(email)
	long := b.clock.Now().Add(-time.Hour)
	rows := func() (n int) {
		err := b.db.Global(t.Context(), func(s *db.Store) error {
			u, err := s.UserByEmail(t.Context(), email)
			if err != nil {
				return err
			}
			list, err := s.SessionsOfUser(t.Context(), &u.ID, long) // as of long ago, none has expired
			n = len(list)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := rows(); got != 1 {
		t.Fatalf("registering left %d sessions, want 1", got)
	}
	b.clock.advance(91 * 24 * time.Hour)
	b.runJobs()
	eventually(t, func() bool { return rows() == 0 })
}

// eventually waits for what another goroutine does.
func eventually(t testing.TB, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen in 30 s")
		}
		time.Sleep(20 * time.Millisecond)
	}
}
