package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
)

// names is a local name server that says what a test wants.
type names struct {
	answers map[string]func(question uint16) []string // records without the name, as in a zone file
}

func (n *names) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(q)
	name := strings.TrimSuffix(q.Question[0].Name, ".")
	answer := n.answers[name]
	if answer == nil {
		m.Rcode = dns.RcodeNameError
	} else {
		for _, text := range answer(q.Question[0].Qtype) {
			if r, err := dns.NewRR(text); err == nil {
				m.Answer = append(m.Answer, r)
			}
		}
	}
	_ = w.WriteMsg(m)
}

// resolver asks the local name server and nobody else.
func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: n}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// records answers A and AAAA questions with addresses.
func records(name string, addresses ...string) func(uint16) []string {
	return func(question uint16) (out []string) {
		for _, text := range addresses {
			a := netip.MustParseAddr(text)
			if a.Is4() && question == dns.TypeA {
				out = append(out, fmt.Sprintf("%s. 0 IN A %s", name, a))
			}
			if a.Is6() && question == dns.TypeAAAA {
				out = append(out, fmt.Sprintf("%s. 0 IN AAAA %s", name, a))
			}
		}
		return out
	}
}

func wantRule(t *testing.T, what string, err error, rule string) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || rule != "" && r.Rule != rule {
		t.Errorf("%s: got %v, want a refusal by rule %q", what, err, rule)
	}
}

// The list of ways to name an inside address. Nothing listens for any of them to reach: a dialled one would be an error of the
// network, not a refusal.
func TestNoAddressLeadsInside(t *testing.T) {
	t.Parallel()
	n := &names{answers: map[string]func(uint16) []string{}}
	for name, addresses := range map[string][]string{
		"private.test": {"10.0.0.1"}, "half.test": {"93.184.215.14", "10.0.0.1"}, "private6.test": {"fd00::1"}, "mapped.test": {"::ffff:10.0.0.1"},
		"metadata.google.internal": {"169.254.169.254"}, "127.1": {"127.0.0.1"}, "0": {"0.0.0.0"}, "2130706433": {"127.0.0.1"}, "0x7f000001": {"127.0.0.1"},
		"0177.0.0.1": {"127.0.0.1"}, "127.000.000.001": {"127.0.0.1"}, "127.0.0.1": {"127.0.0.1"}, "db.internal.test": {"192.168.7.7"},
	} {
		n.answers[name] = records(name, addresses...)
	}
	n.answers["cname.test"] = func(question uint16) []string {
		if question != dns.TypeA {
			return nil
		}
		return []string{"cname.test. 0 IN CNAME db.internal.test.", "db.internal.test. 0 IN A 192.168.7.7"}
	}
	f := New(Config{Resolver: n.resolver(t), OwnHosts: []string{"app.samplit.test", "*.preview.samplit.test"},
		Own: []netip.AddrPort{netip.MustParseAddrPort("93.184.215.14:443")}})
	for address, rule := range map[string]string{
		"http://127.0.0.1/": RuleAddress, "http://127.1/": RuleAddress, "http://0/": RuleAddress, "http://0.0.0.0/": RuleAddress, "http://2130706433/": RuleAddress,
		"http://0x7f000001/": RuleAddress, "http://0177.0.0.1/": RuleAddress, "http://127.000.000.001/": RuleAddress, "http://127.0.0.1./": RuleAddress,
		"http://LOCALHOST/": RuleAddress, "http://localhost./": RuleAddress, "http://foo.localhost/": RuleAddress,
		"http://[::1]/": RuleAddress, "http://[::]/": RuleAddress, "http://[0:0:0:0:0:0:0:1]/": RuleAddress, "http://[::ffff:127.0.0.1]/": RuleAddress,
		"http://[::ffff:7f00:1]/": RuleAddress, "http://[::127.0.0.1]/": RuleAddress, "http://[64:ff9b::7f00:1]/": RuleAddress, "http://[64:ff9b:1::a00:1]/": RuleAddress,
		"http://[2002:7f00:1::]/": RuleAddress, "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/": RuleAddress, "http://[fe80::1%25eth0]/": RuleAddress, "http://[fd00::1]/": RuleAddress,
		"http://[2600:1::5efe:7f00:1]/": RuleAddress, "http://[::ffff:0:127.0.0.1]/": RuleAddress,
		"http://①②⑦.⓪.⓪.①/": RuleAddress, "http://１２７.0.0.1/": RuleAddress, "http://127。0。0。1/": RuleAddress,
		"http://169.254.169.254/latest/meta-data/": RuleAddress, "http://[fd00:ec2::254]/": RuleAddress, "http://metadata.google.internal/": RuleAddress,
		"http://10.0.0.1/": RuleAddress, "http://172.16.0.1/": RuleAddress, "http://172.31.255.255/": RuleAddress, "http://192.168.1.1/": RuleAddress, "http://100.64.0.1/": RuleAddress,
		"http://198.18.0.1/": RuleAddress, "http://192.0.2.1/": RuleAddress, "http://203.0.113.1/": RuleAddress, "http://224.0.0.1/": RuleAddress, "http://255.255.255.255/": RuleAddress,
		"http://user:pw@host/": RuleURL, "http://good.example@127.0.0.1/": RuleURL, "http://127.0.0.1#@good.example/": RuleAddress, `http://127.0.0.1\@good.example/`: RuleURL,
		"http://good.example:22/": RulePort, "http://good.example:25/": RulePort, "http://good.example:6379/": RulePort, "http://good.example:65616/": RulePort, "http://good.example:+80/": RuleURL,
		"file:///etc/passwd": RuleURL, "gopher://127.0.0.1:70/": RuleURL, "ftp://127.0.0.1/": RuleURL, "data:text/html,x": RuleURL, "javascript:alert(1)": RuleURL, "blob:x": RuleURL,
		"http+unix://%2Frun%2Fx.sock/": RuleURL, "//127.0.0.1/": RuleURL, "http:127.0.0.1": RuleURL, "http://": RuleURL, "http:///path": RuleURL, "": RuleURL,
		"http://private.test/": RuleAddress, "http://half.test/": "", "http://private6.test/": RuleAddress, "http://mapped.test/": RuleAddress, "http://cname.test/": RuleAddress,
		"http://app.samplit.test/": RuleOwn, "https://x.preview.samplit.test/": RuleOwn, "https://93.184.215.14/": RuleOwn,
		"http://good.example/a b": RuleURL, "http://good.example/\r\nHost: x": RuleURL, "http://good.example/?q=\x00": RuleURL, "http://good.example\t/": RuleURL,
		"http://" + strings.Repeat("a", 3000) + ".test/": RuleURL,
	} {
		_, err := f.Get(t.Context(), address, 1<<20)
		wantRule(t, address, err, rule)
	}
}

// A name that is public when first asked and private the next time: what was judged is what is dialled, and each fetch asks once.
func TestRebindingNames(t *testing.T) {
	t.Parallel()
	n := &names{answers: map[string]func(uint16) []string{}}
	var asked atomic.Int64
	n.answers["rebind.test"] = func(question uint16) []string {
		if question != dns.TypeA {
			return nil
		}
		if asked.Add(1) == 1 {
			return []string{"rebind.test. 0 IN A 93.184.215.14"}
		}
		return []string{"rebind.test. 0 IN A 127.0.0.1"}
	}
	f := New(Config{Resolver: n.resolver(t)})
	gone, cancel := context.WithCancel(t.Context())
	var dialled []string
	f.client.Transport.(*inside).out.(*http.Transport).DialContext = func(ctx context.Context, network, hostport string) (net.Conn, error) {
		found, err := f.resolve(ctx, "rebind.test")
		for _, a := range found {
			dialled = append(dialled, a.String())
		}
		cancel() // no packet leaves for the public address
		return nil, errors.Join(err, errors.New("not dialled in this test"))
	}
	if _, err := f.Get(gone, "http://rebind.test/", 1<<20); err == nil {
		t.Error("the public address answered")
	}
	if len(dialled) != 1 || dialled[0] != "93.184.215.14" || asked.Load() != 1 {
		t.Errorf("dialled %v after %d questions", dialled, asked.Load())
	}
	f.client.Transport.(*inside).out.(*http.Transport).DialContext = f.dial
	_, err := f.Get(t.Context(), "http://rebind.test/", 1<<20)
	wantRule(t, "second answer", err, RuleAddress)
}

func TestRedirectsAreJudgedLikeAddresses(t *testing.T) {
	t.Parallel()
	to := map[string]string{}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to[r.URL.Path], http.StatusFound) })
	f := New(Config{Inside: map[string]http.Handler{"page.test": page}, Resolver: (&names{}).resolver(t)})
	for path, c := range map[string]struct{ to, rule string }{
		"/private": {"http://127.0.0.1/", RuleAddress}, "/file": {"file:///etc/passwd", RuleURL}, "/port": {"http://good.example:6379/", RulePort},
		"/userinfo": {"http://a:b@good.example/", RuleURL}, "/loop": {"/loop", RuleRedirect}, "/metadata": {"//169.254.169.254/", RuleAddress},
		"/crlf": {"http://good.example/\r\nSet-Cookie: a=b", RuleURL},
	} {
		to[path] = c.to
		_, err := f.Get(t.Context(), "http://page.test"+path, 1<<20)
		if path == "/crlf" { // the client refuses to read such a Location at all
			if err == nil {
				t.Errorf("%s: followed", path)
			}
			continue
		}
		wantRule(t, path, err, c.rule)
	}
	for i := range 6 {
		to[fmt.Sprint("/hop", i)] = fmt.Sprint("/hop", i+1)
	}
	_, err := f.Get(t.Context(), "http://page.test/hop0", 1<<20)
	wantRule(t, "six hops", err, RuleRedirect)
	to["/down"] = "http://page.test/hop6"
	_, err = f.Get(t.Context(), "https://page.test/down", 1<<20)
	wantRule(t, "https to http", err, RuleRedirect)
}

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"93.184.215.14": true, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": true, "64:ff9b::5db8:d70e": true, "::ffff:93.184.215.14": true,
		"2001:4860:4860::8888": true, "2001:db8::1": false, "3fff::1": false, "ff02::1": false, "192.88.99.1": false, "240.0.0.1": false, "::": false} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: public %v, want %v", text, got, want)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is public")
	}
}
