package services

import (
	"fmt"
	"strings"
	"testing"
)

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
		{"mode independent without elements", `{"mode":"independent"}`, "elements", "too_few_elements"},
		{"mode factorial with one element", `{"mode":"factorial","variants":null,"elements":[{"key":"a"}]}`, "elements", "too_few_elements"},
		{"unknown mode", `{"mode":"triple"}`, "mode", "unknown"},
		{"unknown allocator", `{"allocator":"coin"}`, "allocator", "unknown"},
		{"strategy of a fixed split", `{"strategy":"adaptive"}`, "strategy", "unknown"},
		{"unknown strategy", `{"allocator":"thompson","strategy":"slow"}`, "strategy", "unknown"},
		{"multi_step", `{"allocator":"thompson","strategy":"multi_step"}`, "strategy", "not_supported_yet"},
		{"unknown parameter", `{"allocator":"thompson","allocator_params":{"floors":0.1}}`, "allocator_params.floors", "unknown"},
		{"parameter of another type", `{"allocator":"thompson","allocator_params":{"floor":"x"}}`, "allocator_params.floor", "wrong_type"},
		{"parameter of a fixed split", `{"allocator_params":{"floor":0.1}}`, "allocator_params.floor", "unknown"},

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
		{"js with a selector", withChange(`{"selector":"h1","action":"js","value":"1"}`), change + ".selector", "unexpected"},
		{"js that ends its element", withChange(`{"action":"js","value":"'</SCRIPT>'"}`), change + ".value", "script"},
		{"css that loads", withChange(`{"action":"css","value":"@im\\port 'x'"}`), change + ".value", "unsafe"},
		{"css from elsewhere", withChange(`{"action":"css","value":"p{background:url(//evil.example/x)}"}`), change + ".value", "unsafe"},
		{"css that ends its element", withChange(`{"action":"css","value":"p{}</style>"}`), change + ".value", "style"},
		{"redirect into a script", withChange(`{"action":"redirect","value":"javascript:1"}`), change + ".value", "url"},
		{"html with a script", withChange(`{"selector":"h1","action":"html","value":"<script>1</script>"}`), change + ".value", "unsafe"},
		{"html with a handler", withChange(`{"selector":"h1","action":"html","value":"<b onclick=x>y</b>"}`), change + ".value", "unsafe"},
		{"html of which nothing is left", withChange(`{"selector":"h1","action":"html","value":"<form></form>"}`), change + ".value", "required"},
		{"insert nowhere", withChange(`{"selector":"h1","action":"insert","value":"<b>x</b>"}`), change + ".position", "required"},
		{"unknown position", withChange(`{"selector":"h1","action":"insert","value":"<b>x</b>","position":"middle"}`), change + ".position", "unknown"},
		{"move to a broken selector", withChange(`{"selector":"h1","action":"move","value":"[","position":"last"}`), change + ".value", "selector"},
		{"no class", withChange(`{"selector":"h1","action":"class","value":" "}`), change + ".value", "required"},
		{"class in another way", withChange(`{"selector":"h1","action":"class","name":"toggle","value":"a"}`), change + ".name", "unknown"},
		{"class as an attribute", withChange(`{"selector":"h1","action":"attr","name":"class","value":"a"}`), change + ".name", "attribute"},
		{"link that runs", withChange(`{"selector":"a","action":"link","value":"java\tscript:1"}`), change + ".value", "unsafe"},
		{"image from a text", withChange(`{"selector":"img","action":"image","value":"data:image/png;base64,x"}`), change + ".value", "unsafe"},
		{"unknown moment", withChange(`{"selector":"h1","action":"hide","when":"soon"}`), change + ".when", "unknown"},
		{"fingerprint of nothing", withChange(`{"selector":"h1","action":"hide","fingerprint":{"tag":""}}`), change + ".fingerprint.tag", "required"},
		{"fingerprint too long", withChange(`{"selector":"h1","action":"hide","fingerprint":{"tag":"h1","text":"` + strings.Repeat("x", 501) + `"}}`), change + ".fingerprint", "too_long"},
		{"limit below none", withChange(`{"selector":"h1","action":"hide","limit":-1}`), change + ".limit", "range"},
		{"window wider than wide", withChange(`{"selector":"h1","action":"hide","scope":{"min_width":9,"max_width":8}}`), change + ".scope.max_width", "range"},
		{"text without value", withChange(`{"selector":"h1","action":"text"}`), change + ".value", "required"},
		{"text with a name", withChange(`{"selector":"h1","action":"text","name":"x","value":"y"}`), change + ".name", "unexpected"},
		{"hide in another way", withChange(`{"selector":"h1","action":"hide","value":"y"}`), change + ".value", "unknown"},
		{"remove with a value", withChange(`{"selector":"h1","action":"remove","value":"y"}`), change + ".value", "unexpected"},
		{"value over 10 KB", withChange(`{"selector":"h1","action":"text","value":"` + long + `"}`), change + ".value", "too_long"},
		{"NUL in a value", withChange(`{"selector":"h1","action":"text","value":"a\u0000"}`), change + ".value", "text"},
		{"two changes of one id", withChange(`{"id":"a","selector":"h1","action":"hide"},{"id":"A","selector":"h1","action":"hide"}`), "variants[1].changes[1].id", "duplicate"},

		{"no goals", `{"goals":[]}`, "goals", "required"},
		{"21 goals", `{"goals":` + many(21, `{"name":"G"}`) + `}`, "goals", "too_many"},
		{"no primary goal", withGoal(`{"key":"a","type":"custom","role":"secondary"}`), "goals", "primary"},
		{"two primary goals", withGoal(`{"key":"a","type":"custom","primary":true},{"key":"b","type":"custom","role":"primary"}`), "goals[1].role", "primary"},
		{"primary and not", withGoal(`{"key":"a","type":"custom","primary":true,"role":"secondary"}`), "goals[0].primary", "unexpected"},
		{"unknown role", withGoal(`{"key":"a","type":"custom","role":"main"}`), "goals[0].role", "unknown"},
		{"goal key", withGoal(`{"key":"A","type":"custom","primary":true}`), "goals[0].key", "key"},
		{"duplicate goal", withGoal(`{"key":"a","type":"custom","primary":true},{"key":"a","type":"custom"}`), "goals[1].key", "duplicate"},
		{"no form to send", withGoal(`{"key":"a","type":"form","primary":true}`), "goals[0].config.selector", "required"},
		{"broken sign of success", withGoal(`{"key":"a","type":"form","primary":true,"config":{"selector":"form","success":"["}}`), "goals[0].config.success", "selector"},
		{"success of a click", withGoal(`{"key":"a","type":"click","primary":true,"config":{"selector":"a","success":"b"}}`), "goals[0].config.success", "unknown"},
		{"unknown trigger", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"trigger":"smell"}}`), "goals[0].config.trigger", "unknown"},
		{"revenue by scrolling", withGoal(`{"key":"a","type":"revenue","primary":true,"config":{"trigger":"scroll","percent":50,"currency":"EUR"}}`), "goals[0].config.percent", "unknown"},
		{"revenue by a trigger without values", withGoal(`{"key":"a","type":"revenue","primary":true,"config":{"trigger":"scroll","currency":"EUR"}}`), "goals[0].config.trigger", "unknown"},
		{"scroll to nowhere", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"trigger":"scroll"}}`), "goals[0].config.percent", "required"},
		{"scroll to 60", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"trigger":"scroll","percent":60}}`), "goals[0].config.percent", "range"},
		{"scroll for seconds", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"trigger":"scroll","percent":50,"seconds":9}}`), "goals[0].config.seconds", "unexpected"},
		{"engaged for two hours", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"trigger":"engaged","seconds":7200}}`), "goals[0].config.seconds", "range"},
		{"engaged for a text", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"trigger":"engaged","seconds":"9"}}`), "goals[0].config.seconds", "range"},
		{"nothing to see", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"trigger":"seen"}}`), "goals[0].config.selector", "required"},
		{"percent without a trigger", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"percent":50}}`), "goals[0].config.percent", "unexpected"},
		{"revenue in no currency", withGoal(`{"key":"a","type":"revenue","primary":true}`), "goals[0].config.currency", "required"},
		{"unknown goal type", withGoal(`{"key":"a","type":"smell","primary":true}`), "goals[0].type", "unknown"},
		{"click on nothing", withGoal(`{"key":"a","type":"click","primary":true}`), "goals[0].config.selector", "required"},
		{"click on a broken selector", withGoal(`{"key":"a","type":"click","primary":true,"config":{"selector":"::"}}`), "goals[0].config.selector", "selector"},
		{"no page to reach", withGoal(`{"key":"a","type":"url","primary":true}`), "goals[0].config.url", "required"},
		{"selector of a page goal", withGoal(`{"key":"a","type":"url","primary":true,"config":{"url":"/x","selector":"a"}}`), "goals[0].config.selector", "unknown"},
		{"window of no days", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"window_days":0}}`), "goals[0].config.window_days", "range"},
		{"window of 91 days", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"window_days":91}}`), "goals[0].config.window_days", "range"},
		{"window of half a day", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"window_days":0.5}}`), "goals[0].config.window_days", "range"},
		{"window in words", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"window_days":"7"}}`), "goals[0].config.window_days", "range"},
		{"unknown source", withGoal(`{"key":"a","type":"custom","primary":true,"config":{"source":"phone"}}`), "goals[0].config.source", "unknown"},
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
