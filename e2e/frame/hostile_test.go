//go:build e2e

package frame_test

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/samplit/samplit/e2e/browser"
)

// hostilePage tries everything that a page could try against the editor around it. What came of each try it writes into its own body.
const hostilePage = `<!doctype html><html><head><title>Hostile</title>SNIPPET
<script>
var results = {};
function attempt(name, fn) { try { results[name] = String(fn()) } catch (e) { results[name] = 'threw ' + e.name } }
if (top !== self) { document.documentElement.hidden = true; top.location = self.location }
attempt('top.location', function () { top.location = 'https://evil.test/' ; return 'assigned' });
attempt('top.location.href', function () { return top.location.href });
attempt('top.document', function () { return top.document.title });
attempt('parent.document', function () { return parent.document === document ? 'own' : parent.document.title });
attempt('parent', function () { return parent === window });
attempt('frameElement', function () { return frameElement });
attempt('opener', function () { return opener });
attempt('cookie', function () { document.cookie = 'a=1; domain=.preview.localhost; path=/'; return document.cookie });
attempt('alert', function () { return alert(1) });
attempt('referrer', function () { return document.referrer });
var inner = document.createElement('iframe'); document.documentElement.append(inner);
attempt('pristine cookie', function () { var d = inner.contentDocument; return Object.getOwnPropertyDescriptor(inner.contentWindow.Document.prototype, 'cookie').get.call(document) });
attempt('pristine top', function () { return inner.contentWindow.parent.top.document.title });
navigator.serviceWorker && navigator.serviceWorker.register('/sw.js').then(function (r) { results.worker = 'resolved ' + !!r }, function (e) { results.worker = 'refused ' + e.name });
fetch('DASHBOARD/api/v1/auth/me', {credentials: 'include'}).then(function (r) { results.fetch = 'read ' + r.status }, function () { results.fetch = 'blocked' });
fetch('DASHBOARD/logout', {method: 'POST', mode: 'no-cors', credentials: 'include'}).then(function () { results.post = 'sent' }, function () { results.post = 'blocked' });
addEventListener('beforeunload', function (e) { e.preventDefault(); e.returnValue = 'stay' });
var sent = 0, tell = setInterval(function () {
	results.hidden = document.documentElement.hidden; top.postMessage({results: results}, '*');
	if (!results.worker || !results.fetch || !results.post) return;
	clearInterval(tell);
	setInterval(function () { for (var i = 0; i < 1000 && sent < 10001; i++) top.postMessage({type: 'hello', nonce: 'forged', op: 'delete', n: sent++}, '*') }, 100);
}, 100);
</script></head><body><h1>Hostile</h1></body></html>`

// quietPage leaves what it is in alone, so that its links can be tried in a tab.
const quietPage = `<!doctype html><title>Quiet</title>SNIPPET<a id=js href="javascript:window.ran=true;void 0">js</a> <a id=out href="https://evil.test/">out</a>
<script>navigator.serviceWorker.register('/sw.js')</script>`

func hostileSite(h *house) *site {
	return h.add(func(s *site) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/sw.js" {
				w.Header().Set("Content-Type", "text/javascript")
				_, _ = io.WriteString(w, "self.addEventListener('fetch', e => e.respondWith(new Response('taken over')))")
				return
			}
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Set-Cookie", "evil=1; Domain=localhost; Path=/")
			page := quietPage
			if r.URL.Path == "/hostile" {
				page = hostilePage
			}
			_, _ = io.WriteString(w, strings.NewReplacer("SNIPPET", s.snippet, "DASHBOARD", h.url("")).Replace(page))
		})
	})
}

// Scenario 17: a page that means harm changes nothing around it and learns nothing of it; whoever opened it can end it.
func TestScenario17HostilePageStaysInItsFrame(t *testing.T) {
	h := newHouse(t)
	s := hostileSite(h)
	session := h.open(s, "/hostile")
	if session["mode"] != "proxy" {
		t.Fatalf("opens as %v: %v", session["mode"], session["reason"])
	}
	// The dashboard counts what it gets, keeps what it holds for itself, and hears what became of the tries.
	h.frame(session, `<script>var received = 0, results; localStorage.secret = 'dashboard-secret';
		addEventListener('message', e => { received++; if (e.data.results) results = e.data.results })</script>`)
	stage := chrome.NewTab(t)
	network := stage.Record()
	stage.Open(h.url("/stage"))
	stage.Until("results && results.worker && results.fetch && results.post")
	stage.Until("received > 10000")
	for name, want := range map[string]string{
		"hidden": "false", "top.location.href": "threw SecurityError", "top.document": "threw SecurityError", "pristine top": "threw SecurityError",
		"parent": "true", "frameElement": "null", "opener": "null", "cookie": "a=1", "referrer": "", "parent.document": "own",
		"worker": "resolved true", "fetch": "blocked", "post": "blocked",
	} {
		if got := browser.Eval[string](stage, "String(results["+strconv.Quote(name)+"])"); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := browser.Eval[string](stage, "results['pristine cookie']"); strings.Contains(got, "evil") || strings.Contains(got, "secret") {
		t.Errorf("the page reads cookies %q", got)
	}

	if title := browser.Eval[string](stage, "document.title + ' ' + document.getElementById('dashboard').textContent + ' ' + location.pathname"); title != "Stage Dashboard /stage" {
		t.Errorf("the dashboard became %q", title)
	}
	if n := browser.Eval[int](stage, "frames.length"); n != 1 {
		t.Errorf("%d frames", n)
	}
	for _, u := range network.URLs() {
		if strings.Contains(u, "evil.test") || strings.HasSuffix(u, "/logout") {
			t.Errorf("asked for %s", u)
		}
	}
	if strings.Contains(s.received(), "dashboard-secret") {
		t.Error("the site got a cookie of the dashboard")
	}

	links(t, h.open(s, "/"))
	h.Call(http.MethodDelete, "/visual-editor/pages/"+session["id"].(string), nil, http.StatusNoContent)
	if status := h.ask(session); status != http.StatusNotFound {
		t.Errorf("a session that was ended answers %d", status)
	}
}

// links tries those of the page in a tab of its own, where nothing but the page's own sandbox holds it.
func links(t *testing.T, session map[string]any) {
	t.Helper()
	tab := chrome.NewTab(t)
	tab.Open(session["url"].(string))
	tab.Do(chromedp.Click(chromedp.CSS("#js")))
	tab.Until("window.ran")
	if n := browser.Eval[int](tab, "navigator.serviceWorker.controller ? 1 : 0"); n != 0 {
		t.Error("a service worker took over")
	}
	for _, leave := range []string{"document.querySelector('#out').click()", "open('https://evil.test/')"} {
		tab.Run(leave)
		tab.Until("document.body.innerText.includes('evil.test') && location.pathname === '/.samplit/elsewhere'")
		tab.Open(session["url"].(string))
	}
}

// ask loads a session's page without a browser.
func (h *house) ask(session map[string]any) int {
	h.t.Helper()
	u, err := url.Parse(session["url"].(string))
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodGet, h.front.URL+u.Path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Host = u.Host
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
