package services

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Debugger shows what arrives for a site while it arrives, and why a visitor sees what they see.
type Debugger struct {
	db      *db.DB
	sites   *Installations
	tracker *Tracker
	clock   Clock
	log     *slog.Logger

	mu      sync.Mutex
	feeds   map[uuid.UUID]*feed
	open    map[any]int   // watches of each account and of each session
	hearing chan struct{} // closed while the notifications of all nodes are heard
	wanted  chan struct{} // holds something when listening should begin
	stopped chan struct{}
	stop    sync.Once
	search  chan struct{} // bounds how many look through events at once
}

// NewDebugger makes the service; Run makes it send and hear.
func NewDebugger(d *db.DB, sites *Installations, t *Tracker, clock Clock, log *slog.Logger) *Debugger {
	return &Debugger{db: d, sites: sites, tracker: t, clock: clock, log: log, feeds: map[uuid.UUID]*feed{}, open: map[any]int{},
		hearing: make(chan struct{}), wanted: make(chan struct{}, 1), stopped: make(chan struct{}), search: make(chan struct{}, 2)}
}

const (
	watchesOfAll     = 200
	watchesOfAccount = 20
	watchesOfSession = 4

	watchedFor = time.Minute      // that one mark makes the nodes send
	hearWait   = 3 * time.Second  // for listening to begin
	sweepPause = 10 * time.Second // between two looks for feeds that are over
)

// Run sends what this node sees to who watches it, and hears what all nodes send while somebody watches here, until ctx ends.
func (d *Debugger) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { d.tracker.sightings.run(ctx) })
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-d.wanted:
			d.listen(ctx)
		}
	}
	wg.Wait()
}

// Stop ends every watch, so that the streams of a server that shuts down do not hold it up.
func (d *Debugger) Stop() { d.stop.Do(func() { close(d.stopped) }) }

// listen hears notifications until no feed is left. Where the connection breaks, every feed tells that something may be missing.
func (d *Debugger) listen(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go d.sweep(ctx, cancel)
	for ctx.Err() == nil && d.watching() {
		err := d.db.Listen(ctx, db.SightingsChannel, d.heard, d.hear)
		d.deaf(ctx)
		if ctx.Err() != nil {
			return
		}
		d.log.Debug("sightings not heard", slog.Any("error", err))
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (d *Debugger) watching() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.feeds) > 0
}

// sweep drops feeds that nobody reads, and stops listening after the last.
func (d *Debugger) sweep(ctx context.Context, stop func()) {
	tick := time.NewTicker(sweepPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d.mu.Lock()
		for id, f := range d.feeds {
			if f.over(d.clock.now()) {
				delete(d.feeds, id)
			}
		}
		if len(d.feeds) == 0 {
			stop()
		}
		d.mu.Unlock()
	}
}

func (d *Debugger) heard() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.hearing)
}

// deaf notes that nothing is heard; when it was heard before and still should be, the feeds say so.
func (d *Debugger) deaf(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.hearing:
		d.hearing = make(chan struct{})
	default:
		return
	}
	for _, f := range d.feeds {
		if ctx.Err() == nil {
			f.add(Sighting{ID: uuid.Must(uuid.NewV7()).String(), At: d.clock.now(), Lost: true})
		}
	}
}

// hear takes a notification. Those of sites that nobody watches here are other nodes' business.
func (d *Debugger) hear(text string) {
	var n notice
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		d.log.Warn("read sightings", slog.Any("error", err))
		return
	}
	d.mu.Lock()
	f := d.feeds[n.Site]
	d.mu.Unlock()
	if f != nil {
		f.add(n.List...)
	}
}

// Watch is one reader of what arrives for a site. Close it.
type Watch struct {
	d       *Debugger
	by      Actor
	session string
	feed    *feed
	ready   chan struct{}
	next    int // number of the first sighting not read
}

// Watch begins to watch a site, after the sighting of that id or, when it is empty, with the latest few. Any member may. NotFound
// if absent or another account's, Limited while too many watches are open, Unavailable while nothing can be heard.
func (d *Debugger) Watch(ctx context.Context, by Actor, id, session, after string) (*Watch, error) {
	site, err := d.sites.Get(ctx, by, id)
	if err != nil {
		return nil, err
	}
	w := &Watch{d: d, by: by, session: session, ready: make(chan struct{}, 1)}
	if err := d.begin(w, site.ID, after); err != nil {
		return nil, err
	}
	if err = w.Renew(ctx); err == nil {
		err = d.await(ctx)
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// sessionKey keeps sessions apart from accounts among the counts.
type sessionKey string

func (w *Watch) counts() map[any]int {
	return map[any]int{nil: watchesOfAll, w.by.Account: watchesOfAccount, sessionKey(w.session): watchesOfSession}
}

var errManyWatches = &Error{Code: CodeLimited, Reason: "many_watches", Message: "Too many debuggers are open. Close one of them.", Err: RetryAfter(10 * time.Second)}

// begin counts a watch and gives it the site's feed, a new one where there is none.
func (d *Debugger) begin(w *Watch, site uuid.UUID, after string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, most := range w.counts() {
		if d.open[key] >= most {
			return errManyWatches
		}
	}
	for key := range w.counts() {
		d.open[key]++
	}
	if w.feed = d.feeds[site]; w.feed == nil {
		w.feed = newFeed(site)
		d.feeds[site] = w.feed
	}
	w.feed.join(w, after)
	select {
	case d.wanted <- struct{}{}:
	default:
	}
	return nil
}

// await waits until the notifications of all nodes are heard.
func (d *Debugger) await(ctx context.Context) error {
	d.mu.Lock()
	hearing := d.hearing
	d.mu.Unlock()
	select {
	case <-hearing:
		return nil
	case <-d.stopped:
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(hearWait):
	}
	return db.ErrUnavailable
}

// Renew makes every node go on sending for a minute. It also finds out whether the site is still the account's.
func (w *Watch) Renew(ctx context.Context) error {
	now := w.d.clock.now()
	err := w.d.db.InTx(ctx, w.by.Account, func(st *db.Store) error {
		if _, err := w.d.sites.one(ctx, st, w.by, w.feed.site.String()); err != nil {
			return err
		}
		until := now.Add(watchedFor)
		enough := now.Add(watchedFor / 2)
		_, err := st.WatchInstallation(ctx, db.WatchInstallationParams{AccountID: w.by.Account, ID: w.feed.site, Until: &until, Enough: &enough})
		if err != nil {
			return fmt.Errorf("mark site as watched: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.d.tracker.snapshot.Refresh(ctx) // or this node would send only after its next look
}

// Ready holds something when there is more to read.
func (w *Watch) Ready() <-chan struct{} { return w.ready }

// Stopped is closed when the server shuts down.
func (w *Watch) Stopped() <-chan struct{} { return w.d.stopped }

// Take returns what was not read yet, oldest first, and how many sightings came too fast to be kept.
func (w *Watch) Take() (list []Sighting, missed int) { return w.feed.take(w) }

// Close ends the watch.
func (w *Watch) Close() {
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	w.feed.leave(w, w.d.clock.now())
	for key := range w.counts() {
		if w.d.open[key]--; w.d.open[key] == 0 {
			delete(w.d.open, key)
		}
	}
}
