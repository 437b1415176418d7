package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRegisterLogoutLogin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	email := newEmail()
	br := b.registered(email)
	doc := b.want(br.get("/settings"), http.StatusOK).doc(t)
	if got, _ := doc.Find("#name").Attr("value"); got != "Ana" {
		t.Errorf("name on the settings page: got %q, want Ana", got)
	}
	if a := br.post("/logout", nil); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/login" {
		t.Errorf("logout: got %d to %q, want 303 to /login", a.StatusCode, a.Header.Get("Location"))
	}
	a := br.get("/settings")
	if got, want := a.Header.Get("Location"), "/login?next=%2Fsettings"; got != want {
		t.Errorf("signed out, /settings leads to %q, want %q", got, want)
	}
	a = br.post("/login", url.Values{"email": {strings.ToUpper(" " + email)}, "password": {goodPassword}, "next": {"/settings?x=1"}})
	if got, want := a.Header.Get("Location"), "/settings?x=1"; a.StatusCode != http.StatusSeeOther || got != want {
		t.Errorf("login: got %d to %q, want 303 to %q", a.StatusCode, got, want)
	}
	b.want(br.get("/settings"), http.StatusOK)
	if a := br.get("/"); a.Header.Get("Location") != "/home" {
		t.Errorf("signed in, / leads to %q, want /home", a.Header.Get("Location"))
	}
}

func TestPasswordForms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct{ name, registered, typed string }{
		{"A3 72 bytes", strings.Repeat("x7", 36), strings.Repeat("x7", 36)},
		{"A4 over 72 bytes", strings.Repeat("x7", 40), strings.Repeat("x7", 40)},
		{"A7 composed and decomposed", "contraseña de Ángel", "contrasen\u0303a de A\u0301ngel"},
		{"256 characters of four bytes", strings.Repeat("🐎🔋", 128), strings.Repeat("🐎🔋", 128)},
		{"A5 NUL inside", "before\x00after", "before\x00after"},
	} {
		email := newEmail()
		b.want(b.browser().post("/register", url.Values{"email": {email}, "password": {tc.registered}, "name": {"Ana"}}), http.StatusSeeOther)
		if a := b.browser().post("/login", url.Values{"email": {email}, "password": {tc.typed}}); a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: got %d, want 303", tc.name, a.StatusCode)
		}
	}
}

func TestPasswordsThatDoNotMatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	long := strings.Repeat("x", 71) + "y"
	for _, tc := range []struct{ name, registered, typed string }{
		{"wrong", goodPassword, goodPassword + "r"},
		{"A4 only the first 72 bytes are the same", long + "12345678", long + "87654321"},
		{"A4 cut at 72 bytes", long + "12345678", long},
		{"A5 cut at NUL", "before it\x00after", "before it"},
		{"A5 repeated behind NUL", "abcdefgh", "abcdefgh\x00abcdefgh"},
		{"other case", goodPassword, strings.ToUpper(goodPassword)},
	} {
		email := newEmail()
		b.want(b.browser().post("/register", url.Values{"email": {email}, "password": {tc.registered}, "name": {"Ana"}}), http.StatusSeeOther)
		if a := b.browser().post("/login", url.Values{"email": {email}, "password": {tc.typed}}); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %d, want 422", tc.name, a.StatusCode)
		}
	}
}

func TestRegisterRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	taken := newEmail()
	b.registered(taken)
	good := func(name, value string) url.Values {
		f := url.Values{"email": {newEmail()}, "password": {goodPassword}, "name": {"Ana <b>"}, "company": {"Shop & Co"}}
		f.Set(name, value)
		return f
	}
	for _, tc := range []struct {
		name  string
		form  url.Values
		field string
	}{
		{"no e-mail", good("email", " "), "email"},
		{"no domain", good("email", "ana"), "email"},
		{"header injection", good("email", "ana@example.test\r\nBcc: x@example.test"), "email"},
		{"A16 same address in another form", good("email", " "+strings.ToUpper(taken)+" "), "email"},
		{"A8 empty password", good("password", ""), "password"},
		{"A8 short password", good("password", "short77"), "password"},
		{"A8 listed password", good("password", "Baseball"), "password"},
		{"one sign repeated", good("password", "xxxxxxxxxxxx"), "password"},
		{"257 characters", good("password", strings.Repeat("ab", 128)+"c"), "password"},
		{"no name", good("name", " \t"), "name"},
		{"long company", good("company", strings.Repeat("x", 101)), "company"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := b.browser().post("/register", tc.form)
			if a.StatusCode != http.StatusUnprocessableEntity {
				t.Fatalf("got %d, want 422", a.StatusCode)
			}
			doc := a.doc(t)
			if doc.Find("#"+tc.field+"[aria-invalid='true']").Length() != 1 || doc.Find("#"+tc.field+"-error").Text() == "" {
				t.Errorf("field %s is not marked", tc.field)
			}
			for _, name := range []string{"name", "email", "company"} {
				if got, _ := doc.Find("#" + name).Attr("value"); got != tc.form.Get(name) && !strings.ContainsAny(tc.form.Get(name), "\r\n") {
					t.Errorf("%s was lost: got %q, want %q", name, got, tc.form.Get(name))
				}
			}
			if got, there := doc.Find("#password").Attr("value"); there {
				t.Errorf("the password came back: %q", got)
			}
		})
	}
}

func TestInviteOnly(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{inviteOnly: true})
	if doc := b.want(b.browser().get("/register"), http.StatusOK).doc(t); doc.Find("form[action='/register']").Length() != 0 {
		t.Error("the page shows a form that will be refused")
	}
	a := b.browser().post("/register", url.Values{"email": {newEmail()}, "password": {goodPassword}, "name": {"Ana"}})
	if doc := b.want(a, http.StatusForbidden).doc(t); doc.Find("form[action='/register']").Length() != 0 || doc.Find(".lede").Text() == "" {
		t.Error("the refusal does not say why")
	}
	api := b.want(b.postJSON("/api/v1/auth/register", `{"email":"`+newEmail()+`","password":"`+goodPassword+`","name":"Ana"}`), http.StatusForbidden)
	if p := decoded[problem](t, api); p.Code != "invite_only" {
		t.Errorf("got code %s, want invite_only", p.Code)
	}
}

func TestRegistrationStartsTheRecord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	email := newEmail()
	br := b.registered(email)
	b.want(br.post("/logout", nil), http.StatusSeeOther)
	b.want(br.post("/login", url.Values{"email": {email}, "password": {goodPassword}}), http.StatusSeeOther)
	next := "an even better horse"
	b.want(br.post("/settings/password", url.Values{"current": {goodPassword}, "password": {next}}), http.StatusSeeOther)
	got := b.actionsOf(email, next)
	want := []string{"user.signed_in", "user.password_changed", "user.signed_in", "user.signed_out", "account.created"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audit entries, newest first (-want +got):\n%s", diff)
	}
}

func TestNextStaysOnThisSite(t *testing.T) {
	t.Parallel()
	for wanted, want := range map[string]string{
		"/experiments?q=a&page=2": "/experiments?q=a&page=2", "/a b": "/a%20b", "/x#part": "/x",
		"": "/home", "//evil.test": "/home", `/\evil.test`: "/home", "https:evil.test": "/home", "https://evil.test/": "/home",
		"javascript:alert(1)": "/home", "evil": "/home", "/%2fevil.test": "/home", "/%5cevil.test": "/home", "/\tevil": "/home",
		"///evil.test": "/home", "/" + strings.Repeat("x", 1001): "/home", "http://[::1": "/home", "/%0d%0aSet-Cookie:x": "/home",
	} {
		if got := localPath(wanted, "/home"); got != want {
			t.Errorf("localPath(%q): got %q, want %q", wanted, got, want)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "//evil.test", `/\evil.test`, "/a?b=//c", "https:evil.test", "/%2f%2fevil.test", "/.//evil.test", "/\x00", "?x", "/x;//y"} {
		f.Add(seed)
	}
	base := &url.URL{Scheme: "https", Host: "app.test", Path: "/login"}
	f.Fuzz(func(t *testing.T, wanted string) {
		got := localPath(wanted, "/home")
		to, err := base.Parse(got)
		if err != nil || to.Host != "app.test" || to.Scheme != "https" || !strings.HasPrefix(got, "/") ||
			len(got) > 1 && strings.ContainsAny(got[1:2], `/\`) || strings.ContainsAny(got, "\r\n\t") {
			t.Errorf("localPath(%q) is %q, which leads to %v (%v)", wanted, got, to, err)
		}
	})
}
