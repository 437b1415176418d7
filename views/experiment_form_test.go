package views

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// posted reads a rendered form as a browser would post it.
func posted(t *testing.T, html string) url.Values {
	t.Helper()
	values := make(url.Values)
	form := parse(t, html).Find("#experiment-form")
	form.Find("input[name], select[name], textarea[name]").Each(func(_ int, s *goquery.Selection) {
		name, _ := s.Attr("name")
		value, _ := s.Attr("value")
		_, checked := s.Attr("checked")
		switch kind, _ := s.Attr("type"); {
		case (kind == "radio" || kind == "checkbox") && !checked:
			return
		case goquery.NodeName(s) == "textarea":
			value = s.Text()
		case goquery.NodeName(s) == "select":
			value, _ = s.Find("option[selected]").Attr("value")
		}
		values.Add(name, value)
	})
	return values
}

// TestFormSurvivesTheRoundTrip renders the form, posts what it shows and reads it back: nothing typed may be lost.
func TestFormSurvivesTheRoundTrip(t *testing.T) {
	t.Parallel()
	p := samplePage("en", "")
	for _, e := range formWing() {
		f, ok := e.model.(ExperimentForm)
		if !ok {
			continue
		}
		got := ParseExperimentForm(posted(t, render(t, withLang("en"), ExperimentFormPage(p, f))), f.Sites)
		want := f
		want.ID, want.Errors = "", nil // the address says which experiment it is
		want.Rules.Open = want.Rules.isSet()
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", e.name, diff)
		}
	}
}

func TestFormRows(t *testing.T) {
	t.Parallel()
	start := func() ExperimentForm {
		f := NewExperimentForm([]SiteRef{{ID: "s1"}})
		f.Variants = append(f.Variants, VariantForm{Key: "c", Changes: []Change{{Action: "text", Value: "one"}, {Action: "hide", Value: "two"}}})
		return f
	}
	for _, tc := range []struct {
		do       string
		handled  bool
		variants int
		changes  int // of the last variant
	}{
		{"", false, 3, 2},
		{"save", false, 3, 2},
		{"add-variant", true, 4, 1},
		{"remove-variant:1", true, 2, 2},
		{"remove-variant:0", true, 3, 2}, // the control stays
		{"remove-variant:9", true, 3, 2},
		{"remove-variant:x", true, 3, 2},
		{"add-change:2", true, 3, 3},
		{"add-change:-1", true, 3, 2},
		{"remove-change:2:0", true, 3, 1},
		{"remove-change:2:2", true, 3, 2},
		{"remove-change:2", true, 3, 2},
	} {
		f := start()
		if handled := f.Apply(tc.do); handled != tc.handled {
			t.Errorf("%q: handled is %v", tc.do, handled)
		}
		if n := len(f.Variants); n != tc.variants {
			t.Errorf("%q: %d variants, want %d", tc.do, n, tc.variants)
		}
		if n := len(f.Variants[len(f.Variants)-1].Changes); n != tc.changes {
			t.Errorf("%q: %d changes, want %d", tc.do, n, tc.changes)
		}
	}
	f := start()
	f.Apply("remove-change:2:0")
	if got := f.Variants[2].Changes[0].Value; got != "two" {
		t.Errorf("the wrong change was removed, %q is left", got)
	}
}

func TestConditionRows(t *testing.T) {
	t.Parallel()
	for do, want := range map[string][]string{
		"add-condition": {"device", "url", "device"}, "remove-condition:0": {"url"}, "remove-condition:1": {"device"},
		"remove-condition:2": {"device", "url"}, "remove-condition:-1": {"device", "url"}, "remove-condition": {"device", "url"},
	} {
		f := ExperimentForm{Rules: RulesForm{Conditions: []ConditionForm{{Attribute: "device"}, {Attribute: "url"}}}}
		if !f.Apply(do) || do == "add-condition" && !f.Rules.Open {
			t.Errorf("%q was not carried out", do)
		}
		var got []string
		for _, c := range f.Rules.Conditions {
			got = append(got, c.Attribute)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", do, diff)
		}
	}
}

func TestRulesInWords(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string][]string{
		"en": {"Only when the device is phone or tablet.", "Not when the page looks like /checkout/*.", "Only when the day is Monday, Tuesday, Wednesday, Thursday or Friday (Europe/Madrid).",
			"New visitors from 1 Mar 2027, 08:00 until 15 Mar 2027, 00:00 (Europe/Madrid).", "Never together with other experiments of the group checkout: this one has the part 0-50% of the visitors.",
			"5% of the visitors stay out: the reserve 2027-q1.", "Not counted: 2 addresses, one e-mail address, one parameter, 2 cookies."},
		"es": {"Solo si el dispositivo es móvil o tableta.", "No si la página se parece a /checkout/*.", "Solo si el día es lunes, martes, miércoles, jueves o viernes (Europe/Madrid)."},
	} {
		got := sampleRules().Sentences(withLang(lang))
		for _, sentence := range want {
			if !slices.Contains(got, sentence) {
				t.Errorf("%s: no %q in %q", lang, sentence, got)
			}
		}
	}
	many := RulesForm{Conditions: []ConditionForm{{Attribute: "country", Countries: "ES PT FR IT DE AT CH NL BE"}}}
	if got := many.Sentences(withLang("en"))[0]; got != "Only when the country is ES, PT, FR, IT, DE, AT or 3 others." {
		t.Errorf("many values: got %q", got)
	}
	if got := (RulesForm{Timezone: "UTC"}).Sentences(withLang("en")); len(got) != 0 {
		t.Errorf("no rules: got %q", got)
	}
}

func TestFormIsBounded(t *testing.T) {
	t.Parallel()
	forged := make(url.Values)
	for i := range 40 {
		forged.Set(variantField(i, "name"), "v")
		for j := range 200 {
			forged.Set(changeField(i, j, "action"), "text")
		}
	}
	f := ParseExperimentForm(forged, nil)
	for range 20 {
		f.Apply("add-variant")
		f.Apply("add-change:1")
	}
	if len(f.Variants) != maxFormVariants {
		t.Errorf("%d variants", len(f.Variants))
	}
	for i, v := range f.Variants {
		if len(v.Changes) > maxFormChanges {
			t.Errorf("variant %d has %d changes", i, len(v.Changes))
		}
	}
}

// TestEveryErrorIsShown refuses each field of the form in turn: the message must be on the page, beside that field.
func TestEveryErrorIsShown(t *testing.T) {
	t.Parallel()
	sites := samplePage("en", "").Sites
	f := ExperimentForm{Sites: sites, Variants: []VariantForm{{Key: "control"}, {Key: "b", Changes: []Change{{Action: "style"}}}}}
	names := []string{"", "site", "name", "url", "hypothesis", "method", "traffic", "variants", "variants[1][name]"}
	for _, part := range []string{"action", "selector", "name", "value"} {
		names = append(names, changeField(1, 0, part))
	}
	for _, part := range []string{"type", "selector", "url", "name"} {
		names = append(names, "goals[0]["+part+"]")
	}
	f.Rules.Conditions = []ConditionForm{{Attribute: "device"}, {Attribute: "hour"}, {Attribute: "country"}, {Attribute: "utm"}, {Attribute: "cookie"}}
	names = append(names, rulesFields...)
	names = append(names, conditionField(0, "picked"), conditionField(1, "hours"), conditionField(2, "countries"), conditionField(3, "campaign"), conditionField(4, "cookie"))
	for _, part := range []string{"attribute", "op", "values"} {
		names = append(names, conditionField(3, part))
	}
	for _, name := range names {
		f.Errors = Errors{name: fmt.Sprintf("wrong with %q", name)}
		html := parse(t, render(t, withLang("en"), ExperimentFormBody(samplePage("en", ""), f)))
		if text := html.Find(".field-error, .note-bad").Text(); !strings.Contains(text, f.Errors[name]) {
			t.Errorf("an error of %q is not shown", name)
		}
		if _, open := html.Find("details.rules").Attr("open"); open != rulesWrong(f.Errors) {
			t.Errorf("with an error of %q the rules are unfolded: %v", name, open)
		}
	}
}
