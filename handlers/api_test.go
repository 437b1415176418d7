package handlers

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestRequestShapes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const good = `"email":"a@example.test","password":"some password"`
	for _, tc := range []struct {
		name, body string
		status     int
		code       string
		field      string
	}{
		{"not JSON", `hello`, 400, "bad_request", ""},
		{"cut off", `{` + good, 400, "bad_request", ""},
		{"trailing garbage", `{` + good + `}}`, 400, "bad_request", ""},
		{"two values", `{` + good + `}{}`, 400, "bad_request", ""},
		{"byte order mark", "\ufeff{" + good + `}`, 400, "bad_request", ""},
		{"nothing", ``, 400, "bad_request", ""},
		{"name twice", `{` + good + `,"email":"b@example.test"}`, 400, "bad_request", ""},
		{"name twice inside", `{` + good + `,"x":{"a":1,"a":2}}`, 400, "bad_request", ""},
		{"bad UTF-8", "{\"email\":\"\xff\",\"password\":\"x\"}", 400, "bad_request", ""},
		{"lone surrogate", `{"email":"\ud800","password":"x"}`, 400, "bad_request", ""},
		{"nested too deeply", `{` + good + `,"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, 400, "bad_request", ""},
		{"unknown field", `{` + good + `,"is_admin":true}`, 422, "invalid", "is_admin"},
		{"field in other case", `{` + good + `,"Email":"b@example.test"}`, 422, "invalid", "Email"},
		{"missing field", `{"email":"a@example.test"}`, 422, "invalid", "password"},
		{"wrong type", `{"email":"a@example.test","password":12345678}`, 422, "invalid", "password"},
		{"null", `{"email":"a@example.test","password":null}`, 422, "invalid", "password"},
		{"an array", `[]`, 422, "invalid", ""},
		{"too large", `{` + good + `,"x":"` + strings.Repeat("x", 20_000) + `"}`, 413, "too_large", ""},
	} {
		a := b.postJSON("/api/v1/auth/login", tc.body)
		p := decoded[problem](t, a)
		if a.StatusCode != tc.status || p.Status != tc.status || p.Code != tc.code || a.Header.Get("Content-Type") != problemType {
			t.Errorf("%s: got %d %s as %s, want %d %s as %s", tc.name, a.StatusCode, p.Code, a.Header.Get("Content-Type"), tc.status, tc.code, problemType)
		}
		if p.RequestID == "" || p.RequestID != a.Header.Get("X-Request-Id") || p.Title == "" || p.Detail == "" {
			t.Errorf("%s: incomplete: %+v", tc.name, p)
		}
		if tc.field != "" && (len(p.Errors) != 1 || p.Errors[0].Field != tc.field) {
			t.Errorf("%s: got fields %+v, want %s", tc.name, p.Errors, tc.field)
		}
		if strings.Contains(a.body, "some password") || strings.Contains(a.body, "12345678") || strings.Contains(a.body, "example.test") {
			t.Errorf("%s: the answer repeats what was sent: %s", tc.name, a.body)
		}
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for contentType, want := range map[string]int{"": 401, "application/json": 401, "application/json; charset=utf-8": 401,
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "application/xml": 415} {
		a := b.send(http.MethodPost, "/api/v1/auth/login", `{"email":"a@example.test","password":"x"}`, func(r *http.Request) { r.Header.Set("Content-Type", contentType) })
		if a.StatusCode != want {
			t.Errorf("%q: got %d, want %d", contentType, a.StatusCode, want)
		}
	}
}

func TestServiceRefusalsNameTheField(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.want(b.postJSON("/api/v1/auth/register", `{"email":"nobody","password":"short","name":""}`), http.StatusUnprocessableEntity)
	got := map[string]string{}
	for _, f := range decoded[problem](t, a).Errors {
		got[f.Field] = f.Code
	}
	if got["email"] != "email" || got["password"] != "too_short_password" || got["name"] != "required" || len(got) != 3 {
		t.Errorf("got %v", got)
	}
}

func TestUnknownRoutesAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/api/v1/nowhere", 404, "not_found"}, {"POST", "/api/v1", 404, "not_found"}, {"GET", "/api/v2/auth/me", 404, "not_found"},
		{"GET", "/api/v1/auth/me/more", 404, "not_found"}, {"DELETE", "/api/v1/auth/login", 405, "method_not_allowed"},
	} {
		a := b.send(tc.method, tc.path, "", nil)
		if p := decoded[problem](t, a); a.StatusCode != tc.status || p.Code != tc.code || a.Header.Get("Content-Type") != problemType {
			t.Errorf("%s %s: got %d %+v, want %d %s", tc.method, tc.path, a.StatusCode, p, tc.status, tc.code)
		}
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	ask := func(b *testBundle, method, origin string) http.Header {
		return b.send(method, "/api/v1/auth/me", "", func(r *http.Request) {
			r.Header.Set("Origin", origin)
			r.Header.Set("Access-Control-Request-Method", "GET")
			r.Header.Set("Access-Control-Request-Headers", "authorization")
		}).Header
	}
	none, some := setup(t), setupWith(t, bundleOptions{change: func(d *Deps) { d.CORSOrigins = []string{"https://tool.test"} }})
	for _, method := range []string{"OPTIONS", "GET"} {
		if got := ask(none, method, "https://tool.test").Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s, no origins configured: got %q", method, got)
		}
		h := ask(some, method, "https://tool.test")
		if got := h.Get("Access-Control-Allow-Origin"); got != "https://tool.test" || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: got %q, credentials %q", method, got, h.Get("Access-Control-Allow-Credentials"))
		}
		if got := ask(some, method, "https://evil.test").Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s, another origin: got %q", method, got)
		}
	}
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.want(b.send(http.MethodGet, "/api/v1/openapi.json", "", nil), http.StatusOK)
	var doc struct {
		OpenAPI string
		Servers []struct{ URL string }
		Paths   map[string]map[string]struct {
			OperationID string
			Security    []map[string][]string
		}
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || len(doc.Servers) != 1 || doc.Servers[0].URL != "http://localhost:8080/api/v1" {
		t.Errorf("got version %s, servers %v", doc.OpenAPI, doc.Servers)
	}
	ids := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			route := strings.ToUpper(method) + " /api/v1" + strings.NewReplacer("{", ":", "}", "").Replace(path)
			if (routeClasses[route] == bearer) != (len(op.Security) > 0) {
				t.Errorf("%s: class %s, security %v", route, routeClasses[route], op.Security)
			}
			if ids[op.OperationID] {
				t.Errorf("operation id %s is used twice", op.OperationID)
			}
			ids[op.OperationID] = true
		}
	}
	if len(ids) < 5 {
		t.Errorf("got %d operations", len(ids))
	}
	page := b.want(b.send(http.MethodGet, "/api/v1/docs", "", nil), http.StatusOK).doc(t)
	if got := page.Find("article").Length(); got != len(ids) {
		t.Errorf("the docs show %d operations, want %d", got, len(ids))
	}
	for _, link := range page.Find("td a[href^='#']").EachIter() {
		if target, _ := link.Attr("href"); page.Find(target).Length() != 1 {
			t.Errorf("%s is linked and not described", target)
		}
	}
}

func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"a":1,"a":2}`, `[[[]]]`, `"\ud800"`, "{\"a\":\"\xff\"}", `{}{}`, ``, `nul`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		if err := strictJSON(data, &v); err == nil && !json.Valid(data) {
			t.Errorf("%q was read and is not JSON", data)
		}
	})
}
