package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
)

// ruledExperiment is a typed form with every rule.
func ruledExperiment(o owner) url.Values {
	f := typedExperiment(o)
	for name, value := range map[string]string{
		"conditions[0][attribute]": "device", "conditions[0][not]": "", "conditions[1][attribute]": "utm", "conditions[1][campaign]": "source", "conditions[1][op]": "is",
		"conditions[1][values]": "newsletter\r\nmail\r\n", "conditions[2][attribute]": "url", "conditions[2][not]": "not", "conditions[2][op]": "wildcard", "conditions[2][values]": "/checkout/*",
		"conditions[3][attribute]": "hour", "conditions[3][hours]": "9-18, 20-22", "conditions[4][attribute]": "country", "conditions[4][countries]": "es pt",
		"conditions[5][attribute]": "cookie", "conditions[5][cookie]": "plan", "conditions[5][op]": "exists", "conditions[5][values]": "left over",
		"timezone": "Europe/Madrid", "start": "2027-03-01T08:00", "end": "2027-07-01T00:00", "layer": "checkout", "ranges": "0-20, 62.5-100", "holdout": "2027-q1", "holdout_share": "5",
		"addresses": "203.0.113.7\r\n10.0.0.0/8", "emails": "*@Corp.example", "cookies": "staff\r\nrole=tester", "parameters": "qa=1", "agents": "CorpBrowser",
	} {
		f.Set(name, value)
	}
	f["conditions[0][picked]"] = []string{"mobile", "tablet", "mon"} // the last was picked under weekdays
	return f
}

// posted reads the form of a page as a browser would post it.
func posted(doc *goquery.Document) url.Values {
	values := url.Values{}
	doc.Find("#experiment-form").Find("input[name], select[name], textarea[name]").Each(func(_ int, s *goquery.Selection) {
		value := s.AttrOr("value", "")
		switch goquery.NodeName(s) {
		case "textarea":
			value = s.Text()
		case "select":
			value = s.Find("option[selected]").AttrOr("value", s.Find("option").First().AttrOr("value", ""))
		}
		if kind := s.AttrOr("type", ""); kind == "radio" || kind == "checkbox" {
			if _, checked := s.Attr("checked"); !checked {
				return
			}
		}
		values.Add(s.AttrOr("name", ""), value)
	})
	return values
}

const storedRulesJSON = `{
	"targeting": {"timezone": "Europe/Madrid", "conditions": [{"attribute": "device", "values": ["mobile", "tablet"]},
		{"attribute": "utm", "name": "source", "op": "is", "values": ["newsletter", "mail"]}, {"attribute": "url", "op": "wildcard", "not": true, "values": ["/checkout/*"]},
		{"attribute": "hour", "values": ["9-18", "20-22"]}, {"attribute": "country", "values": ["ES", "PT"]}, {"attribute": "cookie", "name": "plan", "op": "exists"}]},
	"schedule": {"start": "2027-03-01T07:00:00Z", "end": "2027-06-30T22:00:00Z"},
	"layer": {"key": "checkout", "ranges": [[0, 0.2], [0.625, 1]]}, "holdout": {"key": "2027-q1", "share": 0.05},
	"exclusions": {"addresses": ["203.0.113.7", "10.0.0.0/8"], "emails": ["*@corp.example"], "cookies": [{"name": "staff"}, {"name": "role", "value": "tester"}],
		"url_parameters": [{"name": "qa", "value": "1"}], "user_agents": ["CorpBrowser"]}}`

func rulesOf(x members) members {
	out := members{}
	for _, rule := range []string{"targeting", "schedule", "layer", "holdout", "exclusions"} {
		if x[rule] != nil {
			out[rule] = x[rule]
		}
	}
	return out
}

// What is typed is stored, shown again as it was typed, said in words, and taken away when the fields are emptied.
func TestRulesRoundTrip(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	var want members
	if err := json.Unmarshal([]byte(storedRulesJSON), &want); err != nil {
		t.Fatal(err)
	}
	page := b.want(o.post("/experiments/new", ruledExperiment(o)), http.StatusSeeOther).Header.Get("Location")
	_, x := o.call(http.MethodGet, page, nil, http.StatusOK)
	if diff := cmp.Diff(want, rulesOf(x)); diff != "" {
		t.Fatalf("stored (-want +got):\n%s", diff)
	}
	edit := b.want(o.get(page+"/edit"), http.StatusOK).doc(t)
	if _, open := edit.Find("details.rules").Attr("open"); open {
		t.Error("stored rules are unfolded at once")
	}
	summary := edit.Find("details.rules > summary").Text()
	for _, part := range []string{"tablet", "the campaign’s source is newsletter or mail", "Not when the page looks like /checkout/*", "1 Mar 2027, 08:00 until 1 Jul 2027, 00:00 (Europe/Madrid)", "0-20, 62.5-100%", "5%", "2 addresses"} {
		if !strings.Contains(summary, part) {
			t.Errorf("the summary does not say %q: %s", part, summary)
		}
	}
	b.want(o.post(page+"/edit", posted(edit)), http.StatusSeeOther)
	_, x = o.call(http.MethodGet, page, nil, http.StatusOK)
	if diff := cmp.Diff(want, rulesOf(x)); diff != "" {
		t.Errorf("saved as shown (-want +got):\n%s", diff)
	}
	who := b.want(o.get(page+"/changes"), http.StatusOK).doc(t).Find(".rules-text").Text()
	if !strings.Contains(who, "Never together with other experiments of the group checkout") || !strings.Contains(who, "the cookie plan is present") {
		t.Errorf("the page of changes says %q", who)
	}
	timed := typedExperiment(o)
	for name, value := range map[string]string{"timezone": "America/Lima", "start": "2027-03-01T08:00", "version": posted(b.want(o.get(page+"/edit"), http.StatusOK).doc(t)).Get("version")} {
		timed.Set(name, value)
	}
	b.want(o.post(page+"/edit", timed), http.StatusSeeOther)
	if again := posted(b.want(o.get(page+"/edit"), http.StatusOK).doc(t)); again.Get("timezone") != "America/Lima" || again.Get("start") != "2027-03-01T08:00" {
		t.Errorf("a start without conditions is shown as %s in %s", again.Get("start"), again.Get("timezone"))
	}
	empty := typedExperiment(o)
	empty.Set("version", posted(b.want(o.get(page+"/edit"), http.StatusOK).doc(t)).Get("version"))
	b.want(o.post(page+"/edit", empty), http.StatusSeeOther)
	if _, x = o.call(http.MethodGet, page, nil, http.StatusOK); len(rulesOf(x)) != 0 {
		t.Errorf("emptied: got %v", rulesOf(x))
	}
}

// Headers can be named by programs only; saving the form does not lose them.
func TestRulesFormKeepsHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	page := b.want(o.post("/experiments/new", ruledExperiment(o)), http.StatusSeeOther).Header.Get("Location")
	o.call(http.MethodPatch, page, members{"exclusions": members{"headers": []members{{"name": "X-Office"}}}}, http.StatusOK)
	b.want(o.post(page+"/edit", posted(b.want(o.get(page+"/edit"), http.StatusOK).doc(t))), http.StatusSeeOther)
	_, x := o.call(http.MethodGet, page, nil, http.StatusOK)
	if got, _ := json.Marshal(x["exclusions"]); string(got) != `{"headers":[{"name":"X-Office"}]}` {
		t.Errorf("got %s", got)
	}
}

func TestRulesFormNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	for _, c := range []struct{ name, value, field, text string }{
		{"conditions[0][attribute]", "weekday", "conditions-0-picked", ""}, // none of the days, that is
		{"conditions[1][campaign]", "size", "conditions-1-campaign", "options"}, {"conditions[1][op]", "like", "conditions-1-op", "options"},
		{"conditions[1][values]", "", "conditions-1-values", "fill this in"}, {"conditions[2][op]", "regex", "conditions-2-values", ""},
		{"conditions[3][hours]", "9-30", "conditions-3-hours", "9-18"}, {"conditions[4][countries]", "ES, Spain", "conditions-4-countries", "two letters"},
		{"conditions[5][cookie]", "", "conditions-5-cookie", "fill this in"}, {"conditions[5][cookie]", "a b", "conditions-5-cookie", "letters"},
		{"timezone", "Madrid", "timezone", "Europe/Madrid"}, {"start", "soon", "start", "date"}, {"end", "2027-01-01T00:00", "end", "after"},
		{"layer", "", "layer", "both"}, {"layer", "Check out", "layer", "lower-case"}, {"ranges", "", "ranges", "both"}, {"ranges", "half", "ranges", "percent"}, {"ranges", "0-150", "ranges", "percent"},
		{"ranges", "0-50, 40-60", "ranges", "overlap"}, {"holdout", "", "holdout", "both"}, {"holdout_share", "", "holdout-share", "both"}, {"holdout_share", "100", "holdout-share", "below 100"},
		{"addresses", "203.0.113.7\r\nhere\r\nthere", "addresses", "Line 2:"}, {"addresses", "0.0.0.0/0", "addresses", "everybody"}, {"emails", "corp", "emails", "Line 1:"},
		{"cookies", "staff\r\na b=1", "cookies", "Line 2:"}, {"parameters", strings.Repeat("x", 200), "parameters", "Line 1:"}, {"agents", strings.Repeat("x", 600), "agents", "Line 1:"},
	} {
		f := ruledExperiment(o)
		f.Set(c.name, c.value)
		if c.field == "conditions-0-picked" {
			f["conditions[0][picked]"] = []string{"mobile"}
		}
		if c.field == "conditions-2-values" {
			f.Set("conditions[2][values]", "a(b")
		}
		field := strings.ReplaceAll(c.field, "holdout-share", "holdout_share")
		doc := b.want(o.htmx(http.MethodPost, "/experiments/new", f), http.StatusUnprocessableEntity).doc(t)
		if got := doc.Find("#" + field + "-error").Text(); doc.Find("#"+field+"-error").Length() != 1 || !strings.Contains(got, c.text) {
			t.Errorf("%s=%.20q: at %s got %q; all: %s", c.name, c.value, field, got, doc.Find("[id$=-error], .note-bad").Text())
		}
		if _, open := doc.Find("details.rules").Attr("open"); !open {
			t.Errorf("%s: the rules are folded", c.name)
		}
		again := posted(doc)
		for name, values := range f {
			if got := again[name]; strings.HasPrefix(name, "conditions") && !strings.HasSuffix(name, "[picked]") && !strings.HasSuffix(name, "[op]") && !strings.HasSuffix(name, "[campaign]") &&
				strings.TrimSpace(strings.Join(got, "|")) != strings.TrimSpace(strings.ReplaceAll(strings.Join(values, "|"), "\r\n", "\n")) {
				t.Errorf("%s=%.20q: typed %s is lost: %q", c.name, c.value, name, got)
			}
		}
	}
}

func TestLayerConflictLeadsToTheOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	start := func(name, ranges string, want int) (string, answer) {
		f := typedExperiment(o)
		f.Set("name", name)
		f.Set("layer", "checkout")
		f.Set("ranges", ranges)
		page := b.want(o.post("/experiments/new", f), http.StatusSeeOther).Header.Get("Location")
		return page, b.want(o.post(page+"/status", url.Values{"status": {"running"}}), want)
	}
	first, _ := start("First", "0-50", http.StatusSeeOther)
	beside, _ := start("Beside", "50-60", http.StatusSeeOther)
	_, refused := start("Second", "40-100", http.StatusConflict)
	link := refused.doc(t).Find(".flash a")
	if link.AttrOr("href", "") != first && (link.AttrOr("href", "") != beside || link.Text() != "Beside") || link.Length() != 1 {
		t.Errorf("got %s", refused.doc(t).Find(".flash").Text())
	}
	settings := b.want(o.get(first+"/settings"), http.StatusOK).doc(t).Find(".content").Text()
	if !strings.Contains(settings, "fixed since the experiment started") || !strings.Contains(settings, "the group checkout") {
		t.Errorf("settings of a running one say %s", settings)
	}
}

func TestPreviewOpensTheSite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	page := b.want(o.post("/experiments/new", typedExperiment(o)), http.StatusSeeOther).Header.Get("Location")
	link := b.want(o.get(page+"/changes"), http.StatusOK).doc(t).Find(`a[target=_blank][href$="variant=b"]`).AttrOr("href", "")
	a := b.want(o.get(link), http.StatusSeeOther)
	if to := a.Header.Get("Location"); !strings.Contains(to, "samplit_preview=") || strings.HasPrefix(to, "/") || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s leads to %q, %v", link, to, a.Header)
	}
	b.want(o.get(page+"/preview?variant=z"), http.StatusNotFound)
	b.want(b.owner().get(link), http.StatusNotFound)
}
