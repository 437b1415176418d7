package handlers

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/services"
)

// few is a limit that does not refill while a test runs.
func few(n int) services.Rate { return services.Rate{N: n, Per: time.Hour} }

// shot is one request of a limit test.
type shot struct {
	method, path, body string
	from               string // remote address
	header             []string
}

func (b *trackerBundle) shoot(s shot) *httptest.ResponseRecorder {
	b.t.Helper()
	fill := strings.NewReplacer("TOKEN", b.x.Token)
	r := httptest.NewRequest(s.method, fill.Replace(s.path), strings.NewReader(fill.Replace(s.body)))
	if s.from != "" {
		r.RemoteAddr = s.from
	}
	for i := 0; i+1 < len(s.header); i += 2 {
		r.Header.Set(s.header[i], fill.Replace(s.header[i+1]))
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w
}

// wantLimited checks a refusal as a page of another site reads it.
func (b *trackerBundle) wantLimited(name string, w *httptest.ResponseRecorder) {
	b.t.Helper()
	if w.Code != http.StatusTooManyRequests {
		b.t.Errorf("%s: got %d, want 429: %s", name, w.Code, w.Body)
		return
	}
	h := w.Header()
	if after, err := strconv.Atoi(h.Get("Retry-After")); err != nil || after < 1 {
		b.t.Errorf("%s: Retry-After %q", name, h.Get("Retry-After"))
	}
	if h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Expose-Headers"), "Retry-After") || h.Get("Cache-Control") != "no-store" {
		b.t.Errorf("%s: a page cannot read the refusal, or somebody may keep it: %v", name, h)
	}
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		b.t.Errorf("%s: %q is not JSON", name, w.Body)
	}
	if strings.HasPrefix(name, "ofrep") {
		if out["errorCode"] != errorGeneral || out["errorDetails"] == "" {
			b.t.Errorf("%s: got %v", name, out)
		}
		return
	}
	if h.Get("Content-Type") != problemType || out["code"] != "rate_limited" || out["status"] != 429. || out["request_id"] == "" {
		b.t.Errorf("%s: got %s %v", name, h.Get("Content-Type"), out)
	}
}

var everyDoor = map[string]shot{
	"assign":   {method: "POST", path: "/api/v1/tracker/assign", body: `{"installation_token":"TOKEN","experiment":"test","visitor_id":"v"}`},
	"convert":  {method: "POST", path: "/api/v1/tracker/convert", body: `{"installation_token":"TOKEN","experiment":"test","visitor_id":"v"}`},
	"events":   {method: "POST", path: "/api/v1/tracker/events", body: `{"installation_token":"TOKEN","events":[]}`},
	"identify": {method: "POST", path: "/api/v1/tracker/identify", body: `{"installation_token":"TOKEN","visitor_id":"v","user_id":"u"}`},
	"snippet":  {method: "GET", path: "/s/TOKEN.js"},
	"features": {method: "GET", path: featuresPath + "TOKEN"},
	"ofrep one": {method: "POST", path: flagsPath + "/test", body: `{"context":{"targetingKey":"v"}}`,
		header: []string{"Authorization", "Bearer TOKEN"}},
	"ofrep all": {method: "POST", path: flagsPath, body: `{"context":{"targetingKey":"v"}}`,
		header: []string{"Authorization", "Bearer TOKEN"}},
}

func TestEveryDoorCountsAgainstTheToken(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	for name, s := range everyDoor {
		b := newLimitedTrackerBundle(t, d, services.LimitRules{Token: few(2)})
		for i := range 2 {
			if w := b.shoot(s); w.Code != http.StatusOK {
				t.Errorf("%s, request %d: got %d: %s", name, i, w.Code, w.Body)
			}
		}
		b.wantLimited(name, b.shoot(s))
	}
}

func TestEveryDoorCountsBrowsersAgainstTheirAddress(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	for name, s := range everyDoor {
		b := newLimitedTrackerBundle(t, d, services.LimitRules{Address: few(1)})
		for range 3 {
			if w := b.shoot(s); w.Code != http.StatusOK { // a server: no Origin
				t.Errorf("%s without Origin: got %d: %s", name, w.Code, w.Body)
			}
		}
		s.header = append([]string{"Origin", "http://site.test"}, s.header...)
		if w := b.shoot(s); w.Code != http.StatusOK {
			t.Errorf("%s with Origin: got %d: %s", name, w.Code, w.Body)
		}
		b.wantLimited(name, b.shoot(s))
		if w := b.shoot(shot{method: "OPTIONS", path: s.path, header: s.header}); w.Code == http.StatusTooManyRequests {
			t.Errorf("%s: the preflight is refused, and so nobody can read why", name)
		}
		s.from = "198.51.100.7:4711"
		if w := b.shoot(s); w.Code != http.StatusOK {
			t.Errorf("%s from another address: got %d", name, w.Code)
		}
	}
}

// browserFrom asks as a browser at an address.
func (b *trackerBundle) browserFrom(from string, header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	s := everyDoor["assign"]
	s.from, s.header = from, append([]string{"Origin", "http://site.test"}, header...)
	return b.shoot(s)
}

func TestTenEventsCountAsARequest(t *testing.T) {
	t.Parallel()
	b := newLimitedTrackerBundle(t, dbtest.Open(t), services.LimitRules{Token: few(10)})
	batch := everyDoor["events"]
	batch.body = `{"installation_token":"TOKEN","events":[` + strings.Repeat(`{"type":"custom","visitor_id":"v","name":"n"},`, 59) + `{"type":"custom","visitor_id":"v","name":"n"}]}`
	if w := b.shoot(batch); w.Code != http.StatusOK {
		t.Fatalf("sixty events: got %d: %s", w.Code, w.Body)
	}
	b.wantLimited("sixty more", b.shoot(batch))
	for range 3 {
		if w := b.shoot(everyDoor["assign"]); w.Code != http.StatusOK {
			t.Errorf("what is left: got %d: %s", w.Code, w.Body)
		}
	}
	b.wantLimited("assign", b.shoot(everyDoor["assign"]))
}

func TestAnUnknownTokenIsNotCounted(t *testing.T) {
	t.Parallel()
	b := newLimitedTrackerBundle(t, dbtest.Open(t), services.LimitRules{Token: few(1)})
	for range 5 {
		if code, _ := b.send("assign", `{"installation_token":"inst_made_up","experiment":"test","visitor_id":"v"}`); code != http.StatusUnauthorized {
			t.Errorf("got %d, want 401", code)
		}
	}
}

func TestAnIPv6SubscriberIsOneAddress(t *testing.T) {
	t.Parallel()
	b := newLimitedTrackerBundle(t, dbtest.Open(t), services.LimitRules{Address: few(2)})
	for _, from := range []string{"[2001:db8:1:2::1]:4711", "[2001:db8:1:2:ffff::2]:4711"} {
		if w := b.browserFrom(from); w.Code != http.StatusOK {
			t.Errorf("%s: got %d", from, w.Code)
		}
	}
	b.wantLimited("a third address of the /64", b.browserFrom("[2001:db8:1:2:aaaa:bbbb:cccc:dddd]:4711"))
	if w := b.browserFrom("[2001:db8:1:3::1]:4711"); w.Code != http.StatusOK {
		t.Errorf("the next /64: got %d", w.Code)
	}
}

func TestOnlyTrustedProxiesNameTheClient(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	b := newLimitedTrackerBundle(t, d, services.LimitRules{Address: few(1)})
	if w := b.browserFrom("192.0.2.9:4711", "X-Forwarded-For", "203.0.113.1"); w.Code != http.StatusOK {
		t.Fatalf("got %d", w.Code)
	}
	b.wantLimited("another X-Forwarded-For from the same address", b.browserFrom("192.0.2.9:4711", "X-Forwarded-For", "203.0.113.2"))

	b = newLimitedTrackerBundle(t, d, services.LimitRules{Address: few(1)}, netip.MustParsePrefix("10.0.0.0/8"))
	for _, client := range []string{"203.0.113.1", "203.0.113.2"} {
		if w := b.browserFrom("10.0.0.1:4711", "X-Forwarded-For", client); w.Code != http.StatusOK {
			t.Errorf("%s through the proxy: got %d", client, w.Code)
		}
	}
	b.wantLimited("a client that adds an address of its own", b.browserFrom("10.0.0.1:4711", "X-Forwarded-For", "198.51.100.1, 203.0.113.1"))
}

func TestDevelopersAreNotLimited(t *testing.T) {
	t.Parallel()
	b := newLimitedTrackerBundle(t, dbtest.Open(t), services.LimitRules{Address: few(1), Exempt: netip.Addr.IsLoopback})
	for _, from := range []string{"127.0.0.1:4711", "[::1]:4711", "[::ffff:127.0.0.1]:4711"} {
		for range 3 {
			if w := b.browserFrom(from); w.Code != http.StatusOK {
				t.Errorf("%s: got %d", from, w.Code)
			}
		}
	}
	b.browserFrom("192.0.2.1:4711")
	b.wantLimited("somebody else", b.browserFrom("192.0.2.1:4711"))
}

func TestSigningInCountsAgainstTheAddress(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{change: func(d *Deps) { d.Limits = services.NewLimits(nil, services.LimitRules{Address: few(2)}, time.Now) }})
	login := func() answer {
		return b.send("POST", "/api/v1/auth/login", `{"email":"nobody@example.test","password":"wrong password"}`,
			func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
	}
	for range 2 {
		b.want(login(), http.StatusUnauthorized)
	}
	if a := b.want(login(), http.StatusTooManyRequests); a.Header.Get("Retry-After") == "" {
		t.Errorf("no Retry-After: %v", a.Header)
	}
	b.want(b.browser().post("/login", map[string][]string{"email": {"nobody@example.test"}, "password": {"x"}}), http.StatusTooManyRequests)
	b.want(b.browser().get("/login"), http.StatusOK)
}

// Whoever is turned away is told to come back after some seconds, and not all after the same.
func TestTheRefusedDoNotReturnTogether(t *testing.T) {
	t.Parallel()
	limited := newLimitedTrackerBundle(t, dbtest.Open(t), services.LimitRules{Token: few(1)})
	limited.shoot(everyDoor["convert"])
	d, line := databaseToLose(t, slog.New(slog.DiscardHandler))
	away := newTrackerBundleOn(t, d)
	line.cut()
	for name, b := range map[string]*trackerBundle{"limited": limited, "database away": away} {
		status := map[string]int{"limited": http.StatusTooManyRequests, "database away": http.StatusServiceUnavailable}[name]
		after := map[string]int{}
		for range 50 {
			w := b.shoot(everyDoor["convert"])
			if w.Code != status {
				t.Fatalf("%s: got %d, want %d", name, w.Code, status)
			}
			after[w.Header().Get("Retry-After")]++
		}
		if len(after) < 2 || after[""] > 0 || after["0"] > 0 {
			t.Errorf("%s: everybody returns after %v", name, after)
		}
	}
}
