package edge

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/samplit/samplit/engine"
)

const page = `<!doctype html><html><head><title>Shop</title></head><body><h1 id="title">Old</h1><p class="price">10</p></body></html>`

// always gives everybody arm b, with a change of each sort.
const always = `{"v":1,"token":"t","base":"","x":[{"id":"1","key":"hero","state":"running","traffic":1,"url":"/","splits":[{"key":"","seed":"hero","epoch":3,
	"arms":["control","b"],"weights":[0,10000],"changes":[[],[{"id":"c1","selector":"#title","action":"text","value":"New"},
	{"id":"c2","selector":".price","action":"style","name":"color","value":"red"},{"id":"c3","action":"js","value":"1"},{"id":"c4","selector":".none","action":"hide"}]]}],"goals":[]}]}`

// world is a tracker, a site behind an edge, and a visitor with cookies.
type world struct {
	t       *testing.T
	edge    *Edge
	config  atomic.Pointer[string]
	site    http.HandlerFunc
	server  *httptest.Server
	cookies []*http.Cookie
}

func setup(t *testing.T, config string, site http.HandlerFunc, adjust ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, site: site}
	w.config.Store(&config)
	tracker := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/s/inst_1.json" || *w.config.Load() == "" {
			http.NotFound(out, r)
			return
		}
		out.Header().Set("ETag", fmt.Sprintf(`"%d"`, len(*w.config.Load())))
		io.WriteString(out, *w.config.Load())
	}))
	t.Cleanup(tracker.Close)
	upstream := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) { w.site(out, r) }))
	t.Cleanup(upstream.Close)
	cfg := Config{Tracker: tracker.URL, Token: "inst_1", Log: slog.New(slog.DiscardHandler)}
	for _, f := range adjust {
		f(&cfg)
	}
	var err error
	if w.edge, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := w.edge.Refresh(t.Context()); err != nil && config != "" {
		t.Fatal(err)
	}
	u, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(w.edge.Proxy(u))
	t.Cleanup(w.server.Close)
	return w
}

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=600")
		w.Header().Set("ETag", `"site"`)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		io.WriteString(w, body)
	}
}

// get asks as a browser does.
func (w *world) get(path string, header ...string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodGet, w.server.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,*/*")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for _, c := range w.cookies {
		r.AddCookie(c)
	}
	answer, err := (&http.Transport{DisableCompression: true}).RoundTrip(r)
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

func TestVariantIsInTheHTML(t *testing.T) {
	t.Parallel()
	w := setup(t, always, answer(page))
	answer, body := w.get("/")
	for _, want := range []string{
		`<h1 id="title">New</h1>`, `:where(.price):not(#_#_#_){color:red!important}`,
		`<head><script type="application/json" id="samplit-served">{"visitor":"`,
		`"hero":{"arm":"b","epoch":3,"propensity":1,"matched":true,"states":{"c1":"found","c2":"found","c3":"left","c4":"missed"}}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s:\n%s", want, body)
		}
	}
	for name, want := range map[string]string{"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Encoding", "Last-Modified": "", "Content-Length": fmt.Sprint(len(body))} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(answer.Cookies()) != 2 || answer.Cookies()[0].Name != "_smp" || answer.Cookies()[1].Value != "hero:3:b" {
		t.Fatalf("cookies are %v, want the id and the arm", answer.Cookies())
	}
	w.cookies = answer.Cookies()
	again, _ := w.get("/", "If-None-Match", answer.Header.Get("ETag"))
	if again.StatusCode != http.StatusOK && again.StatusCode != http.StatusNotModified || len(again.Cookies()) != 0 {
		t.Errorf("the second answer is %d with cookies %v, want no new ones", again.StatusCode, again.Cookies())
	}
	third, _ := w.get("/", "If-None-Match", again.Header.Get("ETag"))
	if third.StatusCode != http.StatusNotModified {
		t.Errorf("the same page is answered %d, want 304", third.StatusCode)
	}
}

// Weights that have moved since move new visitors only; the arm is that of the hash that snippet and server have.
func TestVisitorsKeepTheirArm(t *testing.T) {
	t.Parallel()
	even := strings.Replace(always, "[0,10000]", "[5000,5000]", 1)
	w := setup(t, even, answer(page))
	arms := map[bool]int{}
	for range 40 {
		w.cookies = nil
		answer, body := w.get("/")
		w.cookies = answer.Cookies()
		id := w.cookies[0].Value[:22]
		want := engine.Choose(engine.Hash("hero", id), engine.Weights{5000, 5000}.Cumulative()) == 1
		if got := strings.Contains(body, ">New<"); got != want {
			t.Errorf("visitor %s is served the variant: %t, want %t", id, got, want)
		}
		arms[want]++
		w.edge.site.Store(mustParse(t, strings.Replace(always, "[0,10000]", map[bool]string{true: "[10000,0]", false: "[0,10000]"}[want], 1)))
		if _, body = w.get("/"); strings.Contains(body, ">New<") != want {
			t.Errorf("visitor %s was moved by later weights", id)
		}
		w.edge.site.Store(mustParse(t, even))
	}
	if arms[true] == 0 || arms[false] == 0 {
		t.Errorf("arms are %v, want both", arms)
	}
}

func mustParse(t *testing.T, config string) *site {
	t.Helper()
	s, err := parse([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever is wrong, the visitor gets the site's own bytes.
func TestFailsOpen(t *testing.T) {
	t.Parallel()
	long := "<!doctype html><html><head></head><body>" + strings.Repeat("<p>x</p>", 2000) + "</body></html>"
	deep := "<!doctype html><html><head></head><body>" + strings.Repeat("<div>", 600) + "</body></html>"
	raw := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		config string
		site   http.HandlerFunc
		want   string
		header []string
	}{
		"tracker away":        {"", answer(page), page, nil},
		"other page":          {strings.Replace(always, `"url":"/"`, `"url":"/other"`, 1), answer(page), page, nil},
		"too long":            {always, answer(long), long, nil},
		"nested too deep":     {always, answer(deep), deep, nil},
		"a fragment":          {always, answer(`<h1 id="title">Old</h1>`), `<h1 id="title">Old</h1>`, nil},
		"no page":             {always, raw("application/json", `{"a":1}`), `{"a":1}`, nil},
		"another encoding":    {always, raw("text/html; charset=iso-8859-1", "<!doctype html><html><head><title>\xe9</title></head><body></body></html>"), "<!doctype html><html><head><title>\xe9</title></head><body></body></html>", nil},
		"not really UTF-8":    {always, raw("text/html", "<!doctype html><html><head><title>\xe9</title></head><body></body></html>"), "<!doctype html><html><head><title>\xe9</title></head><body></body></html>", nil},
		"for data":            {always, answer(page), page, []string{"Accept", "application/json"}},
		"privacy control":     {always, answer(page), page, []string{"Sec-GPC", "1"}},
		"consent required":    {strings.Replace(always, `"v":1`, `"v":1,"consent":true`, 1), answer(page), page, nil},
		"targeted":            {strings.Replace(always, `"traffic":1`, `"traffic":1,"targeting":{"conditions":[]}`, 1), answer(page), page, nil},
		"decided elsewhere":   {strings.Replace(always, `"traffic":1`, `"traffic":1,"remote":true`, 1), answer(page), page, nil},
		"nobody takes part":   {strings.Replace(always, `"traffic":1`, `"traffic":0`, 1), answer(page), page, nil},
		"paused":              {strings.Replace(always, `"running"`, `"paused"`, 1), answer(page), page, nil},
		"over since long ago": {strings.Replace(always, `"traffic":1`, `"traffic":1,"end":1000`, 1), answer(page), page, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, c.config, c.site, func(cfg *Config) { cfg.MaxBytes = 8 << 10 })
			answer, body := w.get("/", c.header...)
			if body != c.want {
				t.Errorf("got %.200q, want %.200q", body, c.want)
			}
			if len(answer.Cookies()) > 0 {
				t.Errorf("cookies %v were set", answer.Cookies())
			}
		})
	}
}

func TestPreviewPassesAsItIs(t *testing.T) {
	t.Parallel()
	w := setup(t, always, answer(page))
	if _, body := w.get("/?samplit_preview=x.y"); body != page {
		t.Errorf("got %q, want the page as it is", body)
	}
}

func TestLastGoodExperimentsGoOn(t *testing.T) {
	t.Parallel()
	w := setup(t, always, answer(page))
	for _, config := range []string{"", "{", `{"v":2}`} {
		w.config.Store(&config)
		if err := w.edge.Refresh(t.Context()); err == nil {
			t.Errorf("%q is taken for experiments", config)
		}
	}
	if _, body := w.get("/"); !strings.Contains(body, ">New<") {
		t.Error("the last good experiments are forgotten")
	}
}

func TestCompressedPages(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	io.WriteString(z, strings.Replace(page, "</body>", strings.Repeat("<p>more</p>", 500)+"</body>", 1))
	z.Close()
	w := setup(t, always, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(zipped.Bytes())
	})
	answer, body := w.get("/", "Accept-Encoding", "gzip, br")
	if answer.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("the answer is %q, want gzip", answer.Header)
	}
	out, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(out); err != nil || !strings.Contains(string(plain), ">New<") {
		t.Errorf("the page is %.300s (%v), want the variant", plain, err)
	}
	if answer, body = w.get("/"); answer.Header.Get("Content-Encoding") != "" || !strings.Contains(body, ">New<") {
		t.Errorf("without gzip the answer is %q", answer.Header)
	}
}

// A page that comes too slowly passes as it is, and what has come of it is there before the rest.
func TestSlowPagePasses(t *testing.T) {
	t.Parallel()
	rest := make(chan struct{})
	w := setup(t, always, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, page)
		w.(http.Flusher).Flush()
		<-rest
		io.WriteString(w, "<!-- late -->")
	}, func(c *Config) { c.Patience = 20 * time.Millisecond })
	answer, err := http.Get(w.server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	first := make([]byte, len(page))
	if _, err := io.ReadFull(answer.Body, first); err != nil || string(first) != page {
		t.Errorf("got %q (%v), want the page as it is", first, err)
	}
	close(rest)
	if last, err := io.ReadAll(answer.Body); err != nil || string(last) != "<!-- late -->" {
		t.Errorf("the rest is %q (%v)", last, err)
	}
}

func TestStreamsFlow(t *testing.T) {
	t.Parallel()
	next := make(chan struct{})
	w := setup(t, always, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 2 {
			io.WriteString(w, "data: x\n\n")
			w.(http.Flusher).Flush()
			<-next
		}
	})
	answer, err := http.Get(w.server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewReader(answer.Body)
	for range 2 {
		if line, err := lines.ReadString('\n'); err != nil || line != "data: x\n" {
			t.Fatalf("got %q (%v), want an event while the next is awaited", line, err)
		}
		lines.ReadString('\n')
		next <- struct{}{}
	}
}

func TestWebSocketsPass(t *testing.T) {
	t.Parallel()
	w := setup(t, always, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" {
			http.Error(w, "no upgrade", http.StatusBadRequest)
			return
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		rw.Flush()
		line, _ := rw.ReadString('\n')
		rw.WriteString("echo " + line)
		rw.Flush()
	})
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", strings.TrimPrefix(w.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	r := bufio.NewReader(conn)
	answer, err := http.ReadResponse(r, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %v (%v), want 101", answer, err)
	}
	fmt.Fprint(conn, "hello\n")
	if line, err := r.ReadString('\n'); err != nil || line != "echo hello\n" {
		t.Errorf("got %q (%v), want what was sent", line, err)
	}
}

func TestStyleSheetHasThePagesNonce(t *testing.T) {
	t.Parallel()
	w := setup(t, always, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "style-src 'self' 'nonce-abc123=='")
		answer(page)(w, r)
	})
	if _, body := w.get("/"); !strings.Contains(body, `<style data-smp="" nonce="abc123==">`) {
		t.Errorf("the style sheet has no nonce:\n%s", body)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{Tracker: "samplit.example", Token: "t"}, {Tracker: "ftp://x", Token: "t"}, {Tracker: "https://x"}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

// FuzzArms looks for cookies that panic or grow.
func FuzzArms(f *testing.F) {
	f.Add("hero:3:b|x/y:1:a.b")
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > maxArmsBytes {
			return
		}
		arms := readArms(value)
		if written := writeArms(arms); len(written) > maxArmsBytes || len(arms) > maxArms {
			t.Errorf("%q grew to %q", value, written)
		}
	})
}
