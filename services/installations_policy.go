package services

import (
	"net/url"
	"slices"
	"strings"
)

// snippetNeeds are what the snippet does that a content security policy may forbid.
var snippetNeeds = []string{"script-src", "connect-src"}

// blockedBy returns the directives that the policies of a page lack for the snippet of a tracker, each as it should read; empty when
// they let it run and report. self is the page's origin and nonce that of the snippet's element.
func blockedBy(policies []string, self, tracker, nonce string) string {
	var missing []string
	for _, text := range policies {
		for _, policy := range strings.Split(text, ",") { // a header may carry several
			directives := policyOf(policy)
			for _, need := range snippetNeeds {
				sources, limited := directives.sources(need)
				if !limited || allows(sources, self, tracker) || need == "script-src" && nonce != "" && slices.Contains(sources, "'nonce-"+nonce+"'") {
					continue
				}
				if line := directive(need, sources, tracker); !slices.Contains(missing, line) {
					missing = append(missing, line)
				}
			}
		}
	}
	return strings.Join(missing, "; ")
}

// policyDirectives are the sources of each directive; of two with one name the first counts.
type policyDirectives map[string][]string

func policyOf(text string) policyDirectives {
	out := policyDirectives{}
	for _, part := range strings.Split(text, ";") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		if name := strings.ToLower(words[0]); out[name] == nil {
			out[name] = append([]string{}, words[1:]...)
		}
	}
	return out
}

// sources are those that a directive or what stands in for it allows; false when nothing limits them.
func (d policyDirectives) sources(name string) ([]string, bool) {
	names := []string{name, "default-src"}
	if name == "script-src" {
		names = []string{"script-src-elem", "script-src", "default-src"}
	}
	for _, n := range names {
		if sources, given := d[n]; given {
			return sources, true
		}
	}
	return nil, false
}

// allows says whether some source matches the tracker. With strict-dynamic, hosts do not count.
func allows(sources []string, self, tracker string) bool {
	if slices.Contains(sources, "'strict-dynamic'") {
		return false
	}
	t, err := url.Parse(tracker)
	if err != nil {
		return true
	}
	s, _ := url.Parse(self)
	return slices.ContainsFunc(sources, func(source string) bool { return sourceMatches(strings.ToLower(source), s, t) })
}

// sourceMatches follows the rules of CSP 3 for hosts: a source without a scheme has that of the page, https does for http, a wildcard
// stands for what is under a name.
func sourceMatches(source string, self, t *url.URL) bool {
	switch {
	case source == "*":
		return t.Scheme == "http" || t.Scheme == "https"
	case source == "'self'":
		return self != nil && originOf(self) == originOf(t)
	case strings.HasPrefix(source, "'"):
		return false
	case strings.HasSuffix(source, ":"):
		return upgrades(strings.TrimSuffix(source, ":"), t.Scheme)
	}
	scheme, rest, found := strings.Cut(source, "://")
	if !found {
		scheme, rest = "", source
		if self != nil {
			scheme = self.Scheme
		}
	}
	host, path, _ := strings.Cut(rest, "/")
	name, port, _ := strings.Cut(host, ":")
	if !upgrades(scheme, t.Scheme) || path != "" && !strings.HasPrefix("s/", path) {
		return false
	}
	under, wild := strings.CutPrefix(name, "*")
	if name != t.Hostname() && !(wild && strings.HasSuffix(t.Hostname(), under)) {
		return false
	}
	return port == "*" || portOf(port, scheme) == portOf(t.Port(), t.Scheme) || port == "" && t.Port() == "" || port == "80" && portOf(t.Port(), t.Scheme) == "443"
}

func upgrades(allowed, scheme string) bool {
	return allowed == scheme || allowed == "http" && scheme == "https"
}

func portOf(port, scheme string) string {
	switch {
	case port != "":
		return port
	case scheme == "https":
		return "443"
	}
	return "80"
}

// directive is one as it should read: what there was, with the tracker. With strict-dynamic only a nonce helps.
func directive(name string, sources []string, tracker string) string {
	kept := slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return s == "'none'" })
	if name == "script-src" && slices.Contains(sources, "'strict-dynamic'") {
		return strings.Join(append([]string{name}, kept...), " ") + " 'nonce-…'"
	}
	return strings.Join(append(append([]string{name}, kept...), tracker), " ")
}

// SnippetPolicy are the directives that a site with a policy needs, for the page that tells how to install.
func (s *Installations) SnippetPolicy() string {
	lines := make([]string, len(snippetNeeds))
	for i, need := range snippetNeeds {
		lines[i] = need + " " + s.tracker + ";"
	}
	return strings.Join(lines, "\n")
}
