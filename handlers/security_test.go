package handlers

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

func TestSecurityHeadersOnEveryAnswer(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{change: func(d *Deps) { d.Production, d.Mailbox = true, nil }})
	br := b.registered(newEmail())
	for _, tc := range []struct{ method, path string }{
		{"GET", "/"}, {"GET", "/login"}, {"GET", "/settings"}, {"GET", "/nowhere"}, {"DELETE", "/login"}, {"POST", "/nowhere"},
		{"GET", "/healthz"}, {"GET", "/readyz"}, {"GET", "/static/css/app.css"}, {"GET", "/static/nothing"},
		{"GET", "/api/v1/nowhere"}, {"GET", "/api/v1/docs"}, {"GET", "/api/v1/openapi.json"}, {"GET", "/api/v1/auth/me"}, {"DELETE", "/api/v1/auth/login"},
	} {
		h := br.do(tc.method, tc.path, nil).Header
		name := tc.method + " " + tc.path
		if got := h.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options is %q", name, got)
		}
		if got := h.Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("%s: Referrer-Policy is %q", name, got)
		}
		if got := h.Get("Cross-Origin-Opener-Policy"); got != "same-origin" {
			t.Errorf("%s: Cross-Origin-Opener-Policy is %q", name, got)
		}
		if got := h.Get("Strict-Transport-Security"); got != "max-age=31536000" {
			t.Errorf("%s: Strict-Transport-Security is %q", name, got)
		}
		if h.Get("X-Request-Id") == "" {
			t.Errorf("%s has no request id", name)
		}
		checkPolicy(t, name, h.Get("Content-Security-Policy"))
	}
}

func checkPolicy(t testing.TB, name, policy string) {
	t.Helper()
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("%s: policy %q does not deny by default", name, policy)
	}
	for _, loose := range []string{"unsafe-inline", "unsafe-eval", "*", "http:", "https:"} {
		if strings.Contains(policy, loose) {
			t.Errorf("%s: policy %q holds %s", name, policy, loose)
		}
	}
}

func TestSignedInPagesAreNotKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	for _, path := range []string{"/settings", "/nowhere", "/dev/mail"} {
		if got := br.get(path).Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("G23 %s: Cache-Control is %q, want no-store", path, got)
		}
	}
}

var nonceInPolicy = regexp.MustCompile(`'nonce-([^']+)'`)

func TestEveryScriptCarriesTheNonce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	seen := map[string]bool{}
	for _, path := range []string{"/settings", "/settings", "/register", "/nowhere", "/api/v1/docs", "/dev/mail"} {
		a := br.get(path)
		found := nonceInPolicy.FindStringSubmatch(a.Header.Get("Content-Security-Policy"))
		if found == nil || seen[found[1]] {
			t.Fatalf("%s: policy has no nonce of its own: %s", path, a.Header.Get("Content-Security-Policy"))
		}
		seen[found[1]] = true
		for _, n := range a.doc(t).Find("*").Nodes {
			checkElement(t, path, n, found[1])
		}
	}
}

// checkElement refuses what the policy would block in a browser.
func checkElement(t testing.TB, path string, n *html.Node, nonce string) {
	t.Helper()
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
		if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(a.Key, "hx-on") {
			t.Errorf("%s: <%s %s> is blocked by the policy", path, n.Data, a.Key)
		}
	}
	if n.Data == "script" && attr["type"] != "application/json" || n.Data == "style" {
		if attr["nonce"] != nonce {
			t.Errorf("%s: <%s> has nonce %q, want %q", path, n.Data, attr["nonce"], nonce)
		}
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LOCALHOST.:1": 200, "a.preview.localhost:8080": 200,
		"evil.test": 421, "localhost.evil.test": 421, "": 421, "preview.localhost": 421, "xlocalhost": 421, "127.0.0.1:8080": 421, "[::1]:8080": 421,
	} {
		a := b.send(http.MethodGet, "/login", "", func(r *http.Request) { r.Host = host })
		if a.StatusCode != want {
			t.Errorf("Host %q: got %d, want %d", host, a.StatusCode, want)
		}
	}
	a := b.send(http.MethodGet, "/healthz", "", func(r *http.Request) { r.Host = "10.1.2.3:8080" })
	b.want(a, http.StatusOK)
}

func TestTextsFromPeopleAreInert(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	for _, hostile := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `<svg onload=alert(1)>`, `</script><script>alert(1)//`,
		`javascript:alert(1)`, `' onfocus='alert(1)`, `{{.}}`} {
		b.want(br.post("/settings", url.Values{"name": {hostile}}), http.StatusSeeOther)
		doc := b.want(br.get("/settings"), http.StatusOK).doc(t)
		if got, _ := doc.Find("#name").Attr("value"); got != hostile {
			t.Errorf("name: got %q, want %q", got, hostile)
		}
		if doc.Find("img, svg[onload], script:not([src]):not([type])").Length() > 0 {
			t.Errorf("%q became an element", hostile)
		}
		for _, n := range doc.Find("*").Nodes {
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "href" && strings.HasPrefix(a.Val, "javascript:") {
					t.Errorf("%q became <%s %s=%q>", hostile, n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

func TestOddPaths(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"//evil.test/%2f..", "/static//evil.test/%2f..", "/static/%2e%2e/%2e%2e/etc/passwd", "/static/%252e%252e/go.mod",
		"/static/../server.go", `/static/\evil.test`, "/login/", "/%00", "/..%2fsettings"} {
		a := b.send(http.MethodGet, "/", "", func(r *http.Request) { r.URL = &url.URL{Opaque: path, Path: path}; r.RequestURI = path })
		if location := a.Header.Get("Location"); location != "" && !strings.HasPrefix(location, "/login") {
			t.Errorf("G18 %s leads to %q", path, location)
		}
		if a.StatusCode != http.StatusNotFound {
			t.Errorf("G19 %s: got %d, want 404", path, a.StatusCode)
		}
	}
}

func TestAddressBehindProxies(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tc := range []struct {
		name, remote, forwarded, want string
		trusted                       []netip.Prefix
	}{
		{"nobody trusted", "192.0.2.1:1", "203.0.113.9", "192.0.2.1", nil},
		{"loopback is not trusted by itself", "127.0.0.1:1", "203.0.113.9", "127.0.0.1", nil},
		{"trusted proxy", "10.1.1.1:1", "203.0.113.9", "203.0.113.9", trusted},
		{"client adds a hop", "10.1.1.1:1", "1.2.3.4, 203.0.113.9", "203.0.113.9", trusted},
		{"two proxies", "10.1.1.1:1", "203.0.113.9, 10.2.2.2", "203.0.113.9", trusted},
		{"not through the proxy", "192.0.2.1:1", "203.0.113.9", "192.0.2.1", trusted},
		{"IPv6 proxy", "[fd00::1]:1", "2001:db8::7", "2001:db8::7", trusted},
		{"loopback outside the list", "127.0.0.1:1", "203.0.113.9", "127.0.0.1", trusted},
	} {
		r := &http.Request{RemoteAddr: tc.remote, Header: http.Header{"X-Forwarded-For": {tc.forwarded}}}
		if got := clientAddress(tc.trusted)(r); got != tc.want {
			t.Errorf("J1 %s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestSignInIsSlowedDown(t *testing.T) {
	t.Parallel()
	login := func(b *testBundle, email, password, address string) answer {
		return b.send(http.MethodPost, "/api/v1/auth/login", `{"email":"`+email+`","password":"`+password+`"}`, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/json")
			r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 4711).String()
		})
	}
	t.Run("A17 one person from many addresses", func(t *testing.T) {
		t.Parallel()
		b := setupWith(t, bundleOptions{limited: true})
		email := newEmail()
		b.apiRegister(email)
		b.want(login(b, email, goodPassword, "192.0.2.1"), http.StatusOK)
		limited := 0
		for i := range 100 {
			if a := login(b, email, "guess "+strconv.Itoa(i), "198.51.100."+strconv.Itoa(i)); a.StatusCode == http.StatusTooManyRequests {
				limited++
				if s, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || s < 1 || s > 60 {
					t.Errorf("Retry-After is %q, want 1 to 60 seconds", a.Header.Get("Retry-After"))
				}
			}
		}
		if limited != 95 {
			t.Errorf("got %d of 100 refused, want 95", limited)
		}
		b.want(login(b, email, goodPassword, "192.0.2.1"), http.StatusOK) // from where the person is known, nobody is in the way
		b.clock.advance(time.Minute)
		b.want(login(b, email, goodPassword, "203.0.113.77"), http.StatusOK) // and nobody is locked out elsewhere
	})
	t.Run("A18 many people from one network", func(t *testing.T) {
		t.Parallel()
		b := setupWith(t, bundleOptions{limited: true})
		limited := 0
		for i := range 40 {
			// J2: the addresses of one /64 count as one.
			a := login(b, newEmail(), "guess", "2001:db8:1:2::"+strconv.Itoa(i+1))
			if a.StatusCode == http.StatusTooManyRequests {
				limited++
			}
		}
		if limited != 20 {
			t.Errorf("got %d of 40 refused, want 20", limited)
		}
		b.want(login(b, newEmail(), "guess", "2001:db8:1:3::1"), http.StatusUnauthorized)
		b.want(login(b, newEmail(), "guess", "::ffff:192.0.2.9"), http.StatusUnauthorized)
	})
	t.Run("whoever is right pays nothing", func(t *testing.T) {
		t.Parallel()
		b := setupWith(t, bundleOptions{limited: true})
		email := newEmail()
		b.apiRegister(email)
		for range 50 {
			b.want(login(b, email, goodPassword, "192.0.2.1"), http.StatusOK)
		}
	})
	t.Run("the page says it and loses nothing", func(t *testing.T) {
		t.Parallel()
		b := setupWith(t, bundleOptions{limited: true})
		email := newEmail()
		var a answer
		for range 6 {
			a = b.browser().post("/login", url.Values{"email": {email}, "password": {"guess"}})
		}
		b.want(a, http.StatusTooManyRequests)
		if got, _ := a.doc(t).Find("#email").Attr("value"); got != email || a.Header.Get("Retry-After") == "" {
			t.Errorf("e-mail %q, Retry-After %q", got, a.Header.Get("Retry-After"))
		}
	})
}
