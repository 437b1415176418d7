package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/engine"
)

const exclusionRules = `{"exclusions":{"addresses":["203.0.113.7","10.0.0.0/8","192.0.2.1-192.0.2.9","2001:db8::/32"],"emails":["*@corp.example"],
  "cookies":[{"name":"staff"},{"name":"role","value":"tester"}],"url_parameters":[{"name":"qa","value":"1"}],"user_agents":["CorpBrowser"],
  "headers":[{"name":"X-Office","value":"1"}]}}`

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

func TestExcludedVisitsAreServedAndNotCounted(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t, netip.MustParsePrefix("198.51.100.0/24"))
	x := r.start("t", exclusionRules)
	want := members{"bot": 0.0}
	visitors := 0.0
	for i, c := range []struct {
		name   string
		visit  members
		header []string
		kind   string // empty: counted
	}{
		{"address told by a server", members{"ip": "203.0.113.7"}, nil, "excluded_address"},
		{"network", members{"ip": "10.20.30.40"}, nil, "excluded_address"},
		{"IPv4 in IPv6", members{"ip": "::ffff:10.20.30.40"}, nil, "excluded_address"},
		{"in a span", members{"ip": "192.0.2.9"}, nil, "excluded_address"},
		{"IPv6", members{"ip": "2001:db8:1::5"}, nil, "excluded_address"},
		{"beyond the span", members{"ip": "192.0.2.10"}, nil, ""},
		{"not an address", members{"ip": "10.0.0.1, 203.0.113.7"}, nil, ""},
		{"a browser's own address", members{}, []string{"Origin", "https://shop.example", "from", "10.1.1.1"}, "excluded_address"},
		{"a browser cannot name another", members{"ip": "203.0.113.7"}, []string{"Origin", "https://shop.example"}, ""},
		{"through a trusted proxy", members{}, []string{"Origin", "https://shop.example", "X-Forwarded-For", "10.1.1.1"}, "excluded_address"},
		{"spoofed before the proxy", members{}, []string{"Origin", "https://shop.example", "X-Forwarded-For", "10.1.1.1, 203.0.113.99"}, ""},
		{"spoofed without a proxy", members{}, []string{"Origin", "https://shop.example", "from", "203.0.113.99", "X-Forwarded-For", "10.1.1.1"}, ""},
		{"an asking server's own address", members{}, []string{"from", "10.1.1.1"}, ""},
		{"email", members{"email": "Ana@Corp.Example"}, nil, "excluded_email"},
		{"another email", members{"email": "ana@corp.example.org"}, nil, ""},
		{"cookie", members{"cookies": members{"staff": ""}}, nil, "excluded_cookie"},
		{"cookie and value", members{"cookies": members{"role": "tester"}}, nil, "excluded_cookie"},
		{"cookie with another value", members{"cookies": members{"role": "guest"}}, nil, ""},
		{"parameter", members{"url": "https://shop.example/?a=b&qa=1#x"}, nil, "excluded_url_parameter"},
		{"parameter in the hash", members{"url": "https://shop.example/#?qa=1"}, nil, ""},
		{"user agent told by a server", members{"user_agent": "corpbrowser/7"}, nil, "excluded_user_agent"},
		{"a browser's own user agent", members{"user_agent": chrome}, []string{"Origin", "https://shop.example", "User-Agent", "Mozilla CorpBrowser/7"}, "excluded_user_agent"},
		{"a browser cannot claim another", members{"user_agent": "CorpBrowser/7"}, []string{"Origin", "https://shop.example", "User-Agent", chrome}, ""},
		{"header told by a server", members{"headers": members{"x-office": "1"}}, nil, "excluded_header"},
		{"a browser's own header", members{}, []string{"Origin", "https://shop.example", "X-Office", "1"}, "excluded_header"},
		{"an asking server's own header", members{}, []string{"X-Office", "1"}, ""},
	} {
		visitor := fmt.Sprint("v", i)
		if c.header == nil || c.header[0] == "Origin" && !strings.Contains(strings.Join(c.header, " "), "User-Agent") {
			c.header = append(c.header, "User-Agent", chrome)
		}
		first := r.assign("t", visitor, c.visit, c.header...)
		if first["assigned"] != true || first["stored"] != (c.kind == "") {
			t.Errorf("%s: got %v, want served, stored %v", c.name, first, c.kind == "")
		}
		if c.kind != "" {
			n, _ := want[c.kind].(float64)
			want[c.kind] = n + 1
		} else {
			visitors++
		}
		r.post("/api/v1/tracker/convert", members{"installation_token": r.token, "visitor_id": visitor, "event_id": visitor})
	}
	got, excluded := r.results(x)
	if diff := cmp.Diff(want, excluded); diff != "" || got != visitors {
		t.Errorf("%v visitors of %v, excluded (-want +got):\n%s", got, visitors, diff)
	}
	if conversions := r.conversions(x); conversions != visitors {
		t.Errorf("%v conversions, want %v: those who do not count cannot convert", conversions, visitors)
	}
}

func (r *rulesBundle) conversions(x members) (n float64) {
	r.b.t.Helper()
	_, out := r.call(http.MethodGet, "/analytics/experiments/"+x["id"].(string), nil, http.StatusOK)
	for _, v := range out["variants"].([]any) {
		n += v.(members)["conversions"].(float64)
	}
	return n
}

// Who was counted stays so, with the same variant, also where they would not be counted now.
func TestExclusionKeepsWhoIsCounted(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	x := r.start("t", exclusionRules)
	first := r.assign("t", "v", nil)
	again := r.assign("t", "v", members{"ip": "10.0.0.1"})
	if again["new"] != false || again["stored"] != true || cmp.Diff(first["variant"], again["variant"]) != "" {
		t.Errorf("got %v, want %v kept", again, first)
	}
	if visitors, excluded := r.results(x); visitors != 1 || excluded["excluded_address"] != nil {
		t.Errorf("%v visitors, excluded %v", visitors, excluded)
	}
}

func TestExcludedExposuresAreAcceptedAndNotCounted(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	x := r.start("t", exclusionRules)
	send := func(visitor, url string, context members, header ...string) {
		arm := r.feature("t")["variations"].([]any)[engine.Choose(engine.Hash("t", visitor), []float64{.5, 1})]
		out := r.post("/api/v1/tracker/events", members{"installation_token": r.token, "context": context, "events": []members{
			{"id": visitor + "e", "type": "exposure", "visitor_id": visitor, "experiment": "t", "arm": arm, "epoch": 1, "url": url},
			{"id": visitor + "c", "type": "conversion", "visitor_id": visitor, "url": url}}}, header...)
		if out["accepted"] != 2.0 || len(out["rejected"].([]any)) != 0 {
			t.Errorf("%s: got %v, want both accepted", visitor, out)
		}
	}
	origin := []string{"Origin", "https://shop.example", "User-Agent", chrome}
	page := "https://shop.example/"
	send("counted", page, nil, origin...)
	send("office", page, nil, append(origin, "from", "10.0.0.1")...)
	send("tester", page+"?qa=1", nil, origin...)
	send("corp", page, nil, "Origin", "https://shop.example", "User-Agent", "CorpBrowser/1")
	send("staff", page, members{"cookies": members{"staff": "1"}}, origin...)
	send("header", page, nil, append(origin, "X-Office", "1")...)
	send("robot", page, nil, "Origin", "https://shop.example", "User-Agent", "Googlebot/2.1")
	visitors, excluded := r.results(x)
	want := members{"bot": 1.0, "excluded_address": 1.0, "excluded_url_parameter": 1.0, "excluded_user_agent": 1.0, "excluded_cookie": 1.0, "excluded_header": 1.0}
	if diff := cmp.Diff(want, excluded); diff != "" || visitors != 1 || r.conversions(x) != 1 {
		t.Errorf("%v visitors, %v conversions, excluded (-want +got):\n%s", visitors, r.conversions(x), diff)
	}
}

func TestExclusionsNeverLeaveTheServer(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	r.start("t", exclusionRules)
	var all strings.Builder
	for _, path := range []string{"/s/" + r.token + ".js", featuresPath + r.token} {
		w := httptest.NewRecorder()
		r.h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		all.WriteString(w.Body.String())
	}
	fmt.Fprint(&all, r.assign("t", "v", members{"ip": "10.0.0.1"}), r.post(flagsPath, members{"context": members{"targetingKey": "v"}}),
		r.post(flagsPath+"/t", members{"context": members{"targetingKey": "v"}}))
	for _, secret := range []string{"203.0.113.7", "corp.example", "staff", "tester", "CorpBrowser", "X-Office", "exclusions"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("%q has left the server", secret)
		}
	}
	if x := r.config("t"); x["remote"] != nil || x["targeting"] != nil {
		t.Errorf("exclusions alone need no server: got %v", x)
	}
}
