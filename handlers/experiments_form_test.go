package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func typedExperiment(o owner) url.Values {
	return url.Values{"site": {o.site}, "name": {"Headline"}, "url": {"/"}, "hypothesis": {"Shorter"}, "method": {"sequential"}, "traffic": {"50"}, "version": {""},
		"goals[0][type]": {"click"}, "goals[0][selector]": {"#buy"}, "goals[0][url]": {""}, "goals[0][name]": {"Bought"},
		"variants[0][key]": {"control"}, "variants[0][name]": {""}, "variants[0][weight]": {""},
		"variants[1][key]": {"b"}, "variants[1][name]": {"Bolder"}, "variants[1][weight]": {""},
		"variants[1][changes][0][action]": {"text"}, "variants[1][changes][0][selector]": {"h1"}, "variants[1][changes][0][name]": {""}, "variants[1][changes][0][value]": {"Buy"},
		"variants[1][changes][1][action]": {"text"}, "variants[1][changes][1][selector]": {""}, "variants[1][changes][1][name]": {""}, "variants[1][changes][1][value]": {""},
	}
}

func TestExperimentForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner()
	if doc := b.want(o.get("/experiments/new"), http.StatusOK).doc(t); doc.Find("form#experiment-form").Length() != 0 {
		t.Error("a form without a site")
	}
	o = o.withSite()
	b.want(o.get("/experiments/new"), http.StatusOK)
	f := typedExperiment(o)
	f.Set("do", "add-variant")
	a := b.want(o.post("/experiments/new", f), http.StatusOK)
	if n := a.doc(t).Find("[id^=variant-form-]").Length(); n != 3 {
		t.Errorf("%d variants after adding one", n)
	}
	f = typedExperiment(o)
	f.Set("traffic", "12,5")
	id := strings.TrimPrefix(b.want(o.post("/experiments/new", f), http.StatusSeeOther).Header.Get("Location"), "/experiments/")
	_, x := o.call(http.MethodGet, "/experiments/"+id, nil, http.StatusOK)
	variants := x["elements"].([]any)[0].(members)["variants"].([]any)
	if x["traffic_allocation"] != .125 || variants[0].(members)["name"] != "Original" || len(variants[1].(members)["changes"].([]any)) != 1 {
		t.Errorf("stored %v", x)
	}
	edit := b.want(o.get("/experiments/"+id+"/edit"), http.StatusOK).doc(t)
	if edit.Find("input[name=name]").AttrOr("value", "") != "Headline" || edit.Find("input[name=traffic]").AttrOr("value", "") != "12.5" ||
		edit.Find("input[name=version]").AttrOr("value", "") != "1" {
		t.Errorf("edit form: %s", edit.Text())
	}
	f.Set("name", "Second")
	f.Set("version", "1")
	b.want(o.post("/experiments/"+id+"/edit", f), http.StatusSeeOther)
	f.Set("name", "Third")
	a = b.want(o.post("/experiments/"+id+"/edit", f), http.StatusConflict)
	if doc := a.doc(t); doc.Find("input[name=name]").AttrOr("value", "") != "Third" || doc.Find("input[name=version]").AttrOr("value", "") != "2" {
		t.Error("a conflict loses what was typed")
	}
	f.Set("version", "2")
	a = b.want(o.htmx(http.MethodPost, "/experiments/"+id+"/edit", f), http.StatusOK)
	if a.Header.Get("HX-Redirect") != "/experiments/"+id {
		t.Errorf("htmx redirect %q", a.Header.Get("HX-Redirect"))
	}
	o.run(id, "running", http.StatusSeeOther)
	if a := b.want(o.get("/experiments/"+id+"/edit"), http.StatusSeeOther); a.Header.Get("Location") != "/experiments/"+id+"/settings" {
		t.Errorf("edit of a running one leads to %q", a.Header.Get("Location"))
	}
	f.Set("name", "Fourth")
	f.Set("version", "4")
	b.want(o.post("/experiments/"+id+"/edit", f), http.StatusConflict)
}

func TestGoalsWithoutAName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	for kind, want := range map[string]string{"click": "Clicked", "url": "Reached the page", "form": "Sent the form", "custom": ""} {
		f := typedExperiment(o)
		f.Set("goals[0][type]", kind)
		f.Set("goals[0][url]", "/thanks")
		f.Set("goals[0][name]", "")
		a := o.post("/experiments/new", f)
		if want == "" {
			b.want(a, http.StatusUnprocessableEntity)
			continue
		}
		_, x := o.call(http.MethodGet, strings.TrimSuffix(b.want(a, http.StatusSeeOther).Header.Get("Location"), "/"), nil, http.StatusOK)
		if got := x["goals"].([]any)[0].(members)["name"]; got != want {
			t.Errorf("%s: got %v, want %s", kind, got, want)
		}
	}
}

func TestExperimentFormNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	for _, c := range []struct{ name, value, field string }{
		{"name", "", "name"}, {"name", strings.Repeat("x", 256), "name"}, {"url", "/" + strings.Repeat("x", 2000), "url"},
		{"hypothesis", strings.Repeat("x", 4097), "hypothesis"}, {"traffic", "many", "traffic"}, {"traffic", "101", "traffic"}, {"traffic", "0", "traffic"},
		{"method", "coin", "method"}, {"goals[0][type]", "smell", "goals-0-type"}, {"goals[0][selector]", "a[", "goals-0-selector"}, {"goals[0][name]", strings.Repeat("x", 256), "goals-0-name"},
		{"variants[1][changes][0][selector]", "h1[", "variants-1-changes-0-selector"}, {"variants[1][changes][0][action]", "bite", "variants-1-changes-0-action"},
		{"variants[1][changes][1][value]", "x", "variants-1-changes-1-selector"}, {"variants[1][name]", strings.Repeat("x", 256), "variants-1-name"},
	} {
		f := typedExperiment(o)
		f.Set(c.name, c.value)
		a := b.want(o.htmx(http.MethodPost, "/experiments/new", f), http.StatusUnprocessableEntity)
		doc := a.doc(t)
		if strings.Contains(a.body, "<html") || doc.Find("#"+c.field+"-error").Length() != 1 {
			t.Errorf("%s=%.20q: no error at %s: %s", c.name, c.value, c.field, doc.Find("[id$=-error]").Text())
		}
		if got := doc.Find("input[name=name]").AttrOr("value", ""); got != f.Get("name") {
			t.Errorf("%s: typed name lost: %.20q", c.name, got)
		}
	}
}

func TestTrafficForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	id := o.draft()
	o.run(id, "running", http.StatusSeeOther)
	path := "/experiments/" + id + "/traffic"
	typed := func(traffic, control, other, version string) url.Values {
		return url.Values{"traffic": {traffic}, "weights[control]": {control}, "weights[b]": {other}, "version": {version}}
	}
	for name, c := range map[string]struct {
		form  url.Values
		field string
	}{
		"no number": {typed("x", "50", "50", "2"), "#traffic-error"}, "nothing": {typed("0", "50", "50", "2"), "#traffic-error"},
		"no share": {typed("50", "", "50", "2"), "#weights-control-error"}, "not 100": {typed("50", "60", "50", "2"), ".field-error"},
		"too little": {typed("50", "99.5", "0.5", "2"), "#weights-b-error"},
	} {
		a := b.want(o.htmx(http.MethodPost, path, c.form), http.StatusUnprocessableEntity)
		if a.doc(t).Find(c.field).Length() == 0 || a.doc(t).Find("input[name=traffic]").AttrOr("value", "") != c.form.Get("traffic") {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	b.want(o.post(path, typed("100", "50", "50", "2")), http.StatusSeeOther)
	a := b.want(o.post(path, typed("80", "50", "50", "2")), http.StatusConflict)
	if a.doc(t).Find("input[name=traffic]").AttrOr("value", "") != "80" {
		t.Error("a conflict loses what was typed")
	}
	b.want(o.post(path, typed("100", "90", "10", "3")), http.StatusSeeOther)
	_, x := o.call(http.MethodGet, "/experiments/"+id, nil, http.StatusOK)
	epochs := x["epochs"].([]any)
	if len(epochs) != 3 || epochs[1].(members)["reason"] != "traffic_changed" || epochs[2].(members)["reason"] != "weights_changed" || epochs[2].(members)["weights"].(members)["b"] != .1 {
		t.Errorf("epochs %v", epochs)
	}
	history := b.want(o.get("/experiments/"+id+"/history"), http.StatusOK).doc(t).Find("tbody").Text()
	for _, want := range []string{"90%", "50%", "Ana"} {
		if !strings.Contains(history, want) {
			t.Errorf("history lacks %q: %s", want, history)
		}
	}
	b.want(o.get("/audit"), http.StatusOK)
	b.want(o.get("/audit?before=2"), http.StatusOK)
	b.want(o.get("/audit?before=x"), http.StatusOK)
}
