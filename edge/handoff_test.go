package edge

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// handing gives everybody new the control of an experiment on the domain where a shop is paid for.
const handing = `{"v":1,"partners":["shop.test","pay.test"],"x":[{"id":"1","key":"hand","state":"running","traffic":1,"url":"/pay","splits":[{"key":"",
	"seed":"hand","epoch":2,"arms":["control","variant"],"weights":[10000,0],"changes":[[],[{"id":"c1","selector":"#title","action":"text","value":"New"}]]}],"goals":[]}]}`

// handedOver is a case of the table that the snippet is held to as well.
type handedOver struct {
	Name, From, ID, Junk, Own, Want, Arm string
	Age                                  int64
	Shown                                []string
	Consent, GPC                         bool
}

func (c handedOver) query(now time.Time) string {
	moment := strconv.FormatInt(now.UnixMilli()-c.Age, 36) + c.Junk
	return "_smp=" + url.QueryEscape(strings.Join(append([]string{c.ID, moment}, c.Shown...), "*"))
}

// ask opens a page of the paying domain, linked to from a page of another host.
func (w *world) ask(method, path, from string, header ...string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.server.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Host = "secure.pay.test:8080"
	r.Header.Set("Accept", "text/html")
	if from != "" {
		r.Header.Set("Referer", "http://"+from+":8080/")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer, string(body)
}

// told is who the page says it was made for, and the arm.
func told(t *testing.T, body string) (visitor, arm string) {
	t.Helper()
	_, rest, found := strings.Cut(body, `id="`+servedID+`">`)
	if !found {
		return "", ""
	}
	var s served
	if err := json.NewDecoder(strings.NewReader(rest)).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s.Visitor, s.Splits["hand"].Arm
}

// A visitor whom a partner domain hands over is on the first page who the snippet then says it is, with what was shown before.
func TestHandOff(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../static/src/testdata/handoffs.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []handedOver
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			config := handing
			if c.Consent {
				config = strings.Replace(config, `"v":1`, `"v":1,"consent":true`, 1)
			}
			w := setup(t, config, func(out http.ResponseWriter, r *http.Request) {
				if r.URL.RawQuery != "a=b%20c&flag" {
					t.Errorf("the site is asked for %q", r.URL.RawQuery)
				}
				answer(page)(out, r)
			})
			header := []string{"Cookie", "_smp=" + c.Own}
			if c.GPC {
				header = append(header, "Sec-GPC", "1")
			}
			answer, body := w.ask(http.MethodGet, "/pay?a=b%20c&"+c.query(time.Now())+"&flag", c.From, header...)
			visitor, arm := told(t, body)
			if visitor != c.Want[:min(len(c.Want), 22)] || arm != c.Arm {
				t.Errorf("served %q the arm %q, want %q and %q", visitor, arm, c.Want, c.Arm)
			}
			kept := c.Own
			for _, cookie := range answer.Cookies() {
				if cookie.Name == visitorCookie {
					kept = cookie.Value
				}
			}
			if c.Want != "" && kept != c.Want {
				t.Errorf("the browser keeps %q, want %q", kept, c.Want)
			}
			if c.Want == "" && len(answer.Cookies()) > 0 {
				t.Errorf("cookies %v were set", answer.Cookies())
			}
		})
	}
}

// What somebody else was served in this browser is nothing to the one who comes; what the same one was served stays.
func TestHandOffForgetsSomebodyElse(t *testing.T) {
	t.Parallel()
	w := setup(t, handing, answer(page))
	for own, want := range map[string]string{"BBBBBBBBBBBBBBBBBBBBBB.20000": "control", "AAAAAAAAAAAAAAAAAAAAAA.19000": "variant"} {
		came := handedOver{ID: "AAAAAAAAAAAAAAAAAAAAAA.19000"}
		answer, body := w.ask(http.MethodGet, "/pay?"+came.query(time.Now()), "shop.test", "Cookie", "_smp="+own+"; _smp_e=hand:1:variant")
		if _, arm := told(t, body); arm != want {
			t.Errorf("after %s: served %q, want %q", own, arm, want)
		}
		for _, c := range answer.Cookies() {
			if c.Name == armsCookie && c.Value != "hand:2:control" {
				t.Errorf("the browser keeps the arms %q", c.Value)
			}
		}
	}
}

// A site that leads on to another page keeps the visitor, whom the address of that one does not name.
func TestHandOffOutlivesARedirect(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/pay", "/about"} {
		w := setup(t, handing, func(out http.ResponseWriter, r *http.Request) {
			out.Header().Set("Cache-Control", "public, max-age=600")
			http.Redirect(out, r, r.URL.Path+"/?"+r.URL.RawQuery, http.StatusFound)
		})
		came := handedOver{ID: "AAAAAAAAAAAAAAAAAAAAAA.19000", Shown: []string{"hand", "variant", "1"}}
		answer, _ := w.ask(http.MethodGet, path+"?"+came.query(time.Now()), "shop.test")
		got := map[string]string{}
		for _, c := range answer.Cookies() {
			got[c.Name] = c.Value
		}
		if len(got) != 2 || got[visitorCookie] != came.ID || got[armsCookie] != "hand:1:variant" {
			t.Errorf("%s: cookies are %v, want the visitor and what was shown", path, got)
		}
		if got := answer.Header.Get("Location") + answer.Header.Get("Cache-Control"); got != path+"/?"+"private, no-cache" {
			t.Errorf("%s: leads on to %q", path, got)
		}
	}
}

// Pages that no experiment is about, and what is sent to them, come without the parameter too, and without a cookie: the snippet sees the address.
func TestHandOffPassesElsewhere(t *testing.T) {
	t.Parallel()
	var asked string
	w := setup(t, handing, func(out http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.RequestURI()
		answer(page)(out, r)
	})
	came := handedOver{ID: "AAAAAAAAAAAAAAAAAAAAAA.19000"}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		answer, body := w.ask(method, "/about?x=1&"+came.query(time.Now()), "shop.test")
		if asked != method+" /about?x=1" || body != page || len(answer.Cookies()) > 0 {
			t.Errorf("the site is asked %s, the answer is %.80q with cookies %v", asked, body, answer.Cookies())
		}
	}
	alone := strings.Replace(handing, `"partners":["shop.test","pay.test"],`, "", 1)
	w.edge.site.Store(mustParse(t, alone))
	if w.ask(http.MethodGet, "/about?_smp=mine&&x", ""); asked != "GET /about?_smp=mine&&x" {
		t.Errorf("where there are no partners the site is asked %s", asked)
	}
}

// Nobody is remembered for a winner where nobody may be.
func TestWinnerWithoutConsentSetsNoCookie(t *testing.T) {
	t.Parallel()
	winner := strings.NewReplacer(`"v":1`, `"v":1,"consent":true`, `"running"`, `"winner"`, `"epoch":2`, `"epoch":2,"winner":1`).Replace(handing)
	w := setup(t, winner, answer(page))
	if answer, body := w.ask(http.MethodGet, "/pay", ""); !strings.Contains(body, ">New<") || len(answer.Cookies()) > 0 {
		t.Errorf("got %s with cookies %v, want the winner and none", body, answer.Cookies())
	}
}

// FuzzHandOff looks for addresses that panic, or bring more along than fits.
func FuzzHandOff(f *testing.F) {
	now := time.UnixMilli(1_790_000_000_000)
	f.Add(handedOver{ID: "AAAAAAAAAAAAAAAAAAAAAA.19000", Shown: []string{"hand", "variant", "1"}}.query(now))
	f.Add("_smp=AAAAAAAAAAAAAAAAAAAAAA.19000*" + strings.Repeat("*hand*variant*1", 40))
	f.Fuzz(func(t *testing.T, query string) {
		s := mustParse(t, handing)
		r := &http.Request{Method: http.MethodGet, Host: "pay.test", URL: &url.URL{Path: "/", RawQuery: query}, Header: http.Header{"Referer": {"http://shop.test/"}}}
		if came := s.handover(r, now); came != nil && (len(came.arms) > 1 || !visitorForm.MatchString(came.cookie)) {
			t.Errorf("%q brings %+v", query, came)
		}
		if rest := s.takeOut(r).URL.RawQuery; len(rest) > len(query) {
			t.Errorf("%q becomes %q", query, rest)
		}
	})
}
