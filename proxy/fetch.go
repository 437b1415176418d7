package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config says what a Fetcher may reach.
type Config struct {
	AllowPrivate bool             // also addresses that are not on the public Internet
	Own          []netip.AddrPort // where this server listens
	OwnHosts     []string         // names under which it is reached, *.example for all under example
	Ports        []uint16         // besides 80 and 443
	// Inside answers for hosts of our own that may be fetched without going out, such as the demo shop.
	Inside map[string]http.Handler
	// Resolver is Go's own when nil. Whatever it answers is judged.
	Resolver *net.Resolver
}

// Fetcher makes requests to addresses that somebody outside named.
type Fetcher struct {
	cfg      Config
	resolver *net.Resolver
	client   *http.Client // follows redirects
	single   *http.Client // returns them
}

const (
	headerTimeout = 5 * time.Second
	totalTimeout  = 15 * time.Second
	maxHeaders    = 64 << 10
	maxHops       = 5
)

// loopHeader marks requests of a Fetcher, so that one that reaches a Samplit is not sent on.
const loopHeader = "Samplit-Fetch"

// New makes a Fetcher.
func New(cfg Config) *Fetcher {
	f := &Fetcher{cfg: cfg, resolver: cfg.Resolver}
	if f.resolver == nil {
		f.resolver = &net.Resolver{PreferGo: true}
	}
	// No proxy of the environment, which would dial for us; no connection kept, which would outlive a change of the name.
	out := &inside{f.cfg.Inside, &http.Transport{DialContext: f.dial, DisableKeepAlives: true, DisableCompression: true,
		ResponseHeaderTimeout: headerTimeout, TLSHandshakeTimeout: headerTimeout, MaxResponseHeaderBytes: maxHeaders,
		Protocols: http1(),
	}}
	f.client = &http.Client{Transport: out, CheckRedirect: f.follow}
	f.single = &http.Client{Transport: out, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return f
}

// http1 is enough for what we fetch, and leaves out the attacks on HTTP/2.
func http1() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	return &p
}

// Get fetches an address and returns what its last redirect led to, at most size bytes of it once decoded. A *Refusal says that a
// rule forbids it; other errors are those of the network and of the far end. The whole takes at most 15 seconds.
func (f *Fetcher) Get(ctx context.Context, address string, size int64) (*Page, error) {
	return f.whole(ctx, f.client, Request{Method: http.MethodGet, Address: address, Size: size})
}

// Visit is Get with the header of a browser.
func (f *Fetcher) Visit(ctx context.Context, address string, header http.Header, size int64) (*Page, error) {
	return f.whole(ctx, f.client, Request{http.MethodGet, address, header, nil, size})
}

// Post sends a body once, without following redirects, and returns the answer.
func (f *Fetcher) Post(ctx context.Context, address string, header http.Header, body []byte, size int64) (*Page, error) {
	return f.whole(ctx, f.client, Request{http.MethodPost, address, header, body, size})
}

// Request is one to make.
type Request struct {
	Method, Address string
	Header          http.Header
	Body            []byte
	Size            int64 // most bytes of the answer, once decoded
}

// Open makes one request, without following redirects, and returns the answer while it arrives. The caller closes it.
func (f *Fetcher) Open(ctx context.Context, r Request) (*Answer, error) {
	return f.open(ctx, f.single, r)
}

func (f *Fetcher) whole(ctx context.Context, by *http.Client, r Request) (*Page, error) {
	a, err := f.open(ctx, by, r)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	body, err := io.ReadAll(a)
	if err != nil {
		return nil, err
	}
	return &Page{a.URL, a.Status, a.Header, body}, nil
}

func (f *Fetcher) open(ctx context.Context, by *http.Client, r Request) (*Answer, error) {
	u, refused := f.parse(r.Address)
	if refused != nil {
		return nil, refused
	}
	ctx, cancel := context.WithTimeout(ctx, totalTimeout)
	a, err := f.send(ctx, by, u, r)
	if err != nil {
		cancel()
		return nil, f.reason(ctx, err)
	}
	a.cancel, a.reason = cancel, func(err error) error { return f.reason(ctx, err) }
	return a, nil
}

func (f *Fetcher) send(ctx context.Context, by *http.Client, u *url.URL, r Request) (*Answer, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, refuse(RuleURL, "%v", err)
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	request.Header.Set(loopHeader, "1")
	if r.Header.Get("Range") == "" {
		request.Header.Set("Accept-Encoding", "gzip")
	}
	answer, err := by.Do(request)
	if err != nil {
		return nil, err
	}
	a, err := newAnswer(answer, r.Size)
	if err != nil {
		answer.Body.Close()
	}
	return a, err
}

// reason finds the refusal in an error of the client.
func (f *Fetcher) reason(ctx context.Context, err error) error {
	var r *Refusal
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return refuse(RuleSlow, "not done in %s", totalTimeout)
	case strings.Contains(err.Error(), "server response headers exceeded"):
		return refuse(RuleSize, "%v", err)
	}
	return fmt.Errorf("fetch: %w", err)
}

// parse reads an address that somebody named, as strictly as no browser does.
func (f *Fetcher) parse(address string) (*url.URL, *Refusal) {
	if len(address) > 2048 {
		return nil, refuse(RuleURL, "longer than 2,048 bytes")
	}
	if strings.ContainsAny(address, "\\\t\r\n \x00") {
		return nil, refuse(RuleURL, "a character that no address has")
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, refuse(RuleURL, "%v", err)
	}
	return u, f.allow(u)
}

// allow refuses what can be told from the address alone. It is no defence against names that lead inside: dial is.
func (f *Fetcher) allow(u *url.URL) *Refusal {
	if u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		return refuse(RuleURL, "scheme %q", u.Scheme)
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "" || u.User != nil {
		return refuse(RuleURL, "no host, or a user in it")
	}
	if f.cfg.Inside[host] != nil {
		return nil
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil && endsInNumber(host) {
		return refuse(RuleAddress, "%s is an address in a form of its own", host)
	}
	if r := f.allowPort(u.Port()); r != nil {
		return r
	}
	for _, own := range f.cfg.OwnHosts {
		if under, wild := strings.CutPrefix(own, "*"); host == own || wild && strings.HasSuffix(host, under) {
			return refuse(RuleOwn, "%s is this server", host)
		}
	}
	if !f.cfg.AllowPrivate && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
		return refuse(RuleAddress, "%s is this machine", host)
	}
	return nil
}

// endsInNumber: browsers read such hosts as IPv4 addresses, whatever their parts look like.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil || last != "" && strings.Trim(last, "0123456789") == ""
}

func (f *Fetcher) allowPort(port string) *Refusal {
	switch port {
	case "", "80", "443":
		return nil
	}
	if f.cfg.AllowPrivate || slices.ContainsFunc(f.cfg.Ports, func(p uint16) bool { return fmt.Sprint(p) == port }) {
		return nil
	}
	return refuse(RulePort, "port %s", port)
}

// follow judges a redirect like an address that somebody named. A body is never sent on.
func (f *Fetcher) follow(next *http.Request, via []*http.Request) error {
	last := via[len(via)-1]
	switch {
	case last.Method != http.MethodGet:
		return http.ErrUseLastResponse
	case len(via) > maxHops:
		return refuse(RuleRedirect, "more than %d hops", maxHops)
	case last.URL.Scheme == "https" && next.URL.Scheme == "http":
		return refuse(RuleRedirect, "from https to http")
	}
	next.Header.Del("Referer")
	if r := f.allow(next.URL); r != nil {
		return r
	}
	return nil
}
