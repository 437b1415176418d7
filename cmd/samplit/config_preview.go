package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// noPreview asks for the sandbox on the app's own host where a preview domain would be the default.
const noPreview = "none"

// checkPreview fills in and judges where pages are shown in the editor. Pages of strangers must not share cookies with the app, so in
// production the two have nothing in common but the public suffix.
func (c *config) checkPreview() error {
	if c.PreviewURL == noPreview {
		c.PreviewURL = ""
		return nil
	}
	if c.PreviewURL == "" && !c.production() && c.base != nil {
		c.PreviewURL = c.base.Scheme + "://*.preview.localhost"
		if p := c.base.Port(); p != "" {
			c.PreviewURL += ":" + p
		}
	}
	if c.PreviewURL == "" {
		return nil
	}
	c.PreviewURL = strings.TrimRight(c.PreviewURL, "/")
	scheme, domain, ok := strings.Cut(c.PreviewURL, "://*.")
	u, err := webURL(scheme + "://" + domain)
	if !ok || err != nil || strings.Contains(domain, "*") {
		return fmt.Errorf("%q is not like https://*.preview.example", c.PreviewURL)
	}
	if !c.production() {
		return nil
	}
	if u.Scheme != "https" {
		return fmt.Errorf("production needs https")
	}
	return c.apart(u)
}

// apart refuses a preview domain on which cookies of the app could be set or sent.
func (c *config) apart(preview *url.URL) error {
	if c.base == nil {
		return nil // which is told by itself
	}
	theirs, err := publicsuffix.EffectiveTLDPlusOne("x." + preview.Hostname())
	if err != nil {
		return fmt.Errorf("%s cannot have hosts under it", preview.Hostname())
	}
	if ours, err := publicsuffix.EffectiveTLDPlusOne(c.base.Hostname()); err == nil && ours == theirs {
		return fmt.Errorf("must be under another domain than BASE_URL, not %s: pages in the editor must not share cookies with the app", ours)
	}
	return nil
}

// own are the addresses and names of this server, which it does not fetch from.
func (c *config) own() (addresses []netip.AddrPort, names []string) {
	names = append([]string{c.base.Hostname(), c.tracker.Hostname()}, c.AllowedHosts...)
	if _, domain, ok := strings.Cut(c.PreviewURL, "://*"); ok {
		names = append(names, "*"+hostOnly(domain))
	}
	for _, listener := range []string{c.Addr, c.AdminAddr} {
		if host, port, err := net.SplitHostPort(listener); err == nil {
			if host == "" || local(host) {
				host = "0.0.0.0" // any of this machine
			}
			if a, err := netip.ParseAddrPort(net.JoinHostPort(host, port)); err == nil {
				addresses = append(addresses, a)
			}
		}
	}
	return addresses, names
}

func hostOnly(hostport string) string {
	host, _, _ := strings.Cut(hostport, ":")
	return host
}
