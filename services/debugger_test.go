package services

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// watched makes a tracker's site one that is watched, without anybody who does, and returns what it would send.
func (tr *traffic) watched(t *testing.T) func() []Sighting {
	t.Helper()
	tr.mark(t, time.Now().Add(time.Hour))
	return func() []Sighting {
		tr.sightings.mu.Lock()
		defer tr.sightings.mu.Unlock()
		n := tr.sightings.waiting[tr.x.Installation]
		tr.sightings.waiting = map[uuid.UUID]*notice{}
		if n == nil {
			return nil
		}
		return n.List
	}
}

func (tr *traffic) mark(t *testing.T, until time.Time) {
	t.Helper()
	err := tr.db.InTx(t.Context(), tr.x.Account, func(st *db.Store) error {
		n, err := st.WatchInstallation(t.Context(), db.WatchInstallationParams{AccountID: tr.x.Account, ID: tr.x.Installation, Until: &until, Enough: &until})
		if n != 1 {
			t.Errorf("%d sites marked", n)
		}
		return err
	})
	if err == nil {
		err = tr.snapshot.Refresh(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (tr *traffic) report(t *testing.T, e Event, agent string) {
	t.Helper()
	_, err := tr.Events(t.Context(), EventBatch{Token: tr.x.Token, Visit: Visit{UserAgent: agent}, Events: []Event{e}})
	if err != nil {
		t.Fatal(err)
	}
}

// told is the outcome of the only sighting.
func told(t *testing.T, list []Sighting) string {
	t.Helper()
	if len(list) != 1 {
		t.Fatalf("%d sightings: %+v", len(list), list)
	}
	return list[0].Outcome
}

func TestNobodyIsToldOfASiteThatNobodyWatches(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	seen := tr.watched(t)
	tr.see(t, "v1")
	if got := told(t, seen()); got != SeenApplied {
		t.Errorf("watched: %s", got)
	}
	tr.mark(t, time.Now().Add(2*time.Hour)) // a later mark, so that the next is earlier
	err := tr.db.InTx(t.Context(), tr.x.Account, func(st *db.Store) error {
		past := time.Now().Add(-time.Second)
		later := time.Now().Add(24 * time.Hour)
		_, err := st.WatchInstallation(t.Context(), db.WatchInstallationParams{AccountID: tr.x.Account, ID: tr.x.Installation, Until: &past, Enough: &later})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.snapshot.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	tr.see(t, "v2")
	tr.buy(t, "v2", "o1")
	if got := seen(); got != nil {
		t.Errorf("told after the watch was over: %+v", got)
	}
}

func TestSightingsSayWhatBecameOfExposures(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	seen := tr.watched(t)
	split := &tr.site0(t).byKey[tr.x.Key].splits[0]
	exposure := func(visitor string) Event {
		return Event{Type: "exposure", Visitor: visitor, Experiment: tr.x.Key, Arm: split.arms[split.choose(visitor, 1)], Epoch: 1}
	}
	tr.report(t, exposure("v1"), "")
	if got := told(t, seen()); got != SeenApplied {
		t.Errorf("first: %s", got)
	}
	tr.report(t, exposure("v1"), "")
	if got := told(t, seen()); got != SeenAgain {
		t.Errorf("again: %s", got)
	}
	tr.report(t, exposure("robot"), "curl/8")
	if got := told(t, seen()); got != SeenBot {
		t.Errorf("bot: %s", got)
	}
	tr.report(t, exposure(testVisitor+"1"), "")
	if got := told(t, seen()); got != SeenTest {
		t.Errorf("test visitor: %s", got)
	}
	// Somebody who was given the other arm at another door.
	other := int16(1 - split.choose("flipped", 1))
	at := time.Now().UTC()
	_, err := tr.db.Apply(t.Context(), db.Batch{Now: at, Assignments: []db.NewAssignment{{Account: tr.x.Account, Experiment: tr.x.ID, Visitor: "flipped", Arm: other,
		Epoch: 1, Propensity: .5, At: at, Exposed: true, Door: db.DoorAssign, Counted: true}}})
	if err != nil {
		t.Fatal(err)
	}
	tr.report(t, exposure("flipped"), "")
	if got := told(t, seen()); got != SeenCrossover {
		t.Errorf("crossover: %s", got)
	}
	wrong := exposure("v2")
	wrong.Arm = split.arms[1-split.choose("v2", 1)]
	tr.report(t, wrong, "")
	if got := seen(); told(t, got) != SeenRejected || got[0].Code != "wrong_arm" || got[0].Arm != wrong.Arm {
		t.Errorf("wrong arm: %+v", got)
	}
}

func TestTestVisitorsAreNeverCounted(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	v := NewTestVisitor()
	first := tr.see(t, v)
	if again := tr.see(t, v); len(first.Arms) != 1 || again.Arms[0].arm != first.Arms[0].arm || !first.Stored {
		t.Errorf("served %+v, then %+v", first, again)
	}
	tr.buy(t, v, "order-1")
	if err := tr.Identify(t.Context(), tr.x.Token, v, "a-real-person"); err != nil {
		t.Fatal(err)
	}
	tr.see(t, "a-real-person")
	tr.buy(t, "a-real-person", "order-2")
	totals := tr.totals(t)
	if visitors, converters := totals[0][0]+totals[1][0], totals[0][1]+totals[1][1]; visitors != 1 || converters != 1 {
		t.Errorf("%d visitors and %d converters are counted, want the real person alone", visitors, converters)
	}
	tr.noDifference(t)
}

// What is set aside, and what a database that is away does not take, is told as such.
func TestSightingsSayWhatWasNotStored(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	seen := tr.watched(t)
	s := tr.site0(t)
	for cause, want := range map[error]string{&Error{Code: CodeInvalid, Reason: "quarantined"}: SeenQuarantined, db.ErrUnavailable: SeenUnavailable, errQueueFull: SeenUnavailable} {
		in := &intake{site: s, sticky: newSticky(10), now: time.Now(), work: &work{}}
		trace := tr.newTrace(s, SightEventsDoor, in.now)
		good, bad := Event{Type: "pageview", Visitor: "v"}, Event{Type: "dance", Visitor: "v"}
		for _, e := range []Event{good, bad} {
			trace.took(e, in.take(e), in.work)
		}
		tr.settled(trace, in, cause)
		list := seen()
		if len(list) != 2 || list[0].Outcome != want || list[1].Outcome != SeenRejected {
			t.Errorf("%v: %+v", cause, list)
		}
	}
}

// site0 is the test's site in the present picture.
func (tr *traffic) site0(t *testing.T) *site {
	t.Helper()
	s, err := tr.Tracker.site(tr.x.Token)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever a client sends, a sighting fits into a notification: none is lost for its size.
func TestSightingsFitIntoNotifications(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("<", 10_000), strings.Repeat("\x01", 10_000), strings.Repeat("é", 10_000), strings.Repeat("\xff", 10_000), "a\x00b"} {
		s := newSightings(nil, slog.New(slog.DiscardHandler))
		for range 3 * sightingsAt {
			s.put(uuid.Nil, Sighting{Kind: text, Visitor: text, Experiment: text, Split: text, Arm: text, Goal: text, Name: text, Code: text, Page: "https://a.example/" + text,
				Message: "A sentence of ours.", Outcome: SeenRejected, Door: SightEventsDoor, Value: "-1000000000.0001"})
		}
		n := s.waiting[uuid.Nil]
		if got := n.List[len(n.List)-1].More; len(n.List) != sightingsAt+1 || got != 2*sightingsAt {
			t.Fatalf("%d kept, %d told of", len(n.List)-1, got)
		}
		total := 0
		for _, text := range n.texts() {
			if len(text) > db.MaxNotice {
				t.Errorf("%d bytes", len(text))
			}
			total += strings.Count(text, `"outcome":"rejected"`)
		}
		if total != sightingsAt {
			t.Errorf("%.10q: %d of %d are sent", text, total, sightingsAt)
		}
	}
}

func TestFeedCountsWhatASlowReaderMisses(t *testing.T) {
	t.Parallel()
	f := newFeed(uuid.New())
	slow := &Watch{ready: make(chan struct{}, 1)}
	f.join(slow, "")
	for i := range feedLength + 120 {
		f.add(Sighting{ID: fmt.Sprint(i)})
	}
	list, missed := f.take(slow)
	if len(list) != feedLength || missed != 120 || list[0].ID != "120" {
		t.Errorf("%d read, %d missed", len(list), missed)
	}
	if list, missed := f.take(slow); len(list) != 0 || missed != 0 {
		t.Errorf("then %d read, %d missed", len(list), missed)
	}
	begins := func(after string) (ids []string) {
		w := &Watch{ready: make(chan struct{}, 1)}
		f.join(w, after)
		list, _ := f.take(w)
		for _, s := range list {
			ids = append(ids, s.ID)
		}
		return ids
	}
	if got := begins(""); len(got) != feedReplay || got[feedReplay-1] != "419" {
		t.Errorf("a new reader begins with %v", got)
	}
	if diff := cmp.Diff([]string{"418", "419"}, begins("417")); diff != "" {
		t.Errorf("who had seen 417 (-want +got):\n%s", diff)
	}
	if got := append(begins("419"), begins("1")...); len(got) > 0 {
		t.Errorf("who has seen all, and who saw what is gone, begin with %v", got)
	}
}

// debugger runs a debugger on a tracker until the test ends.
func (tr *traffic) debugger(t *testing.T, clock Clock) *Debugger {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	d := NewDebugger(tr.db, NewInstallations(tr.db, "http://tracker.test", clock), tr.Tracker, clock, log)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	wg.Go(func() { d.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return d
}

// read waits for the next sightings of a watch.
func (w *Watch) read(t *testing.T) []Sighting {
	t.Helper()
	select {
	case <-w.Ready():
		list, _ := w.Take()
		return list
	case <-time.After(time.Minute):
		t.Fatal("nothing was seen in a minute")
		return nil
	}
}

// A connection that breaks is told, since what was sent meanwhile is gone; afterwards everything is heard again.
func TestDebuggerTellsThatItWasDeaf(t *testing.T) {
	t.Parallel()
	url := dbtest.Clone(t)
	own, err := db.Open(t.Context(), db.Config{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	x := dbtest.Experiment(t, own, "sequential")
	tr := joinTraffic(t, own, x)
	d := tr.debugger(t, time.Now)
	by := Actor{Account: x.Account, Role: Viewer}
	w, err := d.Watch(t.Context(), by, x.Installation.String(), "session", "")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	tr.see(t, "before")
	if got := w.read(t); got[0].Visitor != "before" {
		t.Fatalf("got %+v", got)
	}
	var ended int
	err = dbtest.Owner(t, url).QueryRow(t.Context(), "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query = $1",
		"LISTEN "+db.SightingsChannel).Scan(&ended)
	if err != nil || ended != 1 {
		t.Fatalf("%d connections listened, want one; %v", ended, err)
	}
	if got := w.read(t); len(got) != 1 || !got[0].Lost {
		t.Fatalf("got %+v, want to be told", got)
	}
	other, err := d.Watch(t.Context(), by, x.Installation.String(), "session", "") // waits until it hears again
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tr.see(t, "after")
	if got := w.read(t); got[0].Visitor != "after" {
		t.Fatalf("got %+v", got)
	}
}

func TestWatchesEndAndAreCounted(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	d := tr.debugger(t, time.Now)
	by := Actor{Account: tr.x.Account, Role: Viewer}
	site := tr.x.Installation.String()
	var open []*Watch
	for i := range watchesOfAccount {
		w, err := d.Watch(t.Context(), by, site, fmt.Sprint("session ", i/watchesOfSession), "")
		if err != nil {
			t.Fatalf("watch %d: %v", i, err)
		}
		open = append(open, w)
	}
	if _, err := d.Watch(t.Context(), by, site, "another session", ""); Code(err) != CodeLimited {
		t.Errorf("one more of the account: %v", err)
	}
	account, _ := dbtest.Account(t, tr.db)
	if _, err := d.Watch(t.Context(), Actor{Account: account, Role: Owner}, site, "s", ""); Code(err) != CodeNotFound {
		t.Errorf("another account's site: %v", err)
	}
	for _, w := range open {
		w.Close()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.open) > 0 {
		t.Errorf("counted after the last was closed: %v", d.open)
	}
	if f := d.feeds[tr.x.Installation]; f == nil || f.over(time.Now()) || !f.over(time.Now().Add(feedLife)) {
		t.Error("the feed must outlive its last watch by a minute, and no more")
	}
}

// Where a site stores no personal data, nobody is shown it either.
func TestSightingsAreScrubbedLikeWhatIsStored(t *testing.T) {
	t.Parallel()
	tr := newTraffic(t, "sequential")
	for scrubs, want := range map[bool]string{true: scrubbedEmail, false: "ana@shop.example"} {
		s := *tr.site0(t)
		s.scrubs, s.watched = scrubs, time.Now().Add(time.Hour)
		in := &intake{site: &s, sticky: newSticky(10), now: time.Now(), work: &work{}}
		trace := tr.newTrace(&s, SightEventsDoor, in.now)
		e := Event{Type: "dance", Visitor: "v", Name: "ana@shop.example", URL: "https://shop.example/u/ana@shop.example"}
		trace.took(e, in.take(e), in.work)
		tr.settled(trace, in, nil)
		seen := tr.sightings.waiting[s.id].List
		if got := seen[len(seen)-1]; got.Name != want || scrubs == strings.Contains(got.Page, "ana@") {
			t.Errorf("scrubs %v: name %q, page %q", scrubs, got.Name, got.Page)
		}
	}
}
