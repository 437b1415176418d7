package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// typedElements is a form with a headline and a button in combinations, of which the new ones are not shown together.
func typedElements(o owner) url.Values {
	f := typedExperiment(o)
	maps.Copy(f, url.Values{"mode": {"factorial"}, "goals[0][type]": {"click"},
		"elements[0][key]": {""}, "elements[0][name]": {"Big headline"}, "elements[0][selector]": {"h1"},
		"elements[0][variants][0][key]": {""}, "elements[0][variants][0][name]": {""},
		"elements[0][variants][1][key]": {""}, "elements[0][variants][1][name]": {"Short"},
		"elements[0][variants][1][changes][0][action]": {"text"}, "elements[0][variants][1][changes][0][value]": {"Buy"},
		"elements[0][variants][1][changes][1][action]": {"text"}, "elements[0][variants][1][changes][1][value]": {""},
		"elements[1][key]": {""}, "elements[1][name]": {"Button"}, "elements[1][selector]": {"#buy"},
		"elements[1][variants][0][name]": {""}, "elements[1][variants][1][name]": {"Gone"},
		"elements[1][variants][1][changes][0][action]": {"hide"},
		"pairs[0][a]": {""}, "pairs[0][b]": {""}, "pairs[1][a]": {"0:1"}, "pairs[1][b]": {"1:1"}})
	return f
}

func TestElementsForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	f := typedElements(o)
	f.Set("do", "plan")
	doc := b.want(o.post("/experiments/new", f), http.StatusOK).doc(t)
	if text := doc.Find(".plan").Text(); !strings.Contains(text, "3 combinations") || !strings.Contains(text, "and one left out") || doc.Find(".matrix .is-excluded").Length() != 1 {
		t.Errorf("plan: %s", text)
	}
	f.Del("do")
	path := b.want(o.post("/experiments/new", f), http.StatusSeeOther).Header.Get("Location")
	_, x := o.call(http.MethodGet, path, nil, http.StatusOK)
	if diff := cmp.Diff([]any{members{"big-headline": "short", "button": "gone"}}, x["excluded_pairs"]); x["mode"] != "factorial" || diff != "" {
		t.Errorf("stored %v (-want +got):\n%s", x["mode"], diff)
	}
	edit := b.want(o.get(path+"/edit"), http.StatusOK).doc(t)
	if edit.Find(`[name="elements[0][selector]"]`).AttrOr("value", "") != "h1" || edit.Find(`[name="pairs[0][a]"] [selected]`).AttrOr("value", "") != "0:1" || edit.Find(".matrix").Length() != 1 {
		t.Error("the edit form does not show what is stored")
	}
	changes := b.want(o.get(path+"/changes"), http.StatusOK).doc(t)
	if links := changes.Find(".matrix a"); links.Length() != 3 {
		t.Errorf("%d combinations can be opened", links.Length())
	} else if a := b.want(o.get(links.Last().AttrOr("href", "")), http.StatusSeeOther); !strings.HasPrefix(a.Header.Get("Location"), "https://shop.example/?samplit_preview=") {
		t.Errorf("a combination leads to %s", a.Header.Get("Location"))
	}
	b.want(o.get(path+"/preview?variant=short.gone"), http.StatusNotFound)
	o.run(strings.TrimPrefix(path, "/experiments/"), "running", http.StatusSeeOther)
	for _, page := range []string{"", "/settings", "/history", "/changes", "/confirm?status=completed"} {
		b.want(o.get(path+page), http.StatusOK)
	}
	b.want(o.post(path+"/status", url.Values{"status": {"completed"}, "winner": {"short.original"}}), http.StatusSeeOther)
	if text := b.want(o.get(path), http.StatusOK).doc(t).Find("#headline").Text(); text != "Short + Original is now shown to everyone." {
		t.Errorf("headline %q", text)
	}
}

func TestElementsFormKeepsWhatItDoesNotShow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	f := typedElements(o)
	f.Set("do", "mode:single")
	doc := b.want(o.post("/experiments/new", f), http.StatusOK).doc(t)
	if doc.Find(`input[type=hidden][name="elements[0][variants][1][changes][0][value]"]`).AttrOr("value", "") != "Buy" || doc.Find("#variant-form-1").Length() != 1 {
		t.Error("the elements are lost")
	}
	f.Set("do", "mode:independent")
	doc = b.want(o.post("/experiments/new", f), http.StatusOK).doc(t)
	if doc.Find(`input[type=hidden][name="variants[1][changes][0][value]"]`).AttrOr("value", "") != "Buy" || doc.Find(".element").Length() != 2 || doc.Find(`[name="pairs[0][a]"]`).Length() != 0 {
		t.Error("the variants are lost")
	}
}

func TestElementsFormNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	for _, c := range []struct{ name, value, field string }{
		{"elements[0][name]", "", "elements-0-name"}, {"elements[1][selector]", "a[", "elements-1-selector"}, {"elements[1][selector]", "h1", "elements-1-selector"},
		{"elements[0][variants][1][changes][1][selector]", "a[", "elements-0-variants-1-changes-1-selector"}, {"elements[0][variants][1][changes][0][selector]", "h1[", "elements-0-variants-1-changes-0-selector"},
		{"elements[0][variants][1][changes][0][action]", "bite", "elements-0-variants-1-changes-0-action"}, {"elements[1][variants][1][name]", strings.Repeat("x", 256), "elements-1-variants-1-name"},
		{"pairs[1][b]", "", "pairs-1-a"}, {"pairs[1][b]", "7:7", "pairs-1-a"}, {"pairs[1][b]", "0:0", "pairs-1-a"}, {"mode", "triple", "mode"},
	} {
		for _, do := range []string{"", "plan"} {
			if do == "plan" && c.name == "mode" {
				continue
			}
			f := typedElements(o)
			f.Set(c.name, c.value)
			f.Set("do", do)
			a := o.htmx(http.MethodPost, "/experiments/new", f)
			if doc := a.doc(t); a.StatusCode != http.StatusUnprocessableEntity || doc.Find("#"+c.field+"-error").Length() != 1 {
				t.Errorf("%s=%.20q %s: %d, no error at %s: %s", c.name, c.value, do, a.StatusCode, c.field, doc.Find("[id$=-error]").Text()+doc.Find(".note-bad").Text())
			}
		}
	}
}

// The days to an answer follow from the visitors of the site's own pages.
func TestPlanSpeaksOfOwnTraffic(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	f := typedElements(o)
	f.Set("url", "/pricing")
	f.Set("do", "plan")
	line := func() string { return b.want(o.post("/experiments/new", f), http.StatusOK).doc(t).Find(".plan").Text() }
	if got := line(); !strings.Contains(got, "once the snippet has seen visitors") {
		t.Errorf("without visitors: %s", got)
	}
	now := b.clock.Now()
	var views []db.NewEvent
	for i := range 400 {
		page := "https://shop.example/pricing"
		if i%2 == 0 {
			page = "https://shop.example/"
		}
		views = append(views, db.NewEvent{Account: o.account(), ID: uuid.Must(uuid.NewV7()), Day: now.UTC().Truncate(24 * time.Hour), Kind: db.KindPageview, Installation: uuid.MustParse(o.site),
			Visitor: uuid.NewString(), URL: page, Occurred: now, Received: now.Add(-6 * time.Hour)})
	}
	if _, err := b.db.Apply(t.Context(), db.Batch{Now: now, Events: views}); err != nil {
		t.Fatal(err)
	}
	if got := line(); !strings.Contains(got, "at 400 visitors a day") { // half of the 200 of that page in a quarter of a day take part
		t.Errorf("with visitors: %s", got)
	}
}

// Shares are typed in percent, and what is left empty shares the rest; the running experiment's are changed on its settings page.
func TestSharesOfElements(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	f := typedElements(o)
	f.Set("mode", "independent")
	share := func(e, i, to string) { f.Set("elements["+e+"][variants]["+i+"][weight]", to) }
	for _, c := range []struct{ first, second, at string }{
		{"x", "", "#elements-0-variants-0-weight-error"}, {"0", "", "#elements-0-variants-0-weight-error"}, {"60", "50", "#elements-0-shares-error"},
		{"60", "30", "#elements-0-shares-error"}, {"99.5", "", "#elements-0-shares-error"}, {"99.5", "0.5", "#elements-0-variants-1-weight-error"},
	} {
		share("0", "0", c.first)
		share("0", "1", c.second)
		if doc := b.want(o.post("/experiments/new", f), http.StatusUnprocessableEntity).doc(t); doc.Find(".shares[open] "+c.at).Length() != 1 {
			t.Errorf("%s and %s: nothing stands at %s", c.first, c.second, c.at)
		}
	}
	share("0", "0", "70,5")
	share("0", "1", "")
	path := b.want(o.post("/experiments/new", f), http.StatusSeeOther).Header.Get("Location")
	weights := func() (out []any) {
		_, x := o.call(http.MethodGet, path, nil, http.StatusOK)
		for _, e := range x["elements"].([]any) {
			for _, v := range e.(members)["variants"].([]any) {
				out = append(out, v.(members)["weight"])
			}
		}
		return out
	}
	near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })
	if diff := cmp.Diff([]any{.705, .295, 1.0, 1.0}, weights(), near); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	edit := b.want(o.get(path+"/edit"), http.StatusOK).doc(t)
	if got := edit.Find(".shares[open] input").First().AttrOr("value", ""); got != "70.5" || edit.Find(".shares[open]").Length() != 1 {
		t.Errorf("the edit form shows %q", got)
	}
	_, x := o.call(http.MethodGet, path, nil, http.StatusOK)
	draft := url.Values{"traffic": {"50"}, "version": {fmt.Sprint(x["version"])}, "weights[big-headline][original]": {"60"}, "weights[big-headline][short]": {"40"},
		"weights[button][original]": {"50"}, "weights[button][gone]": {"50"}}
	b.want(o.post(path+"/traffic", draft), http.StatusSeeOther)
	if a, _ := o.call(http.MethodGet, path, nil, http.StatusOK); !strings.Contains(a.body, `"value":"Buy"`) || !strings.Contains(a.body, `"name":"Short"`) {
		t.Errorf("the shares of a draft cost it its changes: %s", a.body)
	}
	draft.Set("weights[big-headline][original]", "70.5")
	draft.Set("weights[big-headline][short]", "29.5")
	_, x = o.call(http.MethodGet, path, nil, http.StatusOK)
	draft.Set("version", fmt.Sprint(x["version"]))
	b.want(o.post(path+"/traffic", draft), http.StatusSeeOther)
	o.run(strings.TrimPrefix(path, "/experiments/"), "running", http.StatusSeeOther)
	_, x = o.call(http.MethodGet, path, nil, http.StatusOK)
	typed := url.Values{"traffic": {"50"}, "version": {fmt.Sprint(x["version"])}, "weights[big-headline][original]": {"70.5"}, "weights[big-headline][short]": {"29.5"},
		"weights[button][original]": {"20"}, "weights[button][gone]": {"70"}}
	if doc := b.want(o.post(path+"/traffic", typed), http.StatusUnprocessableEntity).doc(t); doc.Find("#weights-button-original-error").Length() != 1 {
		t.Error("shares that do not add up are not refused at their element")
	}
	typed.Set("weights[button][gone]", "80")
	b.want(o.post(path+"/traffic", typed), http.StatusSeeOther)
	if diff := cmp.Diff([]any{.705, .295, .2, .8}, weights(), near); diff != "" {
		t.Errorf("while running (-want +got):\n%s", diff)
	}
	_, x = o.call(http.MethodGet, path, nil, http.StatusOK)
	if epochs := x["epochs"].([]any); len(epochs) != 3 {
		t.Errorf("%d epochs, want the first of both elements and one more of the button: %v", len(epochs), epochs)
	}
}
