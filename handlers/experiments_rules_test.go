package handlers

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// allRules has one of everything, in the form in which it is kept.
const allRules = `{
  "targeting": {"timezone": "Europe/Madrid", "conditions": [
    {"attribute": "url", "op": "prefix", "values": ["https://shop.example/products"]},
    {"attribute": "device", "values": ["mobile", "tablet"]},
    {"attribute": "visitor", "values": ["returning"]},
    {"attribute": "referrer", "op": "wildcard", "not": true, "values": ["*google.*"]},
    {"attribute": "utm", "name": "source", "op": "is", "values": ["mail"]},
    {"attribute": "cookie", "name": "plan", "op": "exists"},
    {"attribute": "country", "values": ["ES", "PT"]},
    {"attribute": "weekday", "values": ["mon", "fri"]},
    {"attribute": "hour", "values": ["9-18", "22-6"]},
    {"attribute": "url", "op": "regex", "values": ["(?i)^https://shop\\.example/"]}]},
  "schedule": {"start": "2026-01-01T00:00:00Z", "end": "2046-01-01T00:00:00Z"},
  "exclusions": {"addresses": ["203.0.113.7", "10.0.0.0/8", "192.0.2.1-192.0.2.9", "2001:db8::/32"], "emails": ["*@corp.example"],
    "cookies": [{"name": "staff"}, {"name": "role", "value": "tester"}], "url_parameters": [{"name": "qa", "value": "1"}],
    "user_agents": ["CorpBrowser"], "headers": [{"name": "X-Office"}]},
  "layer": {"key": "checkout", "ranges": [[0, 0.25], [0.5, 0.75]]},
  "holdout": {"key": "q3", "share": 0.05}}`

func rulesIn(t testing.TB, text string) (out members) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// only are the rules among an experiment's members.
func only(x members) members {
	out := members{}
	for _, name := range []string{"targeting", "schedule", "exclusions", "layer", "holdout"} {
		if rule, given := x[name]; given {
			out[name] = rule
		}
	}
	return out
}

func TestRulesAreKeptByEveryDoor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	want := rulesIn(t, allRules)
	x := p.experiment(want)
	if diff := cmp.Diff(want, only(x)); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	path := "/experiments/" + x["id"].(string)
	_, got := p.call(http.MethodGet, path, nil, http.StatusOK)
	if diff := cmp.Diff(want, only(got)); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	_, copied := p.call(http.MethodPost, path+"/duplicate", nil, http.StatusCreated)
	if diff := cmp.Diff(want, only(copied)); diff != "" {
		t.Errorf("duplicated (-want +got):\n%s", diff)
	}
	_, got = p.call(http.MethodPatch, path, members{"name": "Other"}, http.StatusOK)
	if diff := cmp.Diff(want, only(got)); diff != "" {
		t.Errorf("renamed (-want +got):\n%s", diff)
	}
	same := got["version"]
	if _, got = p.call(http.MethodPatch, path, want, http.StatusOK); got["version"] != same {
		t.Errorf("the same rules again made version %v of %v", got["version"], same)
	}
	_, got = p.call(http.MethodPatch, path, `{"targeting":null,"schedule":{},"exclusions":{"emails":[]},"layer":null,"holdout":{}}`, http.StatusOK)
	if diff := cmp.Diff(members{}, only(got)); diff != "" {
		t.Errorf("taken away (-want +got):\n%s", diff)
	}
}

func TestTheFormKeepsRules(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	f, want := typedExperiment(o), rulesIn(t, allRules)
	id := strings.TrimPrefix(b.want(o.post("/experiments/new", f), http.StatusSeeOther).Header.Get("Location"), "/experiments/")
	o.call(http.MethodPatch, "/experiments/"+id, want, http.StatusOK)
	f = posted(b.want(o.get("/experiments/"+id+"/edit"), http.StatusOK).doc(t))
	f.Set("name", "Renamed in the form")
	b.want(o.post("/experiments/"+id+"/edit", f), http.StatusSeeOther)
	_, got := o.call(http.MethodGet, "/experiments/"+id, nil, http.StatusOK)
	if diff := cmp.Diff(want, only(got)); diff != "" || got["name"] != "Renamed in the form" {
		t.Errorf("%v after the form (-want +got):\n%s", got["name"], diff)
	}
}

func TestRulesNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	condition := func(text string) string { return `{"targeting":{"conditions":[` + text + `]}}` }
	long := strings.Repeat("x", 900_000)
	for name, c := range map[string]struct{ rules, field, code string }{
		"unknown member":             {`{"targeting":{"country":"ES"}}`, "targeting.country", "unknown_field"},
		"unknown member inside":      {condition(`{"attribute":"url","values":["/"],"colour":"red"}`), "targeting.conditions[0].colour", "unknown_field"},
		"no object":                  {`{"targeting":7}`, "targeting", "invalid"},
		"unknown attribute":          {condition(`{"attribute":"mood","values":["good"]}`), "targeting.conditions[0].attribute", "unknown"},
		"no attribute":               {condition(`{"values":["good"]}`), "targeting.conditions[0].attribute", "required"},
		"unknown op":                 {condition(`{"attribute":"url","op":"like","values":["/"]}`), "targeting.conditions[0].op", "unknown"},
		"op of another attribute":    {condition(`{"attribute":"country","op":"regex","values":["ES"]}`), "targeting.conditions[0].op", "unexpected"},
		"url has no exists":          {condition(`{"attribute":"url","op":"exists"}`), "targeting.conditions[0].op", "unknown"},
		"exists has no values":       {condition(`{"attribute":"cookie","name":"a","op":"exists","values":["b"]}`), "targeting.conditions[0].values", "unexpected"},
		"no values":                  {condition(`{"attribute":"device"}`), "targeting.conditions[0].values", "required"},
		"name of a url":              {condition(`{"attribute":"url","name":"a","values":["/"]}`), "targeting.conditions[0].name", "unexpected"},
		"utm of no kind":             {condition(`{"attribute":"utm","values":["a"]}`), "targeting.conditions[0].name", "required"},
		"utm of another kind":        {condition(`{"attribute":"utm","name":"id","values":["a"]}`), "targeting.conditions[0].name", "unknown"},
		"cookie name":                {condition(`{"attribute":"cookie","name":"a b","values":["a"]}`), "targeting.conditions[0].name", "name"},
		"device":                     {condition(`{"attribute":"device","values":["fridge"]}`), "targeting.conditions[0].values[0]", "unknown"},
		"visitor":                    {condition(`{"attribute":"visitor","values":["new","old"]}`), "targeting.conditions[0].values[1]", "unknown"},
		"weekday":                    {condition(`{"attribute":"weekday","values":["monday"]}`), "targeting.conditions[0].values[0]", "unknown"},
		"hour":                       {condition(`{"attribute":"hour","values":["9-25"]}`), "targeting.conditions[0].values[0]", "hours"},
		"no hours":                   {condition(`{"attribute":"hour","values":["9-9"]}`), "targeting.conditions[0].values[0]", "hours"},
		"negative hour":              {condition(`{"attribute":"hour","values":["-1-5"]}`), "targeting.conditions[0].values[0]", "hours"},
		"country":                    {condition(`{"attribute":"country","values":["XX"]}`), "targeting.conditions[0].values[0]", "country"},
		"country by name":            {condition(`{"attribute":"country","values":["Spain"]}`), "targeting.conditions[0].values[0]", "country"},
		"star in is":                 {condition(`{"attribute":"url","values":["/a*"]}`), "targeting.conditions[0].values[0]", "wildcard"},
		"broken regex":               {condition(`{"attribute":"url","op":"regex","values":["(a"]}`), "targeting.conditions[0].values[0]", "regex"},
		"lookahead":                  {condition(`{"attribute":"url","op":"regex","values":["(?=a)b"]}`), "targeting.conditions[0].values[0]", "regex"},
		"backreference":              {condition(`{"attribute":"url","op":"regex","values":["(a)\\1"]}`), "targeting.conditions[0].values[0]", "regex"},
		"regex that explodes":        {condition(`{"attribute":"url","op":"regex","values":["((a{1000}){1000}){1000}"]}`), "targeting.conditions[0].values[0]", "regex"},
		"21 regexes":                 {condition(`{"attribute":"url","op":"regex","values":["a"` + strings.Repeat(`,"a"`, 20) + `]}`), "targeting.conditions", "too_many"},
		"a value of 900,000 bytes":   {condition(`{"attribute":"url","values":["` + long + `"]}`), "targeting.conditions", "too_long"},
		"a value of 501 bytes":       {condition(`{"attribute":"url","values":["` + long[:501] + `"]}`), "targeting.conditions[0].values[0]", "too_long"},
		"an empty value":             {condition(`{"attribute":"url","values":[""]}`), "targeting.conditions[0].values[0]", "required"},
		"NUL in a value":             {condition(`{"attribute":"url","values":["a\u0000"]}`), "targeting.conditions[0].values[0]", "text"},
		"21 conditions":              {condition(`{"attribute":"device","values":["mobile"]}` + strings.Repeat(`,{"attribute":"device","values":["mobile"]}`, 20)), "targeting.conditions", "too_many"},
		"51 values":                  {condition(`{"attribute":"url","values":["a"` + strings.Repeat(`,"a"`, 50) + `]}`), "targeting.conditions[0].values", "too_many"},
		"zone without conditions":    {`{"targeting":{"timezone":"UTC"}}`, "targeting.conditions", "required"},
		"time zone":                  {`{"targeting":{"timezone":"Madrid","conditions":[{"attribute":"hour","values":["9-18"]}]}}`, "targeting.timezone", "timezone"},
		"time zone of the server":    {`{"targeting":{"timezone":"Local","conditions":[{"attribute":"hour","values":["9-18"]}]}}`, "targeting.timezone", "timezone"},
		"time zone from a file":      {`{"targeting":{"timezone":"../../etc/passwd","conditions":[{"attribute":"hour","values":["9-18"]}]}}`, "targeting.timezone", "timezone"},
		"schedule that is no time":   {`{"schedule":{"start":"tomorrow"}}`, "schedule.start", "invalid"},
		"schedule backwards":         {`{"schedule":{"start":"2027-01-02T00:00:00Z","end":"2027-01-01T00:00:00Z"}}`, "schedule.end", "order"},
		"schedule of no time":        {`{"schedule":{"start":"2027-01-01T00:00:00Z","end":"2027-01-01T00:00:00Z"}}`, "schedule.end", "order"},
		"schedule in another age":    {`{"schedule":{"start":"0001-01-01T00:00:00Z"}}`, "schedule.start", "range"},
		"unknown member schedule":    {`{"schedule":{"from":"2027-01-01T00:00:00Z"}}`, "schedule.from", "unknown_field"},
		"CIDR":                       {`{"exclusions":{"addresses":["10.0.0.0/33"]}}`, "exclusions.addresses[0]", "address"},
		"everybody":                  {`{"exclusions":{"addresses":["0.0.0.0/0"]}}`, "exclusions.addresses[0]", "everybody"},
		"everybody in two halves":    {`{"exclusions":{"addresses":["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]}}`, "exclusions.addresses[0]", "everybody"},
		"span backwards":             {`{"exclusions":{"addresses":["192.0.2.9-192.0.2.1"]}}`, "exclusions.addresses[0]", "address"},
		"span of two families":       {`{"exclusions":{"addresses":["192.0.2.9-2001:db8::1"]}}`, "exclusions.addresses[0]", "address"},
		"zone of an address":         {`{"exclusions":{"addresses":["fe80::1%eth0"]}}`, "exclusions.addresses[0]", "address"},
		"host name":                  {`{"exclusions":{"addresses":["office.example"]}}`, "exclusions.addresses[0]", "address"},
		"a long address":             {`{"exclusions":{"addresses":["` + long + `"]}}`, "exclusions.addresses[0]", "address"},
		"1,001 addresses":            {`{"exclusions":{"addresses":["10.0.0.1"` + strings.Repeat(`,"10.0.0.1"`, 1000) + `]}}`, "exclusions.addresses", "too_many"},
		"no email":                   {`{"exclusions":{"emails":["corp.example"]}}`, "exclusions.emails[0]", "email"},
		"empty user agent":           {`{"exclusions":{"user_agents":[" "]}}`, "exclusions.user_agents[0]", "required"},
		"nameless cookie":            {`{"exclusions":{"cookies":[{"value":"x"}]}}`, "exclusions.cookies[0].name", "required"},
		"nameless parameter":         {`{"exclusions":{"url_parameters":[{}]}}`, "exclusions.url_parameters[0].name", "required"},
		"header of ours":             {`{"exclusions":{"headers":[{"name":"X-Forwarded-For","value":"1.2.3.4"}]}}`, "exclusions.headers[0].name", "reserved"},
		"header with credentials":    {`{"exclusions":{"headers":[{"name":"authorization"}]}}`, "exclusions.headers[0].name", "reserved"},
		"header name":                {`{"exclusions":{"headers":[{"name":"X Office"}]}}`, "exclusions.headers[0].name", "name"},
		"exclusions that are a list": {`{"exclusions":[]}`, "exclusions", "invalid"},
		"layer key":                  {`{"layer":{"key":"Check out","ranges":[[0,1]]}}`, "layer.key", "key"},
		"layer without ranges":       {`{"layer":{"key":"a"}}`, "layer.ranges", "required"},
		"range backwards":            {`{"layer":{"key":"a","ranges":[[0.5,0.2]]}}`, "layer.ranges[0]", "range"},
		"range of nobody":            {`{"layer":{"key":"a","ranges":[[0.5,0.5]]}}`, "layer.ranges[0]", "range"},
		"range of one number":        {`{"layer":{"key":"a","ranges":[[0.5]]}}`, "layer.ranges[0]", "range"},
		"range outside":              {`{"layer":{"key":"a","ranges":[[0.5,1.5]]}}`, "layer.ranges[0]", "range"},
		"range of text":              {`{"layer":{"key":"a","ranges":[[0,"NaN"]]}}`, "layer.ranges[0][1]", "invalid"},
		"ranges that overlap":        {`{"layer":{"key":"a","ranges":[[0.4,0.6],[0,0.5]]}}`, "layer.ranges", "overlap"},
		"holdout of all":             {`{"holdout":{"key":"a","share":1}}`, "holdout.share", "range"},
		"holdout of NaN":             {`{"holdout":{"key":"a","share":"NaN"}}`, "holdout.share", "invalid"},
		"holdout of nothing":         {`{"holdout":{"key":"a"}}`, "holdout.share", "range"},
		"holdout below nothing":      {`{"holdout":{"key":"a","share":-0.1}}`, "holdout.share", "range"},
		"nameless holdout":           {`{"holdout":{"share":0.1}}`, "holdout.key", "key"},
		"holdout that is a number":   {`{"holdout":0.1}`, "holdout", "invalid"},
	} {
		_, reply := p.call(http.MethodPost, "/experiments", p.body(rulesIn(t, c.rules)), http.StatusUnprocessableEntity)
		if got := problems(reply)[c.field]; got != c.code {
			t.Errorf("%s: got %v, want %s at %s", name, reply["errors"], c.code, c.field)
		}
	}
}

func TestRulesAreKeptInOneForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	x := p.experiment(rulesIn(t, `{"targeting":{"conditions":[{"attribute":"country","op":"is","values":["es"]},{"attribute":"hour","values":["09-18"]},
		{"attribute":"url","values":["/a"]}]},"layer":{"key":"a","ranges":[[0.5,1],[0,0.25]]},"schedule":{"start":"2027-01-01T01:00:00.1234+01:00"},
		"exclusions":{"emails":["*@Corp.Example"],"addresses":["192.0.2.1 - 192.0.2.9"]}}`))
	want := rulesIn(t, `{"targeting":{"conditions":[{"attribute":"country","values":["ES"]},{"attribute":"hour","values":["9-18"]},
		{"attribute":"url","op":"is","values":["/a"]}]},"layer":{"key":"a","ranges":[[0,0.25],[0.5,1]]},"schedule":{"start":"2027-01-01T00:00:00.123Z"},
		"exclusions":{"emails":["*@corp.example"],"addresses":["192.0.2.1-192.0.2.9"]}}`)
	if diff := cmp.Diff(want, only(x)); diff != "" {
		t.Errorf("got (-want +got):\n%s", diff)
	}
}

func TestRulesAreFrozenOnceStarted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	x := p.experiment(rulesIn(t, allRules))
	p.status(x, members{"status": "running"}, http.StatusOK)
	path := "/experiments/" + x["id"].(string)
	p.call(http.MethodPatch, path, rulesIn(t, allRules), http.StatusOK)
	for _, change := range []string{`{"targeting":{}}`, `{"schedule":null}`, `{"exclusions":{"emails":["a@b.example"]}}`, `{"layer":{"key":"checkout","ranges":[[0,0.2]]}}`, `{"holdout":{}}`} {
		if _, reply := p.call(http.MethodPatch, path, change, http.StatusConflict); reply["code"] != "frozen" {
			t.Errorf("%s: got %v", change, reply)
		}
	}
	_, got := p.call(http.MethodPatch, path, members{"traffic_allocation": 0.5}, http.StatusOK)
	if diff := cmp.Diff(rulesIn(t, allRules), only(got)); diff != "" {
		t.Errorf("with other traffic (-want +got):\n%s", diff)
	}
}

func TestExperimentsOfALayerDoNotOverlap(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	layer := func(key string, ranges ...[2]float64) members {
		return p.experiment(members{"key": key, "layer": members{"key": "checkout", "ranges": ranges}})
	}
	first := layer("first", [2]float64{0, 0.5})
	beside := layer("beside", [2]float64{0.5, 1})
	across := layer("across", [2]float64{0.9, 0.95}, [2]float64{0.49, 0.5})
	other := p.experiment(members{"key": "other", "layer": members{"key": "elsewhere", "ranges": [][2]float64{{0, 1}}}})
	p.status(first, members{"status": "running"}, http.StatusOK)
	p.status(beside, members{"status": "running"}, http.StatusOK)
	p.status(other, members{"status": "running"}, http.StatusOK)
	refused := p.status(across, members{"status": "running"}, http.StatusConflict)
	if refused["code"] != "layer" || !strings.Contains(refused["detail"].(string), "beside") {
		t.Errorf("got %v, want the other experiment named", refused)
	}
	p.status(beside, members{"status": "paused"}, http.StatusOK)
	if refused = p.status(across, members{"status": "running"}, http.StatusConflict); !strings.Contains(refused["detail"].(string), "beside") {
		t.Errorf("got %v, want a paused one to keep its ranges", refused)
	}
	p.status(beside, members{"status": "completed"}, http.StatusOK)
	if refused = p.status(across, members{"status": "running"}, http.StatusConflict); !strings.Contains(refused["detail"].(string), "first") {
		t.Errorf("got %v, want first to be in the way", refused)
	}
	p.status(first, members{"status": "paused"}, http.StatusOK)
	p.status(first, members{"status": "completed"}, http.StatusOK)
	p.status(across, members{"status": "running"}, http.StatusOK)

	elsewhere := b.program() // another account has layers of its own
	x := elsewhere.experiment(members{"layer": members{"key": "checkout", "ranges": [][2]float64{{0, 1}}}})
	elsewhere.status(x, members{"status": "running"}, http.StatusOK)
}
