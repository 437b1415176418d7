package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/samplit/samplit/proxy"
)

// lies is a name server that answers each name with the addresses that a test wants, one question after the other.
type lies struct {
	mu      sync.Mutex
	answers map[string][]string // the last one is repeated
}

func (l *lies) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := new(dns.Msg)
	m.SetReply(q)
	name := strings.TrimSuffix(q.Question[0].Name, ".")
	if addresses := l.answers[name]; len(addresses) == 0 {
		m.Rcode = dns.RcodeNameError
	} else if q.Question[0].Qtype == dns.TypeA {
		for _, a := range strings.Fields(addresses[0]) {
			if r, err := dns.NewRR(name + ". 0 IN A " + a); err == nil {
				m.Answer = append(m.Answer, r)
			}
		}
		if len(addresses) > 1 {
			l.answers[name] = addresses[1:]
		}
	}
	_ = w.WriteMsg(m)
}

func (l *lies) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: l}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// canary counts connections to a port that the wall lets pass, so that nothing but the address can be what keeps one from it.
func canary(t *testing.T) (port uint16, hits *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	hits = &atomic.Int64{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			hits.Add(1)
			_ = c.Close()
		}
	}()
	return uint16(l.Addr().(*net.TCPAddr).Port), hits
}

// insideNames are ways to write an address that is not on the public Internet, see TestNoAddressLeadsInside for those that no site
// can be registered under.
var insideNames = []string{"127.0.0.1", "127.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0177.0.0.1", "127.000.000.001", "LOCALHOST", "localhost.", "foo.localhost", "[::1]", "[::]",
	"[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[fd00::1]", "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1",
	"169.254.169.254", "metadata.google.internal", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
	"private.test", "half.test", "rebind.test", "app.samplit.test", "x.preview.samplit.test"}

// Scenario 16, the door of the preflight: whatever a site is called, nothing inside is asked, and nobody is told which address it was.
func TestScenario16NothingInsideIsAsked(t *testing.T) {
	t.Parallel()
	port, hits := canary(t)
	names := &lies{answers: map[string][]string{"private.test": {"127.0.0.1"}, "half.test": {"93.184.215.14 127.0.0.1"}, "rebind.test": {"127.0.0.1"}, "metadata.google.internal": {"169.254.169.254"},
		"127.1": {"127.0.0.1"}, "0": {"127.0.0.1"}, "2130706433": {"127.0.0.1"}, "0x7f000001": {"127.0.0.1"}, "0177.0.0.1": {"127.0.0.1"}, "127.000.000.001": {"127.0.0.1"}}}
	f := frameSetup(t, proxy.Config{Ports: []uint16{port}, Resolver: names.resolver(t), OwnHosts: []string{"app.samplit.test", "*.preview.samplit.test"}}, ownHosts)
	tried := 0
	for _, name := range insideNames {
		site := fmt.Sprintf("http://%s:%d", name, port)
		status, made := f.ask(http.MethodPost, "/installations", members{"site_url": site})
		if status == http.StatusUnprocessableEntity {
			continue
		}
		f.program.site = made["id"].(string)
		f.seen()
		tried++
		s := f.open("/", http.StatusCreated)
		if s["mode"] != "on_page" || !strings.Contains(s["reason"].(string), "does not fetch addresses like this one") {
			t.Errorf("%s opens as %v: %v", name, s["mode"], s["reason"])
		}
	}
	if tried < 25 || hits.Load() != 0 {
		t.Errorf("%d names tried, %d connections", tried, hits.Load())
	}
}

// ask calls the API for whatever comes.
func (f *frameBundle) ask(method, path string, body members) (int, members) {
	f.b.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		f.b.t.Fatal(err)
	}
	a := f.b.send(method, "/api/v1"+path, string(raw), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+f.token)
	})
	var out members
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		f.b.t.Fatal(err)
	}
	return a.StatusCode, out
}

// Scenario 16, the door of the proxy: a site that was public when it was opened and is not any more, redirects to the inside, addresses
// that try to leave the site.
func TestScenario16AnOpenPageLeadsNowhereInside(t *testing.T) {
	t.Parallel()
	port, hits := canary(t)
	names := &lies{answers: map[string][]string{"shop.test": {"127.0.0.1"}}}
	inside := map[string]http.Handler{}
	f := frameSetup(t, proxy.Config{Ports: []uint16{port}, Resolver: names.resolver(t), Inside: inside}, ownHosts)
	snippet := f.add(fmt.Sprintf("http://shop.test:%d", port))
	var location string
	f.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, snippet)
	})
	f.mux.HandleFunc("GET /redirect", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Location"] = []string{location}
		w.WriteHeader(http.StatusFound)
	})
	inside["shop.test"] = f.mux
	origin := f.open("/", http.StatusCreated)["origin"].(string)
	for _, location = range []string{fmt.Sprintf("http://127.0.0.1:%d/", port), "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "gopher://127.0.0.1:70/", "//10.0.0.1/", "http://a:b@shop.test/",
		"http://shop.test:6379/", "https://shop.test@127.0.0.1/", "http://shop.test/\r\nSet-Cookie: a=b", "http:/\\127.0.0.1/"} {
		a := f.load(http.MethodGet, origin+"/redirect", "iframe")
		if to := a.Header.Get("Location"); to != "" && !strings.HasPrefix(to, origin) {
			t.Errorf("%q sends the frame to %q", location, to)
		}
		if a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%q splits the answer", location)
		}
	}
	for _, path := range []string{"/..%2f..%2f", "/%0d%0aHost:%20127.0.0.1", "/@127.0.0.1/", "//127.0.0.1/", "/?q=%00", "/%2e%2e/%2e%2e/etc/passwd", "/http://127.0.0.1/"} {
		if a := f.load(http.MethodGet, origin+path, "iframe"); a.StatusCode == http.StatusOK && !strings.Contains(a.body, snippet[:10]) && !strings.Contains(a.body, "samplit-src") {
			t.Errorf("%s: got %d %q", path, a.StatusCode, a.body)
		}
	}
	delete(inside, "shop.test") // from now on the name server is asked
	if a := f.load(http.MethodGet, origin+"/", "iframe"); a.StatusCode != http.StatusForbidden || !strings.Contains(a.body, "does not fetch addresses like this one") {
		t.Errorf("a name that was moved inside: got %d %s", a.StatusCode, a.body)
	}
	if hits.Load() != 0 {
		t.Errorf("%d connections", hits.Load())
	}
}

// bombs are answers that want memory or time. Each says what the frame may get at most.
func bombs(t *testing.T) map[string]http.HandlerFunc {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(make([]byte, 50<<20)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	html := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Type", "text/html"); h(w, r) }
	}
	repeat := func(text string, n int) http.HandlerFunc {
		return html(func(w http.ResponseWriter, _ *http.Request) {
			piece := strings.Repeat(text, 1000)
			for range n / 1000 {
				if _, err := io.WriteString(w, piece); err != nil {
					return
				}
			}
		})
	}
	gz := func(kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		}
	}
	return map[string]http.HandlerFunc{
		"gzip page": gz("text/html"), "gzip style sheet": gz("text/css"), "gzip picture": gz("image/png"), "50 MB page": repeat("<p>", 17<<20), "endless picture": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			for piece := make([]byte, 64<<10); ; {
				if _, err := w.Write(piece); err != nil {
					return
				}
			}
		},
		"attributes": html(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<p ", strings.Repeat("a=1 ", 100_000), ">")
		}),
		"deep": repeat("<div>", 600_000),
		"headers": html(func(w http.ResponseWriter, _ *http.Request) {
			for i := range 10_000 {
				w.Header().Add("X-Many", strconv.Itoa(i))
			}
		}),
	}
}

// Scenario 16: bombs cost at most 64 MB more than there was, and the door still answers afterwards.
func TestScenario16BombsStaySmall(t *testing.T) {
	f := frameSetup(t, everySite, ownHosts)
	origin := f.shop()["origin"].(string)
	all := bombs(t)
	for name, h := range all {
		f.mux.HandleFunc("GET /"+strings.ReplaceAll(name, " ", "-"), h)
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := watchHeap(t)
	for name := range all {
		w := &discard{header: http.Header{}}
		f.serveFrame(t, w, origin+"/"+strings.ReplaceAll(name, " ", "-"))
		if w.n > 21<<20 {
			t.Errorf("%s: %d bytes reached the browser", name, w.n)
		}
	}
	if grew := int64(peak()) - int64(before.HeapInuse); grew > 64<<20 {
		t.Errorf("the heap grew by %d MB", grew>>20)
	}
	if a := f.load(http.MethodGet, origin+"/", "iframe"); a.StatusCode != http.StatusOK {
		t.Errorf("afterwards the site answers %d", a.StatusCode)
	}
}

// serveFrame lets an answer be cut off, as the server does when it is too late for an error.
func (f *frameBundle) serveFrame(t *testing.T, w http.ResponseWriter, address string) {
	t.Helper()
	defer func() {
		if v := recover(); v != nil && v != http.ErrAbortHandler {
			panic(v)
		}
	}()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, u.RequestURI(), nil)
	r.Host = u.Host
	f.h.ServeHTTP(w, r)
}

// discard counts what a browser would get.
type discard struct {
	header http.Header
	n      int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(b []byte) (int, error) { d.n += len(b); return len(b), nil }

// watchHeap looks at the heap until it is asked for the most that it saw.
func watchHeap(t *testing.T) (peak func() uint64) {
	t.Helper()
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		var m runtime.MemStats
		var top uint64
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-stop:
				most <- top
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				top = max(top, m.HeapInuse)
			}
		}
	}()
	return func() uint64 { close(stop); return <-most }
}
