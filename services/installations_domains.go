package services

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

const maxPartners = 20

// domains are names that a site's visitors go between, each once. An address is taken for its host, and www for what it is of.
func (f Fields) domains(path string, in []string) []string {
	if len(in) > maxPartners {
		f.add(path, "too_many", "Must be at most 20 domains.")
		return nil
	}
	out := []string{}
	for i, name := range in {
		if d := f.domain(fmt.Sprintf("%s[%d]", path, i), name); !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

// domain is a name under which one can have a site: not a public suffix, and no number, as whoever shares it would be a partner too.
func (f Fields) domain(path, name string) string {
	origin := f.origin(path, name)
	if origin == "" {
		return ""
	}
	u, err := url.Parse(origin)
	if err != nil {
		f.add(path, "domain", "Must be a domain, such as pay.example.")
		return ""
	}
	host := strings.TrimPrefix(u.Hostname(), "www.")
	if _, err := publicsuffix.EffectiveTLDPlusOne(host); err != nil || isNumber(host) {
		f.add(path, "domain", "Must be a domain, such as pay.example.")
		return ""
	}
	return host
}

// isNumber says whether a host is an address of the network; browsers read every name that ends in a number as one.
func isNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return strings.Contains(host, ":") || last != "" && strings.Trim(last, "0123456789") == ""
}
