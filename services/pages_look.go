package services

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/samplit/samplit/proxy"
)

// lookTime is how long a page may take to answer before it is opened in another way.
const lookTime = 3 * time.Second

// browserHeader asks for a page as a browser would.
var browserHeader = http.Header{"Accept": {"text/html,application/xhtml+xml,*/*;q=0.8"}, "Accept-Language": {"en,es;q=0.9"},
	"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"}}

// found is how a page is to be opened.
type found struct {
	mode   string
	url    *url.URL // after redirects
	reason PageReason
}

// way is how a page is opened: as it was wished, or as it looks.
func (p *Pages) way(ctx context.Context, site Installation, u *url.URL, tab bool) (found, error) {
	if tab {
		return p.onPage(site, u, PageReason{Key: "page.tab"})
	}
	return p.look(ctx, site, u)
}

// look fetches a page and chooses the way to open it. A page that this server cannot show may still be edited in a tab of the
// browser that can.
func (p *Pages) look(ctx context.Context, site Installation, u *url.URL) (found, error) {
	short, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	page, err := p.fetch.Visit(short, u.String(), browserHeader, proxy.MaxDocument)
	if ctx.Err() != nil {
		return found{}, ctx.Err()
	}
	switch {
	case err != nil:
		return p.onPage(site, u, unreachable(err))
	case page.Status == http.StatusNotFound || page.Status == http.StatusGone:
		return found{}, pageInvalid("no_page", "The site says that there is no such page.")
	}
	if !sameSite(proxy.Origin(page.URL), site.SiteURL) {
		return p.onPage(site, u, PageReason{"page.elsewhere", []any{"Host", page.URL.Host}})
	}
	switch kind, _, _ := mime.ParseMediaType(page.Header.Get("Content-Type")); {
	case kind == "application/xhtml+xml":
		return p.onPage(site, u, PageReason{Key: "page.xhtml"})
	case kind != "text/html" && page.Status < http.StatusBadRequest:
		return found{}, pageInvalid("not_page", "Must be a web page; this is a file of another kind.")
	}
	return p.choose(site, u, page)
}

// choose judges a page that arrived.
func (p *Pages) choose(site Installation, asked *url.URL, page *proxy.Page) (found, error) {
	l := proxy.LookAt(page.Body)
	switch {
	case challenged(page, l):
		return p.onPage(site, asked, PageReason{Key: "page.challenge"})
	case page.Status == http.StatusUnauthorized || page.Status == http.StatusForbidden || asksToSignIn(asked, page.URL, l):
		return p.onPage(site, asked, PageReason{Key: "page.login"})
	case page.Status >= http.StatusBadRequest:
		return p.onPage(site, asked, PageReason{"page.status", []any{"Status", page.Status}})
	case l.Odd:
		return p.onPage(site, asked, PageReason{Key: "page.amp"})
	case site.LastSeen == nil && !bytes.Contains(page.Body, []byte(site.Token)):
		return found{}, conflict("not_installed", "Install the snippet on this site first: Samplit opens pages only of sites that carry it.")
	}
	out := found{PageProxy, page.URL, PageReason{Key: "page.proxy"}}
	switch {
	case l.BreaksOut:
		out.reason.Key = "page.breaks_out"
	case l.Words < 200 && l.Scripts > 0:
		out.reason.Key = "page.scripted"
	case l.Worker:
		out.reason.Key = "page.worker"
	}
	return out, nil
}

// onPage is the way for pages that this server cannot show. It needs the snippet on the page.
func (p *Pages) onPage(site Installation, u *url.URL, reason PageReason) (found, error) {
	if site.LastSeen == nil {
		return found{}, conflict("not_installed", "Install the snippet on this site first: Samplit opens pages only of sites that carry it.")
	}
	return found{PageOnPage, u, reason}, nil
}

// unreachable says in neutral words why a page was not fetched. Which address was refused is nobody's business.
func unreachable(err error) PageReason {
	var r *proxy.Refusal
	switch {
	case errors.As(err, &r) && r.Rule == proxy.RuleSize:
		return PageReason{Key: "page.large"}
	case errors.As(err, &r) && r.Rule != proxy.RuleSlow:
		return PageReason{Key: "page.refused"}
	}
	return PageReason{Key: "page.unreachable"}
}

// challenged says whether some guard of the site wants to see a person.
func challenged(page *proxy.Page, l proxy.Look) bool {
	if page.Header.Get("Cf-Mitigated") != "" {
		return true
	}
	title := strings.ToLower(l.Title)
	for _, words := range []string{"just a moment", "attention required", "are you a robot", "access denied", "verify you are human"} {
		if strings.HasPrefix(title, words) && (page.Status >= http.StatusBadRequest || l.Words < 1000) {
			return true
		}
	}
	return false
}

// asksToSignIn: a page sent the browser to another one, which wants a password.
func asksToSignIn(asked, got *url.URL, l proxy.Look) bool {
	if asked.Path == got.Path {
		return false
	}
	if l.Password {
		return true
	}
	path := strings.ToLower(got.Path)
	for _, words := range []string{"login", "log-in", "signin", "sign-in", "sso", "oauth", "wp-login"} {
		if strings.Contains(path, words) && !strings.Contains(strings.ToLower(asked.Path), words) {
			return true
		}
	}
	return false
}
