package services

import (
	"context"
	"net/url"
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
}

// Watching says whether asking again soon makes sense.
func (c InstallCheck) Watching() bool { return c.State == InstallWaiting && !c.Since.IsZero() }

// Check tells what is known of a site's snippet. Only a heartbeat newer than since counts, so an old one proves nothing of the
// page as it is now; a zero since asks for the last known state. A since outside the last hour is moved into it. Any member may.
func (s *Installations) Check(ctx context.Context, by Actor, id string, since time.Time) (Installation, InstallCheck, error) {
	var site Installation
	err := s.db.InTx(ctx, by.Account, func(st *db.Store) (err error) {
		site, err = s.one(ctx, st, by, id)
		return err
	})
	if err != nil {
		return site, InstallCheck{}, err
	}
	return site, checkInstall(site, since, s.clock.now()), nil
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
