package proxy

import "net/netip"

// special are the IPv4 networks that are not the public Internet (RFC 6890 and its registry).
var special = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")

// special6 are the exceptions in 2000::/3, the only IPv6 space that is public: protocol assignments with Teredo in them, documentation,
// 6to4, AS112, segment routing.
var special6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")

var (
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

// public says whether an address is one of the public Internet. An IPv4 address written as an IPv6 one is judged as what it reaches.
func public(a netip.Addr) bool {
	if a.Zone() != "" || !a.IsValid() {
		return false
	}
	a = a.Unmap()
	if a.Is4() {
		return !in(a, special)
	}
	b := a.As16()
	low := netip.AddrFrom4([4]byte(b[12:]))
	if nat64.Contains(a) {
		return public(low)
	}
	if !global6.Contains(a) || in(a, special6) {
		return false
	}
	// ISATAP: a tunnel to the IPv4 address in the last four bytes (RFC 5214).
	if b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe {
		return public(low)
	}
	return true
}

func in(a netip.Addr, networks []netip.Prefix) bool {
	for _, p := range networks {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
