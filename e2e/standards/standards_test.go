//go:build e2e

// Package standards_test lets real clients of the standards that the tracker speaks ask it about visitors.
package standards_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/samplit/samplit/e2e/program"
)

type answer struct {
	Visitor, Flag string
	Asked         bool // also the doors that store: Assign and Sticky
	Assign        *string
	OFREP, Reason string
	GrowthBook    *string
	Sticky        *string
}

type job struct {
	URL    string          `json:"url"`
	Token  string          `json:"token"`
	Flags  []string        `json:"flags"`
	Visit  map[string]any  `json:"visit"`
	From   int             `json:"from"`
	Count  int             `json:"count"`
	Sweep  bool            `json:"sweep,omitempty"`
	Sticky json.RawMessage `json:"sticky,omitempty"`
}

// clients installs the npm packages, exactly those of the lock file, and returns what runs a job with them.
func clients(t *testing.T) func(job) ([]answer, json.RawMessage) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "clients.mjs"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v: %s", err, out)
	}
	return func(j job) ([]answer, json.RawMessage) {
		t.Helper()
		in, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		node := exec.Command("node", "clients.mjs")
		node.Dir, node.Stdin, node.Stderr = dir, bytes.NewReader(in), os.Stderr
		raw, err := node.Output()
		if err != nil {
			t.Fatalf("node: %v", err)
		}
		var out struct {
			Answers []answer
			Sticky  json.RawMessage
		}
		if err := json.Unmarshal(raw, &out); err != nil {
			t.Fatal(err)
		}
		return out.Answers, out.Sticky
	}
}

// owner calls the JSON API.
type owner struct {
	t     *testing.T
	p     *program.Program
	token string
}

func (o *owner) call(method, path string, body any) (out map[string]any) {
	o.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		o.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+o.p.Addr+"/api/v1/"+path, bytes.NewReader(raw))
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+o.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode >= 300 {
		o.t.Fatalf("%s %s: %d %v %v", method, path, resp.StatusCode, out, err)
	}
	return out
}

// launch makes an experiment with two variants and starts it.
func (o *owner) launch(site any, key string, more map[string]any) (id string) {
	o.t.Helper()
	body := map[string]any{"installation_id": site, "key": key, "name": key, "allocator": "sequential",
		"variants": []map[string]any{{"key": "control", "name": "Control", "is_control": true}, {"key": "b", "name": "B"}},
		"goals":    []map[string]any{{"key": "buy", "name": "Buy", "primary": true, "type": "custom"}}}
	for k, v := range more {
		body[k] = v
	}
	id, _ = o.call("POST", "experiments", body)["id"].(string)
	o.call("PATCH", "experiments/"+id+"/status", map[string]any{"status": "running"})
	return id
}

func value(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}

// What is asked for: everybody, a share, some pages, a part of a layer, and a part with everything else that decides who takes part.
var experiments = []struct {
	key  string
	more map[string]any
}{
	{"full", nil},
	{"share", map[string]any{"traffic_allocation": .3}},
	{"page", map[string]any{"url": "https://shop.example/products/*"}},
	{"layer", map[string]any{"layer": map[string]any{"key": "top", "ranges": [][2]float64{{0, .5}}}}},
	{"rules", map[string]any{"traffic_allocation": .3, "layer": map[string]any{"key": "top", "ranges": [][2]float64{{.9, 1}, {.5, .8}}},
		"holdout": map[string]any{"key": "q3", "share": .1}, "targeting": map[string]any{"conditions": []map[string]any{
			{"attribute": "device", "values": []string{"mobile"}}, {"attribute": "utm", "name": "source", "op": "prefix", "values": []string{"ma"}},
			{"attribute": "url", "op": "regex", "values": []string{`/products/\d+\?`}}}}}},
}

// visitors are new in each phase.
const visitors = 10_000

// TestClientsAgree: for new visitors the tracker, OpenFeature providers and a GrowthBook SDK give the same variant, whatever decides who
// takes part, before and after weights changed; and a GrowthBook SDK with sticky buckets never flips.
func TestClientsAgree(t *testing.T) {
	p := program.New(t)
	p.Serve()
	o := &owner{t: t, p: p}
	o.token, _ = o.call("POST", "auth/register", map[string]any{"email": "owner@flags.test", "password": "sixteen-red-kites", "name": "Owner"})["access_token"].(string)
	site := o.call("POST", "installations", map[string]any{"site_url": "https://shop.example"})
	ids, flags := map[string]string{}, []string(nil)
	for _, x := range experiments {
		ids[x.key] = o.launch(site["id"], x.key, x.more)
		flags = append(flags, x.key)
	}
	token, _ := site["token"].(string)
	running := func(key string) func() bool {
		return func() bool {
			_, out := p.Post("assign", map[string]any{"installation_token": token, "experiment": key, "visitor_id": "probe", "expose": false})
			return out["reason"] != "unknown_experiment" && out["reason"] != "not_running"
		}
	}
	for _, key := range flags {
		p.Await(key+" running", running(key))
	}
	ask := clients(t)
	j := job{URL: p.URL, Token: token, Flags: flags, From: 0, Count: visitors, Sweep: true, Visit: map[string]any{
		"url": "https://shop.example/products/7?utm_source=mail", "utm": map[string]any{"source": "mail"}, "device": "mobile"}}
	sweep, _ := ask(j)
	agree(t, sweep, visitors*len(flags))
	j.Sweep, j.Count = false, asked
	before, memory := ask(j)
	agree(t, before, asked*len(flags))

	weights := []map[string]any{{"key": "control", "weight": 1}, {"key": "b", "weight": 9}}
	for _, key := range []string{"layer", "rules", "full"} {
		o.call("PATCH", "experiments/"+ids[key], map[string]any{"variants": weights})
	}
	p.Await("with new weights", func() bool {
		resp, err := http.Get("http://" + p.Addr + "/api/features/" + token)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		var out struct {
			Features map[string]struct{ Rules []struct{ Phase string } }
		}
		return json.NewDecoder(resp.Body).Decode(&out) == nil && out.Features["full"].Rules[0].Phase == "2"
	})
	j.From, j.Count, j.Sweep = visitors, visitors, true
	sweep, _ = ask(j)
	agree(t, sweep, visitors*len(flags))
	j.Count, j.Sweep, j.Sticky = asked, false, memory
	after, _ := ask(j)
	agree(t, after, asked*len(flags))

	j.From, j.Flags = 0, []string{"full"}
	again, _ := ask(j)
	held := map[string]answer{}
	for _, a := range before {
		if a.Flag == "full" {
			held[a.Visitor] = a
		}
	}
	moved := 0
	for _, a := range again {
		if was := held[a.Visitor]; value(a.Assign) != value(was.Assign) || a.OFREP != was.OFREP || value(a.Sticky) != value(was.Sticky) {
			t.Errorf("%s: had %s, got assign %s, OFREP %s, sticky %s", a.Visitor, value(was.Assign), value(a.Assign), a.OFREP, value(a.Sticky))
		} else if value(a.GrowthBook) != value(was.GrowthBook) {
			moved++
		}
	}
	if moved == 0 {
		t.Error("no visitor would have moved: the test says nothing about memory")
	}
}

// agree checks that all clients that were asked gave each visitor the same.
func agree(t *testing.T, answers []answer, want int) {
	t.Helper()
	seen, bad := map[string]int{}, 0
	for _, a := range answers {
		flag, reason := value(a.GrowthBook), "SPLIT"
		if a.GrowthBook == nil {
			flag, reason = "control", "DEFAULT"
		}
		differ := a.OFREP != flag || a.Reason != reason
		if a.Asked {
			differ = differ || value(a.Assign) != value(a.GrowthBook) || value(a.Sticky) != value(a.GrowthBook)
		}
		if differ {
			if bad++; bad < 5 {
				t.Errorf("%s %s: assign %s, OFREP %s (%s), GrowthBook %s, sticky %s", a.Visitor, a.Flag, value(a.Assign), a.OFREP, a.Reason, value(a.GrowthBook), value(a.Sticky))
			}
		}
		seen[fmt.Sprint(a.Flag, " ", value(a.GrowthBook))]++
	}
	if len(answers) != want || bad > 0 {
		t.Errorf("got %d answers of %d and %d disagreements", len(answers), want, bad)
	}
	for _, kind := range []string{"full b", "full control", "share none", "share b", "page b", "layer none", "layer control", "layer b", "rules none", "rules control", "rules b"} {
		if seen[kind] == 0 {
			t.Errorf("nobody was %q: %v", kind, seen)
		}
	}
}
