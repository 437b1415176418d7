package services

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	feedLength = 300         // sightings that a site's feed keeps
	feedReplay = 50          // of them, those that a new watch begins with
	feedLife   = time.Minute // that a feed outlives its last watch, so that a reader who comes back misses nothing
)

// feed is what arrived lately for one site, kept while somebody watches. Each watch reads at its own pace; one that is too slow
// finds the oldest gone and how many.
type feed struct {
	site uuid.UUID

	mu      sync.Mutex
	list    []Sighting
	first   int // number of list[0]; they count from the feed's begin
	watches map[*Watch]bool
	idle    time.Time // since when nobody watches
}

func newFeed(site uuid.UUID) *feed { return &feed{site: site, watches: map[*Watch]bool{}} }

// add appends sightings and wakes who watches.
func (f *feed) add(list ...Sighting) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, list...)
	if over := len(f.list) - feedLength; over > 0 {
		f.list = append([]Sighting(nil), f.list[over:]...)
		f.first += over
	}
	for w := range f.watches {
		select {
		case w.ready <- struct{}{}:
		default:
		}
	}
}

// join adds a watch that has seen everything up to the sighting after. An empty after begins with the latest few; one that the
// feed does not hold, any more or yet, begins with what comes, since it cannot be known what was seen.
func (f *feed) join(w *Watch, after string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watches[w] = true
	end := f.first + len(f.list)
	w.next = max(f.first, end-feedReplay)
	if after != "" {
		w.next = end
		for i, s := range f.list {
			if s.ID == after {
				w.next = f.first + i + 1
			}
		}
	}
	if w.next < end {
		w.ready <- struct{}{} // it is new and empty
	}
}

func (f *feed) leave(w *Watch, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.watches, w)
	f.idle = now
}

// over says that nobody has watched for long enough.
func (f *feed) over(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.watches) == 0 && now.Sub(f.idle) >= feedLife
}

// take returns what a watch has not read, oldest first, and how many it missed.
func (f *feed) take(w *Watch) (list []Sighting, missed int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if w.next < f.first {
		missed = f.first - w.next
		w.next = f.first
	}
	list = append(list, f.list[w.next-f.first:]...)
	w.next = f.first + len(f.list)
	return list, missed
}
