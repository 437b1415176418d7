package services

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db"
)

// FuzzRules: whatever is accepted can be stored, read back, made ready and asked about any visit, and is in its final form.
func FuzzRules(f *testing.F) {
	const page = "https://shop.example/products/1?utm_source=mail&qa=1#x"
	for _, v := range targetingVectors(f) {
		raw, err := json.Marshal(Rules{Targeting: &v.Targeting})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, page, "agent", "203.0.113.7", v.Context.Now.Unix())
	}
	for _, seed := range []string{
		`{"schedule":{"start":"2026-01-01T00:00:00Z","end":"2027-01-01T00:00:00+05:30"},"layer":{"key":"l","ranges":[[0.5,1],[0,0.5]]},"holdout":{"key":"h","share":1e-9}}`,
		`{"layer":{"key":"l","ranges":[[0.1,0.1],[0.2]]}}`, `{"layer":{"key":"l","ranges":[null]}}`, `{"holdout":{"key":"h","share":1e400}}`,
		`{"exclusions":{"addresses":["::ffff:10.0.0.0/104","10.0.0.0/8","::1-::2","1.2.3.4"],"emails":["*@*"],"cookies":[{"name":"a","value":""}],"headers":[{"name":"X-A"}],
		"url_parameters":[{"name":"q a","value":"%"}],"user_agents":["É"]}}`,
		`{"exclusions":{"addresses":["::ffff:0.0.0.0/0","0.0.0.0/0","1-2","-","/","1.2.3.4/-1","fe80::1%a/64"]}}`,
		`{"targeting":{"timezone":"../../etc","conditions":[{"attribute":"hour","values":["0-24","24-0","99999999999-1"]}]}}`,
		`{"targeting":{"conditions":[{"attribute":"utm","name":"","values":[""]},{"attribute":"url","op":"regex","values":["(((a*)*)*)*$"]}]}}`,
		`{"targeting":null,"schedule":{},"exclusions":{},"layer":{},"holdout":{}}`,
	} {
		f.Add([]byte(seed), page+"?%ff%", "CorpBrowser/É", "::ffff:10.0.0.1", int64(0))
	}
	f.Fuzz(func(t *testing.T, raw []byte, url, agent, address string, now int64) {
		var in Rules
		if json.Unmarshal(raw, &in) != nil {
			return
		}
		problems := Fields{}
		kept := problems.rules(in)
		if len(problems) > 0 {
			return
		}
		c, err := kept.columns()
		if err != nil {
			t.Fatal(err)
		}
		read, err := rulesOf(db.Experiment{Targeting: c.targeting, Schedule: c.schedule, Exclusions: c.exclusions, Layer: c.layer, Holdout: c.holdout})
		if diff := cmp.Diff(kept, read); err != nil || diff != "" {
			t.Fatalf("read back: %v\n%s", err, diff)
		}
		if diff := cmp.Diff(kept, Fields{}.rules(read)); diff != "" {
			t.Fatalf("not in its final form:\n%s", diff)
		}
		askAll(t, read, url, agent, address, time.Unix(now, 0))
	})
}

// askAll asks everything that is asked of rules.
func askAll(t *testing.T, r Rules, url, agent, address string, now time.Time) {
	t.Helper()
	j, err := r.compile()
	if err != nil {
		t.Fatalf("accepted and not ready: %v", err)
	}
	v := &Visit{URL: url, Referrer: url, UserAgent: agent, Address: address, Email: agent, Cookies: map[string]string{"a": agent}, Headers: map[string]string{"x-a": address}}
	x := &live{key: "x", status: "running", traffic: 1, rules: r, judge: j}
	first := ""
	if j != nil {
		first = j.refuses(x, agent, v, now)
		if again := j.refuses(x, agent, v, now); again != first {
			t.Errorf("asked twice: %q and %q", first, again)
		}
	}
	if kind := j.excludes(v); kind != j.excludes(v) {
		t.Errorf("excluded by %q and not again", kind)
	}
	if _, ok := featureCondition(x); ok && r.Targeting != nil {
		for _, c := range r.Targeting.Conditions {
			if c.Op == opRegex && !c.forBrowsers() {
				t.Errorf("%q is told to others", c.Values)
			}
		}
	}
	var told browserExperiment
	told.rules(x)
	j.turns(now)
}
