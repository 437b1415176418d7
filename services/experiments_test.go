package services

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
	keys, err := state.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return deskOn(t, dbtest.Open(t), keys)
}

func deskOn(t *testing.T, d *db.DB, keys Sealer) desk {
	t.Helper()
	account, user := dbtest.Account(t, d)
	by := Actor{Account: account, User: user, Role: Owner}
	err := d.InTx(t.Context(), account, func(s *db.Store) error { return startAudit(t.Context(), s, account, time.Now()) })
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
