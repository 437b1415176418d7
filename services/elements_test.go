package services

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// page are three elements with two, two and three variants, in a mode.
func page(mode, over string) string {
	return `{"variants":null,"mode":"` + mode + `","elements":[
		{"key":"headline","name":"Headline","selector":"h1","variants":[{"key":"o","is_control":true},{"key":"b","changes":[{"action":"text","value":"Buy"}]}]},
		{"key":"button","name":"Button","selector":"#buy","variants":[{"key":"o","is_control":true},{"key":"b","changes":[{"action":"text","value":"Now"}]}]},
		{"key":"photo","name":"Photo","selector":".hero img","variants":[{"key":"o","is_control":true},{"key":"b","changes":[{"action":"attr","name":"src","value":"/b.png"}]},
			{"key":"c","changes":[{"action":"hide"}]}]}]` + over + `}`
}

func armsIn(d Definition) (out [][]string) {
	for _, split := range d.splits() {
		out = append(out, split.keys())
	}
	return out
}

func TestSplitsOfEveryMode(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct {
		mode, over string
		want       [][]string
	}{
		{"independent", "", [][]string{{"o", "b"}, {"o", "b"}, {"o", "b", "c"}}},
		{"factorial", "", [][]string{{"o.o.o", "o.o.b", "o.o.c", "o.b.o", "o.b.b", "o.b.c", "b.o.o", "b.o.b", "b.o.c", "b.b.o", "b.b.b", "b.b.c"}}},
		{"factorial", `,"excluded_pairs":[{"headline":"b","photo":"c"},{"button":"b","photo":"o"}]`, [][]string{{"o.o.o", "o.o.b", "o.o.c", "o.b.b", "o.b.c", "b.o.o", "b.o.b", "b.b.b"}}},
	} {
		x := d.in(t, Running, page(c.mode, c.over))
		if diff := cmp.Diff(c.want, armsIn(x.Definition)); diff != "" {
			t.Errorf("%s arms (-want +got):\n%s", c.mode, diff)
		}
		if len(x.Epochs) != len(c.want) {
			t.Errorf("%s: %d epochs, want one for each split", c.mode, len(x.Epochs))
		}
		for i, e := range x.Epochs {
			if diff := cmp.Diff(slices.Sorted(slices.Values(c.want[i])), slices.Sorted(maps.Keys(e.Weights))); diff != "" {
				t.Errorf("%s weights of split %q (-want +got):\n%s", c.mode, e.Split, diff)
			}
		}
		again, err := d.Get(t.Context(), d.by, x.ID.String())
		if diff := cmp.Diff(x, again); err != nil || diff != "" {
			t.Errorf("%s read back: %v\n%s", c.mode, err, diff)
		}
		if y, err := d.Duplicate(t.Context(), d.by, x.ID.String()); err != nil || !cmp.Equal(armsIn(y.Definition), c.want) {
			t.Errorf("%s copy: got %v, %v", c.mode, armsIn(y.Definition), err)
		}
	}
}

func TestChangesOfElements(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.draft(t, page("factorial", ""))
	if c := x.Elements[1].Variants[1].Changes[0]; c.Selector != "#buy" || c.ID == x.Elements[0].Variants[1].Changes[0].ID {
		t.Errorf("got %+v, want the element's selector and an id of its own", c)
	}
	same, err := d.Update(t.Context(), d.by, x.ID.String(), x.Input(), nil)
	if diff := cmp.Diff(x, same); err != nil || diff != "" {
		t.Errorf("nothing different: %v\n%s", err, diff)
	}
	y, err := d.Update(t.Context(), d.by, x.ID.String(), d.body(t, `{"mode":"single"}`), nil)
	if err != nil || y.Mode != ModeSingle || len(y.Elements) != 1 || len(y.Variants()) != 2 {
		t.Errorf("together instead: got %+v, %v", y.Elements, err)
	}
}

// A combination is one list of changes: whatever ids were sent, none is there twice, capitals or not.
func TestCombinationsHaveEveryIDOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.draft(t, `{"variants":null,"mode":"factorial","elements":[
		{"key":"a","selector":"h1","variants":[{"key":"o","is_control":true},{"key":"b","changes":[{"id":"C1","action":"text","value":"x"}]},{"key":"c","changes":[{"id":"c1","action":"text","value":"y"}]}]},
		{"key":"b","selector":"p","variants":[{"key":"o","is_control":true},{"key":"b","changes":[{"id":"c1","action":"text","value":"x"},{"id":"c1-2","action":"hide"}]}]}]}`)
	if x.Elements[0].Variants[1].Changes[0].ID != "C1" || x.Elements[0].Variants[2].Changes[0].ID != "c1" {
		t.Errorf("got %+v: variants of one element may share ids", x.Elements[0].Variants)
	}
	seen := map[string]bool{"c1": true}
	for _, c := range x.Elements[1].Variants[1].Changes {
		if id := strings.ToLower(c.ID); seen[id] {
			t.Errorf("id %s is there twice", c.ID)
		} else {
			seen[id] = true
		}
	}
}

func TestElementsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	element := func(key string, variants int, more string) string {
		list := []string{`{"key":"o","is_control":true}`}
		for i := range variants - 1 {
			list = append(list, fmt.Sprintf(`{"key":"v%d"}`, i))
		}
		return fmt.Sprintf(`{"key":%q,"variants":[%s]%s}`, key, strings.Join(list, ","), more)
	}
	body := func(mode, more string, elements ...string) string {
		return fmt.Sprintf(`{"variants":null,"mode":%q,"elements":[%s]%s}`, mode, strings.Join(elements, ","), more)
	}
	pairs := func(text string) string {
		return body("factorial", `,"excluded_pairs":`+text, element("a", 2, ""), element("b", 3, ""))
	}
	nine := make([]string, 9)
	for i := range nine {
		nine[i] = element(fmt.Sprint("e", i), 2, "")
	}
	for _, c := range []struct{ name, over, path, reason string }{
		{"nine elements", body("independent", "", nine...), "elements", "too_many"},
		{"2⁸ combinations", body("factorial", "", nine[:8]...), "elements", "combinations"},
		{"20⁸ combinations", body("factorial", "", element("a", 20, ""), element("b", 20, ""), element("c", 20, ""), element("d", 20, "")), "elements", "combinations"},
		{"one key twice", body("independent", "", nine[0], nine[0]), "elements[1].key", "duplicate"},
		{"a variant too few", body("independent", "", nine[0], element("x", 1, "")), "elements[1].variants", "too_few"},
		{"no name", body("independent", "", nine[0], `{"variants":[]}`), "elements[1].name", "required"},
		{"selector", body("independent", "", nine[0], element("x", 2, `,"selector":"a["`)), "elements[1].selector", "selector"},
		{"the same part", body("independent", "", element("x", 2, `,"selector":"h1"`), element("y", 2, `,"selector":"h1"`)), "elements[1].selector", "elements_overlap"},
		{"a part inside", body("factorial", "", element("x", 2, `,"selector":".hero h1"`), element("y", 2, `,"selector":".hero"`)), "elements[1].selector", "elements_overlap"},
		{"pairs of mode independent", body("independent", `,"excluded_pairs":[{"e0":"v0","e1":"v0"}]`, nine[:2]...), "excluded_pairs", "unexpected"},
		{"half a pair", pairs(`[{"a":"v0"}]`), "excluded_pairs[0]", "pair"},
		{"no such variant", pairs(`[{"a":"v0","b":"v9"}]`), "excluded_pairs[0]", "unknown"},
		{"no such element", pairs(`[{"a":"v0","c":"v0"}]`), "excluded_pairs[0]", "unknown"},
		{"two originals", pairs(`[{"a":"o","b":"o"}]`), "excluded_pairs[0]", "control"},
		{"a pair twice", pairs(`[{"a":"v0","b":"v1"},{"b":"v1","a":"v0"}]`), "excluded_pairs[1]", "duplicate"},
		{"a variant nobody sees", pairs(`[{"a":"v0","b":"o"},{"a":"v0","b":"v0"},{"a":"v0","b":"v1"}]`), "excluded_pairs", "nothing_left"},
		{"weights too unlike", body("factorial", "", `{"key":"a","variants":[{"key":"o","is_control":true,"weight":20},{"key":"b","weight":1}]}`,
			`{"key":"b","variants":[{"key":"o","is_control":true,"weight":20},{"key":"b","weight":1}]}`), "elements", "weight"},
	} {
		_, err := d.Create(t.Context(), d.by, d.body(t, c.over))
		if got := fields(t, err); got[c.path] != c.reason {
			t.Errorf("%s: got %v, want %s at %s", c.name, got, c.reason, c.path)
		}
	}
	if _, err := d.Create(t.Context(), d.by, d.body(t, body("factorial", "", nine[:6]...))); err != nil {
		t.Errorf("64 combinations: %v", err)
	}
	if _, err := d.Create(t.Context(), d.by, d.body(t, body("factorial", `,"excluded_pairs":[{"e0":"v0","e6":"v0"},{"e1":"v0","e6":"v0"},{"e2":"v0","e6":"v0"}]`, nine[:7]...))); fields(t, err)["elements"] != "combinations" {
		t.Errorf("128 combinations less 56: %v", err)
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	change := func(selector, action, name string) Element {
		return Element{Variants: []Variant{{}, {Changes: []Change{{Selector: selector, Action: action, Name: name}}}}}
	}
	for _, c := range []struct {
		a, b Element
		want bool
	}{
		{change("h1", "text", ""), change("h1", "style", "color"), false},
		{change("h1", "style", "Color"), change("h1", "style", "color"), true},
		{change("h1", "hide", ""), change("h1", "style", "color"), true},
		{change(".a", "text", ""), change(".a > .b", "text", ""), true},
		{change(".a .b .c", "text", ""), change(".a  .b", "style", "color"), true},
		{change(".a", "text", ""), change(".a + .b", "text", ""), false},
		{change(".a", "text", ""), change(".ab", "text", ""), false},
		{change(`.x, .a[title="p > q"]`, "text", ""), change(`.a[title="p > q"] b`, "text", ""), true},
		{change("p:not(.a .b)", "text", ""), change("p:not(.a .b)", "text", ""), true},
		{Element{Selector: "#x"}, change("#x", "text", ""), true},
		{Element{}, Element{}, false},
	} {
		if got := len(overlaps([]Element{c.a, c.b})) > 0; got != c.want {
			t.Errorf("%+v and %+v: got %v", c.a, c.b, got)
		}
	}
}

func TestWinnersOfElements(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct {
		mode    string
		winner  *string
		winners map[string]string
		want    string // empty: refused
	}{
		{"independent", nil, map[string]string{"photo": "c"}, "o.o.c"},
		{"independent", ptr("b.o.o"), nil, "b.o.o"},
		{"independent", ptr("b"), nil, ""},
		{"factorial", ptr("b.b.b"), nil, "b.b.b"},
		{"factorial", nil, map[string]string{"headline": "b", "button": "b"}, "b.b.o"},
		{"factorial", ptr("b.o.c"), nil, ""}, // excluded
		{"factorial", nil, map[string]string{"footer": "b"}, ""},
		{"factorial", nil, map[string]string{"headline": "z"}, ""},
	} {
		over := ""
		if c.mode == "factorial" {
			over = `,"excluded_pairs":[{"headline":"b","photo":"c"}]`
		}
		x := d.in(t, Running, page(c.mode, over))
		y, err := d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Completed, Winner: c.winner, Winners: c.winners})
		if c.want == "" {
			if fields(t, err)["winner"] != "unknown" {
				t.Errorf("%s %v %v: got %v", c.mode, c.winner, c.winners, err)
			}
			continue
		}
		if err != nil || orEmpty(y.Winner) != c.want {
			t.Errorf("%s: got %q, %v, want %s", c.mode, orEmpty(y.Winner), err, c.want)
		}
	}
}

func TestTrafficAndWeightsOfElements(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.in(t, Running, page("independent", ""))
	y, err := d.Update(t.Context(), d.by, x.ID.String(), ExperimentInput{TrafficAllocation: ptr(.5)}, nil)
	if err != nil || len(y.Epochs) != 6 || y.Epochs[1].Reason != reasonTraffic || y.Epochs[1].TrafficAllocation != .5 {
		t.Errorf("traffic: got %+v, %v, want a new epoch in each split", y.Epochs, err)
	}
	y, err = d.Update(t.Context(), d.by, x.ID.String(), ExperimentInput{Elements: []ElementInput{{Key: ptr("photo"), Variants: []VariantInput{{Key: ptr("c"), Weight: ptr(2.0)}}}}}, nil)
	if err != nil || len(y.Epochs) != 7 || y.Epochs[6].Split != "photo" || y.Epochs[6].Weights["c"] != .5 {
		t.Errorf("weights of one element: got %+v, %v", y.Epochs, err)
	}
	_, err = d.Update(t.Context(), d.by, x.ID.String(), ExperimentInput{Elements: []ElementInput{{Key: ptr("button"), Variants: []VariantInput{{Key: ptr("b"), Weight: ptr(0.001)}}}}}, nil)
	if fields(t, err)["elements[0].variants[0].weight"] != "weight" {
		t.Errorf("got %v, want the place in the patch", err)
	}
	for _, patch := range []ExperimentInput{{Elements: []ElementInput{{Key: ptr("footer")}}}, {ExcludedPairs: []Pair{{"a": "b"}}}, {Mode: ptr("factorial")}} {
		if _, err := d.Update(t.Context(), d.by, x.ID.String(), patch, nil); err == nil {
			t.Errorf("%+v was accepted", patch)
		}
	}
}
