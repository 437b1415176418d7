package handlers

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// flag asks the OFREP door for path below the flags' address.
func (b *trackerBundle) flag(path, token, body string, header ...string) (*httptest.ResponseRecorder, map[string]any) {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, flagsPath+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	var out map[string]any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			b.t.Fatalf("%s answered %d with %q", path, w.Code, w.Body)
		}
	}
	return w, out
}

func TestFlagAgreesWithAssign(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	for _, visitor := range []string{"ann", "bob", "cyd", "dee", "eve", "fay"} {
		_, flag := b.flag("/test", b.x.Token, `{"context":{"targetingKey":"`+visitor+`"}}`)
		_, assigned := b.send("assign", `{"installation_token":"TOKEN","experiment":"test","visitor_id":"`+visitor+`"}`)
		variant, _ := assigned["variant"].(map[string]any)
		if flag["value"] != variant["key"] || flag["reason"] != reasonSplit || assigned["new"] != false {
			t.Errorf("%s: flag %v, assign %v: want the same variant, exposed by the flag", visitor, flag, assigned)
		}
	}
}

func TestFlagErrorsAreTheProtocols(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	for name, tc := range map[string]struct {
		path, token, body string
		status            int
		code              string
	}{
		"no flag":         {"/nothing", b.x.Token, `{"context":{"targetingKey":"v"}}`, 404, errorNoFlag},
		"by id":           {"/" + b.x.ID.String(), b.x.Token, `{"context":{"targetingKey":"v"}}`, 404, errorNoFlag},
		"no element":      {"/test%2Fhero", b.x.Token, `{"context":{"targetingKey":"v"}}`, 404, errorNoFlag},
		"no key":          {"/test", b.x.Token, `{"context":{}}`, 400, errorNoKey},
		"no key at all":   {"", b.x.Token, `{}`, 400, errorNoKey},
		"bad key":         {"/test", b.x.Token, `{"context":{"targetingKey":"é"}}`, 400, errorContext},
		"key of a number": {"/test", b.x.Token, `{"context":{"targetingKey":7}}`, 400, errorContext},
		"no JSON":         {"/test", b.x.Token, `{`, 400, errorParse},
		"twice":           {"/test", b.x.Token, `{"context":{"targetingKey":"a","targetingKey":"b"}}`, 400, errorParse},
	} {
		w, out := b.flag(tc.path, tc.token, tc.body)
		if w.Code != tc.status || out["errorCode"] != tc.code || out["errorDetails"] == "" {
			t.Errorf("%s: got %d %v, want %d %s", name, w.Code, out, tc.status, tc.code)
		}
	}
	for _, token := range []string{"", "inst_unknown"} {
		if w, out := b.flag("/test", token, `{"context":{"targetingKey":"v"}}`); w.Code != 401 || out["code"] != "unknown_token" {
			t.Errorf("token %q: got %d %v, want 401", token, w.Code, out)
		}
	}
}

func TestAllFlagsStoreNothingAndAreCached(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	w, out := b.flag("", b.x.Token, `{"context":{"targetingKey":"v"}}`)
	flags, _ := out["flags"].([]any)
	if w.Code != 200 || len(flags) != 1 {
		t.Fatalf("got %d %v, want one flag", w.Code, out)
	}
	etag := w.Header().Get("ETag")
	if w, _ := b.flag("", b.x.Token, `{"context":{"targetingKey":"v"}}`, "If-None-Match", etag); etag == "" || w.Code != 304 {
		t.Errorf("same question with ETag %q: got %d, want 304", etag, w.Code)
	}
	_, assigned := b.send("assign", `{"installation_token":"TOKEN","experiment":"test","visitor_id":"v"}`)
	if assigned["new"] != true {
		t.Errorf("assign after all flags: %v, want a new visitor", assigned)
	}
}

func TestFeaturesAreCached(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	get := func(token, etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, featuresPath+token, nil)
		r.Header.Set("If-None-Match", etag)
		w := httptest.NewRecorder()
		b.h.ServeHTTP(w, r)
		return w
	}
	w := get(b.x.Token, "")
	var out struct {
		Features map[string]struct {
			DefaultValue *string
			Rules        []struct {
				Seed       string
				Variations []string
				Weights    []float64
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		t.Fatalf("got %d %q, %v", w.Code, w.Body, err)
	}
	f := out.Features["test"]
	if f.DefaultValue != nil || len(f.Rules) != 1 || f.Rules[0].Seed != "test" || len(f.Rules[0].Variations) != 2 || f.Rules[0].Weights[0] != .5 {
		t.Errorf("got %+v, want the running experiment", out)
	}
	if again := get(b.x.Token, w.Header().Get("ETag")); again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("again: got %d, want 304", again.Code)
	}
	if unknown := get("inst_unknown", ""); unknown.Code != 404 {
		t.Errorf("unknown token: got %d, want 404", unknown.Code)
	}
}
