package services

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/engine/state"
)

// desk is an account with a site and the services that people work with.
type desk struct {
	*Experiments
	sites *Installations
	db    *db.DB
	by    Actor
	site  Installation
}

func newDesk(t *testing.T) desk {
	t.Helper()
	d := dbtest.Open(t)
	account, user := dbtest.Account(t, d)
	by := Actor{Account: account, User: user, Role: Owner}
	err := d.InTx(t.Context(), account, func(s *db.Store) error { return startAudit(t.Context(), s, account, time.Now()) })
	if err != nil {
		t.Fatal(err)
	}
	keys, err := state.Generate()
	if err != nil {
		t.Fatal(err)
	}
	sites := NewInstallations(d, "https://track.test", time.Now)
	site, err := sites.Create(t.Context(), by, InstallationInput{SiteURL: ptr("https://shop.example")})
	if err != nil {
		t.Fatal(err)
	}
	return desk{NewExperiments(d, keys, time.Now), sites, d, by, site}
}

func ptr[T any](v T) *T { return &v }

// body is an experiment that is right in every way, with the members of over in place of its own.
func (d desk) body(t *testing.T, over string) (in ExperimentInput) {
	t.Helper()
	members := map[string]json.RawMessage{}
	for _, text := range []string{fmt.Sprintf(`{"installation_id":%q,"name":"Headline","url":"/","variants":[{"key":"control","name":"Original","is_control":true},
		{"key":"b","name":"Bolder","changes":[{"selector":"h1","action":"text","value":"Buy"}]}],
		"goals":[{"key":"buy","name":"Bought","primary":true,"type":"click","config":{"selector":"#buy"}}]}`, d.site.ID), over} {
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	whole, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(whole, &in); err != nil {
		t.Fatalf("%s: %v", whole, err)
	}
	return in
}

func (d desk) draft(t *testing.T, over string) Experiment {
	t.Helper()
	x, err := d.Create(t.Context(), d.by, d.body(t, over))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// in brings a new experiment into a state.
func (d desk) in(t *testing.T, status Status, over string) Experiment {
	t.Helper()
	x := d.draft(t, over)
	for _, to := range map[Status][]Status{Draft: nil, Running: {Running}, Paused: {Running, Paused}, Completed: {Running, Completed}, Archived: {Archived}}[status] {
		var err error
		if x, err = d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: to}); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// fields are the paths and reasons of an Invalid error.
func fields(t *testing.T, err error) map[string]string {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeInvalid {
		t.Fatalf("got %v, want invalid", err)
	}
	out := map[string]string{}
	for path, p := range e.Fields {
		out[path] = p.Reason
		if p.Message == "" {
			t.Errorf("%s has no message", path)
		}
	}
	return out
}

func TestCreateReturnsTheCanonicalForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.draft(t, `{"name":"Título nuevo","hypothesis":"Más claro","variants":[{"name":"Bolder","weight":3,"changes":[
		{"selector":"h1","action":"text","value":"Buy"},{"selector":"h1","action":"style","name":"color","value":"red"},
		{"selector":"a","action":"attr","name":"title"},{"selector":".ad","action":"hide"}]},{"name":"Original","is_control":true,"weight":1}]}`)
	if x.Key != "titulo-nuevo" || x.Status != Draft || x.Version != 1 || x.Mode != "single" || x.Allocator != "sequential" || x.Strategy != nil || x.TrafficAllocation != 1 {
		t.Errorf("got %+v", x)
	}
	v := x.Variants()
	if len(v) != 2 || v[0].Key != "original" || !v[0].IsControl || v[1].Key != "bolder" || v[1].IsControl || v[1].Weight != 3 {
		t.Fatalf("variants %+v, want the control first", v)
	}
	want := []Change{{ID: "c1", Selector: "h1", Action: "text", Value: ptr("Buy")}, {ID: "c2", Selector: "h1", Action: "style", Name: "color", Value: ptr("red")},
		{ID: "c3", Selector: "a", Action: "attr", Name: "title"}, {ID: "c4", Selector: ".ad", Action: "hide"}}
	if diff := cmp.Diff(want, v[1].Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if g := x.Primary(); g.Key != "buy" || g.Config != (GoalConfig{Selector: "#buy", WindowDays: 7}) {
		t.Errorf("goal %+v", g)
	}
	again, err := d.Get(t.Context(), d.by, x.ID.String())
	if diff := cmp.Diff(x, again); err != nil || diff != "" {
		t.Errorf("read back: %v\n%s", err, diff)
	}
	if second := d.draft(t, `{"name":"Título nuevo"}`); second.Key != "titulo-nuevo-2" {
		t.Errorf("second key %q", second.Key)
	}
	if third := d.draft(t, `{"name":"Привет"}`); third.Key != "experiment" {
		t.Errorf("key without Latin letters %q", third.Key)
	}
}

func TestCreateNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	long := strings.Repeat("x", 10<<10+1)
	many := func(n int, item string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
	}
	control := `{"key":"control","name":"Original","is_control":true}`
	withChange := func(change string) string {
		return `{"variants":[` + control + `,{"key":"b","name":"B","changes":[` + change + `]}]}`
	}
	withGoal := func(goal string) string { return `{"goals":[` + goal + `]}` }
	const change = "variants[1].changes[0]"
	for _, c := range []struct{ name, over, path, reason string }{
		{"no site", `{"installation_id":null}`, "installation_id", "required"},
		{"site that is no id", `{"installation_id":"x"}`, "installation_id", "choose"},
		{"no name", `{"name":null}`, "name", "required"},
		{"blank name", `{"name":" \u00a0"}`, "name", "required"},
		{"name of 256 characters", `{"name":"` + strings.Repeat("ñ", 256) + `"}`, "name", "too_long"},
		{"NUL in a name", `{"name":"a\u0000b"}`, "name", "text"},
		{"line break in a name", `{"name":"a\nb"}`, "name", "text"},
		{"hypothesis over 4 KB", `{"hypothesis":"` + strings.Repeat("x", 4097) + `"}`, "hypothesis", "too_long"},
		{"url over 2000 bytes", `{"url":"/` + strings.Repeat("x", 2000) + `"}`, "url", "too_long"},
		{"key with capitals", `{"key":"Abc"}`, "key", "key"},
		{"empty key", `{"key":""}`, "key", "key"},
		{"key of 65", `{"key":"` + strings.Repeat("k", 65) + `"}`, "key", "key"},
		{"no traffic", `{"traffic_allocation":0}`, "traffic_allocation", "range"},
		{"too much traffic", `{"traffic_allocation":1.01}`, "traffic_allocation", "range"},
		{"mode independent", `{"mode":"independent"}`, "mode", "not_supported_yet"},
		{"mode factorial", `{"mode":"factorial"}`, "mode", "not_supported_yet"},
		{"unknown mode", `{"mode":"triple"}`, "mode", "unknown"},
		{"unknown allocator", `{"allocator":"coin"}`, "allocator", "unknown"},
		{"strategy of a fixed split", `{"strategy":"adaptive"}`, "strategy", "unknown"},
		{"unknown strategy", `{"allocator":"thompson","strategy":"slow"}`, "strategy", "unknown"},
		{"multi_step", `{"allocator":"thompson","strategy":"multi_step"}`, "strategy", "not_supported_yet"},
		{"unknown parameter", `{"allocator":"thompson","allocator_params":{"floors":0.1}}`, "allocator_params.floors", "unknown"},
		{"parameter of another type", `{"allocator":"thompson","allocator_params":{"floor":"x"}}`, "allocator_params.floor", "wrong_type"},
		{"parameter of a fixed split", `{"allocator_params":{"floor":0.1}}`, "allocator_params.floor", "unknown"},
		{"targeting", `{"targeting":{}}`, "targeting", "not_supported_yet"},
		{"schedule", `{"schedule":{"start":"2027-01-01"}}`, "schedule", "not_supported_yet"},
		{"exclusions", `{"exclusions":[]}`, "exclusions", "not_supported_yet"},
		{"layer", `{"layer":"l"}`, "layer", "not_supported_yet"},
		{"holdout", `{"holdout":0.1}`, "holdout", "not_supported_yet"},

		{"no variants", `{"variants":[]}`, "variants", "required"},
		{"one variant", `{"variants":[` + control + `]}`, "variants", "too_few"},
		{"21 variants", `{"variants":` + many(21, `{"name":"V"}`) + `}`, "variants", "too_many"},
		{"no control", `{"variants":[{"key":"a"},{"key":"b"}]}`, "variants", "control"},
		{"two controls", `{"variants":[` + control + `,{"key":"b","is_control":true}]}`, "variants[1].is_control", "control"},
		{"duplicate variant", `{"variants":[` + control + `,{"key":"control"}]}`, "variants[1].key", "duplicate"},
		{"variant key", `{"variants":[` + control + `,{"key":"b c"}]}`, "variants[1].key", "key"},
		{"nameless variant", `{"variants":[` + control + `,{}]}`, "variants[1].name", "required"},
		{"negative weight", `{"variants":[` + control + `,{"key":"b","weight":-1}]}`, "variants[1].weight", "range"},
		{"one weight of two", `{"variants":[` + control + `,{"key":"b","weight":0.3}]}`, "variants[0].weight", "required"},
		{"weight under 1 %", `{"variants":[{"key":"a","is_control":true,"weight":999},{"key":"b","weight":1}]}`, "variants[1].weight", "weight"},
		{"two elements", `{"variants":null,"elements":[{"key":"a","variants":[]},{"key":"b","variants":[]}]}`, "elements", "too_many"},
		{"path inside elements", `{"variants":null,"elements":[{"variants":[` + control + `,{"key":"B"}]}]}`, "elements[0].variants[1].key", "key"},

		{"201 changes", withChange(strings.TrimSuffix(strings.TrimPrefix(many(201, `{}`), "["), "]")), "variants[1].changes", "too_many"},
		{"no selector", withChange(`{"action":"hide"}`), change + ".selector", "required"},
		{"broken selector", withChange(`{"selector":"h1[","action":"hide"}`), change + ".selector", "selector"},
		{"selector of our parser only", withChange(`{"selector":"p:contains('x')","action":"hide"}`), change + ".selector", "selector"},
		{"pseudo-element", withChange(`{"selector":"p::before","action":"hide"}`), change + ".selector", "selector"},
		{"selector over 500 bytes", withChange(`{"selector":"` + strings.Repeat("a ", 300) + `a","action":"hide"}`), change + ".selector", "too_long"},
		{"no action", withChange(`{"selector":"h1"}`), change + ".action", "required"},
		{"unknown action", withChange(`{"selector":"h1","action":"explode"}`), change + ".action", "unknown"},
		{"action js", withChange(`{"selector":"h1","action":"js","value":"1"}`), change + ".action", "not_supported_yet"},
		{"action redirect", withChange(`{"selector":"h1","action":"redirect","value":"/"}`), change + ".action", "not_supported_yet"},
		{"when", withChange(`{"selector":"h1","action":"hide","when":"ready"}`), change + ".when", "not_supported_yet"},
		{"fingerprint", withChange(`{"selector":"h1","action":"hide","fingerprint":{}}`), change + ".fingerprint", "not_supported_yet"},
		{"text without value", withChange(`{"selector":"h1","action":"text"}`), change + ".value", "required"},
		{"text with a name", withChange(`{"selector":"h1","action":"text","name":"x","value":"y"}`), change + ".name", "unexpected"},
		{"hide with a value", withChange(`{"selector":"h1","action":"hide","value":"y"}`), change + ".value", "unexpected"},
		{"value over 10 KB", withChange(`{"selector":"h1","action":"text","value":"` + long + `"}`), change + ".value", "too_long"},
		{"NUL in a value", withChange(`{"selector":"h1","action":"text","value":"a\u0000"}`), change + ".value", "text"},
		{"two changes of one id", withChange(`{"id":"a","selector":"h1","action":"hide"},{"id":"a","selector":"h1","action":"hide"}`), "variants[1].changes[1].id", "duplicate"},

		{"no goals", `{"goals":[]}`, "goals", "required"},
		{"21 goals", `{"goals":` + many(21, `{"name":"G"}`) + `}`, "goals", "too_many"},
		{"no primary goal", withGoal(`{"key":"a","type":"custom","role":"secondary"}`), "goals", "primary"},
		{"two primary goals", withGoal(`{"key":"a","type":"custom","primary":true},{"key":"b","type":"custom","role":"primary"}`), "goals[1].role", "primary"},
		{"primary and not", withGoal(`{"key":"a","type":"custom","primary":true,"role":"secondary"}`), "goals[0].primary", "unexpected"},
		{"unknown role", withGoal(`{"key":"a","type":"custom","role":"main"}`), "goals[0].role", "unknown"},
		{"goal key", withGoal(`{"key":"A","type":"custom","primary":true}`), "goals[0].key", "key"},
		{"duplicate goal", withGoal(`{"key":"a","type":"custom","primary":true},{"key":"a","type":"custom"}`), "goals[1].key", "duplicate"},
		{"goal type form", withGoal(`{"key":"a","type":"form","primary":true}`), "goals[0].type", "not_supported_yet"},
		{"goal type revenue", withGoal(`{"key":"a","type":"revenue","primary":true,"config":{"currency":"EUR"}}`), "goals[0].type", "not_supported_yet"},
		{"unknown goal type", withGoal(`{"key":"a","type":"smell","primary":true}`), "goals[0].type", "unknown"},
		{"click on nothing", withGoal(`{"key":"a","type":"click","primary":true}`), "goals[0].config.selector", "required"},
		{"click on a broken selector", withGoal(`{"key":"a","type":"click","primary":true,"config":{"selector":"::"}}`), "goals[0].config.selector", "selector"},
		{"no page to reach", withGoal(`{"key":"a","type":"url","primary":true}`), "goals[0].config.url", "required"},
		{"selector of a page goal", withGoal(`{"key":"a","type":"url","primary":true,"config":{"url":"/x","selector":"a"}}`), "goals[0].config.selector", "unknown"},
		{"window of no days", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"window_days":0}}`), "goals[0].config.window_days", "range"},
		{"window of 91 days", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"window_days":91}}`), "goals[0].config.window_days", "range"},
		{"window of half a day", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"window_days":0.5}}`), "goals[0].config.window_days", "range"},
		{"window in words", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"window_days":"7"}}`), "goals[0].config.window_days", "range"},
		{"server goals", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"source":"server"}}`), "goals[0].config.source", "not_supported_yet"},
		{"unknown setting", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"speed":1}}`), "goals[0].config.speed", "unknown"},
	} {
		_, err := d.Create(t.Context(), d.by, d.body(t, c.over))
		if got := fields(t, err)[c.path]; got != c.reason {
			t.Errorf("%s: got %v, want %s at %s", c.name, fields(t, err), c.reason, c.path)
		}
	}
	list, err := d.List(t.Context(), d.by, ExperimentFilter{})
	if err != nil || list.Total != 0 {
		t.Errorf("refused ones stored: %d, %v", list.Total, err)
	}
}

func TestElementsAndVariantsExcludeEachOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.Create(t.Context(), d.by, d.body(t, `{"elements":[]}`))
	if got := fields(t, err); got["variants"] != "unexpected" {
		t.Errorf("got %v", got)
	}
}

func TestTextStaysAsTyped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for typed, want := range map[string]string{
		`<script>alert(1)</script>`:       `<script>alert(1)</script>`,
		`=1+1`:                            `=1+1`,
		`{{.Password}} %s ${x}`:           `{{.Password}} %s ${x}`,
		`'; DROP TABLE experiments`:       `'; DROP TABLE experiments`,
		"cafe\u0301":                      "café",
		" spaces stay ":                   " spaces stay ",
		strings.Repeat("\U0001f600", 255): strings.Repeat("\U0001f600", 255),
	} {
		body := d.body(t, `{}`)
		body.Name = &typed
		x, err := d.Create(t.Context(), d.by, body)
		if err != nil || x.Name != want {
			t.Errorf("%q: got %q, %v", typed, x.Name, err)
		}
		c, err := d.Duplicate(t.Context(), d.by, x.ID.String())
		if err != nil || !strings.Contains(c.Name, want) || c.Key == x.Key {
			t.Errorf("copy of %q: got %q, %v", typed, c.Name, err)
		}
	}
}

func TestTheKeyIsUniqueInTheAccountOnly(t *testing.T) {
	t.Parallel()
	d, other := newDesk(t), newDesk(t)
	x := d.draft(t, `{"key":"home"}`)
	if _, err := d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Archived}); err != nil {
		t.Fatal(err)
	}
	_, err := d.Create(t.Context(), d.by, d.body(t, `{"key":"home"}`))
	if got := fields(t, err)["key"]; got != "taken" {
		t.Errorf("key of an archived experiment: got %v", err)
	}
	second := d.draft(t, `{"key":"away"}`)
	if _, err = d.Update(t.Context(), d.by, second.ID.String(), ExperimentInput{Key: ptr("home")}, nil); fields(t, err)["key"] != "taken" {
		t.Errorf("taken key by update: got %v", err)
	}
	other.draft(t, `{"key":"home"}`)
}

func TestEveryMoveOfEveryState(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	all := []Status{Draft, Running, Paused, Completed, Archived}
	allowed := map[string]bool{"draft running": true, "draft archived": true, "running paused": true, "running completed": true,
		"paused running": true, "paused completed": true, "completed archived": true}
	for _, from := range all {
		for _, to := range all {
			x := d.in(t, from, `{}`)
			after, err := d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: to})
			switch name := string(from + " " + to); {
			case allowed[name]:
				if err != nil || after.Status != to || after.Version != x.Version+1 {
					t.Errorf("%s: got %s version %d, %v", name, after.Status, after.Version, err)
				}
			case to == Draft:
				if fields(t, err)["status"] != "unknown" {
					t.Errorf("%s: got %v", name, err)
				}
			default:
				if Code(err) != CodeConflict {
					t.Errorf("%s: got %v, want conflict", name, err)
				}
			}
		}
	}
}

func TestStartFreezesTheArms(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.in(t, Running, `{"allocator":"thompson","traffic_allocation":0.5,"variants":[{"key":"c","weight":1,"is_control":true},{"key":"b","weight":2}]}`)
	if x.StartedAt == nil || *x.Strategy != "adaptive" {
		t.Errorf("got %+v", x)
	}
	want := []Epoch{{Number: 1, OpenedAt: *x.StartedAt, Weights: map[string]float64{"c": .3333, "b": .6667}, TrafficAllocation: .5, Reason: "initial"}}
	if diff := cmp.Diff(want, x.Epochs); diff != "" {
		t.Errorf("epochs (-want +got):\n%s", diff)
	}
	err := d.db.InTx(t.Context(), d.by.Account, func(s *db.Store) error {
		states, err := s.OptimisationStates(t.Context(), d.by.Account)
		if len(states) != 1 || states[0].Version != 1 {
			t.Errorf("learned states: %v", states)
		}
		row, err2 := s.Experiment(t.Context(), d.by.Account, x.ID)
		head, err3 := s.LockAuditHead(t.Context(), d.by.Account)
		if row.AuditSeq == nil || *row.AuditSeq != head.Size-1 {
			t.Errorf("audit_seq %v, want %d", row.AuditSeq, head.Size-1)
		}
		return errors.Join(err, err2, err3)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWinner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.in(t, Running, `{}`)
	_, err := d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Completed, Winner: ptr("z")})
	if fields(t, err)["winner"] != "unknown" {
		t.Errorf("unknown winner: %v", err)
	}
	_, err = d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Paused, Winner: ptr("b")})
	if fields(t, err)["winner"] != "unexpected" {
		t.Errorf("winner of a pause: %v", err)
	}
	x, err = d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Completed, Winner: ptr("b")})
	if err != nil || orEmpty(x.Winner) != "b" || x.CompletedAt == nil {
		t.Fatalf("got %+v, %v", x, err)
	}
	if x, err = d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Archived}); err != nil || orEmpty(x.Winner) != "b" {
		t.Errorf("archived: got %+v, %v", x, err)
	}
	if y := d.in(t, Completed, `{}`); y.Winner != nil {
		t.Errorf("no winner: got %q", *y.Winner)
	}
}

func TestUpdateOfADraft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.draft(t, `{"allocator":"thompson","strategy":"fast_learning","allocator_params":{"top_two":0.6},"elements":[{"key":"hero","name":"Hero","variants":[
		{"key":"control","is_control":true},{"key":"b"}]}],"variants":null}`)
	y, err := d.Update(t.Context(), d.by, x.ID.String(), ExperimentInput{Name: ptr("New"), Allocator: ptr("sequential"), URL: ptr("/new*")}, &x.Version)
	if err != nil {
		t.Fatal(err)
	}
	if y.Name != "New" || y.Strategy != nil || len(y.AllocatorParams) != 0 || y.Version != 2 || y.URL != "/new*" || y.Key != x.Key {
		t.Errorf("got %+v", y)
	}
	if diff := cmp.Diff(x.Elements, y.Elements); diff != "" {
		t.Errorf("elements changed:\n%s", diff)
	}
	same, err := d.Update(t.Context(), d.by, x.ID.String(), y.Input(), nil)
	if diff := cmp.Diff(y, same); err != nil || diff != "" {
		t.Errorf("nothing different: %v\n%s", err, diff)
	}
	z, err := d.Update(t.Context(), d.by, x.ID.String(), d.body(t, `{}`), nil)
	if err != nil || len(z.Variants()[1].Changes) != 1 || z.Elements[0].Key != "hero" || z.Variants()[1].ID != x.Variants()[1].ID {
		t.Errorf("variants replaced: got %+v, %v", z.Elements, err)
	}
	if _, err := d.Update(t.Context(), d.by, x.ID.String(), ExperimentInput{Name: ptr("Late")}, ptr(1)); Code(err) != CodeStale {
		t.Errorf("old version: got %v", err)
	}
	if _, err := d.Update(t.Context(), d.by, x.ID.String(), ExperimentInput{TrafficAllocation: ptr(2.0)}, nil); fields(t, err)["traffic_allocation"] != "range" {
		t.Errorf("got %v", err)
	}
}

func TestUpdateOfWhatRuns(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	parse := func(text string) (in ExperimentInput) {
		if err := json.Unmarshal([]byte(text), &in); err != nil {
			t.Fatal(err)
		}
		return in
	}
	fixed, learning := d.in(t, Running, `{}`), d.in(t, Running, `{"allocator":"thompson"}`)
	paused, done := d.in(t, Paused, `{}`), d.in(t, Completed, `{}`)
	for _, c := range []struct {
		name, patch string
		x           Experiment
		want        ErrorCode
		epochs      int
		reason      string
	}{
		{"traffic", `{"traffic_allocation":0.5}`, fixed, "", 2, "traffic_changed"},
		{"weights", `{"variants":[{"key":"b","weight":3}]}`, fixed, "", 3, "weights_changed"},
		{"weights inside elements", `{"elements":[{"variants":[{"key":"b","weight":1},{"key":"control","weight":4}]}]}`, fixed, "", 4, "weights_changed"},
		{"both", `{"traffic_allocation":1,"variants":[{"key":"b","weight":5}]}`, fixed, "", 5, "weights_changed"},
		{"nothing", `{"traffic_allocation":1,"variants":[{"key":"b","weight":5}]}`, fixed, "", 5, "weights_changed"},
		{"the same name", `{"name":"Headline"}`, fixed, "", 5, "weights_changed"},
		{"another name", `{"name":"Other"}`, fixed, CodeConflict, 5, "weights_changed"},
		{"another change", `{"variants":[{"key":"b","changes":[]}]}`, fixed, CodeConflict, 5, "weights_changed"},
		{"another arm", `{"variants":[{"key":"c","weight":1}]}`, fixed, CodeConflict, 5, "weights_changed"},
		{"another element", `{"elements":[{"key":"hero"}]}`, fixed, CodeConflict, 5, "weights_changed"},
		{"another goal", `{"goals":[{"key":"buy","type":"custom","primary":true}]}`, fixed, CodeConflict, 5, "weights_changed"},
		{"too little weight", `{"variants":[{"key":"b","weight":0.001}]}`, fixed, CodeInvalid, 5, "weights_changed"},
		{"traffic of a learning one", `{"traffic_allocation":0.5}`, learning, "", 2, "traffic_changed"},
		{"weights of a learning one", `{"variants":[{"key":"b","weight":3}]}`, learning, CodeConflict, 2, "traffic_changed"},
		{"paused", `{"traffic_allocation":0.5}`, paused, CodeConflict, 1, "initial"},
		{"completed", `{"traffic_allocation":0.5}`, done, CodeConflict, 1, "initial"},
	} {
		_, err := d.Update(t.Context(), d.by, c.x.ID.String(), parse(c.patch), nil)
		if got := Code(err); err != nil && got != c.want || err == nil && c.want != "" {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		after, err := d.Get(t.Context(), d.by, c.x.ID.String())
		if err != nil {
			t.Fatal(err)
		}
		if n := len(after.Epochs); n != c.epochs || after.Epochs[n-1].Reason != c.reason {
			t.Errorf("%s: epochs %+v, want %d, %s", c.name, after.Epochs, c.epochs, c.reason)
		}
	}
	_, err := d.Update(t.Context(), d.by, fixed.ID.String(), parse(`{"variants":[{"key":"b","weight":-1}]}`), nil)
	if fields(t, err)["variants[0].weight"] != "range" {
		t.Errorf("the path is the patch's: got %v", err)
	}
	x, _ := d.Get(t.Context(), d.by, fixed.ID.String())
	if diff := cmp.Diff(map[string]float64{"control": .4444, "b": .5556}, x.Epochs[4].Weights); diff != "" {
		t.Errorf("weights (-want +got):\n%s", diff)
	}
}

// race runs fn twice at once and returns how often each code came back.
func race(fn func() error) map[ErrorCode]int {
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() { errs[i] = fn() })
	}
	wg.Wait()
	out := map[ErrorCode]int{}
	for _, err := range errs {
		if err == nil {
			out[""]++
		} else {
			out[Code(err)]++
		}
	}
	return out
}

func TestRaces(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 5 {
		x := d.draft(t, `{"name":"Race"}`)
		id := x.ID.String()
		got := race(func() error {
			_, err := d.SetStatus(t.Context(), d.by, id, StatusChange{To: Running})
			return err
		})
		if diff := cmp.Diff(map[ErrorCode]int{"": 1, CodeConflict: 1}, got); diff != "" {
			t.Errorf("two starts:\n%s", diff)
		}
		var names = make(chan float64, 2)
		names <- .5
		names <- .6
		got = race(func() error {
			_, err := d.Update(t.Context(), d.by, id, ExperimentInput{TrafficAllocation: ptr(<-names)}, ptr(2))
			return err
		})
		if diff := cmp.Diff(map[ErrorCode]int{"": 1, CodeStale: 1}, got); diff != "" {
			t.Errorf("two patches of one version:\n%s", diff)
		}
		got = race(func() error {
			_, err := d.Create(t.Context(), d.by, d.body(t, `{"name":"Same name"}`))
			return err
		})
		if diff := cmp.Diff(map[ErrorCode]int{"": 2}, got); diff != "" {
			t.Errorf("two of one name:\n%s", diff)
		}
	}
}

func TestAnotherAccountsExperimentIsMissing(t *testing.T) {
	t.Parallel()
	d, other := newDesk(t), newDesk(t)
	x := d.draft(t, `{}`)
	for name, id := range map[string]string{"foreign": x.ID.String(), "missing": uuid.NewString(), "no id": "x", "odd form": "{" + x.ID.String() + "}"} {
		_, get := other.Get(t.Context(), other.by, id)
		_, update := other.Update(t.Context(), other.by, id, ExperimentInput{Name: ptr("x")}, nil)
		_, start := other.SetStatus(t.Context(), other.by, id, StatusChange{To: Running})
		_, duplicate := other.Duplicate(t.Context(), other.by, id)
		for what, err := range map[string]error{"get": get, "update": update, "start": start, "duplicate": duplicate} {
			if Code(err) != CodeNotFound || err.Error() != notFound("experiment").Error() {
				t.Errorf("%s %s: got %v", what, name, err)
			}
		}
	}
	_, err := other.Create(t.Context(), other.by, d.body(t, `{}`))
	if Code(err) != CodeNotFound {
		t.Errorf("on another account's site: got %v", err)
	}
}

func TestViewersOnlyRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.draft(t, `{}`)
	viewer := d.by
	viewer.Role = Viewer
	_, create := d.Create(t.Context(), viewer, d.body(t, `{}`))
	_, update := d.Update(t.Context(), viewer, x.ID.String(), ExperimentInput{Name: ptr("x")}, nil)
	_, start := d.SetStatus(t.Context(), viewer, x.ID.String(), StatusChange{To: Running})
	_, duplicate := d.Duplicate(t.Context(), viewer, x.ID.String())
	_, site := d.sites.Create(t.Context(), viewer, InstallationInput{SiteURL: ptr("https://a.test")})
	_, rename := d.sites.Update(t.Context(), viewer, d.site.ID.String(), InstallationInput{Name: ptr("x")})
	for what, err := range map[string]error{"create": create, "update": update, "start": start, "duplicate": duplicate, "site": site, "rename": rename} {
		if Code(err) != CodeForbidden {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if _, err := d.Get(t.Context(), viewer, x.ID.String()); err != nil {
		t.Error(err)
	}
}

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 3 {
		d.draft(t, fmt.Sprintf(`{"name":"Draft %d%%","key":"draft-%d"}`, i, i))
	}
	running := d.in(t, Running, `{"name":"Zebra","key":"zebra"}`)
	d.in(t, Archived, `{"name":"Gone","key":"gone"}`)
	for _, c := range []struct {
		filter ExperimentFilter
		want   []string
		total  int
	}{
		{ExperimentFilter{}, []string{"zebra", "draft-2", "draft-1", "draft-0"}, 4},
		{ExperimentFilter{Sort: "name"}, []string{"draft-0", "draft-1", "draft-2", "zebra"}, 4},
		{ExperimentFilter{Sort: "-name", Paging: Paging{PerPage: 1}}, []string{"zebra"}, 4},
		{ExperimentFilter{Sort: "created_at", Paging: Paging{Page: 2, PerPage: 3}}, []string{"zebra"}, 4},
		{ExperimentFilter{Status: "running"}, []string{"zebra"}, 1},
		{ExperimentFilter{Status: "archived"}, []string{"gone"}, 1},
		{ExperimentFilter{Query: "ZEB"}, []string{"zebra"}, 1},
		{ExperimentFilter{Query: "%"}, []string{"draft-2", "draft-1", "draft-0"}, 3},
		{ExperimentFilter{Query: "' OR 1=1"}, []string{}, 0},
		{ExperimentFilter{Site: d.site.ID, Status: "running"}, []string{"zebra"}, 1},
		{ExperimentFilter{Site: uuid.New()}, []string{}, 0},
	} {
		list, err := d.List(t.Context(), d.by, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		keys := []string{}
		for _, x := range list.Items {
			keys = append(keys, x.Key)
		}
		if diff := cmp.Diff(c.want, keys); diff != "" || list.Total != c.total || list.HasMore != (list.Page*list.PerPage < list.Total) {
			t.Errorf("%+v: total %d\n%s", c.filter, list.Total, diff)
		}
	}
	list, _ := d.List(t.Context(), d.by, ExperimentFilter{Status: "running"})
	if x := list.Items[0]; x.Variants()[1].Changes != nil || len(x.Epochs) != 1 || x.Primary().Key != "buy" || x.ID != running.ID {
		t.Errorf("got %+v", x)
	}
	for path, filter := range map[string]ExperimentFilter{"status": {Status: "x"}, "sort": {Sort: "name;--"}, "page": {Paging: Paging{Page: -1}},
		"per_page": {Paging: Paging{PerPage: 101}}, "q": {Query: strings.Repeat("x", 256)}} {
		if _, err := d.List(t.Context(), d.by, filter); fields(t, err)[path] == "" {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestEveryChangeIsRecorded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.draft(t, `{}`)
	id := x.ID.String()
	must := func(_ Experiment, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Update(t.Context(), d.by, id, ExperimentInput{Name: ptr("New")}, nil))
	must(d.SetStatus(t.Context(), d.by, id, StatusChange{To: Running}))
	must(d.Update(t.Context(), d.by, id, ExperimentInput{TrafficAllocation: ptr(.5)}, nil))
	must(d.SetStatus(t.Context(), d.by, id, StatusChange{To: Paused}))
	must(d.SetStatus(t.Context(), d.by, id, StatusChange{To: Running}))
	must(d.SetStatus(t.Context(), d.by, id, StatusChange{To: Completed, Winner: ptr("b")}))
	must(d.SetStatus(t.Context(), d.by, id, StatusChange{To: Archived}))
	rows, err := NewAudit(d.db).History(t.Context(), d.by, experimentObject(x.ID), 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.Action)
	}
	want := []string{"experiment.archived", "experiment.completed", "experiment.resumed", "experiment.paused", "experiment.traffic",
		"experiment.started", "experiment.updated", "experiment.created"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"old": map[string]any{"name": "Headline"}, "new": map[string]any{"name": "New"}}, rows[6].Payload); diff != "" {
		t.Errorf("update (-want +got):\n%s", diff)
	}
	variants := rows[7].Payload["variants"].([]any)
	// The SHA-256 of the canonical list [{"action":"text","id":"c1","selector":"h1","value":"Buy"}].
	if got, want := variants[1].(map[string]any)["changes"], "be9ce357034ea045459ad12298089848474c9ed6000dcfca79e689dbb2ab6d77"; got != want {
		t.Errorf("hash of the changes: got %v, want %s", got, want)
	}
	if rows[1].Payload["winner"] != "b" {
		t.Errorf("winner: got %v", rows[1].Payload)
	}
}

// The largest experiment that passes must also fit into an audit entry.
func TestTheLargestExperimentFits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	name := func(i int) string { return strings.Repeat("\U0001f600", 250) + fmt.Sprint(i) }
	big := func(round int) ExperimentInput {
		in := d.body(t, `{}`)
		in.Name, in.Hypothesis, in.URL = ptr(name(round)), ptr(strings.Repeat("h", 4090)+fmt.Sprint(round)), ptr("/"+strings.Repeat("u", 1990)+fmt.Sprint(round))
		in.Variants, in.Goals = nil, nil
		for i := range 20 {
			key := strings.Repeat("k", 60) + fmt.Sprintf("%d-%d", round, i)
			in.Variants = append(in.Variants, VariantInput{Key: ptr(key[len(key)-62:]), Name: ptr(name(i)), IsControl: ptr(i == 0), Weight: ptr(1 + float64(round)/7)})
			in.Goals = append(in.Goals, GoalInput{Key: ptr(key[len(key)-62:]), Name: ptr(name(i)), Primary: ptr(i == 0), Type: ptr("custom")})
		}
		in.Variants[1].Changes = make([]ChangeInput, 200)
		for i := range in.Variants[1].Changes {
			in.Variants[1].Changes[i] = ChangeInput{Selector: ptr("h1"), Action: ptr("text"), Value: ptr(strings.Repeat("v", 1<<10))}
		}
		return in
	}
	x, err := d.Create(t.Context(), d.by, big(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Update(t.Context(), d.by, x.ID.String(), big(2), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Running}); err != nil {
		t.Fatal(err)
	}
}
