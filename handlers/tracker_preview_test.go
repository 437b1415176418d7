package handlers

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func (r *rulesBundle) preview(x members, body any) (token, link string) {
	r.b.t.Helper()
	_, out := r.call(http.MethodPost, "/experiments/"+x["id"].(string)+"/preview", body, http.StatusOK)
	return out["token"].(string), out["url"].(string)
}

func (r *rulesBundle) forced(key, token string, force any) (int, members) {
	r.b.t.Helper()
	body := members{"installation_token": r.token, "experiment": key, "visitor_id": "qa", "preview": token}
	if force != nil {
		body["force"] = force
	}
	return r.ask("/api/v1/tracker/assign", body)
}

func TestPreviewShowsAVariantAndCountsNothing(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	x := r.start("t", `{"url":"/pricing","targeting":{"conditions":[{"attribute":"device","values":["tablet"]}]}}`)
	token, link := r.preview(x, members{"force": "b"})
	if link != "https://shop.example/pricing?samplit_preview="+token || url.QueryEscape(token) != token {
		t.Errorf("link %s", link)
	}
	for name, force := range map[string]any{"the token's": nil, "told": "b", "by element": members{"page": "b"}} {
		status, out := r.forced("t", token, force)
		variant, _ := out["variant"].(members)
		if status != http.StatusOK || out["forced"] != true || out["stored"] != false || out["new"] != false || variant["key"] != "b" || out["epoch"] != nil || out["page"] != "/pricing" ||
			len(out["changes"].([]any)) != 1 {
			t.Errorf("%s: got %d %v", name, status, out)
		}
	}
	if _, out := r.forced("t", token, "control"); out["variant"].(members)["key"] != "control" {
		t.Errorf("another arm: got %v", out)
	}
	if status, out := r.forced("t", token, "c"); status != http.StatusUnprocessableEntity || problems(out)["force"] != "unknown" {
		t.Errorf("no such arm: got %d %v", status, out)
	}
	flag := r.post(flagsPath+"/t", members{"context": members{"targetingKey": "qa", "samplit_force": "b", "samplit_preview": token}})
	if flag["value"] != "b" || flag["reason"] != reasonStatic || flag["metadata"] != nil {
		t.Errorf("OFREP: got %v", flag)
	}
	bulk := r.post(flagsPath, members{"context": members{"targetingKey": "qa", "samplit_preview": token}})["flags"].([]any)[0].(members)
	if bulk["value"] != "b" {
		t.Errorf("OFREP bulk: got %v", bulk)
	}
	if status, out := r.ask(flagsPath+"/t", members{"context": members{"targetingKey": "qa", "samplit_force": "b"}}); status != 400 || !strings.Contains(out["errorDetails"].(string), "samplit_preview") {
		t.Errorf("OFREP without a token: got %d %v", status, out)
	}
	if visitors, excluded := r.results(x); visitors != 0 || len(excluded) != 1 {
		t.Errorf("%v visitors, excluded %v: want nothing counted", visitors, excluded)
	}
	if got := r.assign("t", "qa", members{"device": "tablet"}); got["new"] != true {
		t.Errorf("the same visitor for real: got %v, want new", got)
	}
}

func TestPreviewOfADraft(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	x := r.experiment(members{"key": "draft", "url": "https://shop.example/sale?a=b#c"})
	r.refresh()
	token, link := r.preview(x, nil)
	if want := "https://shop.example/sale?a=b&samplit_preview=" + token + "#c"; link != want {
		t.Errorf("link %s, want %s", link, want)
	}
	if status, out := r.forced("draft", token, "b"); status != http.StatusOK || out["forced"] != true || out["variant"].(members)["key"] != "b" {
		t.Errorf("got %d %v", status, out)
	}
	if status, out := r.forced("draft", token, nil); status != http.StatusUnprocessableEntity {
		t.Errorf("nothing to show: got %d %v", status, out)
	}
	if flag := r.post(flagsPath+"/draft", members{"context": members{"targetingKey": "qa", "samplit_force": "b", "samplit_preview": token}}); flag["value"] != "b" {
		t.Errorf("OFREP: got %v", flag)
	}
	if got := r.reason("draft", "v", nil); got != "not_running" {
		t.Errorf("without a token: got %s", got)
	}
}

func TestPreviewTokensCannotBeMadeUp(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	x, other := r.start("t", `{}`), r.start("other", `{}`)
	token, _ := r.preview(x, members{"force": "b"})
	elsewhere, _ := r.preview(other, members{"force": "b"})
	body, mac, _ := strings.Cut(token, ".")
	claims, _ := base64.RawURLEncoding.DecodeString(body)
	changed := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(claims), `"b"`, `"c"`, 1)))
	for name, bad := range map[string]string{"none": "", "another experiment's": elsewhere, "changed": changed + "." + mac, "unsigned": body + ".", "no mac": body, "noise": "a.b",
		"cut": token[:len(token)-1], "long": strings.Repeat("a", 50_000), "twice": token + "." + mac} {
		if status, out := r.forced("t", bad, "b"); status != http.StatusUnprocessableEntity || problems(out)["preview"] != "bad_preview" {
			t.Errorf("%s: got %d %v", name, status, out)
		}
	}
	stranger := r.b.program()
	stranger.call(http.MethodPost, "/experiments/"+x["id"].(string)+"/preview", members{"force": "b"}, http.StatusNotFound)
	r.call(http.MethodPost, "/experiments/"+uuid.NewString()+"/preview", members{}, http.StatusNotFound)
	if _, out := r.call(http.MethodPost, "/experiments/"+x["id"].(string)+"/preview", members{"force": "c"}, http.StatusUnprocessableEntity); problems(out)["force"] != "unknown" {
		t.Errorf("no such arm: got %v", out)
	}
	r.b.clock.advance(24*time.Hour + time.Second)
	if status, _ := r.forced("t", token, nil); status != http.StatusUnprocessableEntity {
		t.Errorf("after a day: got %d", status)
	}
}
