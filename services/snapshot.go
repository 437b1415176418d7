package services

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// site is an installation with everything its traffic can meet. Immutable.
type site struct {
	account, id uuid.UUID
	token       string
	url         string
	byKey       map[string]*live
	byID        map[uuid.UUID]*live
	identifies  bool      // it has told of visitors that are one person
	origins     []string  // of pages that may send; empty: all
	scrubs      bool      // takes personal data out of events
	consent     bool      // remembers and counts nobody who has not said yes
	partners    []string  // domains that visitors are handed over to and from
	ga4         bool      // tells Google Analytics who sees what
	halted      bool      // its snippet shows nobody anything
	watched     time.Time // until when somebody watches what arrives, see Debugger
	serving     []*live   // in order of start
	config      *siteConfig
	features    *siteFeatures
}

// find returns the experiment with that id or key.
func (s *site) find(ref string) *live {
	if x := s.byKey[ref]; x != nil {
		return x
	}
	if id, err := uuid.Parse(ref); err == nil {
		return s.byID[id]
	}
	return nil
}

// world is one consistent picture of all sites; a reader keeps the one it took.
type world struct {
	byToken map[string]*site
	byID    map[uuid.UUID]*site
	home    map[uuid.UUID]uuid.UUID // site of an experiment: a draft may move to another
}

func newWorld() *world {
	return &world{byToken: map[string]*site{}, byID: map[uuid.UUID]*site{}, home: map[uuid.UUID]uuid.UUID{}}
}

// Snapshot keeps every site's experiments in memory. Readers take the current picture without a lock; a loop replaces it when
// something changed, found by polling and hastened by notifications.
type Snapshot struct {
	db      *db.DB
	base    string // URL of the tracker, without a trailing slash
	log     *slog.Logger
	clock   Clock
	current atomic.Pointer[world]
	synced  atomic.Int64 // unix milliseconds of the last successful look
	looked  atomic.Bool  // at the database, successfully
	horizon string       // transaction id from which the next look reads
	sync    sync.Mutex
	// forget is told of visitors whose assignments are another's from now on. It is set before Run.
	forget func(s *site, visitor string)
}

// NewSnapshot makes an empty snapshot; Refresh or Run fills it. trackerURL is where browsers send their events.
func NewSnapshot(d *db.DB, trackerURL string, clock Clock, log *slog.Logger) *Snapshot {
	s := &Snapshot{db: d, base: strings.TrimRight(trackerURL, "/"), log: log, clock: clock, horizon: "0", forget: func(*site, string) {}}
	s.current.Store(newWorld())
	return s
}

// Restore serves from what a file held until the first look at the database, which replaces it whole.
func (s *Snapshot) Restore(saved *SavedSnapshot) {
	s.sync.Lock()
	defer s.sync.Unlock()
	s.current.Store(newWorld().with(saved.changes, s.base))
	s.synced.Store(saved.at.UnixMilli())
}

// agreed is the present picture and when it agreed with the database; nil before the first look.
func (s *Snapshot) agreed() (*world, time.Time) {
	s.sync.Lock()
	defer s.sync.Unlock()
	if !s.looked.Load() {
		return nil, time.Time{}
	}
	return s.current.Load(), time.UnixMilli(s.synced.Load())
}

// Age is the time since the snapshot last agreed with the database; huge before the first look.
func (s *Snapshot) Age() time.Duration {
	at := s.synced.Load()
	if at == 0 {
		return 1<<63 - 1
	}
	return s.clock.now().Sub(time.UnixMilli(at))
}

// site returns the site of an installation token, nil if there is none.
func (s *Snapshot) site(token string) *site { return s.current.Load().byToken[token] }

// experiment returns an experiment by its id, nil if there is none.
func (s *Snapshot) experiment(id uuid.UUID) *live {
	w := s.current.Load()
	if site := w.byID[w.home[id]]; site != nil {
		return site.byID[id]
	}
	return nil
}

// tokenOf returns the token of the oldest site at an address, empty if there is none.
func (s *Snapshot) tokenOf(url string) string {
	var oldest *site
	for _, x := range s.current.Load().byToken {
		if x.url == url && (oldest == nil || bytes.Compare(x.id[:], oldest.id[:]) < 0) {
			oldest = x
		}
	}
	if oldest == nil {
		return ""
	}
	return oldest.token
}

// Run refreshes the snapshot every second and at once when notified, until ctx ends.
func (s *Snapshot) Run(ctx context.Context) {
	wake := make(chan struct{}, 1)
	go s.listen(ctx, wake)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-wake:
		}
		s.look(ctx)
	}
}

// lookLimit ends a look whose answer was lost on the way.
const lookLimit = 30 * time.Second

func (s *Snapshot) look(ctx context.Context) {
	wait, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	if err := s.Refresh(wait); err != nil && ctx.Err() == nil && Code(err) != CodeUnavailable {
		s.log.Warn("refresh snapshot", slog.Any("error", err))
	}
}

func (s *Snapshot) listen(ctx context.Context, wake chan<- struct{}) {
	for ctx.Err() == nil {
		err := s.db.Listen(ctx, db.ConfigChannel, nil, func(string) {
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		if ctx.Err() == nil {
			s.log.Debug("notifications lost", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(3 * time.Second):
		}
	}
}

// changes is what one look found.
type changes struct {
	horizon     string
	sites       []db.SnapshotInstallationsRow
	experiments []*live
	aliases     []db.SnapshotAliasesRow
}

// Refresh reads what changed since the last look and swaps the picture.
func (s *Snapshot) Refresh(ctx context.Context) error {
	s.sync.Lock()
	defer s.sync.Unlock()
	var c changes
	err := s.db.Survey(ctx, func(st *db.Store) (err error) {
		c, err = readChanges(ctx, st, s.horizon)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case !s.looked.Load():
		s.current.Store(newWorld().with(c, s.base))
	case len(c.sites) > 0 || len(c.experiments) > 0:
		s.current.Store(s.current.Load().with(c, s.base))
	}
	for _, x := range c.experiments {
		if x.broken != "" {
			s.log.Error("rules of an experiment cannot be read: it serves nobody", slog.String("experiment_id", x.id.String()), slog.String("error", x.broken))
		}
	}
	for _, a := range c.aliases {
		if site := s.current.Load().byID[a.InstallationID]; site != nil {
			s.forget(site, a.Visitor)
		}
	}
	s.horizon = c.horizon
	s.synced.Store(s.clock.now().UnixMilli())
	s.looked.Store(true)
	return nil
}

func readChanges(ctx context.Context, st *db.Store, since string) (c changes, err error) {
	if c.horizon, err = st.SnapshotHorizon(ctx); err != nil {
		return c, fmt.Errorf("read horizon: %w", err)
	}
	if c.sites, err = st.SnapshotInstallations(ctx, since); err != nil {
		return c, fmt.Errorf("read installations: %w", err)
	}
	if since != "0" { // at a start nothing is remembered
		if c.aliases, err = st.SnapshotAliases(ctx, since); err != nil {
			return c, fmt.Errorf("read aliases: %w", err)
		}
	}
	rows, err := st.SnapshotExperiments(ctx, since)
	if err != nil {
		return c, fmt.Errorf("read experiments: %w", err)
	}
	// Chunks keep the arrays and the answers small when everything is read at a start.
	for chunk := range slices.Chunk(rows, 500) {
		lives, err := readLives(ctx, st, chunk)
		if err != nil {
			return c, err
		}
		c.experiments = append(c.experiments, lives...)
	}
	return c, nil
}

func readLives(ctx context.Context, st *db.Store, rows []db.Experiment) ([]*live, error) {
	var accounts, ids []uuid.UUID
	for _, e := range rows {
		accounts, ids = append(accounts, e.AccountID), append(ids, e.ID)
	}
	elements, err := st.SnapshotElements(ctx, accounts, ids)
	if err != nil {
		return nil, fmt.Errorf("read elements: %w", err)
	}
	variants, err := st.SnapshotVariants(ctx, accounts, ids)
	if err != nil {
		return nil, fmt.Errorf("read variants: %w", err)
	}
	goals, err := st.SnapshotGoals(ctx, accounts, ids)
	if err != nil {
		return nil, fmt.Errorf("read goals: %w", err)
	}
	splits, err := st.SnapshotSplits(ctx, accounts, ids)
	if err != nil {
		return nil, fmt.Errorf("read splits: %w", err)
	}
	epochs, err := st.SnapshotEpochs(ctx, accounts, ids)
	if err != nil {
		return nil, fmt.Errorf("read epochs: %w", err)
	}
	el := groupBy(elements, func(r db.Element) uuid.UUID { return r.ExperimentID })
	v := groupBy(variants, func(r db.Variant) uuid.UUID { return r.ExperimentID })
	g := groupBy(goals, func(r db.Goal) uuid.UUID { return r.ExperimentID })
	sp := groupBy(splits, func(r db.Split) uuid.UUID { return r.ExperimentID })
	ep := groupBy(epochs, func(r db.Epoch) uuid.UUID { return r.ExperimentID })
	out := make([]*live, len(rows))
	for i, e := range rows {
		out[i] = newLive(e, el[e.ID], v[e.ID], g[e.ID], sp[e.ID], ep[e.ID])
	}
	return out, nil
}

func groupBy[T any](rows []T, key func(T) uuid.UUID) map[uuid.UUID][]T {
	out := map[uuid.UUID][]T{}
	for _, r := range rows {
		out[key(r)] = append(out[key(r)], r)
	}
	return out
}

// with returns the world after c: sites that nothing touched are shared with the old one.
func (w *world) with(c changes, base string) *world {
	next := &world{byToken: maps.Clone(w.byToken), byID: maps.Clone(w.byID), home: maps.Clone(w.home)}
	fresh := map[uuid.UUID]*site{}
	edit := func(id uuid.UUID) *site {
		if f := fresh[id]; f != nil {
			return f
		}
		f := &site{id: id, byKey: map[string]*live{}, byID: map[uuid.UUID]*live{}}
		if old := next.byID[id]; old != nil {
			*f = *old
			f.byKey, f.byID = maps.Clone(old.byKey), maps.Clone(old.byID)
		}
		fresh[id] = f
		return f
	}
	for _, r := range c.sites {
		f := edit(r.ID)
		delete(next.byToken, f.token)
		f.account, f.token, f.url, f.identifies = r.AccountID, r.Token, r.SiteUrl, r.Identifies
		f.origins, f.scrubs = r.AllowedOrigins, r.Scrubs
		f.consent, f.ga4, f.partners, f.halted = r.Consent == ConsentRequired, r.Ga4, r.Partners, r.Halted
		f.watched = time.Time{}
		if r.WatchedUntil != nil {
			f.watched = *r.WatchedUntil
		}
		if r.ArchivedAt != nil {
			f.token = ""
		}
	}
	for _, x := range c.experiments {
		if old, ok := next.home[x.id]; ok {
			edit(old).drop(x.id)
		}
		next.home[x.id] = x.installation
		f := edit(x.installation)
		f.byKey[x.key], f.byID[x.id] = x, x
	}
	for id, f := range fresh {
		f.finish(base)
		next.byID[id] = f
		if f.token != "" {
			next.byToken[f.token] = f
		}
	}
	return next
}

func (s *site) drop(id uuid.UUID) {
	if old := s.byID[id]; old != nil {
		delete(s.byKey, old.key)
		delete(s.byID, id)
	}
}

func (s *site) finish(base string) {
	s.serving = nil
	for _, x := range s.byID {
		if x.serves() {
			s.serving = append(s.serving, x)
		}
	}
	slices.SortFunc(s.serving, func(a, b *live) int {
		if n := a.startedAt.Compare(b.startedAt); n != 0 {
			return n
		}
		if n := strings.Compare(a.key, b.key); n != 0 {
			return n
		}
		return bytes.Compare(a.id[:], b.id[:])
	})
	s.config = &siteConfig{base: base, site: s}
	s.features = &siteFeatures{site: s}
}
