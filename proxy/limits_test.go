package proxy

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// raw is a server that answers each connection with what say writes, once the request's head has been read.
func raw(t *testing.T, say func(io.Writer)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					if line, err := r.ReadString('\n'); err != nil || line == "\r\n" {
						break
					}
				}
				say(c)
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/"
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// everywhere reaches this machine too, so that real servers can misbehave.
func everywhere() *Fetcher { return New(Config{AllowPrivate: true}) }

func TestHostileAnswersAreCutOff(t *testing.T) {
	t.Parallel()
	bomb := gzipped(t, make([]byte, 20<<20))
	nested := gzipped(t, gzipped(t, make([]byte, 1<<20)))
	head := func(w io.Writer, header string) {
		fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%s\r\n", header)
	}
	for name, c := range map[string]struct {
		rule string // empty: some error
		say  func(io.Writer)
	}{
		"slow headers": {"", func(io.Writer) { time.Sleep(headerTimeout + 2*time.Second) }},
		"trickle": {RuleSlow, func(w io.Writer) {
			head(w, "Content-Length: 100000\r\n")
			for range 40 {
				if _, err := w.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		}},
		"endless chunks": {RuleSize, func(w io.Writer) {
			head(w, "Transfer-Encoding: chunked\r\n")
			chunk := "8000\r\n" + strings.Repeat("a", 0x8000) + "\r\n"
			for {
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
			}
		}},
		"50 MB": {RuleSize, func(w io.Writer) {
			head(w, "Content-Length: 52428800\r\n")
			_, _ = w.Write(make([]byte, 50<<20))
		}},
		"gzip bomb": {RuleSize, func(w io.Writer) {
			head(w, fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n", len(bomb)))
			_, _ = w.Write(bomb)
		}},
		"nested gzip": {RuleEncoding, func(w io.Writer) {
			head(w, fmt.Sprintf("Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n", len(nested)))
			_, _ = w.Write(nested)
		}},
		"brotli called gzip": {RuleEncoding, func(w io.Writer) {
			head(w, "Content-Encoding: gzip\r\nContent-Length: 12\r\n")
			_, _ = io.WriteString(w, "\x8b\x05\x80hello world"[:12])
		}},
		"brotli": {RuleEncoding, func(w io.Writer) { head(w, "Content-Encoding: br\r\nContent-Length: 0\r\n") }},
		"4 MB of headers": {RuleSize, func(w io.Writer) {
			head(w, "X-Long: "+strings.Repeat("a", 4<<20)+"\r\n")
		}},
		"10,000 headers": {RuleSize, func(w io.Writer) { head(w, strings.Repeat("X-Many: yes\r\n", 10_000)) }},
		"status 101": {RuleStatus, func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
		}},
		"flood of 103": {"", func(w io.Writer) {
			for range 10_000 {
				if _, err := io.WriteString(w, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"); err != nil {
					return
				}
			}
		}},
		"HTTP/0.9":  {"", func(w io.Writer) { _, _ = io.WriteString(w, "<html>no head at all</html>") }},
		"no answer": {"", func(io.Writer) {}},
		"cut off":   {"", func(w io.Writer) { head(w, "Content-Length: 100\r\n") }},
		"bad chunk": {"", func(w io.Writer) { head(w, "Transfer-Encoding: chunked\r\n"); _, _ = io.WriteString(w, "zz\r\nfoo") }},
		"two lengths": {"", func(w io.Writer) {
			head(w, "Content-Length: 3\r\nContent-Length: 4\r\n")
			_, _ = io.WriteString(w, "abcd")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := everywhere().Get(t.Context(), raw(t, c.say), 5<<20)
			if c.rule != "" {
				wantRule(t, name, err, c.rule)
			} else if err == nil {
				t.Errorf("got an answer of %d bytes with status %d", len(p.Body), p.Status)
			}
		})
	}
}

func TestABombCostsLittleMemory(t *testing.T) {
	bomb := gzipped(t, make([]byte, 100<<20))
	url := raw(t, func(w io.Writer) {
		fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", len(bomb))
		_, _ = w.Write(bomb)
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := everywhere().Get(t.Context(), url, 1<<30)
	wantRule(t, "bomb", err, RuleSize)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
		t.Errorf("%d MB were allocated", got>>20)
	}
}

func TestPagesComeWhole(t *testing.T) {
	t.Parallel()
	var connections atomic.Int64
	var asked http.Header
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(gzipped(t, []byte("<h1>"+r.URL.RequestURI()+"</h1>")))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	f := everywhere()
	for _, path := range []string{"/a?b=1&b=2", "/%0d%0aX:%20y", "/caf%C3%A9"} {
		p, err := f.Get(t.Context(), s.URL+path, 1<<20)
		if err != nil || p.Status != 200 || string(p.Body) != "<h1>"+path+"</h1>" {
			t.Errorf("%s: %v %v", path, p, err)
		}
	}
	if n := connections.Load(); n != 3 {
		t.Errorf("%d connections for 3 fetches: one was kept beyond its name", n)
	}
	if asked.Get(loopHeader) != "1" || asked.Get("Cookie") != "" || asked.Get("Authorization") != "" || asked.Get("Referer") != "" {
		t.Errorf("asked with %v", asked)
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	if _, err := everywhere().Get(t.Context(), s.URL, 1<<20); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v, want a complaint about the certificate", err)
	}
}

// Go reads the proxy variables once, hence a process of its own.
func TestProxyVariablesAreIgnored(t *testing.T) {
	if os.Getenv("PROXY_TEST_URL") != "" {
		p, err := everywhere().Get(t.Context(), os.Getenv("PROXY_TEST_URL"), 1<<20)
		if err != nil || string(p.Body) != "direct" {
			t.Errorf("%v %v", p, err)
		}
		return
	}
	direct := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "direct") }))
	defer direct.Close()
	var through atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { through.Add(1) }))
	defer proxy.Close()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestProxyVariablesAreIgnored$")
	// An address that is not of this machine in Go's eyes would be needed for a proxy to be used: 127.0.0.1 is exempt, 0.0.0.0 is not.
	cmd.Env = append(os.Environ(), "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "PROXY_TEST_URL="+strings.Replace(direct.URL, "127.0.0.1", "0.0.0.0", 1))
	if out, err := cmd.CombinedOutput(); err != nil || through.Load() != 0 {
		t.Errorf("%v, %d requests through the proxy: %s", err, through.Load(), out)
	}
}

func TestPostGoesOnceAndNowhereElse(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		b, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/hook" && (string(b) != "payload" || r.Header.Get("X-Signature") != "sig") {
			t.Errorf("got %q with %v", b, r.Header)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	p, err := everywhere().Post(t.Context(), s.URL+"/hook", http.Header{"X-Signature": {"sig"}}, []byte("payload"), 1<<20)
	if err != nil || p.Status != http.StatusTemporaryRedirect || hits.Load() != 1 {
		t.Errorf("%v, %v, %d requests", p, err, hits.Load())
	}
}

func TestHostsInsideAreAnsweredWithoutGoingOut(t *testing.T) {
	t.Parallel()
	f := New(Config{Inside: map[string]http.Handler{"shop.localhost": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "shop "+r.URL.Path)
	})}})
	p, err := f.Get(t.Context(), "http://shop.localhost:8080/cart", 1<<20)
	if err != nil || p.Status != 200 || string(p.Body) != "shop /cart" {
		t.Errorf("%v %v", p, err)
	}
}
