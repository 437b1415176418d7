package services

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// sightings carries what happens on this node to the nodes where somebody watches, this one included. It goes one way for one node
// and for many: a mark on the installation, which every node learns of with its snapshot, says until when a site is watched; while
// it is, its sightings are sent as PostgreSQL notifications, and the watching nodes listen. A site that nobody watches costs one
// look at that mark. What cannot be sent in time is left out and counted: traffic never waits for who watches it.
type sightings struct {
	db    *db.DB
	log   *slog.Logger
	ready chan struct{}

	mu      sync.Mutex
	waiting map[uuid.UUID]*notice // by site
}

// notice is the text of a notification.
type notice struct {
	Site uuid.UUID  `json:"site"`
	List []Sighting `json:"list"`
}

const (
	sightingPause = 200 * time.Millisecond // between two notifications of a node
	sightingsAt   = 50                     // sightings of a site in one pause
)

func newSightings(d *db.DB, log *slog.Logger) *sightings {
	return &sightings{db: d, log: log, ready: make(chan struct{}, 1), waiting: map[uuid.UUID]*notice{}}
}

// put takes sightings of a site, and only counts those that are too many.
func (s *sightings) put(site uuid.UUID, list ...Sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.waiting[site]
	if n == nil {
		n = &notice{Site: site}
		s.waiting[site] = n
	}
	for _, seen := range list {
		if len(n.List) < sightingsAt {
			seen.ID = uuid.Must(uuid.NewV7()).String()
			n.List = append(n.List, seen.clipped())
			continue
		}
		n.leaveOut(1)
	}
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// leaveOut counts what is not sent in a last entry.
func (n *notice) leaveOut(more int) {
	if last := len(n.List) - 1; last >= 0 && n.List[last].More > 0 {
		n.List[last].More += more
		return
	}
	n.List = append(n.List, Sighting{ID: uuid.Must(uuid.NewV7()).String(), More: more})
}

// run sends what waits, a few times a second at most, until ctx ends.
func (s *sightings) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ready:
		}
		s.send(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(sightingPause):
		}
	}
}

// send notifies. What the database does not take is lost: it is there for whoever watches at this moment.
func (s *sightings) send(ctx context.Context) {
	s.mu.Lock()
	waiting := s.waiting
	s.waiting = map[uuid.UUID]*notice{}
	s.mu.Unlock()
	var texts []string
	for _, n := range waiting {
		texts = append(texts, n.texts()...)
	}
	err := s.db.AsIngest(ctx, func(st *db.Store) error { return st.Notify(ctx, db.SightingsChannel, texts) })
	if err != nil && ctx.Err() == nil && Code(err) != CodeUnavailable {
		s.log.Warn("tell who watches", slog.Any("error", err))
	}
}

// texts splits a notice into as many notifications as its size needs.
func (n *notice) texts() []string {
	text, err := json.Marshal(n)
	switch {
	case err == nil && len(text) <= db.MaxNotice:
		return []string{string(text)}
	case err != nil || len(n.List) == 1: // one that is clipped always fits
		return nil
	}
	half := len(n.List) / 2
	return append((&notice{n.Site, n.List[:half]}).texts(), (&notice{n.Site, n.List[half:]}).texts()...)
}
