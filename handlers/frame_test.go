package handlers

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/proxy"
	"github.com/samplit/samplit/services"
)

// frameBundle is a website, whoever owns it, and the doors of pages in the editor.
type frameBundle struct {
	*program
	site     *httptest.Server
	mux      *http.ServeMux
	h        http.Handler
	mu       sync.Mutex
	requests []*http.Request // that reached the website
}

// frames sets up a website whose front page carries the snippet. fetch, and where pages are shown, may differ.
func frameSetup(t *testing.T, fetch proxy.Config, previewURL string) *frameBundle {
	t.Helper()
	f := &frameBundle{mux: http.NewServeMux()}
	f.site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, r)
		f.mu.Unlock()
		f.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.site.Close)
	d := ownDatabase(t)
	objects, err := services.OpenObjects("", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := setupWith(t, bundleOptions{db: d, change: func(deps *Deps) {
		deps.Pages = services.NewPages(d, deps.Installations, proxy.New(fetch), objects, services.PagesConfig{BaseURL: deps.BaseURL, TrackerURL: deps.TrackerURL, PreviewURL: previewURL}, deps.Clock)
	}})
	f.program = b.program()
	f.h = Frames(b.deps.Pages, b.deps.Log, b.e)
	return f
}

const ownHosts = "http://*.preview.localhost:8080"

// everySite lets the tests' websites, which are on this machine, be fetched.
var everySite = proxy.Config{AllowPrivate: true}

// add makes the website one of the account's and returns its snippet.
func (f *frameBundle) add(siteURL string) string {
	f.b.t.Helper()
	_, site := f.call(http.MethodPost, "/installations", members{"site_url": siteURL}, http.StatusCreated)
	f.program.site = site["id"].(string)
	return site["snippet"].(string)
}

// page makes the website answer a path with HTML.
func (f *frameBundle) page(path, html string) {
	f.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, html)
	})
}

func (f *frameBundle) open(path string, status int) members {
	f.b.t.Helper()
	_, out := f.call(http.MethodPost, "/visual-editor/pages", members{"installation_id": f.program.site, "url": path}, status)
	return out
}

// load asks for an address as a browser would; dest is what for.
func (f *frameBundle) load(method, address, dest string, header ...string) answer {
	f.b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		f.b.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(f.b.t.Context(), method, u.RequestURI(), nil)
	r.Host = u.Host
	r.Header.Set("Sec-Fetch-Dest", dest)
	r.Header.Set("Accept", "text/html,*/*")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.h.ServeHTTP(w, r)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		f.b.t.Fatal(err)
	}
	return answer{res, string(body)}
}

// shop is a website of two pages with cookies, and a page of it that is open.
func (f *frameBundle) shop() members {
	f.b.t.Helper()
	snippet := f.add(f.site.URL)
	f.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "basket", Value: "7", Domain: "localhost", Path: "/"})
		h := w.Header()
		h.Set("Content-Type", "text/html")
		for name, value := range map[string]string{"X-Frame-Options": "DENY", "Content-Security-Policy": "default-src 'none'", "Strict-Transport-Security": "max-age=9",
			"Clear-Site-Data": `"*"`, "Alt-Svc": "h3", "Report-To": "{}", "NEL": "{}", "Service-Worker-Allowed": "/", "Cross-Origin-Opener-Policy": "same-origin", "ETag": `"a"`} {
			h.Set(name, value)
		}
		fmt.Fprintf(w, `<!doctype html><html><head><title>Shop</title>%s</head><body><h1>Seeds</h1><a href="%s/cart?a=1">Cart</a></body></html>`, snippet, f.site.URL)
	})
	f.page("/cart", "<title>Cart</title><p>Empty")
	f.mux.Handle("GET /old", http.RedirectHandler("/cart", http.StatusMovedPermanently))
	f.mux.Handle("GET /away", http.RedirectHandler("https://bank.example/", http.StatusFound))
	return f.open("", http.StatusCreated)
}

func TestPageIsShownUnderAnOriginOfItsOwn(t *testing.T) {
	t.Parallel()
	f := frameSetup(t, everySite, ownHosts)
	s := f.shop()
	origin := s["origin"].(string)
	if s["mode"] != "proxy" || !strings.HasSuffix(origin, ".preview.localhost:8080") || s["url"] != origin+"/" || s["sandbox"] != "allow-scripts allow-forms allow-same-origin" || s["reason"] == "" {
		t.Fatalf("opened as %v", s)
	}
	a := f.load(http.MethodGet, s["url"].(string), "iframe", "Cookie", "samplit_session=secret", "Authorization", "Bearer secret")
	doc := a.doc(t)
	first := doc.Find("head").Children().First()
	if first.AttrOr("src", "") != origin+"/.samplit/frame.js" || first.AttrOr("data-nonce", "") != s["nonce"] || first.AttrOr("data-dashboard", "") != "http://localhost:8080" {
		t.Errorf("the first element of the head is not the editor's script:\n%s", a.body)
	}
	if got := doc.Find("a").AttrOr("href", ""); got != origin+"/cart?a=1" {
		t.Errorf("link leads to %s", got)
	}
	if doc.Find(`script[src*="/s/inst_"]`).Length() != 0 {
		t.Error("the snippet would count this visit")
	}
	for _, name := range []string{"Set-Cookie", "X-Frame-Options", "Strict-Transport-Security", "Clear-Site-Data", "Alt-Svc", "Report-To", "Nel", "Service-Worker-Allowed",
		"Cross-Origin-Opener-Policy", "Etag"} {
		if v := a.Header.Get(name); v != "" {
			t.Errorf("the site's %s reaches the browser: %s", name, v)
		}
	}
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors http://localhost:8080") || !strings.Contains(csp, "sandbox") {
		t.Errorf("policy %q", csp)
	}
	f.load(http.MethodGet, origin+"/cart", "iframe")
	if got := f.last().Header.Get("Cookie"); got != "basket=7" {
		t.Errorf("the site got cookies %q, want its own", got)
	}
	for _, r := range f.requests {
		if strings.Contains(fmt.Sprint(r.Header), "secret") {
			t.Errorf("a credential of ours reached the site: %v", r.Header)
		}
	}
}

func (f *frameBundle) last() *http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests[len(f.requests)-1]
}

func TestRedirectsStayOnTheSite(t *testing.T) {
	t.Parallel()
	f := frameSetup(t, everySite, ownHosts)
	origin := f.shop()["origin"].(string)
	if a := f.load(http.MethodGet, origin+"/old", "iframe"); a.StatusCode != http.StatusMovedPermanently || a.Header.Get("Location") != origin+"/cart" {
		t.Errorf("redirect within the site: %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	a := f.load(http.MethodGet, origin+"/away", "iframe", "Accept-Language", "es")
	if a.StatusCode != http.StatusForbidden || a.Header.Get("Location") != "" || !strings.Contains(a.body, "otro sitio: bank.example") || !strings.Contains(a.body, "/.samplit/frame.js") {
		t.Errorf("redirect to another site: %d %s", a.StatusCode, a.body)
	}
	if a := f.load(http.MethodGet, origin+"/away", "image"); a.Header.Get("Location") != "https://bank.example/" {
		t.Errorf("a file may lie elsewhere: got %d to %q", a.StatusCode, a.Header.Get("Location"))
	}
}

func TestPreviewHostKnowsNoRouteOfTheDashboard(t *testing.T) {
	t.Parallel()
	f := frameSetup(t, everySite, ownHosts)
	origin := f.shop()["origin"].(string)
	for route := range routeClasses {
		method, path, _ := strings.Cut(route, " ")
		if strings.ContainsAny(path, ":*") || path == "/" {
			continue
		}
		for _, host := range []string{origin, "http://aaaaaaaaaaaaaaaaaaaaaaaaaa.preview.localhost:8080"} {
			if a := f.load(method, host+path, "document"); a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusForbidden || a.Header.Get("X-Request-Id") != "" {
				t.Errorf("%s at %s: got %d", route, host, a.StatusCode)
			}
		}
	}
	if a := f.load(http.MethodGet, "http://localhost:8080/.samplit/frame.js", "script"); a.StatusCode != http.StatusNotFound {
		t.Errorf("the dashboard's host serves the frame's script: %d", a.StatusCode)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	f := frameSetup(t, everySite, ownHosts)
	s := f.shop()
	gone := func(what string, s members) {
		t.Helper()
		if a := f.load(http.MethodGet, s["url"].(string), "iframe"); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", what, a.StatusCode)
		}
	}
	f.b.want(f.load(http.MethodGet, s["url"].(string), "iframe"), http.StatusOK)
	stranger := f.b.program()
	stranger.call(http.MethodDelete, "/visual-editor/pages/"+s["id"].(string), nil, http.StatusNotFound)
	stranger.call(http.MethodPost, "/visual-editor/pages", members{"installation_id": f.program.site}, http.StatusNotFound)
	f.call(http.MethodDelete, "/visual-editor/pages/"+s["id"].(string), nil, http.StatusNoContent)
	gone("closed", s)

	first := f.open("/", http.StatusCreated)
	for range 5 {
		f.open("/", http.StatusCreated)
		f.b.clock.advance(1e9)
	}
	gone("five newer ones", first)
	last := f.open("/", http.StatusCreated)
	f.b.clock.advance(4 * 3600 * 1e9)
	gone("four hours old", last)
}

func TestOneHostShowsPagesInASandbox(t *testing.T) {
	t.Parallel()
	f := frameSetup(t, everySite, "")
	f.page("/style.css", "")
	s := f.shop()
	address := s["url"].(string)
	if s["origin"] != "null" || s["sandbox"] != "allow-scripts allow-forms" || !strings.HasPrefix(address, "http://localhost:8080/preview/") {
		t.Fatalf("opened as %v", s)
	}
	a := f.b.want(f.load(http.MethodGet, address, "iframe", "Sec-Fetch-Site", "same-origin"), http.StatusOK)
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox allow-scripts allow-forms;") {
		t.Errorf("policy %q gives the page our origin", csp)
	}
	if a := f.load(http.MethodGet, address+"cart", "empty", "Sec-Fetch-Site", "cross-site"); a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("the page cannot read its own files: %v", a.Header)
	}
	if got := a.doc(t).Find("a").AttrOr("href", ""); got != address+"cart?a=1" {
		t.Errorf("link leads to %s", got)
	}
	if a := f.load(http.MethodGet, address+"app.js", "script", "Sec-Fetch-Site", "same-origin"); a.StatusCode != http.StatusForbidden {
		t.Errorf("the dashboard could load a script of the site: %d", a.StatusCode)
	}
}

// Each kind of page, and the way that it opens.
func TestPagesOpenTheWayThatWorks(t *testing.T) {
	t.Parallel()
	f := frameSetup(t, everySite, ownHosts)
	snippet := f.add(f.site.URL)
	words := strings.Repeat("<p>Plenty of words.</p>", 40)
	f.page("/plain", snippet+words)
	f.page("/bust", snippet+words+"<script>if (top !== self) top.location = self.location</script>")
	f.page("/worker", snippet+words+"<script>navigator.serviceWorker.register('/sw.js')</script>")
	f.page("/app", snippet+`<div id="root"></div><script src="/app.js"></script>`)
	f.page("/deep", snippet+words+strings.Repeat("<div>", 600))
	f.page("/login", `<input type="password">`)
	f.mux.Handle("GET /account", http.RedirectHandler("/login", http.StatusFound))
	f.page("/large", words+strings.Repeat("x", 5<<20))
	f.page("/guard", "<title>Just a moment...</title>")
	f.page("/amp", "<html amp>"+words)
	f.mux.Handle("GET /elsewhere", http.RedirectHandler("http://other.localhost:1/", http.StatusFound))
	for path, kind := range map[string]string{"/file.pdf": "application/pdf", "/xhtml": "application/xhtml+xml", "/none": "", "/image": "image/png"} {
		f.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{kind}
			_, _ = io.WriteString(w, "<!doctype html>")
		})
	}
	f.mux.HandleFunc("GET /broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	f.mux.HandleFunc("GET /private", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })

	f.open("/large", http.StatusConflict) // nobody has seen the snippet yet
	f.open("/login", http.StatusConflict)
	f.seen()
	for path, want := range map[string][2]string{
		"/plain": {"proxy", "the way visitors see it"}, "/bust": {"proxy", "leave frames"}, "/worker": {"proxy", "offline"}, "/app": {"proxy", "Scripts draw"},
		"/deep": {"proxy", "the way visitors see it"}, "/account": {"on_page", "signed in"}, "/private": {"on_page", "signed in"}, "/large": {"on_page", "larger than 5 MB"},
		"/guard": {"on_page", "see a person"}, "/amp": {"on_page", "AMP"}, "/xhtml": {"on_page", "XHTML"}, "/broken": {"on_page", "error 502"}, "/elsewhere": {"on_page", "no answer"},
	} {
		s := f.open(path, http.StatusCreated)
		if s["mode"] != want[0] || !strings.Contains(s["reason"].(string), want[1]) {
			t.Errorf("%s: opened as %v because %q, want %v", path, s["mode"], s["reason"], want)
		}
		if s["mode"] == "on_page" && !strings.HasPrefix(s["url"].(string), f.site.URL+path+"#samplit_edit=") {
			t.Errorf("%s: tab opens %v", path, s["url"])
		}
	}
	for path, want := range map[string]string{"/file.pdf": "not_page", "/image": "not_page", "/none": "not_page", "/missing": "no_page", "https://other.example/": "other_site", "http://a:b@" + f.site.URL[7:]: "url"} {
		if got := problems(f.open(path, http.StatusUnprocessableEntity))["url"]; got != want {
			t.Errorf("%s: got problem %q, want %q", path, got, want)
		}
	}
}

// seen notes that a browser has loaded the snippet on the site.
func (f *frameBundle) seen() {
	f.b.t.Helper()
	site, err := uuid.Parse(f.program.site)
	if err != nil {
		f.b.t.Fatal(err)
	}
	actor, err := f.b.deps.Tokens.Verify(f.b.t.Context(), f.token)
	if err != nil {
		f.b.t.Fatal(err)
	}
	if _, err := f.b.db.Apply(f.b.t.Context(), db.Batch{Now: f.b.clock.Now(), Beats: []db.Beat{{Account: actor.Account, Installation: site, At: f.b.clock.Now(), URL: f.site.URL}}}); err != nil {
		f.b.t.Fatal(err)
	}
}

// A token opens the page that it was made for, once; what the snippet loads for it is there.
func TestTokenOpensThePageWhereItIsOnce(t *testing.T) {
	t.Parallel()
	f := frameSetup(t, everySite, ownHosts)
	f.add(f.site.URL)
	f.seen()
	f.mux.HandleFunc("GET /members", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	s := f.open("/members", http.StatusCreated)
	if s["mode"] != "on_page" || s["origin"] != f.site.URL {
		t.Fatalf("opened as %v", s)
	}
	_, token, _ := strings.Cut(s["url"].(string), "#samplit_edit=")
	door := f.b.trackerDoor()
	redeem := func(token, origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/s/editor/redeem", strings.NewReader(`{"token":"`+token+`"}`))
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w
	}
	for what, w := range map[string]*httptest.ResponseRecorder{"another page": redeem(token, "https://evil.example"), "no page": redeem(token, ""), "a guess": redeem(strings.Repeat("a", 26), f.site.URL)} {
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d", what, w.Code)
		}
	}
	w := redeem(token, f.site.URL)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), s["nonce"].(string)) || !strings.Contains(w.Body.String(), `"dashboard":"http://localhost:8080"`) || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if w := redeem(token, f.site.URL); w.Code != http.StatusNotFound {
		t.Errorf("the second time: got %d", w.Code)
	}
	if a := f.load(http.MethodGet, "http://"+token+".preview.localhost:8080/members", "iframe"); a.StatusCode != http.StatusNotFound {
		t.Errorf("the token is a host name, too: got %d", a.StatusCode)
	}
	for _, path := range []string{"/s/editor.js", "/s/frame.js"} {
		w := httptest.NewRecorder()
		door.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
			t.Errorf("%s: got %d %s", path, w.Code, w.Header())
		}
	}
}

// A page and the editor that opened it hear each other by way of the server, in order and once, and nobody else does.
func TestPageAndEditorHearEachOther(t *testing.T) {
	t.Parallel()
	f := frameSetup(t, everySite, ownHosts)
	f.add(f.site.URL)
	f.seen()
	f.mux.HandleFunc("GET /members", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	s := f.open("/members", http.StatusCreated)
	_, token, _ := strings.Cut(s["url"].(string), "#samplit_edit=")
	door := f.b.trackerDoor()
	page := func(token, nonce, origin, rest string) *httptest.ResponseRecorder {
		body := fmt.Sprintf(`{"token":%q,"nonce":%q%s}`, token, nonce, rest)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/s/editor/relay", strings.NewReader(body))
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w
	}
	nonce := s["nonce"].(string)
	for what, w := range map[string]*httptest.ResponseRecorder{"another page": page(token, nonce, "https://evil.example", ""), "no nonce": page(token, "", f.site.URL, ""),
		"a guess": page(strings.Repeat("a", 26), nonce, f.site.URL, "")} {
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d", what, w.Code)
		}
	}
	if w := page(token, nonce, f.site.URL, `,"messages":["one","two"]`); w.Code != http.StatusNoContent {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	if w := page(token, nonce, f.site.URL, `,"messages":[]`); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusBadRequest {
		t.Errorf("nothing said: got %d", w.Code)
	}
	by, err := f.b.deps.Tokens.Verify(t.Context(), f.token)
	if err != nil {
		t.Fatal(err)
	}
	editor, err := f.b.deps.Pages.RelayOfEditor(t.Context(), by, s["id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	heard, err := editor.Hear(t.Context(), 0)
	if err != nil || len(heard) != 2 || heard[0].Body != "one" || heard[1].Body != "two" {
		t.Fatalf("the editor hears %v, %v", heard, err)
	}
	if err := editor.Say(t.Context(), []string{"three"}); err != nil {
		t.Fatal(err)
	}
	if w := page(token, nonce, f.site.URL, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"body":"three"`) {
		t.Errorf("the page hears %d %s", w.Code, w.Body)
	}
	by.User = uuid.New()
	if _, err := f.b.deps.Pages.RelayOfEditor(t.Context(), by, s["id"].(string)); services.Code(err) != services.CodeNotFound {
		t.Errorf("somebody else: got %v", err)
	}
}

// A copy that one person made is what the others edit: nothing in it runs, and nothing around it is there.
func TestCopyOfAPageIsShownInItsPlace(t *testing.T) {
	t.Parallel()
	f := frameSetup(t, everySite, ownHosts)
	f.add(f.site.URL)
	f.seen()
	f.mux.HandleFunc("GET /members", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	s := f.open("/members?tab=1", http.StatusCreated)
	_, token, _ := strings.Cut(s["url"].(string), "#samplit_edit=")
	door := f.b.trackerDoor()
	keep := func(nonce, html string) int {
		raw, err := json.Marshal(map[string]string{"token": token, "nonce": nonce, "html": html})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/s/editor/copy", strings.NewReader(string(raw)))
		r.Header.Set("Origin", f.site.URL)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w.Code
	}
	const page = `<!doctype html><html><head><title>Members</title><style>h1{color:red}</style><script>alert(1)</script><meta http-equiv=refresh content="0;url=https://evil.example"></head>` +
		`<body onload="alert(2)"><h1>Hello</h1><a href=" java&#10;script:alert(3)">x</a><iframe srcdoc="<script>alert(4)</script>" src="https://a.example"></iframe><script src=/x.js></script><p>Last</p></body></html>`
	for what, got := range map[string]int{"a wrong nonce": keep("forged", page), "too large": keep(s["nonce"].(string), strings.Repeat("x", services.MaxCopy+1)), "empty": keep(s["nonce"].(string), "")} {
		if got != http.StatusNotFound && got != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %d", what, got)
		}
	}
	if got := keep(s["nonce"].(string), page); got != http.StatusNoContent {
		t.Fatalf("got %d", got)
	}
	s = f.open("/members?tab=1", http.StatusCreated)
	if s["mode"] != "snapshot" || !strings.Contains(s["reason"].(string), "copy") {
		t.Fatalf("opened as %v", s)
	}
	a := f.b.want(f.load(http.MethodGet, s["url"].(string), "iframe"), http.StatusOK)
	doc := a.doc(t)
	if doc.Find("h1").Text() != "Hello" || doc.Find("style").Text() != "h1{color:red}" || doc.Find("body p").Text() != "Last" || doc.Find("script").Length() != 3 {
		t.Errorf("the copy is not the page:\n%s", a.body)
	}
	if strings.Contains(a.body, "alert") || strings.Contains(a.body, "evil.example\"") && doc.Find("meta[http-equiv]").Length() > 0 {
		t.Errorf("something in the copy could run:\n%s", a.body)
	}
	if policies := strings.Join(a.Header.Values("Content-Security-Policy"), " | "); !strings.Contains(policies, "script-src "+s["origin"].(string)+"/.samplit/") || !strings.Contains(policies, "sandbox") {
		t.Errorf("policies %q", policies)
	}
	if a := f.load(http.MethodGet, s["origin"].(string)+"/other", "iframe"); a.StatusCode != http.StatusNotFound {
		t.Errorf("around the copy: got %d", a.StatusCode)
	}
}
