package handlers

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzSession sends any cookies. Only the one that the server gave signs in.
func FuzzSession(f *testing.F) {
	b := setup(f)
	br := b.registered(newEmail())
	genuine := br.cookies["samplit_session"].Value
	for _, seed := range []string{"", "samplit_session=", "samplit_session=COOKIE", "samplit_session=COOKIE; samplit_session=COOKIE", "samplit_session=COOKIEx",
		"samplit_session=\"COOKIE\"", "=;=;=", "samplit_session=\x00", "samplit_session=MTIzfGFiY3w=", "a=" + strings.Repeat("b", 9000), "\xff\xfe;samplit_session"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cookies string) {
		r := httptest.NewRequest(http.MethodGet, "/settings", nil)
		r.Host, r.RemoteAddr = "localhost:8080", "192.0.2.1:4711"
		r.Header["Cookie"] = []string{strings.ReplaceAll(cookies, "COOKIE", genuine)}
		w := httptest.NewRecorder()
		b.e.ServeHTTP(w, r)
		switch {
		case w.Code == http.StatusOK && strings.Contains(cookies, "COOKIE"):
		case w.Code != http.StatusSeeOther:
			t.Errorf("%q: got %d", cookies, w.Code)
		}
	})
}

// FuzzPaging asks for lists with any query, as a program and as a person. What is wrong with it is the client's fault, and a page of a
// list has a bounded length.
func FuzzPaging(f *testing.F) {
	b := setup(f)
	token := b.apiRegister(newEmail()).AccessToken
	person := b.registered(newEmail()).cookies["samplit_session"]
	for _, seed := range []string{"", "page=2&per_page=100", "page=-1", "page=0&per_page=0", "page=9223372036854775807", "page=99999999999999999999", "page=1e3",
		"page=100000&per_page=100", "per_page=101", "page=1&page=2", "page[]=1", "sort=-name&status=running&q=x", "sort=name;--", "q=%00", "q=%ff", "q=%25_%5C",
		"status=RUNNING", "%", "&&&==", "q=" + strings.Repeat("a", 300), "cursor=abc&limit=5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/api/v1/experiments", "/api/v1/installations", "/experiments"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host, r.RemoteAddr, r.URL.RawQuery = "localhost:8080", "192.0.2.1:4711", query
			r.Header.Set("Authorization", "Bearer "+token)
			r.AddCookie(person)
			w := httptest.NewRecorder()
			b.e.ServeHTTP(w, r)
			if w.Code >= http.StatusInternalServerError || w.Body.Len() > longestAnswer || strings.HasPrefix(path, "/api/") && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s?%s: got %d with %d bytes, %.200q", path, query, w.Code, w.Body.Len(), w.Body)
			}
		}
	})
}

// FuzzExperimentAPI sends any experiment. What cannot be one is refused, and what is taken can be read again.
func FuzzExperimentAPI(f *testing.F) {
	b := setup(f)
	p := b.program()
	for _, seed := range append([]string{
		`{"installation_id":"SITE","name":"T","mode":"single","allocator":"sequential","variants":[{"key":"control","name":"C","is_control":true,"changes":[]},{"key":"b","name":"B","weight":0.5,"changes":[{"selector":"h1","action":"text","value":"x"}]}],"goals":[{"key":"buy","name":"Buy","role":"primary","type":"custom"}]}`,
		`{"installation_id":"SITE","name":"T","variants":[{},{}],"goals":[null],"traffic_allocation":1e-320}`,
		`{"installation_id":"SITE","name":"T","allocator":"thompson","strategy":"fast_learning","allocator_params":{"x":1e308},"elements":[]}`,
		`{"installation_id":"SITE","name":"T","key":"` + strings.Repeat("k", 65) + `","url":"http://[::1%25]:99999/*","targeting":{"a":[1]},"schedule":false}`,
		`{"installation_id":"00000000-0000-0000-0000-000000000000","name":"\u202e","account_id":"x"}`,
	}, nasty...) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		send := func(method, path, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, path, strings.NewReader(body))
			r.Host, r.RemoteAddr = "localhost:8080", "192.0.2.1:4711"
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+p.token)
			w := httptest.NewRecorder()
			b.e.ServeHTTP(w, r)
			return w
		}
		w := send(http.MethodPost, "/api/v1/experiments", strings.ReplaceAll(body, "SITE", p.site))
		if w.Code >= http.StatusInternalServerError || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q: got %d, %.200q", body, w.Code, w.Body)
		}
		if w.Code != http.StatusCreated {
			return
		}
		var made struct{ ID string }
		if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil {
			t.Fatal(err)
		}
		if again := send(http.MethodGet, "/api/v1/experiments/"+made.ID, ""); again.Code != http.StatusOK || again.Body.String() != w.Body.String() {
			t.Errorf("%q: made %s and read %d %s", body, w.Body, again.Code, again.Body)
		}
	})
}
