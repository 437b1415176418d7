package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/handlers"
	"github.com/samplit/samplit/mail"
	"github.com/samplit/samplit/proxy"
	"github.com/samplit/samplit/services"
)

// app is everything constructed once: services, doors and the work in the background.
type app struct {
	handler   http.Handler
	admin     http.Handler
	tracker   *services.Tracker
	debugger  *services.Debugger
	committer *services.Committer
	snapshot  *services.Snapshot
	learner   *services.Learner
	archive   *services.Archive
	demo      *services.Demo // nil in production
	limits    *services.Limits
	places    *services.Places       // nil without GEOIP_FILE
	shared    *services.SharedLimits // nil without Redis
	database  *database
	keys      *services.Keyset
	file      *services.SnapshotFile // nil with the private database
	workers   []db.Worker
	stopping  atomic.Bool // readiness says no
}

// passwordCost is bcrypt's: a quarter of a second of one core for every guess.
const passwordCost = 12

// newApp constructs the program on an open database. Nothing runs yet.
func newApp(ctx context.Context, c *config, d *database, log *slog.Logger) (*app, error) {
	clock := services.Clock(time.Now)
	secret, err := c.openSecret()
	if err != nil {
		return nil, err
	}
	keys, err := d.keyset(ctx, c.keysetPath())
	if err != nil {
		return nil, err
	}
	mailer, mailbox, err := newMailer(c, clock)
	if err != nil {
		return nil, err
	}
	passwords, err := services.NewPasswords(secret, passwordCost)
	if err != nil {
		return nil, err
	}
	a := &app{database: d, keys: keys}
	if c.RedisURL != "" {
		if a.shared, err = services.NewSharedLimits(c.RedisURL, 0, clock, log); err != nil {
			return nil, err
		}
	}
	a.snapshot = services.NewSnapshot(d.DB, c.TrackerURL, clock, log)
	a.committer = services.NewCommitter(d.DB, clock, log)
	secretKeys := services.NewAPIKeys(d.DB, clock)
	a.tracker = services.NewTracker(d.DB, a.snapshot, a.committer, secretKeys, services.TrackerLimits{}, clock, log)
	rules := c.limits
	rules.Shared = a.shared
	a.limits = services.NewLimits(a.snapshot, rules, clock)
	a.learner = services.NewLearner(d.DB, keys, a.committer.Kept, clock, log)

	objects, err := services.OpenObjects(c.S3URL, filepath.Join(c.DataDir, "objects"))
	if err != nil {
		return nil, err
	}
	a.archive = services.NewArchive(d.DB, objects, c.EventsKeepDays, clock, log)

	tokens := services.NewTokens(d.DB, secret, c.BaseURL, time.Duration(c.AccessTokenMinutes)*time.Minute, clock)
	accounts := services.NewAccounts(d.DB, passwords, tokens, services.NewMemoryThrottle(clock), mailer, clock,
		services.SignUpRules{BaseURL: c.BaseURL, InviteOnly: c.Signup == "invite", Exempt: c.exempt()})
	installations := services.NewInstallations(d.DB, c.TrackerURL, clock)
	experiments := services.NewExperiments(d.DB, keys, clock)
	a.debugger = services.NewDebugger(d.DB, installations, a.tracker, clock, log)
	previews := services.NewPreviews(experiments, installations, secret.Key("preview"), clock)
	a.tracker.AcceptPreviews(previews)
	if c.GeoIPFile != "" {
		if a.places, err = services.OpenPlaces(c.GeoIPFile, log); err != nil {
			return nil, fmt.Errorf("GEOIP_FILE: %w", err)
		}
		a.tracker.LocateBy(a.places)
	}
	fetcher := a.fetcher(c)
	installations.LookWith(fetcher)
	pages := services.NewPages(d.DB, installations, fetcher, objects, services.PagesConfig{BaseURL: c.BaseURL, TrackerURL: c.TrackerURL, PreviewURL: c.PreviewURL}, clock)
	uploads := services.NewUploads(d.DB, objects, c.TrackerURL, clock)
	analytics, audit := services.NewAnalytics(d.DB, clock, log), services.NewAudit(d.DB)
	exports := services.NewExports(d.DB, objects, secret.Key("exports"), c.BaseURL, clock, log)
	segments := services.NewSegments(d.DB, clock, log)
	shares := services.NewShares(d.DB, analytics, secret.Key("shares"), c.BaseURL, clock)
	notices := services.NewNotices(d.DB, analytics, mailer, secret, c.BaseURL, clock, log)
	seal, err := d.auditKey(ctx, c.auditKeyPath(), log)
	if err != nil {
		return nil, err
	}
	notary := services.NewNotary(d.DB, seal, mailer, c.BaseURL, clock, log)
	erasures := services.NewErasures(d.DB, clock, log)
	checks := services.NewPageChecks(d.DB, fetcher, clock, log)
	a.workers = slices.Concat(accounts.Workers(), a.tracker.Workers(), a.archive.Workers(), notary.Workers(), checks.Workers(), exports.Workers(), notices.Workers(), segments.Workers(), erasures.Workers())

	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.observe(registry)
	a.admin = handlers.Admin(registry)
	app := handlers.New(handlers.Deps{
		Accounts: accounts, Sessions: services.NewSessions(d.DB, clock), Tokens: tokens, Keys: secretKeys,
		Editor:        services.NewVisualEditor(d.DB, experiments, clock),
		Installations: installations, Experiments: experiments, Previews: previews, Pages: pages, PageChecks: checks, Uploads: uploads, Analytics: analytics, Audit: audit, Notary: notary,
		Erasures: erasures, Segments: segments, Exports: exports, Shares: shares, Notices: notices,
		Simulator: services.NewSimulator(experiments, analytics), Debugger: a.debugger,
		Quarantine: services.NewQuarantine(d.DB, a.committer, a.snapshot, clock),
		Home:       services.NewHome(d.DB, analytics, audit, clock),
		DemoURL:    c.demoURL(), BaseURL: c.BaseURL, TrackerURL: c.TrackerURL, Production: c.production(), AllowedHosts: c.hosts(), CORSOrigins: c.CORSOrigins,
		TrustedProxies: c.proxies, SessionKey: secret.Key("session"), Limits: a.limits, Pressure: a.committer.Pressure, Mailbox: mailbox, Log: log, Clock: clock, Metrics: registry,
		Checks: []handlers.Check{{Name: "database", Run: d.Ping}, {Name: "experiments", Run: a.fresh, Note: a.age}, {Name: "ingest", Run: a.ingesting, Note: a.backlog}},
	})
	public, err := handlers.NewTracker(handlers.TrackerDeps{Tracker: a.tracker, Uploads: uploads, Pages: pages, Limits: a.limits, TrustedProxies: c.proxies,
		Errors: app.HTTPErrorHandler, Metrics: registry})
	if err != nil {
		return nil, err
	}
	a.handler = handlers.Frames(pages, log, a.root(c, app, public, installations, experiments, accounts))
	return a, nil
}

// root adds the demo shop in development.
func (a *app) root(c *config, pages, public http.Handler, i *services.Installations, e *services.Experiments, acc *services.Accounts) http.Handler {
	if c.production() {
		return handlers.Root(pages, public, nil)
	}
	shop := c.shopURL()
	a.demo = services.NewDemo(acc, i, e, a.snapshot, shop.String())
	return handlers.Root(pages, public, a.shop(c))
}

// shop is the demo shop, with the snippet once the demo was seeded.
func (a *app) shop(c *config) *handlers.Shop {
	return &handlers.Shop{Host: c.shopURL().Hostname(), Snippet: func() string { return a.demo.Snippet() }}
}

// fetcher is what reaches out to addresses that somebody outside named.
func (a *app) fetcher(c *config) *proxy.Fetcher {
	addresses, names := c.own()
	inside := map[string]http.Handler{}
	if !c.production() {
		inside[c.shopURL().Hostname()] = a.shop(c).Handler()
	}
	return proxy.New(proxy.Config{AllowPrivate: c.AllowPrivate, Own: addresses, OwnHosts: names, Inside: inside})
}

// shopURL is where the demo shop answers: its own host name on the app's port.
func (c *config) shopURL() *url.URL {
	u := *c.base
	u.Host = "demo.localhost"
	if p := c.base.Port(); p != "" {
		u.Host += ":" + p
	}
	return &u
}

// demoURL is the shop's, empty in production.
func (c *config) demoURL() string {
	if c.production() {
		return ""
	}
	return c.shopURL().String()
}

// hosts are the names the app answers to.
func (c *config) hosts() []string {
	names := append([]string{c.base.Hostname(), c.tracker.Hostname()}, c.AllowedHosts...)
	if !c.production() {
		names = append(names, "127.0.0.1", "::1") // an address cannot be rebound
	}
	return names
}

// exempt spares developers the limits that are meant for strangers.
func (c *config) exempt() func(netip.Addr) bool {
	if c.production() {
		return nil
	}
	return netip.Addr.IsLoopback
}

// fresh is what readiness asks of the snapshot.
func (a *app) fresh(context.Context) error {
	if a.stopping.Load() {
		return errors.New("stopping")
	}
	if a.snapshot.Age() > 30*time.Second {
		return errors.New("not read from the database for 30 seconds")
	}
	return nil
}

// ingesting is no reason to send traffic elsewhere: every server stores in the same database.
func (a *app) ingesting(context.Context) error { return nil }

// backlog tells operators what waits to be stored and what could not be.
func (a *app) backlog() string {
	return fmt.Sprintf("%d requests wait, %d answers are not stored yet, %d items were set aside", a.committer.Waiting(), a.committer.Kept(), a.committer.Quarantined())
}

// age tells operators how old the picture is that visitors are served from.
func (a *app) age() string {
	if age := a.snapshot.Age(); age < never {
		return fmt.Sprintf("as of %s ago", age.Round(time.Second))
	}
	return "never read"
}

// never is more than any age.
const never = 100 * 365 * 24 * time.Hour

// newMailer sends over SMTP, or keeps the messages in a box that development shows.
func newMailer(c *config, clock services.Clock) (*mail.Mailer, *mail.Catcher, error) {
	from := "samplit@" + c.base.Hostname()
	if c.SMTPURL == "" {
		box := mail.NewCatcher(clock)
		return mail.New(from, box), box, nil
	}
	smtp, err := mail.NewSMTP(c.SMTPURL)
	if err != nil {
		return nil, nil, err
	}
	return mail.New(from, smtp), nil, nil
}
