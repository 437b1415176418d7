package proxy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const connectTimeout = 3 * time.Second

// dial resolves a host once, judges every address it has, and connects to one of those judged.
func (f *Fetcher) dial(ctx context.Context, network, hostport string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, refuse(RuleURL, "host %q", hostport)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, refuse(RulePort, "port %q", portText)
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	addresses, err := f.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		if r := f.judge(netip.AddrPortFrom(a, uint16(port))); r != nil {
			return nil, r
		}
	}
	d := net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
		got, err := netip.ParseAddrPort(address)
		if err != nil {
			return refuse(RuleAddress, "dialled %q", address)
		}
		if r := f.judge(got); r != nil {
			return r
		}
		return nil
	}}
	var failed error
	for _, a := range addresses {
		conn, err := d.DialContext(ctx, network, netip.AddrPortFrom(a, uint16(port)).String())
		if err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// resolve returns what a name stands for, at least one address.
func (f *Fetcher) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	if f.cfg.AllowPrivate && strings.HasSuffix(host, ".localhost") { // not every resolver knows these
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	found, err := f.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	// IPv4 first: a machine without a route for IPv6 would wait in vain.
	slices.SortStableFunc(found, func(a, b netip.Addr) int { return a.Unmap().BitLen() - b.Unmap().BitLen() })
	return found, nil
}

// judge refuses an address that is not to be dialled.
func (f *Fetcher) judge(a netip.AddrPort) *Refusal {
	addr := a.Addr().Unmap()
	for _, own := range f.cfg.Own {
		if own.Port() == a.Port() && (own.Addr().Unmap() == addr || own.Addr().IsUnspecified() && addr.IsLoopback()) {
			return refuse(RuleOwn, "%s is this server", a)
		}
	}
	if !f.cfg.AllowPrivate && !public(a.Addr()) {
		return refuse(RuleAddress, "%s is not on the public Internet", addr)
	}
	return nil
}
