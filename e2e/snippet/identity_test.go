//go:build e2e

package snippet_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// older and newer are ids of two days.
const (
	older = "AAAAAAAAAAAAAAAAAAAAAA.19000"
	newer = "BBBBBBBBBBBBBBBBBBBBBB.20000"
)

// identities reads cookie and mirror.
const identities = `[document.cookie, JSON.parse(localStorage._smp || "[]")[0]].join(" ")`

func TestIdentityIsRandomAndKept(t *testing.T) {
	t.Parallel()
	tr, s, tab := setup(t, ``)
	tab.Open(s.URL)
	first := browser.Eval[string](tab, `document.cookie`)
	if !browser.Eval[bool](tab, `/^_smp=[\w-]{22}\.\d+$/.test(document.cookie) && "_smp=" + JSON.parse(localStorage._smp)[0] === document.cookie &&
		+document.cookie.split(".")[1] === Math.floor(Date.now() / 864e5)`) {
		t.Errorf("cookie is %q, storage %q", first, browser.Eval[string](tab, `localStorage._smp`))
	}
	tab.Open(s.URL)
	if got := browser.Eval[string](tab, `document.cookie`); got != first {
		t.Errorf("the second page has %q, want %q", got, first)
	}
	if got := tr.await(2, "page views", ofType("pageview")); got[0].VisitorID != got[1].VisitorID || "_smp="+got[0].VisitorID != first[:27] {
		t.Errorf("sent as %s and %s, cookie %s", got[0].VisitorID, got[1].VisitorID, first)
	}
	stranger := chromium.NewTab(t)
	stranger.Open(s.URL)
	if got := browser.Eval[string](stranger, `document.cookie`); got == first {
		t.Error("two visitors have one id")
	}
}

func TestOlderIdentityWins(t *testing.T) {
	t.Parallel()
	_, s, tab := setup(t, ``)
	s.document("/plain", "", "")
	for name, c := range map[string]struct{ cookie, mirror, want string }{
		"cookie older":        {older, newer, older},
		"storage older":       {newer, older, older},
		"cookie lost":         {"", older, older},
		"storage lost":        {older, "", older},
		"same day":            {"CCCCCCCCCCCCCCCCCCCCCC.19000", older, "CCCCCCCCCCCCCCCCCCCCCC.19000"},
		"damaged cookie":      {"<script>.1", newer, newer},
		"damaged storage":     {newer, "AAAA.1", newer},
		"cookie without day":  {"AAAAAAAAAAAAAAAAAAAAAA", newer, newer},
		"storage of the page": {newer, `AAAAAAAAAAAAAAAAAAAAAA.1"`, newer},
	} {
		tab.Open(s.URL + "/plain")
		tab.Run(`document.cookie = "_smp=` + c.cookie + `;path=/"; localStorage._smp = JSON.stringify([` + quote(c.mirror) + `])`)
		tab.Open(s.URL)
		if got, want := browser.Eval[string](tab, identities), "_smp="+c.want+" "+c.want; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	noErrors(t, tab)
}

// One visitor on all subdomains, by the shortest domain that a cookie sticks to, and without a twin on the host.
func TestBug07CookieIsSharedBySubdomains(t *testing.T) {
	t.Parallel()
	_, s, tab := setup(t, ``)
	s.document("/plain", "", "")
	tab.Open(s.at("www.shop.test", "/plain"))
	tab.Run(`document.cookie = "_smp=` + newer + `;path=/"; document.cookie = "_smp=` + older + `;path=/;domain=shop.test"`)
	tab.Open(s.at("www.shop.test", "/"))
	if got := browser.Eval[string](tab, `document.cookie`); got != "_smp="+older {
		t.Errorf("the host has %q, want one cookie, the older", got)
	}
	tab.Open(s.at("deep.es.shop.test", "/"))
	if got := browser.Eval[string](tab, `document.cookie`); got != "_smp="+older {
		t.Errorf("another subdomain has %q, want the same visitor", got)
	}
	tab.Open(s.at("other.test", "/"))
	if got := browser.Eval[string](tab, `document.cookie`); got == "_smp="+older {
		t.Error("another site has the same visitor")
	}
}

// The cookie is renewed once a day, which outlives browsers that keep it for a week, and left alone in between.
func TestCookieIsRenewedDaily(t *testing.T) {
	t.Parallel()
	_, s, tab := setup(t, ``)
	tab.OnNewDocument(`{
		const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
		window.writes = [];
		Object.defineProperty(document, "cookie", {get, set(value) { writes.push(value); set.call(document, value); }});
	}`)
	const renewals = `writes.filter(write => write.startsWith("_smp=A") && write.includes("max-age=34560000")).length`
	tab.Open(s.URL)
	tab.Run(`document.cookie = "_smp=` + older + `;path=/"; localStorage._smp = JSON.stringify(["` + older + `", 20000])`)
	for i, want := range []int{1, 0, 0} {
		tab.Open(s.URL)
		if got := browser.Eval[int](tab, renewals); got != want {
			t.Errorf("page %d renews the cookie %d times, want %d", i, got, want)
		}
	}
	if got := browser.Eval[string](tab, identities); got != "_smp="+older+" "+older {
		t.Errorf("got %q, want the same id", got)
	}
}

// Somebody who cannot be remembered would be a new visitor on every page: shows the control, counts nothing.
func TestVisitorWhoCannotBeRememberedIsNotCounted(t *testing.T) {
	t.Parallel()
	e := test("memory", text("#title", "new"))
	tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
	tab.OnNewDocument(`
		Object.defineProperty(document, "cookie", {get: () => "", set() {}});
		for (const area of ["localStorage", "sessionStorage"]) Object.defineProperty(window, area, {get() { throw new DOMException("no", "SecurityError"); }});`)
	tab.Open(s.URL)
	tab.Run(`samplit("goal", "x"); new Promise(done => setTimeout(done, 1000))`)
	if got := browser.Eval[string](tab, `title.textContent + samplit("debug")[0].why`); got != "oldprivate" {
		t.Errorf("got %q, want the control", got)
	}
	if got := tr.seen(); len(got) > 0 {
		t.Errorf("sent %+v", got)
	}
	noErrors(t, tab)
}

// A frame without an origin of its own may not touch cookies or storage at all.
func TestSandboxedFrame(t *testing.T) {
	t.Parallel()
	e := test("frame", text("#title", "new"))
	tr, s := newTracker(t, e), newSite(t)
	s.page(tr, "/inner", `<h1 id="title">old</h1>`)
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		write(w, `<!doctype html><iframe sandbox="allow-scripts" src="/inner"></iframe>`)
	})
	tab := chromium.NewTab(t)
	tab.Open(s.URL)
	tab.Run(`new Promise(done => setTimeout(done, 1000))`)
	if got := tr.seen(); len(got) > 0 {
		t.Errorf("sent %+v", got)
	}
	noErrors(t, tab)
}

// Cookies alone or storage alone are enough to be remembered.
func TestOneOfCookieAndStorageIsEnough(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]string{
		"no storage":   `Object.defineProperty(window, "localStorage", {get() { throw new DOMException("no", "SecurityError"); }})`,
		"no cookies":   `Object.defineProperty(document, "cookie", {get: () => "", set() {}})`,
		"storage full": `Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := test("half", text("#title", "new"))
			tr, s, tab := setup(t, `<h1 id="title">old</h1>`, e)
			tab.OnNewDocument(block)
			tab.Open(s.URL)
			tr.await(1, "exposures", exposureOf(e))
			tab.Open(s.URL)
			got := tr.await(2, "exposures", exposureOf(e))
			if got[0].VisitorID != got[1].VisitorID || got[0].Arm != got[1].Arm {
				t.Errorf("got %+v, want the same visitor in the same arm", got)
			}
			noErrors(t, tab)
		})
	}
}

// A link makes a test visitor for its tab; the person's own identity and memory stay as they are.
func TestLinkMakesATestVisitor(t *testing.T) {
	t.Parallel()
	x := test("headline", text("h1", "New"))
	tr, s, tab := setup(t, `<h1>Old</h1>`, x)
	tab.Open(s.URL)
	tr.await(1, "the person's exposure", exposureOf(x))
	own := browser.Eval[string](tab, `JSON.stringify([document.cookie, localStorage._smp, localStorage._smp_a])`)

	tester := tab.Sibling()
	tester.Open(s.URL + "/#samplit-test=smp-test-abcdefgh")
	byTest := func(e event) bool { return e.VisitorID == "smp-test-abcdefgh" && e.Type == "exposure" }
	tr.await(1, "the test visitor's exposure", byTest)
	if got := browser.Eval[string](tester, `location.href`); got != s.URL+"/" {
		t.Errorf("the address is %s", got)
	}
	tester.Open(s.URL)
	tr.await(2, "the test visitor on the next page", byTest)
	if got := browser.Eval[string](tester, `JSON.stringify([document.cookie, localStorage._smp, localStorage._smp_a])`); got != own {
		t.Errorf("the person's own memory was %s and is %s", own, got)
	}
	noErrors(t, tester)

	other := chromium.NewTab(t)
	other.Open(s.URL + "/#samplit-test=somebody-elses-id")
	if got := browser.Eval[string](other, `document.cookie`); !strings.HasPrefix(got, "_smp=") {
		t.Errorf("an id that is no test visitor's was taken: cookie %q", got)
	}
}
