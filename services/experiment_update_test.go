package services

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
