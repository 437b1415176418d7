package services

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/samplit/samplit/db"
)

const (
	maxVisitor = 128
	// eventWait is how long events, and names that are one person's, may wait to be durable before they are refused.
	eventWait = 8 * time.Second
)

// TrackerLimits are the bounds of a tracker; zero values mean the defaults.
type TrackerLimits struct {
	// Remembered is how many recent assignments are kept in memory: 1,000,000.
	Remembered int
	// AssignWait is how long a new visitor's answer waits for its row: 300 ms. A page must not wait longer for the database.
	AssignWait time.Duration
}

// Tracker answers what visitors' browsers and customers' servers ask: which variant, and please count this. The installation
// token is the credential; unknown tokens get CodeUnknownToken from every method.
type Tracker struct {
	db        *db.DB
	snapshot  *Snapshot
	committer *Committer
	sticky    *sticky
	keys      *APIKeys
	strangers atomic.Int64
	sightings *sightings
	places    *Places       // of addresses; nil: not known
	previews  *Previews     // nil: there are none
	wait      time.Duration // of an answer for its row
	clock     Clock
	log       *slog.Logger
}

// NewTracker makes the service.
func NewTracker(d *db.DB, s *Snapshot, c *Committer, keys *APIKeys, l TrackerLimits, clock Clock, log *slog.Logger) *Tracker {
	if l.Remembered == 0 {
		l.Remembered = 1_000_000
	}
	if l.AssignWait == 0 {
		l.AssignWait = 300 * time.Millisecond
	}
	t := &Tracker{db: d, snapshot: s, committer: c, sticky: newSticky(l.Remembered), keys: keys, sightings: newSightings(d, log), wait: l.AssignWait, clock: clock, log: log}
	s.forget = t.forget
	return t
}

// LocateBy makes the tracker tell countries by address. It is called before the tracker serves.
func (t *Tracker) LocateBy(p *Places) { t.places = p }

var errNotLooked = &Error{Code: CodeUnavailable, Message: "The server has not reached its database yet. Send the same again in a moment."}

// patience is how long a new visitor's answer waits for its row: not at all for a database that is away.
func (t *Tracker) patience() time.Duration {
	if t.db.Away() {
		return 0
	}
	return t.wait
}

func (t *Tracker) site(token string) (*site, error) {
	if s := t.snapshot.site(token); s != nil {
		return s, nil
	}
	if !t.snapshot.looked.Load() {
		return nil, errNotLooked // the site may be newer than what is served from
	}
	return nil, &Error{Code: CodeUnknownToken, Message: "No site has this installation token. Copy the snippet again from the site's page."}
}

// Admits says whether a site takes what a page of an origin sends; servers name none.
func (t *Tracker) Admits(token, origin string) error {
	s := t.snapshot.site(token)
	if origin == "" || s == nil || len(s.origins) == 0 || s.knows(origin) {
		return nil
	}
	t.strangers.Add(1)
	return &Error{Code: CodeForbidden, Reason: "origin", Message: "This site takes events of its own web pages only. Add the page's origin on the site's page."}
}

// knows says whether an origin is the site's own, one that it names, or one of a partner domain.
func (s *site) knows(origin string) bool {
	is := func(o string) bool { return strings.EqualFold(o, origin) }
	if is(s.url) || slices.ContainsFunc(s.origins, is) {
		return true
	}
	u, err := url.Parse(strings.ToLower(origin))
	return err == nil && slices.ContainsFunc(s.partners, func(domain string) bool { return strings.HasSuffix("."+u.Hostname(), "."+domain) })
}

// Strangers is how many requests came from pages that their site does not know, since the start.
func (t *Tracker) Strangers() int64 { return t.strangers.Load() }

// opens says whether the sender has a key of the site's account. A key that a web page sends is no secret any more: it is refused, and
// the log says so.
func (t *Tracker) opens(ctx context.Context, s *site, secret string, browser bool) (bool, error) {
	switch {
	case secret == "":
		return false, nil
	case browser:
		t.log.WarnContext(ctx, "a secret key was sent by a web page: revoke it", slog.String("ending", Ending(secret)), slog.String("site", s.url))
		return false, ErrSecretInBrowser
	}
	by, err := t.keys.Verify(ctx, secret)
	if err != nil {
		return false, err
	}
	if by.Account != s.account {
		return false, &Error{Code: CodeForbidden, Reason: "other_account", Message: "This key is of another account than the installation token."}
	}
	return true, by.may(Editor)
}

// Config returns the configuration that the site's snippet carries, as JSON.
func (t *Tracker) Config(token string) ([]byte, error) {
	s, err := t.site(token)
	if err != nil {
		return nil, err
	}
	b, err := s.config.bytes()
	if err != nil {
		t.log.Error("snippet configuration", slog.Any("error", err))
	}
	return b, nil
}

// Features returns the site's running experiments for GrowthBook SDKs, as JSON.
func (t *Tracker) Features(token string) ([]byte, error) {
	s, err := t.site(token)
	if err != nil {
		return nil, err
	}
	return s.features.bytes(t.clock.now())
}

// validVisitor: printable ASCII, 1 to 128 bytes.
func validVisitor(v string) bool {
	if len(v) == 0 || len(v) > maxVisitor {
		return false
	}
	for i := range len(v) {
		if v[i] < 0x20 || v[i] > 0x7e {
			return false
		}
	}
	return true
}

// testVisitor begins the ids of people who look at a site to test it. They are served, and see what they do in the debugger, but are
// never counted.
const testVisitor = "smp-test-"

// NewTestVisitor makes an id that is never counted.
func NewTestVisitor() string { return testVisitor + strings.ToLower(rand.Text()[:16]) }

// IsTestVisitor says whether an id is of that kind.
func IsTestVisitor(v string) bool { return strings.HasPrefix(v, testVisitor) }

func (f Fields) visitor(path, v string) {
	if !validVisitor(v) {
		f.add(path, "bad_visitor", "Use 1 to 128 printable ASCII characters.")
	}
}
