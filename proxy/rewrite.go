package proxy

import (
	"net/url"
	"strings"
)

// Rewriter makes the documents of one website load from somewhere else: what they name of their own site, they name of Target.
// Everything else keeps its address, and what would count a visit or hinder an editor is taken out of use without removing the
// element, so that selectors find what they find on the original.
type Rewriter struct {
	Upstream string // origin of the site as browsers write it
	Target   string // origin in its place, without a slash at the end; with a path when the site shares a host with others
	Tracker  string // origin that our own snippet is loaded from

	shown, path string // origin and path of Target
}

// NewRewriter makes one; see the fields for what the arguments are.
func NewRewriter(upstream, target, tracker string) *Rewriter {
	w := &Rewriter{Upstream: upstream, Target: target, Tracker: tracker}
	if u, err := url.Parse(target); err == nil {
		w.shown, w.path = Origin(u), u.Path
	}
	return w
}

// Origin is how browsers write the origin of an address: lower case, without a default port.
func Origin(u *url.URL) string {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}

// ours says whether an origin is the site's. A site on https has its pages on http, too: browsers upgrade or redirect those.
func (w *Rewriter) ours(origin string) bool {
	return origin == w.Upstream || strings.HasPrefix(origin, "http:") && "https"+origin[len("http"):] == w.Upstream
}

// reference is an address in a document, taken apart far enough to know whose it is.
type reference struct {
	origin string // empty: relative to the document
	rest   string // from the path on
}

// split reads an address the way browsers do: white space around it and line breaks in it mean nothing. Not ok: another scheme, or
// nothing that anybody could load.
func (w *Rewriter) split(text string) (r reference, ok bool) {
	text = strings.Trim(text, " \t\n\r\f")
	if strings.ContainsAny(text, "\t\n\r") {
		text = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(text)
	}
	scheme, _, _ := strings.Cut(w.Upstream, ":")
	switch after := authority(text); {
	case after > 0:
		if colon := strings.IndexByte(text[:after], ':'); colon > 0 {
			scheme = text[:colon]
		}
		end := len(text)
		if i := strings.IndexAny(text[after:], "/?#\\"); i >= 0 {
			end = after + i
		}
		u, err := url.Parse(scheme + "://" + text[after:end])
		if err != nil || u.Host == "" || u.User != nil {
			return r, false
		}
		return reference{Origin(u), text[end:]}, true
	case hasScheme(text):
		return r, false
	}
	return reference{rest: text}, true
}

// authority is where the host of an absolute address begins; 0: it is relative, or has a scheme without hosts.
func authority(text string) int {
	for _, prefix := range []string{"//", "http://", "https://"} {
		if len(text) > len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
			return len(prefix)
		}
	}
	return 0
}

func hasScheme(text string) bool {
	end := strings.IndexAny(text, ":/?#")
	return end > 0 && text[end] == ':'
}

// Link returns what stands for an address in the rewritten document.
func (w *Rewriter) Link(text string) string {
	r, ok := w.split(text)
	if !ok {
		return text
	}
	switch {
	case r.origin != "" && w.ours(r.origin):
		return w.Target + r.rest
	case r.origin == "" && w.path != "" && strings.HasPrefix(r.rest, "/"):
		return w.path + r.rest
	}
	return text
}

// Location returns what stands for the target of a redirect from a page of the site; false: it leads to another site.
func (w *Rewriter) Location(from *url.URL, location string) (string, bool) {
	to, err := from.Parse(location)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.User != nil {
		return location, false
	}
	if !w.ours(Origin(to)) {
		return to.String(), false
	}
	return w.Link(to.String()), true
}

// counts says whether an address belongs to somebody who counts visits, or to our own snippet.
func (w *Rewriter) counts(text string) bool {
	r, ok := w.split(text)
	if !ok || r.origin == "" {
		return false
	}
	_, host, _ := strings.Cut(r.origin, "://")
	return r.origin == w.Tracker && strings.HasPrefix(r.rest, "/s/inst_") || countsVisits(host)
}

// foreign says whether an address leads to another site, and to which host.
func (w *Rewriter) foreign(text string) (host string, foreign bool) {
	r, ok := w.split(text)
	if !ok || r.origin == "" || r.origin == w.shown || w.ours(r.origin) {
		return "", false
	}
	_, host, _ = strings.Cut(r.origin, "://")
	return host, true
}
