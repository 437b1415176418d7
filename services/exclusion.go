package services

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/samplit/samplit/proxy"
)

// Exclusions name visits that are served and not counted: one match is enough. They are known to the server alone.
type Exclusions struct {
	Addresses     []string         `json:"addresses,omitempty" doc:"IP addresses, networks (10.0.0.0/8) and spans (192.0.2.1-192.0.2.9)"`
	Emails        []string         `json:"emails,omitempty" doc:"Addresses; * is any run of characters" example:"*@corp.example"`
	Cookies       []NamedExclusion `json:"cookies,omitempty"`
	URLParameters []NamedExclusion `json:"url_parameters,omitempty"`
	UserAgents    []string         `json:"user_agents,omitempty" doc:"Parts of user agents, without regard to case"`
	Headers       []NamedExclusion `json:"headers,omitempty"`
}

// NamedExclusion is something with a name and, when given, exactly that value.
type NamedExclusion struct {
	Name  string  `json:"name,omitempty"`
	Value *string `json:"value,omitempty"`
}

func (n NamedExclusion) is(text string, present bool) bool {
	return present && (n.Value == nil || *n.Value == text)
}

// What tallies call visits that were excluded, by the rule that did it.
const (
	excludedPrefix    = "excluded_"
	excludedAddress   = excludedPrefix + "address"
	excludedEmail     = excludedPrefix + "email"
	excludedCookie    = excludedPrefix + "cookie"
	excludedParameter = excludedPrefix + "url_parameter"
	excludedAgent     = excludedPrefix + "user_agent"
	excludedHeader    = excludedPrefix + "header"
)

// exclusions are Exclusions made ready to be asked.
type exclusions struct {
	Exclusions
	spans []span // in order, apart from each other
}

func (e *Exclusions) compile() (*exclusions, error) {
	out := &exclusions{Exclusions: *e}
	for _, text := range e.Addresses {
		s, ok := parseSpan(text)
		if !ok {
			return nil, fmt.Errorf("address %q", text)
		}
		out.spans = append(out.spans, s)
	}
	out.spans = mergeSpans(out.spans)
	out.UserAgents = slices.Clone(e.UserAgents)
	for i := range out.UserAgents {
		out.UserAgents[i] = strings.ToLower(out.UserAgents[i])
	}
	return out, nil
}

// excludes returns the kind of rule that excludes the visit, empty when none does.
func (e *exclusions) excludes(v *Visit) string {
	switch {
	case len(e.spans) > 0 && inSpans(e.spans, v.address()):
		return excludedAddress
	case len(e.UserAgents) > 0 && containsAny(strings.ToLower(v.userAgent()), e.UserAgents):
		return excludedAgent
	case v.Email != "" && len(v.Email) <= maxEmail && slices.ContainsFunc(e.Emails, func(p string) bool { return proxy.MatchGlob(p, strings.ToLower(v.Email)) }):
		return excludedEmail
	case slices.ContainsFunc(e.URLParameters, func(n NamedExclusion) bool { return n.is(queryParameter(v.URL, n.Name)) }):
		return excludedParameter
	case slices.ContainsFunc(e.Headers, func(n NamedExclusion) bool { return n.is(v.header(n.Name)) }):
		return excludedHeader
	}
	for _, n := range e.Cookies {
		if text, ok := v.Cookies[n.Name]; n.is(text, ok) {
			return excludedCookie
		}
	}
	return ""
}

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// span are the addresses between two of one family, both included.
type span struct{ first, last netip.Addr }

// parseSpan reads an address, a network or two addresses with a dash. IPv4 addresses written in IPv6 are IPv4 ones.
func parseSpan(text string) (span, bool) {
	if first, last, two := strings.Cut(text, "-"); two {
		a, ok1 := parseAddress(first)
		b, ok2 := parseAddress(last)
		return span{a, b}, ok1 && ok2 && a.BitLen() == b.BitLen() && a.Compare(b) <= 0
	}
	if !strings.Contains(text, "/") {
		a, ok := parseAddress(text)
		return span{a, a}, ok
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return span{}, false
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	p = p.Masked()
	return span{p.Addr(), lastOf(p)}, true
}

func parseAddress(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.TrimSpace(text))
	return a.Unmap(), err == nil && a.Zone() == ""
}

// lastOf is the highest address of a network.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

// mergeSpans puts spans in order and joins those that overlap. Addresses of 4 bytes come before those of 16.
func mergeSpans(all []span) (out []span) {
	slices.SortFunc(all, func(a, b span) int { return a.first.Compare(b.first) })
	for _, s := range all {
		if n := len(out) - 1; n >= 0 && s.first.Compare(out[n].last) <= 0 {
			if s.last.Compare(out[n].last) > 0 {
				out[n].last = s.last
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

func inSpans(all []span, a netip.Addr) bool {
	if !a.IsValid() {
		return false
	}
	i, found := slices.BinarySearchFunc(all, a, func(s span, a netip.Addr) int { return s.first.Compare(a) })
	return found || i > 0 && a.Compare(all[i-1].last) <= 0
}
