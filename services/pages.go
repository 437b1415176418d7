package services

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/proxy"
)

// Ways in which the editor shows a page.
const (
	PageProxy    = "proxy"    // through this server, under an origin of its own
	PageOnPage   = "on_page"  // in a tab, where the installed snippet loads the editor
	PageSnapshot = "snapshot" // a copy that was made on the page
)

const (
	pageLife      = 4 * time.Hour
	pageKnown     = 3 * time.Second // how late another node notices that a session was ended
	pagesOfPerson = 5               // open at once; the oldest gives way
	pagesInMemory = 500             // of one process; one that gives way forgets its cookies of the site
)

// PagesConfig says where pages are shown.
type PagesConfig struct {
	BaseURL, TrackerURL string
	// PreviewURL has an asterisk for the name of a session, such as https://*.preview.example. Empty: pages are shown under BaseURL in a
	// sandbox that gives them an origin of their own.
	PreviewURL string
}

// PagePath is what the path of a page begins with when it is shown under BaseURL.
const PagePath = "/preview/"

// Pages opens pages of customers' sites for the visual editor.
type Pages struct {
	db            *db.DB
	installations *Installations
	fetch         *proxy.Fetcher
	mirrors       *proxy.Mirrors
	objects       Objects
	cfg           PagesConfig
	clock         Clock
	open          *otter.Cache[[32]byte, *OpenPage]
}

// NewPages makes the service; what it fetches it fetches with f, and copies of pages it keeps in o.
func NewPages(d *db.DB, i *Installations, f *proxy.Fetcher, o Objects, cfg PagesConfig, clock Clock) *Pages {
	return &Pages{db: d, installations: i, fetch: f, mirrors: proxy.NewMirrors(f), objects: o, cfg: cfg, clock: clock,
		open: otter.Must(&otter.Options[[32]byte, *OpenPage]{MaximumSize: pagesInMemory, ExpiryCalculator: otter.ExpiryAccessing[[32]byte, *OpenPage](time.Hour)})}
}

// PageReason says in one sentence why a page opens the way it does: a message of the catalogue and its places, as locale.T takes them.
type PageReason struct {
	Key  string
	Args []any
}

// PageSession is a page that somebody has open.
type PageSession struct {
	ID      uuid.UUID
	Mode    string
	Reason  PageReason
	Origin  string // that the page's messages come from
	URL     string // what the frame loads, or the tab in mode on_page
	Sandbox string // the frame's attribute
	Nonce   string // that messages carry
	Expires time.Time
}

// PageWish is a page of a site that somebody wants to edit. An empty address is the site's front page.
type PageWish struct {
	Installation, Address string
	Tab                   bool // in a tab of its own, whatever the page looks like
}

// Open opens a page of a site for the editor: it looks at the page, chooses how to show it and says why. Editors and above may. NotFound: the site is absent or another account's. Invalid names url: no address of the site, or
// nothing that could be edited there. Conflict not_installed: neither the page nor a visitor's browser has shown the site's snippet yet.
func (p *Pages) Open(ctx context.Context, by Actor, wish PageWish) (PageSession, error) {
	if err := by.may(Editor); err != nil {
		return PageSession{}, err
	}
	site, err := p.installations.Get(ctx, by, wish.Installation)
	if err != nil {
		return PageSession{}, err
	}
	u, err := pageAddress(site, wish.Address)
	if err != nil {
		return PageSession{}, err
	}
	found, err := p.way(ctx, site, u, wish.Tab)
	if err != nil {
		return PageSession{}, err
	}
	if found.mode == PageOnPage && !wish.Tab {
		if c, ok, err := p.copied(ctx, by, site.ID, found.url.String()); err != nil {
			return PageSession{}, err
		} else if ok {
			found.mode, found.reason = PageSnapshot, PageReason{"page.snapshot", []any{"Day", c.CreatedAt}}
		}
	}
	secret := strings.ToLower(rand.Text())
	now := p.clock.now()
	s := PageSession{ID: uuid.Must(uuid.NewV7()), Mode: found.mode, Reason: found.reason, Nonce: rand.Text(), Expires: now.Add(pageLife)}
	p.place(&s, found.url, secret)
	return s, p.store(ctx, by, site, s, found.url, secret, now)
}

// pageAddress is the page of a site that somebody named, in full or from the path on.
func pageAddress(site Installation, address string) (*url.URL, error) {
	base, err := url.Parse(site.SiteURL + "/")
	if err != nil {
		return nil, fmt.Errorf("address of site: %w", err)
	}
	if len(address) > maxURL {
		return nil, pageInvalid("too_long", "Must have at most 2000 bytes.")
	}
	u, err := base.Parse(strings.TrimSpace(address))
	if err != nil || u.User != nil {
		return nil, pageInvalid("url", "Must be the address of a page, such as https://shop.example/products.")
	}
	u.Fragment, u.RawFragment = "", ""
	if !sameSite(proxy.Origin(u), site.SiteURL) {
		return nil, pageInvalid("other_site", "Must be a page of this site.")
	}
	return u, nil
}

// sameSite: a site is the same with www. and without, and on https.
func sameSite(origin, site string) bool {
	bare := func(o string) string { return strings.TrimPrefix(hostOf(o), "www.") }
	return origin == site || bare(origin) == bare(site) && (strings.HasPrefix(origin, "https:") || strings.HasPrefix(site, "http:"))
}

func pageInvalid(reason, message string) error { return (Fields{"url": {reason, message}}).err() }

// place fills in where a session's page is.
func (p *Pages) place(s *PageSession, page *url.URL, secret string) {
	if s.Mode == PageOnPage {
		s.Origin, s.URL = proxy.Origin(page), page.String()+"#"+OnPageParam+"="+secret
		return
	}
	m := p.mirrors.New(p.mirror(page, secret, s.Nonce))
	target, _ := url.Parse(m.Target)
	s.Origin, s.Sandbox, s.URL = proxy.Origin(target), m.Sandbox(), m.Target+page.RequestURI()
	if m.Opaque {
		s.Origin = "null"
	}
}

// mirror is how a page is shown to whoever knows the secret.
func (p *Pages) mirror(page *url.URL, secret, nonce string) proxy.MirrorConfig {
	dashboard, _ := url.Parse(p.cfg.BaseURL) // both were checked when the process started
	tracker, _ := url.Parse(p.cfg.TrackerURL)
	c := proxy.MirrorConfig{Upstream: proxy.Origin(page), Target: strings.Replace(p.cfg.PreviewURL, "*", secret, 1), Tracker: proxy.Origin(tracker), Dashboard: proxy.Origin(dashboard)}
	if p.cfg.PreviewURL == "" {
		c.Target, c.Opaque = strings.TrimRight(p.cfg.BaseURL, "/")+PagePath+secret, true
	}
	c.Head = `<script src="` + c.Target + PageScript + `" data-nonce="` + nonce + `" data-dashboard="` + c.Dashboard + `" data-site="` + attributeText(c.Upstream) +
		`" data-target="` + c.Target + `"></script>`
	return c
}

// attributeText makes a text safe between double quotes.
func attributeText(text string) string {
	return strings.NewReplacer("&", "&amp;", `"`, "&#34;", "<", "&lt;").Replace(text)
}

const (
	// PageScript is the path of the script in every page that is shown.
	PageScript = "/.samplit/frame.js"
	// OnPageParam names, in an address's fragment, the token of a session in mode on_page.
	OnPageParam = "samplit_edit"
)

func (p *Pages) store(ctx context.Context, by Actor, site Installation, s PageSession, page *url.URL, secret string, now time.Time) error {
	return p.db.InTx(ctx, by.Account, func(st *db.Store) error {
		if err := st.DeletePageSessions(ctx, by.Account, now.Add(-24*time.Hour)); err != nil {
			return fmt.Errorf("delete old page sessions: %w", err)
		}
		err := st.InsertPageSession(ctx, db.InsertPageSessionParams{AccountID: by.Account, ID: s.ID, InstallationID: site.ID, UserID: by.User,
			Hash: credentialHash(secret), Mode: s.Mode, Url: page.String(), Nonce: s.Nonce, Now: now, ExpiresAt: s.Expires})
		if err != nil {
			return fmt.Errorf("insert page session: %w", err)
		}
		err = st.EndOldPageSessions(ctx, db.EndOldPageSessionsParams{AccountID: by.Account, UserID: by.User, Now: &now, Keep: pagesOfPerson})
		if err != nil {
			return fmt.Errorf("end old page sessions: %w", err)
		}
		_, err = record(ctx, st, now, by, "page.opened", installationObject(site.ID), map[string]any{"url": audited(page.String()), "how": string(s.Mode)})
		return err
	})
}

// End closes a page of the actor's: at once here, within three seconds on every node. NotFound: it is not theirs, or closed already.
func (p *Pages) End(ctx context.Context, by Actor, id string) error {
	key, err := uuid.Parse(id)
	if err != nil {
		return notFound("page")
	}
	now := p.clock.now()
	var hash []byte
	err = p.db.InTx(ctx, by.Account, func(st *db.Store) (err error) {
		hash, err = st.EndPageSession(ctx, db.EndPageSessionParams{AccountID: by.Account, ID: key, UserID: by.User, Now: &now})
		return orNotFound(err, "page")
	})
	if err == nil {
		p.open.Invalidate([32]byte(hash))
	}
	return err
}

// OpenPage is a session as whoever knows its secret finds it.
type OpenPage struct {
	*proxy.Mirror
	Mode     string
	row      db.PageSessionRow
	verified time.Time
}

// Find returns what a secret opens. NotFound: nothing, or no longer.
func (p *Pages) Find(ctx context.Context, secret string) (*OpenPage, error) {
	hash, now := [32]byte(credentialHash(secret)), p.clock.now()
	known, ok := p.open.GetIfPresent(hash)
	if ok && now.Sub(known.verified).Abs() < pageKnown && now.Before(known.row.ExpiresAt) {
		return known, nil
	}
	row, err := p.lookUp(ctx, hash, now)
	if err != nil {
		p.open.Invalidate(hash)
		return nil, err
	}
	page, err := url.Parse(row.Url)
	if err != nil {
		return nil, fmt.Errorf("page address: %w", err)
	}
	found := &OpenPage{Mode: row.Mode, row: row, verified: now}
	if ok {
		found.Mirror = known.Mirror // with its cookies
	} else {
		found.Mirror = p.mirrors.New(p.mirror(page, secret, row.Nonce))
	}
	p.open.Set(hash, found)
	return found, nil
}

func (p *Pages) lookUp(ctx context.Context, hash [32]byte, now time.Time) (row db.PageSessionRow, err error) {
	err = p.db.Global(ctx, func(st *db.Store) (err error) {
		row, err = st.PageSession(ctx, hash[:])
		return err
	})
	switch {
	case errors.Is(err, db.ErrNotFound), err == nil && !now.Before(row.ExpiresAt):
		return row, notFound("page")
	case err != nil:
		return row, fmt.Errorf("page session: %w", err)
	}
	return row, nil
}

// Preview tells whose page a request asks for by its path and its host, without port and in lower case: the secret, and the path that the site knows. Not ok: it asks for
// no page.
func (p *Pages) Preview(host, path string) (secret, rest string, ok bool) {
	if p.cfg.PreviewURL != "" {
		_, domain, _ := strings.Cut(p.cfg.PreviewURL, "*")
		domain, _, _ = strings.Cut(domain, ":")
		secret, ok = strings.CutSuffix(host, domain)
		return secret, path, ok
	}
	after, ok := strings.CutPrefix(path, PagePath)
	secret, rest, _ = strings.Cut(after, "/")
	return secret, "/" + rest, ok
}

// Redemption is what a token of mode on_page opens, once.
type Redemption struct {
	Nonce     string
	Dashboard string // origin of the tab to talk to
}

// Redeem opens a page for editing where it is. NotFound: the token is unknown, was redeemed or is over, or the page is not one of the
// site that it is for.
func (p *Pages) Redeem(ctx context.Context, token, origin string) (Redemption, error) {
	now := p.clock.now()
	row, err := p.lookUp(ctx, [32]byte(credentialHash(token)), now)
	if err != nil {
		return Redemption{}, err
	}
	page, err := url.Parse(row.Url)
	if err != nil {
		return Redemption{}, fmt.Errorf("page address: %w", err)
	}
	if row.Mode != PageOnPage || proxy.Origin(page) != origin {
		return Redemption{}, notFound("page")
	}
	err = p.db.InTx(ctx, row.AccountID, func(st *db.Store) error {
		n, err := st.RedeemPageSession(ctx, db.RedeemPageSessionParams{AccountID: row.AccountID, ID: row.ID, Now: &now})
		if err == nil && n == 0 {
			return notFound("page")
		}
		return err
	})
	dashboard, _ := url.Parse(p.cfg.BaseURL) // it was checked when the process started
	return Redemption{row.Nonce, proxy.Origin(dashboard)}, err
}
