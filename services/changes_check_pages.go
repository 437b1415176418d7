package services

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/proxy"
)

const (
	pagesOfCheck = 4 // opened for one experiment
	// Pages that visitors saw stand for a pattern with asterisks.
	seenLately = 7 * 24 * time.Hour
	seenPages  = 500
)

// Problems of a page that was to be checked.
const (
	pageUnknown     = "unknown"   // no page that fits was seen
	pageElsewhere   = "elsewhere" // it is of another site
	pageMoved       = "moved"     // it leads to a page that the experiment is not on
	pageUnreachable = "unreachable"
	pageRefused     = "refused"
	pageLarge       = "large"
	pageStatus      = "status"
	pageLogin       = "login"
	pageChallenge   = "challenge"
	pageNotPage     = "not_page"
)

// pagePlan is which pages are opened to check an experiment, and which changes are looked for on each.
type pagePlan struct {
	x     Experiment
	site  string // origin
	seen  []string
	pages []plannedPage
	// nowhere are patterns for which there is no page, with the problem.
	nowhere []CheckedPage
}

type plannedPage struct {
	url   string
	lists []plannedList
}

// plannedList are changes of one variant, in their order.
type plannedList struct {
	variant uuid.UUID
	changes []Change
}

func newPagePlan(x Experiment, site string, views []db.RecentViewsRow) *pagePlan {
	p := &pagePlan{x: x, site: site}
	for _, v := range views {
		p.seen = append(p.seen, v.Url)
	}
	for _, e := range x.Elements {
		for _, v := range e.Variants {
			for _, c := range v.Changes {
				if c.Selector != "" {
					p.add(v.ID, c)
				}
			}
		}
	}
	return p
}

// add gives a change its page: one that is opened anyway where it fits.
func (p *pagePlan) add(variant uuid.UUID, c Change) {
	scope := ""
	if c.Scope != nil {
		scope = c.Scope.URL
	}
	at := slices.IndexFunc(p.pages, func(page plannedPage) bool { return p.fits(scope, page.url) })
	if at < 0 {
		page, problem := p.choose(scope)
		switch {
		case problem != "":
			missing := CheckedPage{URL: orPattern(scope, p.x.URL), Problem: problem}
			if !slices.Contains(p.nowhere, missing) && len(p.nowhere) < pagesOfCheck {
				p.nowhere = append(p.nowhere, missing)
			}
			return
		case len(p.pages) == pagesOfCheck:
			return
		}
		at, p.pages = len(p.pages), append(p.pages, plannedPage{url: page})
	}
	page := &p.pages[at]
	if n := len(page.lists); n == 0 || page.lists[n-1].variant != variant {
		page.lists = append(page.lists, plannedList{variant: variant})
	}
	list := &page.lists[len(page.lists)-1]
	list.changes = append(list.changes, c)
}

func orPattern(scope, pattern string) string {
	if scope != "" {
		return scope
	}
	return pattern
}

func (p *pagePlan) fits(scope, page string) bool {
	return proxy.MatchPage(p.x.URL, page) && proxy.MatchPage(scope, page)
}

// choose finds a page of the site that the experiment and the scope of a change are about: the one that is named, the front page, or
// one that visitors saw lately.
func (p *pagePlan) choose(scope string) (page, problem string) {
	site := Installation{SiteURL: p.site}
	problem = pageUnknown
	for _, named := range []string{scope, p.x.URL, p.site + "/"} {
		if named == "" || strings.Contains(named, "*") {
			continue
		}
		u, err := pageAddress(site, named)
		switch {
		case err != nil && named != p.site+"/":
			problem = pageElsewhere
		case err == nil && p.fits(scope, u.String()):
			return u.String(), ""
		}
	}
	for _, seen := range p.seen {
		if page := p.bare(scope, seen); page != "" {
			return page, ""
		}
	}
	return "", problem
}

// bare is a page that somebody saw, without the query where that is no part of what was asked for: it may be theirs alone.
func (p *pagePlan) bare(scope, seen string) string {
	u, err := pageAddress(Installation{SiteURL: p.site}, seen)
	if err != nil {
		return ""
	}
	if !strings.Contains(p.x.URL+scope, "?") {
		u.RawQuery = ""
	}
	if page := u.String(); p.fits(scope, page) {
		return page
	}
	return ""
}

// look opens the pages. What could not be found out now stays as the check before left it.
func (p *pagePlan) look(ctx context.Context, f *proxy.Fetcher, before PageCheck, now time.Time) foundOnPages {
	out := foundOnPages{Pages: []CheckedPage{}, Changes: []checkedChange{}}
	known := map[changeOfVariant]checkedChange{}
	for _, page := range p.pages {
		states, checked := p.read(ctx, f, page)
		out.Pages = append(out.Pages, checked)
		for i, list := range page.lists {
			for j, c := range list.changes {
				at := changeOfVariant{list.variant, c.ID}
				if state := foundState(states, i, j); state != "" {
					known[at] = checkedChange{Variant: list.variant, Change: c.ID, State: state, Page: checked.URL, Since: now}
				}
			}
		}
	}
	out.Pages = append(out.Pages, p.nowhere...)
	for _, e := range p.x.Elements {
		for _, v := range e.Variants {
			for _, c := range v.Changes {
				at := changeOfVariant{v.ID, c.ID}
				last, was := before.changes[at]
				if found, is := known[at]; is {
					out.Changes = append(out.Changes, found.after(last, was))
				} else if was {
					out.Changes = append(out.Changes, last)
				}
			}
		}
	}
	return out
}

// foundState is the state of a change on a page that was read, empty when that says nothing.
func foundState(states [][]proxy.State, list, change int) proxy.State {
	if states == nil {
		return ""
	}
	switch state := states[list][change]; state {
	case proxy.Found, proxy.Healed, proxy.Missed:
		return state
	}
	return ""
}

// read opens one page and applies the lists to it; states is nil when the page has a problem.
func (p *pagePlan) read(ctx context.Context, f *proxy.Fetcher, planned plannedPage) (states [][]proxy.State, checked CheckedPage) {
	checked.URL = planned.url
	page, err := f.Visit(ctx, planned.url, browserHeader, proxy.MaxDocument)
	if err != nil {
		checked.Problem = fetchProblem(err)
		return nil, checked
	}
	if checked.Problem = p.problem(planned.url, page); checked.Problem != "" {
		if checked.Problem == pageStatus {
			checked.Status = page.Status
		}
		return nil, checked
	}
	lists := make([][]Change, len(planned.lists))
	for i, list := range planned.lists {
		lists[i] = list.changes
	}
	states, err = proxy.Check(page.Body, page.Header.Get("Content-Type"), lists...)
	if err != nil {
		checked.Problem = pageNotPage
	}
	return states, checked
}

func fetchProblem(err error) string {
	var r *proxy.Refusal
	switch {
	case errors.As(err, &r) && r.Rule == proxy.RuleSize:
		return pageLarge
	case errors.As(err, &r) && r.Rule != proxy.RuleSlow:
		return pageRefused
	}
	return pageUnreachable
}

// problem is why a page that arrived says nothing of the changes.
func (p *pagePlan) problem(asked string, page *proxy.Page) string {
	l := proxy.LookAt(page.Body)
	from, err := url.Parse(asked)
	kind, _, _ := mime.ParseMediaType(page.Header.Get("Content-Type"))
	switch {
	case challenged(page, l):
		return pageChallenge
	case page.Status == http.StatusUnauthorized || page.Status == http.StatusForbidden || err == nil && asksToSignIn(from, page.URL, l):
		return pageLogin
	case page.Status >= http.StatusBadRequest:
		return pageStatus
	case !sameSite(proxy.Origin(page.URL), p.site):
		return pageElsewhere
	case !proxy.MatchPage(p.x.URL, page.URL.String()):
		return pageMoved
	case kind != "text/html":
		return pageNotPage
	}
	return ""
}
