package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/program"
	"github.com/samplit/samplit/services"
)

// person is somebody who uses a program's API.
type person struct {
	t     *testing.T
	url   string
	token string
}

// do sends JSON and returns the answer, which must be a success.
func (p *person) do(method, path string, body any) map[string]any {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode >= 300 {
		p.t.Fatalf("%s %s: status %d, %v, %v", method, path, resp.StatusCode, err, answer)
	}
	return answer
}

// The keys are rotated twice beside a running server: what it seals afterwards is sealed with the newest one.
func TestKeysRotateBesideARunningServer(t *testing.T) {
	t.Parallel()
	p := program.New(t)
	p.Serve()
	if out, code := p.Output("demo"); code != 0 {
		t.Fatalf("demo: exit %d: %s", code, out)
	}
	for range 2 {
		if out, code := p.Output("keys", "rotate"); code != 0 || !strings.Contains(out, "A new key is in use; 1 learned state was sealed with it.") {
			t.Fatalf("exit %d: %s", code, out)
		}
	}
	demo := &person{t: t, url: p.URL}
	demo.token = demo.do(http.MethodPost, "/auth/login", map[string]any{"email": services.DemoEmail, "password": services.DemoPassword})["access_token"].(string)
	list := demo.do(http.MethodGet, "/experiments?q=Headline+of+the+home", nil)["items"].([]any)
	copied := demo.do(http.MethodPost, "/experiments/"+list[0].(map[string]any)["id"].(string)+"/duplicate", nil)
	demo.do(http.MethodPatch, "/experiments/"+copied["id"].(string)+"/status", map[string]any{"status": "running"})

	_, conn := p.Database()
	var states, keys int // bytes 2 to 5 name the key
	if err := conn.QueryRow(t.Context(), "SELECT count(*), count(DISTINCT substr(sealed, 2, 4)) FROM optimisation_states").Scan(&states, &keys); err != nil {
		t.Fatal(err)
	}
	if states != 2 || keys != 1 {
		t.Errorf("%d states are sealed with %d keys, want 2 with one", states, keys)
	}
	if out, code := p.Output("keys", "rotate"); code != 0 || !strings.Contains(out, "2 learned states were sealed") {
		t.Errorf("once more: exit %d: %s", code, out)
	}
}

// The audit's key is replaced beside a running server, which signs with the new one; a record checks by the key from before, too.
func TestTheAuditsKeyRotatesBesideARunningServer(t *testing.T) {
	t.Parallel()
	p := program.New(t)
	p.Serve()
	o := p.Register()
	path := filepath.Join(p.Dir, "audit.key")
	old, err := os.ReadFile(path + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	before := o.Call(http.MethodGet, "/audit/checkpoint", nil, http.StatusOK)
	out, code := p.Output("audit", "rotate-key")
	public, err := os.ReadFile(path + ".pub")
	if err != nil || code != 0 || bytes.Equal(public, old) || !strings.Contains(out, string(public)) {
		t.Fatalf("exit %d: %s; %v", code, out, err)
	}
	o.Launch("after")
	after := o.Call(http.MethodGet, "/audit/checkpoint", nil, http.StatusOK)
	if after["key"] != strings.TrimSpace(string(public)) || after["size"].(float64) <= before["size"].(float64) {
		t.Errorf("the server signs on with %v", after)
	}
	_, _, bundle := o.Ask(http.MethodGet, "/audit/bundle", nil)
	file, kept := filepath.Join(p.Dir, "bundle.ndjson"), filepath.Join(p.Dir, "kept.checkpoint")
	for name, text := range map[string]string{file: bundle, kept: before["checkpoint"].(string)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{string(old), string(public)} {
		if out, code := p.Output("audit", "verify", file, "--key", strings.TrimSpace(key), "--since", kept); code != 0 || !strings.Contains(out, "IN ORDER") {
			t.Errorf("%s: exit %d: %s", key, code, out)
		}
	}
}
