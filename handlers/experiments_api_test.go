package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine/state"
	"github.com/samplit/samplit/proxy"
	"github.com/samplit/samplit/services"
)

// productDeps adds what sites, experiments and results stand on.
func productDeps(t testing.TB, d *Deps, database *db.DB) services.Sealer {
	t.Helper()
	keys, err := state.Generate()
	if err != nil {
		t.Fatal(err)
	}
	d.Installations = services.NewInstallations(database, d.TrackerURL, d.Clock)
	d.Experiments = services.NewExperiments(database, keys, d.Clock)
	d.Previews = services.NewPreviews(d.Experiments, d.Installations, []byte("key of previews"), d.Clock)
	d.Editor = services.NewVisualEditor(database, d.Experiments, d.Clock)
	objects, err := services.OpenObjects("", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d.Pages = services.NewPages(database, d.Installations, proxy.New(proxy.Config{AllowPrivate: true}), objects,
		services.PagesConfig{BaseURL: d.BaseURL, TrackerURL: d.TrackerURL, PreviewURL: "http://*.preview.localhost:8080"}, d.Clock)
	d.PageChecks = services.NewPageChecks(database, proxy.New(proxy.Config{}), d.Clock, d.Log)
	d.Uploads = services.NewUploads(database, objects, d.TrackerURL, d.Clock)
	d.Analytics = services.NewAnalytics(database, d.Clock, d.Log)
	d.Segments = services.NewSegments(database, d.Clock, d.Log)
	d.Exports = services.NewExports(database, objects, []byte("key of exports"), d.BaseURL, d.Clock, d.Log)
	d.Shares = services.NewShares(database, d.Analytics, []byte("key of shares"), d.BaseURL, d.Clock)
	d.Audit = services.NewAudit(database)
	seal, err := services.GenerateAuditKey(filepath.Join(t.TempDir(), "audit.key"))
	if err != nil {
		t.Fatal(err)
	}
	d.Notary = services.NewNotary(database, seal, nil, d.BaseURL, d.Clock, d.Log)
	d.Erasures = services.NewErasures(database, d.Clock, d.Log)
	d.Simulator = services.NewSimulator(d.Experiments, d.Analytics)
	snap := services.NewSnapshot(database, d.TrackerURL, d.Clock, d.Log)
	committer := services.NewCommitter(database, d.Clock, d.Log)
	d.Quarantine = services.NewQuarantine(database, committer, snap, d.Clock)
	d.Keys = services.NewAPIKeys(database, d.Clock)
	tracker := services.NewTracker(database, snap, committer, d.Keys, services.TrackerLimits{Remembered: 1}, d.Clock, d.Log)
	d.Debugger = services.NewDebugger(database, d.Installations, tracker, d.Clock, d.Log)
	d.Home = services.NewHome(database, d.Analytics, d.Audit, d.Clock)
	return keys
}

// program is a client of the API.
type program struct {
	b     *testBundle
	token string
	site  string
}

type members = map[string]any

// program registers somebody and gives them a site.
func (b *testBundle) program() *program {
	b.t.Helper()
	p := &program{b: b}
	_, reply := p.call(http.MethodPost, "/auth/register", members{"email": newEmail(), "password": goodPassword, "name": "Ana"}, http.StatusCreated)
	p.token = reply["access_token"].(string)
	_, site := p.call(http.MethodPost, "/installations", members{"site_url": "https://shop.example"}, http.StatusCreated)
	p.site = site["id"].(string)
	return p
}

// call sends JSON (or the text itself) and reads the answer, which must have the status.
func (p *program) call(method, path string, body any, status int, header ...string) (answer, members) {
	p.b.t.Helper()
	text, ok := body.(string)
	if !ok && body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			p.b.t.Fatal(err)
		}
		text = string(raw)
	}
	a := p.b.send(method, "/api/v1"+path, text, func(r *http.Request) {
		if text != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		if p.token != "" {
			r.Header.Set("Authorization", "Bearer "+p.token)
		}
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
	})
	if a.StatusCode != status {
		p.b.t.Fatalf("%s %s: got %d, want %d: %s", method, path, a.StatusCode, status, a.body)
	}
	var out members
	if a.body != "" {
		if err := json.Unmarshal([]byte(a.body), &out); err != nil {
			p.b.t.Fatalf("%s %s: %v: %s", method, path, err, a.body)
		}
	}
	return a, out
}

// body is a right request for an experiment with some members replaced.
func (p *program) body(over members) members {
	out := members{"installation_id": p.site, "name": "Headline", "mode": "single", "allocator": "sequential", "url": "/",
		"variants": []members{{"key": "control", "name": "Original", "is_control": true},
			{"key": "b", "name": "Bolder", "changes": []members{{"selector": "h1", "action": "text", "value": "Buy"}}}},
		"goals": []members{{"key": "buy", "name": "Bought", "primary": true, "type": "click", "config": members{"selector": "#buy"}}}}
	for name, value := range over {
		out[name] = value
	}
	return out
}

func (p *program) experiment(over members) members {
	p.b.t.Helper()
	_, x := p.call(http.MethodPost, "/experiments", p.body(over), http.StatusCreated)
	return x
}

func (p *program) status(x members, body members, status int) members {
	p.b.t.Helper()
	_, out := p.call(http.MethodPatch, "/experiments/"+x["id"].(string)+"/status", body, status)
	return out
}

// problems are the fields of a 422 with their codes.
func problems(reply members) map[string]string {
	out := map[string]string{}
	list, _ := reply["errors"].([]any)
	for _, one := range list {
		e := one.(members)
		out[e["field"].(string)] = e["code"].(string)
	}
	return out
}

func TestInstallationsAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	_, site := p.call(http.MethodPost, "/installations", members{"site_url": "HTTPS://Blog.Example/about", "name": "<b>=1+1{{7*7}}"}, http.StatusCreated)
	token := site["token"].(string)
	if site["site_url"] != "https://blog.example" || site["name"] != "<b>=1+1{{7*7}}" || site["status"] != "pending" || !strings.HasPrefix(token, "inst_") {
		t.Errorf("got %v", site)
	}
	if want := `<script src="http://localhost:8080/s/` + token + `.js"></script>`; site["snippet"] != want {
		t.Errorf("snippet %v, want %s", site["snippet"], want)
	}
	id := site["id"].(string)
	if _, one := p.call(http.MethodGet, "/installations/"+id, nil, http.StatusOK); cmp.Diff(site, one) != "" {
		t.Errorf("read back:\n%s", cmp.Diff(site, one))
	}
	_, list := p.call(http.MethodGet, "/installations?per_page=1", nil, http.StatusOK)
	if list["total"] != 2.0 || list["has_more"] != true || list["page"] != 1.0 || list["per_page"] != 1.0 || len(list["items"].([]any)) != 1 {
		t.Errorf("list %v", list)
	}
	if _, renamed := p.call(http.MethodPatch, "/installations/"+id, members{"name": "Blog"}, http.StatusOK); renamed["name"] != "Blog" {
		t.Errorf("renamed %v", renamed)
	}
	for body, want := range map[string]string{`{}`: "site_url", `{"site_url":"ftp://x"}`: "site_url", `{"site_url":"https://a.example","account_id":"x"}`: "account_id",
		`{"site_url":5}`: "site_url", `{"site_url":"https://a.example","name":"a\u0000"}`: "name"} {
		if _, reply := p.call(http.MethodPost, "/installations", body, http.StatusUnprocessableEntity); problems(reply)[want] == "" {
			t.Errorf("%s: got %v, want %s", body, reply, want)
		}
	}
	p.call(http.MethodPost, "/installations", `{"site_url":`, http.StatusBadRequest)
	p.call(http.MethodGet, "/installations?per_page=101", nil, http.StatusUnprocessableEntity)
	p.call(http.MethodGet, "/installations?page=x", nil, http.StatusUnprocessableEntity)
}

func TestExperimentAPILife(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	a, x := p.call(http.MethodPost, "/experiments", p.body(members{"strategy": nil, "hypothesis": "Shorter is better"}), http.StatusCreated)
	id := x["id"].(string)
	if a.Header.Get("ETag") != `"1"` || x["status"] != "draft" || x["version"] != 1.0 || x["key"] != "headline" || x["winner"] != nil || len(x["epochs"].([]any)) != 0 {
		t.Errorf("got %v", x)
	}
	element := x["elements"].([]any)[0].(members)
	second := element["variants"].([]any)[1].(members)
	if element["key"] != "page" || second["key"] != "b" || len(second["changes"].([]any)) != 1 || x["goals"].([]any)[0].(members)["role"] != "primary" {
		t.Errorf("got %v", element)
	}
	_, reply := p.call(http.MethodPatch, "/experiments/"+id, members{"name": "Late"}, http.StatusPreconditionFailed, "If-Match", `"7"`)
	if reply["code"] != "changed_elsewhere" {
		t.Errorf("stale: got %v", reply)
	}
	p.call(http.MethodPatch, "/experiments/"+id, members{"name": "Late"}, http.StatusPreconditionFailed, "If-Match", `"soon"`)
	a, x = p.call(http.MethodPatch, "/experiments/"+id, members{"name": "Second", "traffic_allocation": 0.5}, http.StatusOK, "If-Match", `W/"1"`)
	if a.Header.Get("ETag") != `"2"` || x["name"] != "Second" || x["traffic_allocation"] != 0.5 {
		t.Errorf("got %v", x)
	}
	p.status(x, members{"status": "completed"}, http.StatusConflict)
	x = p.status(x, members{"status": "running"}, http.StatusOK)
	epoch := x["epochs"].([]any)[0].(members)
	if diff := cmp.Diff(members{"control": .5, "b": .5}, epoch["weights"]); diff != "" || epoch["epoch"] != 1.0 || epoch["split"] != "" {
		t.Errorf("epoch %v", epoch)
	}
	p.status(x, members{"status": "running"}, http.StatusConflict)
	p.call(http.MethodPatch, "/experiments/"+id, members{"name": "Third"}, http.StatusConflict)
	_, x = p.call(http.MethodPatch, "/experiments/"+id, members{"variants": []members{{"key": "b", "weight": 9}}}, http.StatusOK)
	if epochs := x["epochs"].([]any); len(epochs) != 2 || epochs[1].(members)["weights"].(members)["b"] != .9 {
		t.Errorf("epochs %v", epochs)
	}
	p.call(http.MethodDelete, "/experiments/"+id, nil, http.StatusConflict)
	for _, winner := range []any{"z", members{"page": "z"}, members{"footer": "b"}, 7} {
		if got := problems(p.status(x, members{"status": "completed", "winner": winner}, http.StatusUnprocessableEntity))["winner"]; got != "unknown" {
			t.Errorf("winner %v: got %q, want unknown", winner, got)
		}
	}
	x = p.status(x, members{"status": "completed", "winner": "b"}, http.StatusOK)
	if x["winner"] != "b" || x["completed_at"] == nil {
		t.Errorf("got %v", x)
	}
	_, c := p.call(http.MethodPost, "/experiments/"+id+"/duplicate", nil, http.StatusCreated, "Accept-Language", "es")
	if c["status"] != "draft" || c["key"] == x["key"] || c["name"] != "Copia de Second" || c["version"] != 1.0 {
		t.Errorf("copy %v", c)
	}
	p.call(http.MethodDelete, "/experiments/"+id, nil, http.StatusNoContent)
	_, x = p.call(http.MethodGet, "/experiments/"+id, nil, http.StatusOK)
	if x["status"] != "archived" {
		t.Errorf("got %v", x["status"])
	}
	_, list := p.call(http.MethodGet, "/experiments", nil, http.StatusOK)
	items := list["items"].([]any)
	if list["total"] != 1.0 || items[0].(members)["id"] != c["id"] {
		t.Errorf("list %v", list)
	}
	variant := items[0].(members)["elements"].([]any)[0].(members)["variants"].([]any)[1].(members)
	if _, there := variant["changes"]; there {
		t.Error("lists carry change lists")
	}
}

func TestExperimentAPINamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	control := members{"key": "control", "name": "Original", "is_control": true}
	for _, c := range []struct {
		name  string
		over  members
		field string
		code  string
	}{
		{"unknown member", members{"colour": "red"}, "colour", "unknown_field"},
		{"status is not an input", members{"status": "running"}, "status", "unknown_field"},
		{"account_id is not an input", members{"account_id": uuid.NewString()}, "account_id", "unknown_field"},
		{"unknown member inside", members{"variants": []members{control, {"key": "b", "colour": "red"}}}, "variants[1].colour", "unknown_field"},
		{"text for a number", members{"traffic_allocation": "all"}, "traffic_allocation", "invalid"},
		{"share of more than all", members{"traffic_allocation": 1.5}, "traffic_allocation", "range"},
		{"factorial without elements", members{"mode": "factorial"}, "elements", "too_few_elements"},
		{"form", members{"goals": []members{{"key": "r", "primary": true, "type": "form"}}}, "goals[0].config.selector", "required"},
		{"goal key", members{"goals": []members{{"key": "Buy it", "primary": true, "type": "custom"}}}, "goals[0].key", "key"},
		{"selector", members{"variants": []members{control, {"key": "b", "changes": []members{{"selector": "h1[", "action": "hide"}}}}}, "variants[1].changes[0].selector", "selector"},
		{"handler", members{"variants": []members{control, {"key": "b", "changes": []members{{"selector": "a", "action": "attr", "name": "onclick", "value": "x"}}}}}, "variants[1].changes[0].name", "unsafe"},
		{"script address", members{"variants": []members{control, {"key": "b", "changes": []members{{"selector": "a", "action": "attr", "name": "href", "value": "javascript:x"}}}}}, "variants[1].changes[0].value", "unsafe"},
	} {
		_, reply := p.call(http.MethodPost, "/experiments", p.body(c.over), http.StatusUnprocessableEntity)
		if got := problems(reply)[c.field]; got != c.code {
			t.Errorf("%s: got %v, want %s at %s", c.name, reply["errors"], c.code, c.field)
		}
		if reply["request_id"] == "" || reply["code"] == "" {
			t.Errorf("%s: got %v", c.name, reply)
		}
	}
	for _, query := range []string{"sort=name%3B--", "sort=password", "status=open", "per_page=101", "page=0x1", "q=" + strings.Repeat("x", 256)} {
		p.call(http.MethodGet, "/experiments?"+query, nil, http.StatusUnprocessableEntity)
	}
	p.call(http.MethodPost, "/experiments", `{"name":"a","name":"b"}`, http.StatusBadRequest)
	p.call(http.MethodPost, "/experiments", `{"hypothesis":"`+strings.Repeat("x", 1<<20)+`"}`, http.StatusRequestEntityTooLarge)
}

var requestIDs = regexp.MustCompile(`"request_id":"[^"]*"`)

// Another account's objects answer byte for byte as missing ones do.
func TestForeignObjectsAreMissing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, other := b.program(), b.program()
	x := p.experiment(nil)
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{http.MethodGet, "/installations/%s", nil}, {http.MethodPatch, "/installations/%s", members{"name": "x"}},
		{http.MethodGet, "/experiments/%s", nil}, {http.MethodPatch, "/experiments/%s", members{"name": "x"}},
		{http.MethodPatch, "/experiments/%s/status", members{"status": "running"}}, {http.MethodPost, "/experiments/%s/duplicate", nil},
		{http.MethodDelete, "/experiments/%s", nil}, {http.MethodGet, "/analytics/experiments/%s", nil},
		{http.MethodGet, "/analytics/experiments/%s?goal=buy", nil},
	} {
		foreign := x["id"].(string)
		if strings.HasPrefix(c.path, "/installations") {
			foreign = p.site
		}
		answers := map[string]bool{}
		for _, id := range []string{foreign, uuid.NewString(), "nothing"} {
			a, _ := other.call(c.method, fmt.Sprintf(c.path, id), c.body, http.StatusNotFound)
			answers[requestIDs.ReplaceAllString(a.body, "")] = true
		}
		if len(answers) != 1 {
			t.Errorf("%s %s: answers differ: %v", c.method, c.path, answers)
		}
	}
	other.call(http.MethodPost, "/experiments", other.body(members{"installation_id": p.site}), http.StatusNotFound)
	_, list := other.call(http.MethodGet, "/experiments", nil, http.StatusOK)
	if list["total"] != 0.0 {
		t.Errorf("list of the other account: %v", list)
	}
}

func TestAPIWantsAToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	x := p.experiment(nil)
	p.token = ""
	for _, path := range []string{"/installations", "/experiments", "/experiments/" + x["id"].(string), "/analytics/experiments/" + x["id"].(string)} {
		p.call(http.MethodGet, path, nil, http.StatusUnauthorized)
	}
	p.call(http.MethodPost, "/experiments", p.body(nil), http.StatusUnauthorized)
}

func TestResultsAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	x := p.experiment(members{"goals": []members{{"key": "buy", "primary": true, "type": "custom"}, {"key": "look", "type": "custom"}}})
	path := "/analytics/experiments/" + x["id"].(string)
	_, draft := p.call(http.MethodGet, path, nil, http.StatusOK)
	if draft["status"] != "draft" || draft["goal"] != "buy" {
		t.Errorf("draft %v", draft)
	}
	x = p.status(x, members{"status": "running"}, http.StatusOK)
	b.crowd(x, 0, 500, 40)
	b.crowd(x, 1, 500, 110)
	_, r := p.call(http.MethodGet, path, nil, http.StatusOK, "Accept-Language", "es")
	want := []string{"as_of", "changes", "crossovers", "epochs", "excluded", "experiment_id", "goal", "goals", "segments", "sequential", "srm", "status", "timeline", "variants", "verdict"}
	if diff := cmp.Diff(want, sortedKeys(r)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	verdict, variant := r["verdict"].(members), r["variants"].([]any)[1].(members)
	if verdict["action"] != "ship" || verdict["variant"] != "b" || verdict["rule"] != "sequential" || !strings.Contains(verdict["headline"].(string), "consigue") {
		t.Errorf("verdict %v", verdict)
	}
	if variant["visitors"] != 500.0 || variant["conversions"] != 110.0 || variant["rate"] != .22 || variant["weight_now"] != .5 || variant["lift"].(members)["estimator"] != "difference" {
		t.Errorf("variant %v", variant)
	}
	if diff := cmp.Diff([]string{"expected_loss", "interval", "is_control", "key", "name", "prob_best", "rate", "visitors", "conversions", "weight_now"},
		sortedKeys(r["variants"].([]any)[0].(members)), sorted); diff != "" {
		t.Errorf("members of the control (-want +got):\n%s", diff)
	}
	if timeline := r["timeline"].([]any); len(timeline) != 2 || timeline[1].(members)["variant"] != "b" {
		t.Errorf("timeline %v", timeline)
	}
	if _, look := p.call(http.MethodGet, path+"?goal=look", nil, http.StatusOK); look["goal"] != "look" || look["variants"].([]any)[1].(members)["conversions"] != 0.0 {
		t.Errorf("other goal %v", look)
	}
	if _, reply := p.call(http.MethodGet, path+"?goal=nothing", nil, http.StatusUnprocessableEntity); problems(reply)["goal"] != "unknown" {
		t.Errorf("unknown goal: %v", reply)
	}
}
