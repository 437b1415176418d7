package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/samplit/samplit/db"
)

// States of an install check.
const (
	InstallWaiting = "waiting" // nothing was heard since the check began, or ever
	InstallFound   = "found"   // a browser loaded the snippet since the check began, or lately
	InstallMissing = "missing" // nothing was heard, and the time for it is over
)

const (
	// WatchFor is how long a check waits for a page with the snippet.
	WatchFor = 2 * time.Minute
	// oldestWatch bounds how far back a check may claim to have begun.
	oldestWatch = time.Hour
	// silentAfter is how long a site may be silent before that is worth a word.
	silentAfter = 7 * 24 * time.Hour
)

// InstallCheck is what is known of a site's snippet since a moment.
type InstallCheck struct {
	State    string
	Since    time.Time // when the check began; zero when there is none
	LastSeen time.Time
	Path     string // of the page that was seen last
	// Elsewhere is the host that the snippet reported from when that is not the site's.
	Elsewhere string

	// Verdict is what stands in the way, or that all is well: one of the verdicts below. Empty when nobody looked since the check began.
	Verdict string
	Detail  string    // of PageBlocked: the directives to add
	Looked  time.Time // at the page
}

// Verdicts of an install check.
const (
	PageEarly       = "early"       // in the head, before anything is seen
	PageBody        = "body"        // in the body
	PageAsync       = "async"       // async without the loader
	PageTagManager  = "tag_manager" // not in the page, but it reports: a tag manager or another script brings it
	PageTwice       = "twice"       // two copies
	PageWrongSite   = "wrong_site"  // only the snippet of another site
	PageBlocked     = "blocked"     // the page's policy forbids it
	PageUnreachable = "unreachable" // the page did not open
	PageAbsent      = "absent"      // not there
	PageConsent     = "consent"     // there, and silent: nobody has consented
	PageStaff       = "staff"       // it reports test visitors alone
)

// Watching says whether asking again soon makes sense.
func (c InstallCheck) Watching() bool { return c.State == InstallWaiting && !c.Since.IsZero() }

// Check tells what is known of a site's snippet. Only a heartbeat newer than since counts, so an old one proves nothing of the
// page as it is now; a zero since asks for the last known state. A since outside the last hour is moved into it. Any member may.
func (s *Installations) Check(ctx context.Context, by Actor, id string, since time.Time) (site Installation, c InstallCheck, err error) {
	var look *PageLook
	staff := false
	err = s.db.InTx(ctx, by.Account, func(st *db.Store) (err error) {
		if site, err = s.one(ctx, st, by, id); err != nil {
			return err
		}
		c = checkInstall(site, since, s.clock.now())
		if look, c.Looked, err = readLook(ctx, st, by, site); err != nil || c.State != InstallFound || c.Since.IsZero() {
			return err
		}
		staff, err = onlyStaff(ctx, st, by, site, c.Since)
		return err
	})
	if err == nil && look != nil && !c.Looked.Before(c.Since) {
		c.judge(*look, site)
	}
	if staff {
		c.Verdict, c.Detail = PageStaff, ""
	}
	return site, c, err
}

// judge puts what the page holds and what was heard of it together: what was heard proves that the snippet runs.
func (c *InstallCheck) judge(look PageLook, site Installation) {
	heard := c.State == InstallFound
	switch {
	case look.Unreachable:
		c.Verdict = PageUnreachable
	case look.Own > 1:
		c.Verdict = PageTwice
	case look.Own == 0 && look.Others > 0:
		c.Verdict = PageWrongSite
	case look.Own == 0 && heard:
		c.Verdict = PageTagManager
	case look.Own == 0:
		c.Verdict = PageAbsent
	case look.Blocked != "" && !heard:
		c.Verdict, c.Detail = PageBlocked, look.Blocked
	case !heard && site.Consent == ConsentRequired && c.State == InstallMissing:
		c.Verdict = PageConsent
	case look.Body:
		c.Verdict = PageBody
	case look.Late && !look.Loader:
		c.Verdict = PageAsync
	default:
		c.Verdict = PageEarly
	}
}

func readLook(ctx context.Context, st *db.Store, by Actor, site Installation) (*PageLook, time.Time, error) {
	row, err := st.PageLook(ctx, by.Account, site.ID)
	if errors.Is(err, db.ErrNotFound) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read page look: %w", err)
	}
	var look PageLook
	if err := json.Unmarshal(row.Found, &look); err != nil {
		return nil, time.Time{}, fmt.Errorf("page look of installation %s: %w", site.ID, err)
	}
	return &look, row.LookedAt, nil
}

// onlyStaff says whether all who were heard since are test visitors.
func onlyStaff(ctx context.Context, st *db.Store, by Actor, site Installation, since time.Time) (bool, error) {
	views, err := st.RecentViews(ctx, db.RecentViewsParams{AccountID: by.Account, InstallationID: site.ID, Since: since, Take: 100})
	if err != nil {
		return false, fmt.Errorf("read page views: %w", err)
	}
	return len(views) > 0 && !slices.ContainsFunc(views, func(v db.RecentViewsRow) bool { return !IsTestVisitor(v.Visitor) }), nil
}

const (
	mostLooks   = 4               // pages looked at at once
	lookAgain   = 5 * time.Second // in which a page is not looked at again
	lookTimeout = 10 * time.Second
	lookSize    = 5 << 20
)

// Look opens the site's page as a program and keeps what it finds of the snippet. What cannot be opened is a finding, not an error.
// While too many pages are looked at, or when this one was a moment ago, nothing is done. Any member may.
func (s *Installations) Look(ctx context.Context, by Actor, id string) error {
	var site Installation
	var looked time.Time
	err := s.db.InTx(ctx, by.Account, func(st *db.Store) (err error) {
		if site, err = s.one(ctx, st, by, id); err != nil {
			return err
		}
		_, looked, err = readLook(ctx, st, by, site)
		return err
	})
	now := s.clock.now()
	if err != nil || s.fetch == nil || now.Sub(looked) < lookAgain {
		return err
	}
	select {
	case s.looks <- struct{}{}:
		defer func() { <-s.looks }()
	default:
		return nil
	}
	found, err := json.Marshal(s.look(ctx, site))
	if err != nil {
		return fmt.Errorf("page look: %w", err)
	}
	return s.db.InTx(ctx, by.Account, func(st *db.Store) error {
		return st.SavePageLook(ctx, db.SavePageLookParams{AccountID: by.Account, InstallationID: site.ID, Now: now, Found: found})
	})
}

func (s *Installations) look(ctx context.Context, site Installation) PageLook {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	page, err := s.fetch.Get(ctx, site.SiteURL+"/", lookSize)
	if err != nil {
		return PageLook{Unreachable: true}
	}
	return newPageLook(page, site.Token, s.tracker)
}

func checkInstall(site Installation, since, now time.Time) InstallCheck {
	var c InstallCheck
	if site.LastSeen != nil {
		c.LastSeen = *site.LastSeen
		c.Path, c.Elsewhere = seenAt(site)
	}
	if since.IsZero() {
		c.State = site.Install(now)
		return c
	}
	c.Since = since
	if oldest := now.Add(-oldestWatch); since.Before(oldest) {
		c.Since = oldest
	} else if since.After(now) {
		c.Since = now
	}
	switch {
	case c.LastSeen.After(c.Since):
		c.State = InstallFound
	case now.Sub(c.Since) < WatchFor:
		c.State = InstallWaiting
	default:
		c.State = InstallMissing
	}
	return c
}

// Install is the state of a site that nobody is watching.
func (i Installation) Install(now time.Time) string {
	switch {
	case i.LastSeen == nil:
		return InstallWaiting
	case now.Sub(*i.LastSeen) > silentAfter:
		return InstallMissing
	}
	return InstallFound
}

// seenAt takes the reported address apart; it comes from a browser and is only ever shown.
func seenAt(site Installation) (path, elsewhere string) {
	u, err := url.Parse(site.LastURL)
	if err != nil {
		return "", ""
	}
	if origin := (Fields{}).origin("", u.Scheme+"://"+u.Host); hostOf(origin) != hostOf(site.SiteURL) {
		elsewhere = u.Host
	}
	if path = u.EscapedPath(); path == "" {
		path = "/"
	}
	return path, elsewhere
}
