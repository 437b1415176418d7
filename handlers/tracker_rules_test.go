package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/services"
)

// rulesBundle is a whole server, pages, API and tracker, whose clock is moved by hand.
type rulesBundle struct {
	*program
	h     http.Handler
	snap  *services.Snapshot
	token string
}

func newRulesBundle(t *testing.T, proxies ...netip.Prefix) *rulesBundle {
	t.Helper()
	return bundleOfSite(t, setup(t).program(), proxies...)
}

// bundleOfSite is a server with the site of a program.
func bundleOfSite(t *testing.T, p *program, proxies ...netip.Prefix) *rulesBundle {
	t.Helper()
	b := p.b
	log := slog.New(slog.DiscardHandler)
	snap := services.NewSnapshot(b.db, "http://tracker.test", b.clock.Now, log)
	committer := services.NewCommitter(b.db, b.clock.Now, log)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); committer.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	tracker := services.NewTracker(b.db, snap, committer, services.NewAPIKeys(b.db, time.Now), services.TrackerLimits{Remembered: 10_000, AssignWait: time.Minute}, b.clock.Now, log)
	tracker.AcceptPreviews(b.deps.Previews)
	e, err := NewTracker(TrackerDeps{Tracker: tracker, TrustedProxies: proxies, Errors: b.e.HTTPErrorHandler, Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	r := &rulesBundle{program: p, h: Root(b.e, e, nil), snap: snap}
	_, site := r.call(http.MethodGet, "/installations/"+r.site, nil, http.StatusOK)
	r.token = site["token"].(string)
	return r
}

// start makes an experiment with rules and starts it.
func (r *rulesBundle) start(key, rules string) members {
	r.b.t.Helper()
	over := rulesIn(r.b.t, rules)
	over["key"] = key
	if over["url"] == nil {
		over["url"] = ""
	}
	x := r.experiment(over)
	r.status(x, members{"status": "running"}, http.StatusOK)
	r.refresh()
	return x
}

func (r *rulesBundle) refresh() {
	r.b.t.Helper()
	if err := r.snap.Refresh(r.b.t.Context()); err != nil {
		r.b.t.Fatal(err)
	}
}

// post sends JSON to the tracker, from an address and with headers.
func (r *rulesBundle) post(path string, body any, header ...string) members {
	r.b.t.Helper()
	status, out := r.ask(path, body, header...)
	if status != http.StatusOK {
		r.b.t.Fatalf("%s: %d %v", path, status, out)
	}
	return out
}

// ask is post for what may be refused.
func (r *rulesBundle) ask(path string, body any, header ...string) (status int, out members) {
	r.b.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		r.b.t.Fatal(err)
	}
	q := httptest.NewRequest(http.MethodPost, path, strings.NewReader(string(raw)))
	q.RemoteAddr = "198.51.100.9:4711"
	q.Header.Set("Authorization", "Bearer "+r.token)
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "from" {
			q.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(header[i+1]), 4711).String()
			continue
		}
		q.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.h.ServeHTTP(w, q)
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		r.b.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Code, out
}

func (r *rulesBundle) assign(key, visitor string, visit members, header ...string) members {
	r.b.t.Helper()
	return r.post("/api/v1/tracker/assign", members{"installation_token": r.token, "experiment": key, "visitor_id": visitor, "context": visit}, header...)
}

// reason is why the visitor is not in the experiment; assigned when they are.
func (r *rulesBundle) reason(key, visitor string, visit members) string {
	r.b.t.Helper()
	out := r.assign(key, visitor, visit)
	if out["assigned"] == true {
		return "assigned"
	}
	return out["reason"].(string)
}

// config is what the snippet is told of an experiment.
func (r *rulesBundle) config(key string) members {
	r.b.t.Helper()
	w := httptest.NewRecorder()
	r.h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/s/"+r.token+".json", nil))
	var out struct{ X []members }
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		r.b.t.Fatal(err)
	}
	for _, x := range out.X {
		if x["key"] == key {
			return x
		}
	}
	return nil
}

// feature is the only rule of a feature of the GrowthBook payload; nil without one.
func (r *rulesBundle) feature(key string) members {
	r.b.t.Helper()
	w := httptest.NewRecorder()
	r.h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, featuresPath+r.token, nil))
	var out struct {
		Features map[string]struct{ Rules []members }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		r.b.t.Fatal(err)
	}
	if f, ok := out.Features[key]; ok {
		return f.Rules[0]
	}
	return nil
}

// results are what the results say of visitors and of what was not counted.
func (r *rulesBundle) results(x members) (visitors float64, excluded members) {
	r.b.t.Helper()
	_, out := r.call(http.MethodGet, "/analytics/experiments/"+x["id"].(string), nil, http.StatusOK)
	for _, v := range out["variants"].([]any) {
		visitors += v.(members)["visitors"].(float64)
	}
	return visitors, out["excluded"].(members)
}

func TestTargetingDecidesWhoIsIn(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	r.start("t", `{"url":"/p/*","targeting":{"conditions":[{"attribute":"device","values":["mobile"]},{"attribute":"utm","name":"source","op":"is","values":["mail"]},
		{"attribute":"country","values":["ES"],"not":true}]}}`)
	page := "https://shop.example/p/1?utm_source=mail"
	for name, c := range map[string]struct {
		visit members
		want  string
	}{
		"all hold":             {members{"url": page, "device": "mobile", "country": "PT"}, "assigned"},
		"told by user agent":   {members{"url": page, "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"}, "assigned"},
		"utm told apart":       {members{"url": "https://shop.example/p/1", "utm": members{"source": "mail"}, "device": "mobile"}, "assigned"},
		"another page":         {members{"url": "https://shop.example/?utm_source=mail", "device": "mobile"}, "targeting"},
		"another device":       {members{"url": page, "device": "desktop"}, "targeting"},
		"nothing known":        {members{}, "targeting"},
		"excluded country":     {members{"url": page, "device": "mobile", "country": "es"}, "targeting"},
		"a url of 50,000":      {members{"url": page + strings.Repeat("x", 50_000), "device": "mobile"}, "targeting"},
		"hostile names in utm": {members{"url": page, "device": "mobile", "utm": members{"__proto__": "x"}}, "assigned"},
	} {
		if got := r.reason("t", "v-"+name, c.visit); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	in := r.assign("t", "kept", members{"url": page, "device": "mobile"})
	if got := r.reason("t", "kept", members{"url": page, "device": "desktop"}); got != "targeting" {
		t.Errorf("stored, no longer targeted: got %s, want the control", got)
	}
	if again := r.assign("t", "kept", members{"url": page, "device": "mobile"}); again["new"] != false || cmp.Diff(in["variant"], again["variant"]) != "" {
		t.Errorf("targeted again: got %v, want %v", again, in)
	}
	flag := r.post(flagsPath+"/t", members{"context": members{"targetingKey": "kept", "url": page, "device": "desktop"}})
	if flag["reason"] != reasonDefault || flag["value"] != "control" {
		t.Errorf("OFREP, not targeted: got %v", flag)
	}
	bulk := r.post(flagsPath, members{"context": members{"targetingKey": "kept", "url": page, "device": "mobile"}})["flags"].([]any)[0].(members)
	if bulk["reason"] != reasonSplit || bulk["value"] != in["variant"].(members)["key"] {
		t.Errorf("OFREP bulk: got %v, want %v", bulk, in["variant"])
	}
	if got := r.config("t"); got["remote"] != true || len(got["targeting"].(members)["conditions"].([]any)) != 2 {
		t.Errorf("snippet: got %v, want remote with the two conditions of browsers", got)
	}
}

func TestScheduleTakesInVisitorsInItsTime(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	start := r.b.clock.Now().Add(5 * time.Minute).UTC().Truncate(time.Millisecond)
	end := start.Add(5 * time.Minute)
	x := r.start("t", fmt.Sprintf(`{"schedule":{"start":%q,"end":%q}}`, start.Format(time.RFC3339Nano), end.Format(time.RFC3339Nano)))
	if got := r.config("t"); got["start"] != float64(start.UnixMilli()) || got["end"] != float64(end.UnixMilli()) {
		t.Errorf("snippet: got %v to %v", got["start"], got["end"])
	}
	if got := r.reason("t", "early", nil); got != "not_running" || r.feature("t") != nil {
		t.Errorf("before: got %s, feature %v", got, r.feature("t"))
	}
	r.b.clock.advance(6 * time.Minute)
	first := r.assign("t", "in", nil)
	if first["assigned"] != true || r.feature("t") == nil {
		t.Errorf("during: got %v, feature %v", first, r.feature("t"))
	}
	r.b.clock.advance(5 * time.Minute)
	if got := r.reason("t", "late", nil); got != "not_running" || r.feature("t") != nil {
		t.Errorf("after: got %s, feature %v", got, r.feature("t"))
	}
	if flag := r.post(flagsPath+"/t", members{"context": members{"targetingKey": "late"}}); flag["reason"] != reasonDisabled {
		t.Errorf("after, OFREP: got %v", flag)
	}
	if kept := r.assign("t", "in", nil); kept["new"] != false || cmp.Diff(first["variant"], kept["variant"]) != "" {
		t.Errorf("after, stored: got %v, want %v", kept, first)
	}
	r.post("/api/v1/tracker/convert", members{"installation_token": r.token, "visitor_id": "in", "event_id": "e1"})
	if visitors, _ := r.results(x); visitors != 1 {
		t.Errorf("%v visitors, want 1", visitors)
	}
}

// An exposure that occurred in time counts also when it arrives later; one that occurred outside does not.
func TestScheduleOfExposures(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	end := r.b.clock.Now().Add(time.Hour).UTC()
	x := r.start("t", fmt.Sprintf(`{"schedule":{"end":%q}}`, end.Format(time.RFC3339Nano)))
	seen := func(visitor string, at time.Time) {
		arm := r.feature("t")["variations"].([]any)[engine.Choose(engine.Hash("t", visitor), []float64{.5, 1})]
		r.b.clock.advance(2 * time.Hour)
		defer r.b.clock.advance(-2 * time.Hour)
		out := r.post("/api/v1/tracker/events", members{"installation_token": r.token, "sent_at": r.b.clock.Now(), "events": []members{
			{"id": visitor, "type": "exposure", "t": at, "visitor_id": visitor, "experiment": "t", "arm": arm, "epoch": 1}}})
		if out["accepted"] != 1.0 {
			t.Errorf("%s: got %v", visitor, out)
		}
	}
	seen("in-time", end.Add(-time.Minute))
	seen("too-late", end.Add(time.Minute))
	if visitors, _ := r.results(x); visitors != 1 {
		t.Errorf("%v visitors, want 1", visitors)
	}
}

func TestLayersShareNoVisitorAndHoldoutsHoldTheSame(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	r.start("a", `{"layer":{"key":"top","ranges":[[0,0.5]]},"holdout":{"key":"q3","share":0.2}}`)
	r.start("b", `{"layer":{"key":"top","ranges":[[0.5,0.8]]},"holdout":{"key":"q3","share":0.2}}`)
	counts := map[string]int{}
	for i := range 300 {
		v := fmt.Sprint("v", i)
		a, b := r.reason("a", v, nil), r.reason("b", v, nil)
		counts[a+" "+b]++
		held, n := engine.Hash("holdout/q3", v) < .2, engine.Hash("layer/top", v)
		want := func(in bool) string {
			return map[bool]string{true: "assigned", false: "excluded"}[in]
		}
		if held && (a != "holdout" || b != "holdout") || !held && (a != want(n < .5) || b != want(n >= .5 && n < .8)) {
			t.Errorf("%s (held %v, layer %v): got %s and %s", v, held, n, a, b)
		}
	}
	if len(counts) != 4 {
		t.Errorf("got %v, want every kind", counts)
	}
	want := []any{members{"seed": "holdout/q3", "ranges": []any{[]any{.2, 1.0}}}, members{"seed": "layer/top", "ranges": []any{[]any{.5, .8}}}}
	if diff := cmp.Diff(want, r.config("b")["in"]); diff != "" {
		t.Errorf("snippet (-want +got):\n%s", diff)
	}
	out := r.post("/api/v1/tracker/events", members{"installation_token": r.token, "events": exposuresOutside(r, "a")})
	if rejected := fmt.Sprint(out["rejected"]); !strings.Contains(rejected, "holdout") || !strings.Contains(rejected, "excluded") || out["accepted"] != 0.0 {
		t.Errorf("exposures of who is kept out: got %v", out)
	}
}

// exposuresOutside claims that somebody held out and somebody outside of the layer saw an experiment of half the layer.
func exposuresOutside(r *rulesBundle, key string) (out []members) {
	var held, outside string
	for i := 0; held == "" || outside == ""; i++ {
		v := fmt.Sprint("x", i)
		switch isHeld := engine.Hash("holdout/q3", v) < .2; {
		case isHeld:
			held = v
		case engine.Hash("layer/top", v) >= .5:
			outside = v
		}
	}
	for _, v := range []string{held, outside} {
		arm := r.feature(key)["variations"].([]any)[engine.Choose(engine.Hash(key, v), []float64{.5, 1})]
		out = append(out, members{"id": v, "type": "exposure", "visitor_id": v, "experiment": key, "arm": arm, "epoch": 1})
	}
	return out
}

func TestWhatGrowthBookCannotDecideIsLeftOut(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	for i, c := range []struct {
		condition string
		want      any // of the condition; nil: the experiment is left out
	}{
		{`{"attribute":"device","values":["mobile"]}`, members{"deviceType": members{"$in": []any{"mobile"}}}},
		{`{"attribute":"country","values":["ES"],"not":true}`, members{"$not": members{"country": members{"$in": []any{"ES"}}}}},
		{`{"attribute":"utm","name":"source","op":"exists"}`, members{"utmSource": members{"$exists": true}}},
		{`{"attribute":"utm","name":"campaign","op":"prefix","values":["a.b"]}`, members{"utmCampaign": members{"$exists": true, "$regex": `^a\.b`}}},
		{`{"attribute":"referrer","op":"wildcard","values":["*google.*","*bing.*"]}`, members{"$or": []any{
			members{"referrer": members{"$exists": true, "$ne": "", "$regex": `^[\s\S]*google\.[\s\S]*$`}},
			members{"referrer": members{"$exists": true, "$ne": "", "$regex": `^[\s\S]*bing\.[\s\S]*$`}}}}},
		{`{"attribute":"url","op":"regex","values":["^https://shop\\.example/"]}`, members{"url": members{"$exists": true, "$ne": "", "$regex": `^https://shop\.example/`}}},
		{`{"attribute":"url","op":"regex","values":["(?i)shop"]}`, nil},
		{`{"attribute":"url","op":"wildcard","values":["/a?b=*"]}`, nil},
		{`{"attribute":"cookie","name":"a","op":"exists"}`, nil},
		{`{"attribute":"weekday","values":["mon"]}`, nil},
		{`{"attribute":"hour","values":["9-18"]}`, nil},
		{`{"attribute":"visitor","values":["new"]}`, nil},
	} {
		key := fmt.Sprint("t", i)
		r.start(key, `{"targeting":{"conditions":[`+c.condition+`]}}`)
		rule := r.feature(key)
		if c.want == nil {
			if rule != nil {
				t.Errorf("%s: got %v, want it left out", c.condition, rule)
			}
			continue
		}
		if diff := cmp.Diff(c.want, rule["condition"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.condition, diff)
		}
	}
	r.start("all", `{"url":"/p/*","traffic_allocation":0.5,"targeting":{"conditions":[{"attribute":"device","values":["mobile"]}]},
		"layer":{"key":"l","ranges":[[0,0.5]]},"holdout":{"key":"h","share":0.1}}`)
	rule := r.feature("all")
	if both := rule["condition"].(members)["$and"].([]any); len(both) != 2 {
		t.Errorf("page and device: got %v", rule["condition"])
	}
	var seeds []string
	for _, f := range rule["filters"].([]any) {
		seeds = append(seeds, f.(members)["seed"].(string))
	}
	if diff := cmp.Diff([]string{"in/all", "holdout/h", "layer/l"}, seeds); diff != "" {
		t.Errorf("filters (-want +got):\n%s", diff)
	}
}

// What the browser is asked about is told with the question: of the cookies only those that the experiment is about.
func TestSnippetKnowsWhatTheServerNeeds(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	r.start("t", `{"targeting":{"conditions":[{"attribute":"cookie","name":"plan","op":"regex","values":["(?i)^pro"]},
		{"attribute":"cookie","name":"seen","op":"exists","not":true}]}}`)
	x := r.config("t")
	if got, _ := json.Marshal(x["cookies"]); x["remote"] != true || string(got) != `["plan","seen"]` || strings.Contains(fmt.Sprint(x), "(?i)") {
		t.Errorf("got %v", x)
	}
	if r.assign("t", "v", members{"cookies": members{"plan": "PRO"}})["assigned"] != true {
		t.Error("not assigned")
	}
}

func TestVisitsOfTheWrongShapeAreRefused(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	r.start("t", allRules)
	for name, c := range map[string]struct {
		visit any
		field string
	}{
		"cookies that are a list": {members{"cookies": []int{1}}, "context.cookies"},
		"a cookie of a number":    {members{"cookies": members{"a": 7}}, "context.cookies.a"},
		"returning in words":      {members{"returning": "yes"}, "context.returning"},
		"country of a number":     {members{"country": 34}, "context.country"},
		"no object":               {"context", "context"},
	} {
		status, out := r.ask("/api/v1/tracker/assign", members{"installation_token": r.token, "experiment": "t", "visitor_id": "v", "context": c.visit})
		if status != http.StatusUnprocessableEntity || problems(out)[c.field] != "wrong_type" {
			t.Errorf("%s: got %d %v, want %s", name, status, out, c.field)
		}
	}
	long := strings.Repeat("a", 60_000)
	for name, visit := range map[string]members{"referrer": {"referrer": long}, "cookie": {"cookies": members{"plan": long}}, "country": {"country": long},
		"email": {"email": long + "@corp.example"}, "address": {"ip": long}, "user agent": {"user_agent": long}, "header": {"headers": members{long: "x"}},
		"nothing": nil, "nulls": {"url": nil, "cookies": nil, "returning": nil}, "parameters": {"url": "https://shop.example/?" + strings.Repeat("%&", 8_000)}} {
		if got := r.reason("t", "v-"+name, visit); got != "targeting" && got != "holdout" && got != "excluded" {
			t.Errorf("%s of 60,000 bytes: got %s", name, got)
		}
	}
}
