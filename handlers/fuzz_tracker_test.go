package handlers

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// longestAnswer is more than any answer of the tracker to a body of the sizes it takes: 500 rejections, or every flag of a site.
const longestAnswer = 128 << 10

// nasty are bodies that have hurt somebody's decoder.
var nasty = []string{
	``, ` `, `null`, `[]`, `{}`, `{`, `"`, `{}{}`, "\ufeff{}", "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"a":"\u0000"}`, `{"a":1,"a":2}`,
	`{"__proto__":{"x":1},"constructor":null}`, `{"a":1e999999}`, `{"a":-0}`, `{"a":123456789012345678901234567890}`, `{"a":"\u202e<script>"}`,
	strings.Repeat("[", 40) + strings.Repeat("]", 40), `{"a":` + strings.Repeat(`{"a":`, 31) + `1` + strings.Repeat("}", 32),
	`{"installation_token":"TOKEN"}`, `{"installation_token":null,"visitor_id":null}`, `{"installation_token":["TOKEN"]}`,
	`{"installation_token":"TOKEN","installation_token":"TOKEN"}`,
}

// fuzzDoor sends whatever bodies to a door of the tracker, as a program and as a beacon of a browser. It answers each with JSON of a
// bounded length, and never with a trouble of its own.
func fuzzDoor(f *testing.F, path string, seeds ...string) {
	b := newTrackerBundle(f)
	for _, seed := range append(seeds, nasty...) {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, body string, beacon bool) {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.ReplaceAll(body, "TOKEN", b.x.Token)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+b.x.Token)
		if beacon {
			r.Header.Set("Content-Type", "text/plain;charset=UTF-8")
			r.Header.Set("Origin", "http://site.test")
			r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36")
		}
		w := httptest.NewRecorder()
		b.h.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%q: got %d %s", body, w.Code, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) || w.Body.Len() > longestAnswer {
			t.Errorf("%q: got %d bytes, %.200q", body, w.Body.Len(), w.Body)
		}
	})
}

func FuzzAssign(f *testing.F) {
	fuzzDoor(f, "/api/v1/tracker/assign",
		`{"installation_token":"TOKEN","experiment":"test","visitor_id":"v"}`,
		`{"installation_token":"TOKEN","experiment":"test","visitor_id":"v","expose":false,"context":{"url":"http://site.test/a?b#c","user_agent":"Googlebot/2.1"}}`,
		`{"installation_token":"TOKEN","experiment":"00000000-0000-0000-0000-000000000000","visitor_id":"~ !"}`,
		`{"installation_token":"TOKEN","experiment":"test","visitor_id":"v","context":{"url":"http://[::1%25]:x/%zz"}}`,
		`{"installation_token":"TOKEN","experiment":"test","visitor_id":"v","context":[]}`,
		`{"installation_token":"TOKEN","experiment":"{urn:uuid:}","visitor_id":"v"}`)
}

func FuzzConvert(f *testing.F) {
	fuzzDoor(f, "/api/v1/tracker/convert",
		`{"installation_token":"TOKEN","experiment":"test","goal":"buy","visitor_id":"v","event_id":"e"}`,
		`{"installation_token":"TOKEN","visitor_id":"v","value":19.99}`,
		`{"installation_token":"TOKEN","visitor_id":"v","value":"-0.0001","event_id":"0190a0b0-0000-7000-8000-000000000000"}`,
		`{"installation_token":"TOKEN","visitor_id":"v","value":1e9,"event_id":"ffffffff-ffff-7fff-bfff-ffffffffffff"}`,
		`{"installation_token":"TOKEN","visitor_id":"v","value":1000000000.0000,"event_id":"00000000-0000-7000-8000-000000000000"}`,
		`{"installation_token":"TOKEN","visitor_id":"v","value":"","goal":"\u2028"}`,
		`{"installation_token":"TOKEN","visitor_id":"v","value":{"a":1}}`)
}

func FuzzEvents(f *testing.F) {
	fuzzDoor(f, "/api/v1/tracker/events",
		`{"installation_token":"TOKEN","sent_at":1764172800000,"events":[{"id":"a","type":"pageview","t":1764172799000,"visitor_id":"v","url":"http://site.test/"}]}`,
		`{"installation_token":"TOKEN","sent_at":"2026-11-26T10:00:00Z","events":[{"id":"b","type":"custom","t":"2026-11-26T09:59:59.5+14:00","visitor_id":"v","name":"n"}]}`,
		`{"installation_token":"TOKEN","events":[{"type":"exposure","visitor_id":"v","experiment":"test","arm":"b","epoch":1},{"type":"exposure","visitor_id":"v","experiment":"test","arm":"control","epoch":1}]}`,
		`{"installation_token":"TOKEN","events":[{"type":"exposure","visitor_id":"v","experiment":"test","split":"x","epoch":-2147483648}]}`,
		`{"installation_token":"TOKEN","events":[{"type":"exposure","visitor_id":"v","experiment":"test","epoch":2147483647}]}`,
		`{"installation_token":"TOKEN","events":[{"id":"c","type":"conversion","visitor_id":"v","goal":"buy","value":12.5},{"id":"c","type":"conversion","visitor_id":"w","goal":"buy","value":"x"}]}`,
		`{"installation_token":"TOKEN","sent_at":1e300,"events":[{"type":"conversion","t":-1e14,"visitor_id":"v","goal":"buy"}]}`,
		`{"installation_token":"TOKEN","sent_at":"0000-01-01T00:00:00Z","events":[{"type":"conversion","t":"9999-12-31T23:59:60Z","visitor_id":"v"}]}`,
		`{"installation_token":"TOKEN","sent_at":true,"events":{}}`,
		`{"installation_token":"TOKEN","events":[null,[],{},1]}`,
		`{"installation_token":"TOKEN","events":[`+strings.Repeat(`{},`, 499)+`{}]}`,
		`{"installation_token":"TOKEN","events":[{"id":"d","type":"custom","visitor_id":"v","props":{"__proto__":{"a":[1,2]},"toString":"\u0001"}}]}`)
}

func FuzzIdentify(f *testing.F) {
	fuzzDoor(f, "/api/v1/tracker/identify",
		`{"installation_token":"TOKEN","visitor_id":"v","user_id":"u"}`,
		`{"installation_token":"TOKEN","visitor_id":"v","user_id":"v"}`,
		`{"installation_token":"TOKEN","visitor_id":"u","user_id":"v"}`,
		`{"installation_token":"TOKEN","visitor_id":"'; DROP TABLE events; --","user_id":"%s%n\\"}`,
		`{"installation_token":"TOKEN","visitor_id":"v","user_id":"ü"}`)
}

var evaluations = []string{
	`{"context":{"targetingKey":"v"}}`,
	`{"context":{"targetingKey":"v","url":"http://site.test/","user_agent":"x","more":{"deep":[1,[2,[3]]]}}}`,
	`{"context":{"targetingKey":""}}`, `{"context":{"targetingKey":null}}`, `{"context":{"targetingKey":7}}`, `{"context":[]}`, `{"context":null}`,
	`{"context":{"targetingKey":"v","targetingKey":"w"}}`,
}

func FuzzFlag(f *testing.F)  { fuzzDoor(f, flagsPath+"/test", evaluations...) }
func FuzzFlags(f *testing.F) { fuzzDoor(f, flagsPath, evaluations...) }

// FuzzFlagKey asks for flags of any name.
func FuzzFlagKey(f *testing.F) {
	b := newTrackerBundle(f)
	for _, seed := range []string{"test", "test/page", "test%2fpage", "test/", "%", "%zz", "..", "../../readyz", "%00", "\u202e", strings.Repeat("a", 3000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		r := httptest.NewRequest(http.MethodPost, flagsPath, strings.NewReader(`{"context":{"targetingKey":"v"}}`))
		r.Header.Set("Authorization", "Bearer "+b.x.Token)
		r.URL.Path, r.URL.RawPath = flagsPath+"/"+key, ""
		w := httptest.NewRecorder()
		b.h.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError || w.Body.Len() > longestAnswer {
			t.Errorf("%q: got %d with %d bytes", key, w.Code, w.Body.Len())
		}
	})
}
