package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Every kind of goal that the form offers is stored as typed, and shown again for editing.
func TestGoalsOfTheForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	for _, c := range []struct {
		kind, trigger, currency, success string
		config                           members
		name                             string
	}{
		{"form", "", "", ".thanks", members{"selector": "#buy", "success": ".thanks"}, "Sent the form"},
		{"revenue", "datalayer", "eur", "", members{"name": "", "trigger": "datalayer", "currency": "EUR"}, ""},
		{"custom", "scroll:75", "", "", members{"trigger": "scroll", "percent": 75.0}, "Scrolled down"},
		{"custom", "engaged:45", "", "", members{"trigger": "engaged", "seconds": 45.0}, "Stayed"},
		{"custom", "seen", "", "", members{"trigger": "seen", "selector": "#buy"}, "Saw it"},
	} {
		f := typedExperiment(o)
		f.Set("goals[0][type]", c.kind)
		f.Set("goals[0][trigger]", c.trigger)
		f.Set("goals[0][currency]", c.currency)
		f.Set("goals[0][success]", c.success)
		if c.name != "" {
			f.Set("goals[0][name]", "")
		} else {
			c.name, c.config["name"] = "Bought", "Bought"
		}
		path := b.want(o.post("/experiments/new", f), http.StatusSeeOther).Header.Get("Location")
		_, x := o.call(http.MethodGet, path, nil, http.StatusOK)
		goal := x["goals"].([]any)[0].(members)
		c.config["window_days"] = 7.0
		if fmt.Sprint(goal["config"]) != fmt.Sprint(c.config) || goal["name"] != c.name {
			t.Errorf("%s %s: stored %v as %v, want %v as %s", c.kind, c.trigger, goal["config"], goal["name"], c.config, c.name)
		}
		doc := b.want(o.get(path+"/edit"), http.StatusOK).doc(t)
		if got, _ := doc.Find("select[name='goals[0][trigger]'] option[selected]").Attr("value"); got != c.trigger {
			t.Errorf("%s %s: the form shows the trigger %q", c.kind, c.trigger, got)
		}
	}
	f := typedExperiment(o)
	f.Set("goals[0][type]", "revenue")
	f.Set("goals[0][currency]", "coins")
	if doc := b.want(o.post("/experiments/new", f), http.StatusUnprocessableEntity).doc(t); doc.Find("#goals-0-currency-error").Length() != 1 {
		t.Error("no error at a currency that is none")
	}
}

// The switches of a site are stored and shown.
func TestSiteSwitches(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	_, site := o.call(http.MethodGet, "/installations/"+o.site, nil, http.StatusOK)
	if site["consent"] != "off" || site["ga4"] != false {
		t.Errorf("a new site has %v", site)
	}
	b.want(o.post("/sites/"+o.site+"/rules", map[string][]string{"consent": {"on"}, "ga4": {"on"}}), http.StatusSeeOther)
	_, site = o.call(http.MethodGet, "/installations/"+o.site, nil, http.StatusOK)
	if site["consent"] != "required" || site["ga4"] != true {
		t.Errorf("stored %v", site)
	}
	_, wrong := o.call(http.MethodPatch, "/installations/"+o.site, members{"consent": "perhaps"}, http.StatusUnprocessableEntity)
	if field(wrong) != "consent invalid" {
		t.Errorf("refused %v", wrong)
	}
	page := b.want(o.get("/sites/"+o.site), http.StatusOK)
	if doc := page.doc(t); doc.Find("input[name=consent][checked]").Length() != 1 || !strings.Contains(page.body, ".async.js") {
		t.Error("the page does not show the switch, or the form that does not wait")
	}
}

// The partner domains of a site are stored, shown and checked.
func TestSitePartners(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	save := func(partners string, want int) answer {
		return b.want(o.post("/sites/"+o.site+"/rules", map[string][]string{"partners": {partners}}), want)
	}
	save("https://www.Pay.example/cart\r\nkasse.co.uk pay.example", http.StatusSeeOther)
	_, site := o.call(http.MethodGet, "/installations/"+o.site, nil, http.StatusOK)
	if got := fmt.Sprint(site["partner_domains"]); got != "[pay.example kasse.co.uk]" {
		t.Errorf("stored %s", got)
	}
	for _, wrong := range []string{"co.uk", "com", "127.0.0.1", "[::1]", "ftp://pay.example", "pay example", strings.Repeat("pay.example ", 21)} {
		doc := save(wrong, http.StatusUnprocessableEntity).doc(t)
		if doc.Find("#partners-error").Length() != 1 || doc.Find("#origins-error").Length() != 0 || doc.Find("textarea[name=partners]").Text() != wrong {
			t.Errorf("%q: the form shows %q", wrong, doc.Find("#rules").Text())
		}
	}
}
