package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// below asks for a path of a customer's host that their proxy passes on.
func (b *trackerBundle) below(method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/_smp"+path, strings.NewReader(strings.ReplaceAll(body, "TOKEN", b.x.Token)))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w
}

func TestSnippetOfTheCustomersOwnHost(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	for range 2 { // the second is kept from the first
		w := b.below(http.MethodGet, "/s/"+b.x.Token+".js", "")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `base:location.origin+"/_smp"`) || strings.Contains(w.Body.String(), "tracker.test") {
			t.Errorf("status %d, a script of %d bytes that asks elsewhere", w.Code, w.Body.Len())
		}
	}
	straight := httptest.NewRecorder()
	b.h.ServeHTTP(straight, httptest.NewRequest(http.MethodGet, "/s/"+b.x.Token+".js", nil))
	if !strings.Contains(straight.Body.String(), `base:"http://tracker.test"`) {
		t.Error("the script of the tracker's address asks elsewhere")
	}
	for _, path := range []string{"/", "/login", "/api/v1/installations", "/s", "/_smp/s/" + b.x.Token + ".js"} {
		if w := b.below(http.MethodGet, path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, w.Code)
		}
	}
}

// The cookie that the snippet has made is written again by the host itself, on the domain that the snippet uses; nothing else is.
func TestVisitorCookieIsRenewed(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	const body = `{"installation_token":"TOKEN","events":[]}`
	const id = "AAAAAAAAAAAAAAAAAAAAAA.20000"
	for name, c := range map[string]struct {
		header []string
		want   string
	}{
		"a site":          {[]string{"Origin", "https://www.shop.co.uk", "Cookie", "a=b; _smp=" + id}, "_smp=" + id + "; Path=/; Domain=shop.co.uk; Max-Age=34560000; Secure; SameSite=Lax"},
		"a local one":     {[]string{"Origin", "http://127.0.0.1:8080", "Cookie", "_smp=" + id}, "_smp=" + id + "; Path=/; Max-Age=34560000; SameSite=Lax"},
		"no cookie":       {[]string{"Origin", "https://shop.example"}, ""},
		"another's":       {[]string{"Origin", "https://shop.example", "Cookie", "_smp=<script>"}, ""},
		"no page":         {[]string{"Cookie", "_smp=" + id}, ""},
		"a hidden page":   {[]string{"Origin", "null", "Cookie", "_smp=" + id}, ""},
		"privacy control": {[]string{"Origin", "https://shop.example", "Cookie", "_smp=" + id, "Sec-GPC", "1"}, ""},
	} {
		if w := b.below(http.MethodPost, "/api/v1/tracker/events", body, c.header...); w.Code != http.StatusOK || w.Header().Get("Set-Cookie") != c.want {
			t.Errorf("%s: status %d, cookie %q, want %q", name, w.Code, w.Header().Get("Set-Cookie"), c.want)
		}
	}
	if w := b.below(http.MethodPost, "/api/v1/tracker/assign", body, "Origin", "https://shop.example", "Cookie", "_smp="+id); w.Header().Get("Set-Cookie") != "" {
		t.Error("a question for a variant renews the cookie")
	}
}
