package snippet

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const small = `(()=>{` +
	`/*! a:  */let a=1;` +
	`/*! b: a */b(a);` +
	`/*! change/c: b d */c();` +
	`/*! d: change/c */d();` +
	`/*! page: a */page();` +
	`/*! mask:  */mask();` +
	`/*! main:  */start("__SAMPLIT_CONFIG__");})();`

func parsed(t *testing.T, built string) *Runtime {
	t.Helper()
	r, err := Parse([]byte(built))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A script holds what main needs, the parts and all that those need, in the order of the build.
func TestScriptHoldsWhatItNeeds(t *testing.T) {
	t.Parallel()
	r := parsed(t, small)
	for config, want := range map[string]string{
		`{"x":[]}`:   `(()=>{start({x:[]});})();`,
		`{"x":[{}]}`: `(()=>{let a=1;page();start({x:[{}]});})();`,
		`{"x":[{"splits":[{"changes":[[{"action":"c"}]]}]}]}`: `(()=>{let a=1;b(a);c();d();page();start({x:[{p:[{c:[[{a:"c"}]]}]}]});})();`,
	} {
		if got, err := r.Script([]byte(config), Form{}); err != nil || string(got) != want {
			t.Errorf("%s: got %s (%v), want %s", config, got, err, want)
		}
	}
	if _, err := r.Script([]byte(`{"x":[{"splits":[{"changes":[[{"action":"unheard"}]]}]}]}`), Form{}); err == nil {
		t.Error("a part that is not there is left out without a word")
	}
	if got, err := r.Script([]byte(`{"x":[{}]}`), Form{Loader: true}); err != nil || !strings.Contains(string(got), "mask();") {
		t.Errorf("for a loader: got %s (%v)", got, err)
	}
	if _, err := r.Script([]byte(`{`), Form{}); err == nil {
		t.Error("half a configuration is served")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, built := range map[string]string{
		"nothing":       "",
		"no modules":    `start("__SAMPLIT_CONFIG__")`,
		"no main":       strings.Replace(small, "main", "other", 1),
		"no mark":       strings.Replace(small, ConfigMark, "0", 1),
		"two marks":     strings.Replace(small, "b(a)", ConfigMark, 1),
		"two of a name": strings.Replace(small, "/*! b:", "/*! a:", 1),
		"a stray need":  strings.Replace(small, "b d", "b e", 1),
		"no name":       strings.Replace(small, "! b: a", "! license", 1),
	} {
		if _, err := Parse([]byte(built)); err == nil {
			t.Errorf("%s: parsed", name)
		}
	}
}

// Every part of the built runtime is needed by some configuration, and everything that configurations need is in it.
func TestPartsAreThoseOfTheRuntime(t *testing.T) {
	t.Parallel()
	built, err := os.ReadFile("../js/snippet.js")
	if err != nil {
		t.Fatal(err)
	}
	r := parsed(t, string(built))
	list, err := os.ReadFile("../src/snippet/parts.ts")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, found := range regexp.MustCompile(`import "\./(.+)"`).FindAllStringSubmatch(string(list), -1) {
		want = append(want, found[1])
	}
	got, err := Parts([]byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, "mask") // of the loader
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("a configuration with everything needs %q, want the parts %q", got, want)
	}
	if _, err := r.with(got); err != nil {
		t.Error(err)
	}
}

// everything is a configuration that needs every part.
const everything = `{"consent":true,"bridge":true,"partners":["pay.example"],"x":[{"state":"running","remote":true,"targeting":{"conditions":[]},"in":[{}],
	"splits":[{"changes":[[],[{"action":"text"},{"action":"attr"},{"action":"style"},{"action":"hide"},{"action":"redirect"},
	{"action":"class"},{"action":"css"},{"action":"html"},{"action":"image"},{"action":"insert"},{"action":"js"},{"action":"link"},{"action":"move"},
	{"action":"remove"},{"action":"show"},{"action":"text","selector":"a:has(b)","when":"ready","fingerprint":{}}]]}],
	"goals":[{"type":"click"},{"type":"url"},{"type":"form"},{"type":"custom"},{"type":"revenue"},{"type":"revenue","trigger":"datalayer"},
	{"type":"custom","trigger":"scroll"},{"type":"custom","trigger":"engaged"},{"type":"custom","trigger":"seen"}]}]}`

func TestPartsOfAWinner(t *testing.T) {
	t.Parallel()
	got, err := Parts([]byte(`{"x":[{"state":"winner","goals":[{"type":"click"}],"splits":[{"changes":[[],[{"action":"hide"}]]}]}]}`))
	if err != nil || !slices.Equal(got, []string{"change/hide", "page"}) {
		t.Errorf("a decided experiment needs %q (%v), want no goals", got, err)
	}
}
