//go:build e2e

package snippet_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/e2e/browser"
)

// partners are a shop and the domain where it is paid for.
func partners(t *testing.T, experiments ...experiment) (*tracker, *site, *browser.Tab) {
	tr, s := newTracker(t, experiments...), newSite(t)
	tr.config.Partners = []string{"shop.test", "pay.test"}
	pay := s.at("secure.pay.test", "/pay?a=b%20c&flag#top")
	s.page(tr, "/{$}", `<h1 id="title">old</h1><a id="link" href="`+pay+`">Pay</a> <a id="other" href="`+s.at("other.test", "/pay")+`">Elsewhere</a>
		<form id="get" action="`+pay+`"><input name="sum" value="5"></form><form id="post" method="post" action="`+pay+`"><input name="sum" value="5"></form>`)
	s.page(tr, "/pay", `<h1 id="paid">Thanks</h1>`)
	s.mux.HandleFunc("POST /pay", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		write(w, "<!doctype html><html><head>"+tag(tr)+"</head><body><h1 id=paid>Thanks</h1></body></html>")
	})
	return tr, s, chromium.NewTab(t)
}

const idHere = `JSON.parse(localStorage._smp || "[]")[0]`

// A visitor who follows a link or sends a form to the other domain is the same one there, and what was bought counts for what was
// shown before, though nothing is shown there. The address is as if nothing had been in it.
func TestHandOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ leave, query string }{
		"link":           {`link.click()`, "?a=b%20c&flag"},
		"link in a tab":  {`link.target = "_self"; link.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, composed: true}))`, "?a=b%20c&flag"},
		"form that asks": {`get.requestSubmit()`, "?sum=5"},
		"form that says": {`post.requestSubmit()`, "?a=b%20c&flag"},
		"code":           {`location.href = samplit("link", link.href)`, "?a=b%20c&flag"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := test("handed", text("#title", "new")).with(func(e *experiment) {
				e.URL, e.Goals = "//shop.test*/", []goal{{Key: "paid", Type: "url", URL: "/pay"}}
			})
			tr, s, tab := partners(t, e)
			tab.Open(s.at("shop.test", "/"))
			id := browser.Eval[string](tab, idHere)
			tr.await(1, "exposures", exposureOf(e))
			tab.Run(`setTimeout(() => { ` + c.leave + ` })`)
			tab.Until(`document.readyState === "complete" && document.querySelector("#paid")`)
			if got := browser.Eval[string](tab, idHere); got != id {
				t.Errorf("the other domain has %q, want %q", got, id)
			}
			if got := browser.Eval[string](tab, `location.search`); got != c.query {
				t.Errorf("the address has %q, want %q", got, c.query)
			}
			if got := tr.await(1, "conversions", conversionOf(e, "paid")); got[0].VisitorID != id[:22] {
				t.Errorf("%s has paid, want %s", got[0].VisitorID, id)
			}
			noErrors(t, tab)
		})
	}
}

// The link of a variant takes its visitor along too, and is as it was once it has been followed.
func TestHandOffByALinkOfAVariant(t *testing.T) {
	t.Parallel()
	tr, s, tab := partners(t)
	target := s.at("pay.test", "/pay?plan=b")
	tr.reconfigure(test("linked", change{ID: "c", Selector: "#link", Action: "link", Value: &target}))
	tab.Open(s.at("shop.test", "/"))
	id := browser.Eval[string](tab, idHere)
	tab.Run(`link.addEventListener("click", event => { window.followed = link.href; event.preventDefault(); }, {once: true}); link.click()`)
	if got := browser.Eval[string](tab, `followed`); !strings.HasPrefix(got, target+"&_smp="+id+"*") {
		t.Errorf("followed %s, want the visitor in it", got)
	}
	tab.Until(`link.href === ` + quote(target))
	tab.Run(`setTimeout(() => link.click())`)
	tab.Until(`document.readyState === "complete" && document.querySelector("#paid")`)
	if got := browser.Eval[string](tab, idHere+` + location.search`); got != id+"?plan=b" {
		t.Errorf("arrived as %s, want %s", got, id)
	}
}

// A variant that is a page of the other domain takes its visitor along.
func TestHandOffByARedirect(t *testing.T) {
	t.Parallel()
	tr, s, tab := partners(t)
	target := s.at("pay.test", "/pay")
	e := test("split", change{ID: "c", Action: "redirect", Value: &target}).with(func(e *experiment) { e.URL = "//shop.test*/" })
	tr.reconfigure(e)
	tab.Open(s.at("shop.test", "/"))
	tab.Until(`document.readyState === "complete" && document.querySelector("#paid")`)
	if got, want := browser.Eval[string](tab, idHere)[:22], tr.await(1, "exposures", exposureOf(e))[0].VisitorID; got != want {
		t.Errorf("the other domain has %s, want %s", got, want)
	}
}

// handedOver is a case of the table that the edge is held to as well.
type handedOver struct {
	Name, From, ID, Junk, Own, Want, Arm string
	Age                                  int64
	Shown                                []string
	Consent, GPC                         bool
}

func (c handedOver) query() string {
	moment := strconv.FormatInt(time.Now().UnixMilli()-c.Age, 36) + c.Junk
	return "_smp=" + url.QueryEscape(strings.Join(append([]string{c.ID, moment}, c.Shown...), "*"))
}

func handedOverCases(t *testing.T) (cases []handedOver) {
	t.Helper()
	raw, err := os.ReadFile("../../static/src/testdata/handoffs.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// What arrives late, from elsewhere, or without consent makes nobody somebody else, and is out of the address all the same.
func TestHandOffRules(t *testing.T) {
	t.Parallel()
	for _, c := range handedOverCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			tr, s, tab := partners(t, test("hand", text("#paid", "new")).with(func(e *experiment) {
				e.URL, e.Splits[0].Weights = "/pay", always(0)
			}))
			tr.config.Consent = c.Consent
			relation := ""
			if c.From == "" {
				c.From, relation = "shop.test", "noreferrer"
			}
			s.document("/plain", "", `<a id="go" rel="`+relation+`" href="`+s.at("pay.test", "/pay?"+c.query())+`">Go</a>`)
			tab.Open(s.at("pay.test", "/plain"))
			tab.Run(`document.cookie = "_smp=` + c.Own + `;path=/"`)
			if c.GPC {
				tab.OnNewDocument(`Object.defineProperty(navigator, "globalPrivacyControl", {value: true})`)
			}
			tab.Open(s.at(c.From, "/plain"))
			tab.Run(`setTimeout(() => go.click())`)
			tab.Until(`document.readyState === "complete" && document.querySelector("#paid")`)
			got := browser.Eval[[]string](tab, `[`+idHere+` || "", samplit("debug")[0].arm || "", location.search]`)
			if diff := cmp.Diff([]string{c.Want, c.Arm, ""}, got); diff != "" {
				t.Errorf("id, arm and query (-want +got)\n%s", diff)
			}
		})
	}
}

// Nothing goes to domains that are no partners, and nothing of somebody who may not be remembered.
func TestHandOffToPartnersAlone(t *testing.T) {
	t.Parallel()
	tr, s, tab := partners(t)
	tab.Open(s.at("shop.test", "/"))
	for _, address := range []string{s.at("other.test", "/pay"), s.at("www.shop.test", "/pay"), s.at("notpay.test", "/pay"), "mailto:a@pay.test", "javascript:pay.test"} {
		if got := browser.Eval[string](tab, `samplit("link", `+quote(address)+`)`); got != address {
			t.Errorf("%s becomes %s", address, got)
		}
	}
	tr.config.Consent = true
	tab.Open(s.at("shop.test", "/"))
	if got, want := browser.Eval[string](tab, `samplit("link", link.href)`), s.at("secure.pay.test", "/pay?a=b%20c&flag#top"); got != want {
		t.Errorf("without consent the link is %s, want %s", got, want)
	}
}
