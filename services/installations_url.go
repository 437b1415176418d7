package services

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// origin reads a site's address and returns scheme, host and port the way browsers write an origin: lower case, the host in
// ASCII, no default port. An address without a scheme is taken as https.
func (f Fields) origin(path, address string) string {
	address = strings.TrimSpace(address)
	wrong := func() string {
		f.add(path, "url", "Must be the address of a website, such as https://shop.example.")
		return ""
	}
	switch {
	case address == "":
		f.add(path, "required", "Is required.")
		return ""
	case len(address) > maxURL:
		f.add(path, "too_long", "Must have at most 2000 bytes.")
		return ""
	}
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Opaque != "" || u.Scheme != "http" && u.Scheme != "https" {
		return wrong()
	}
	host, ok := asciiHost(u.Hostname())
	if !ok {
		return wrong()
	}
	if u.Port() != "" {
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || port == 0 {
			return wrong()
		}
		if u.Scheme == "http" && port != 80 || u.Scheme == "https" && port != 443 {
			host += ":" + strconv.FormatUint(port, 10)
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return wrong()
	}
	return u.Scheme + "://" + host
}

// hostNames reads a host as browsers do, and refuses what no name server would answer for.
var hostNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// asciiHost returns a host name or address in its canonical form.
func asciiHost(host string) (string, bool) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "", false
		}
		if ip.Is6() {
			return "[" + ip.String() + "]", true
		}
		return ip.String(), true
	}
	ascii, err := hostNames.ToASCII(strings.TrimSuffix(host, "."))
	return ascii, err == nil && ascii != ""
}
