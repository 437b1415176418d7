package services

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// live is an experiment as traffic meets it. It is never changed once a snapshot holds it.
type live struct {
	account, id, installation uuid.UUID
	key, name, url, status    string
	traffic                   float64
	widest                    float64 // the largest traffic share there ever was
	startedAt, completedAt    time.Time
	variants                  []liveVariant // by arm of split 0
	splits                    []liveSplit
	element                   string // key of the only element, else empty
	goals                     []liveGoal
	winner                    int // arm of split 0; -1: none
	learning                  bool
	rules                     Rules
	broken                    string   // what is wrong with the rules; then nobody is served
	judge                     *judge   // of the rules; nil: none
	rendered                  sync.Map // renderedKey → []byte, see Assignment.Rendered
}

type liveVariant struct {
	id        uuid.UUID
	key, name string
	changes   json.RawMessage
}

type liveGoal struct {
	id         uuid.UUID
	key, kind  string
	primary    bool
	config     json.RawMessage
	windowDays int32
	terms      terms // of config
}

// liveSplit carries all its epochs: an exposure names the one it was decided in, and an old visitor keeps theirs.
type liveSplit struct {
	split int16
	key   string // element of independent mode, else ""
	// element is the key of the element tested; a split over all elements has none.
	element string
	seed    string
	arms    []string
	epochs  []liveEpoch // epoch n at index n-1
}

type liveEpoch struct {
	weights    engine.Weights
	cumulative []float64
	opened     time.Time
}

func (s *liveSplit) current() int32 { return int32(len(s.epochs)) }

// epoch returns epoch n, nil when the snapshot has none.
func (s *liveSplit) epoch(n int32) *liveEpoch {
	if n < 1 || int(n) > len(s.epochs) {
		return nil
	}
	return &s.epochs[n-1]
}

// choose is the arm of a new visitor in epoch n.
func (s *liveSplit) choose(visitor string, n int32) int16 {
	return int16(engine.Choose(engine.Hash(s.seed, visitor), s.epochs[n-1].cumulative))
}

// propensity of an arm in epoch n.
func (s *liveSplit) propensity(arm int16, n int32) float64 {
	e := s.epoch(n)
	if e == nil || int(arm) >= len(e.weights) {
		return 0
	}
	return e.weights.Share(int(arm))
}

func (x *live) goal(key string) *liveGoal {
	for i := range x.goals {
		if g := &x.goals[i]; g.key == key || key == "" && g.primary {
			return g
		}
	}
	return nil
}

func (x *live) splitByKey(key string) *liveSplit {
	for i := range x.splits {
		if x.splits[i].key == key {
			return &x.splits[i]
		}
	}
	return nil
}

// serves says whether some visitor may see a variant of x, counted or not.
func (x *live) serves() bool {
	if x.broken != "" {
		return false
	}
	return x.status == "running" || x.status == "paused" || x.status == "completed" && x.winner >= 0
}

func newLive(e db.Experiment, elements []db.Element, variants []db.Variant, goals []db.Goal, splits []db.Split, epochs []db.Epoch) (x *live) {
	var err error
	x = &live{account: e.AccountID, id: e.ID, installation: e.InstallationID, key: e.Key, name: e.Name, url: e.Url, status: e.Status,
		traffic: e.TrafficAllocation, winner: -1, learning: e.Allocator != engine.Sequential}
	if e.StartedAt != nil {
		x.startedAt = *e.StartedAt
	}
	if e.CompletedAt != nil {
		x.completedAt = *e.CompletedAt
	}
	for _, v := range variants {
		if e.Winner != nil && *e.Winner == v.Key {
			x.winner = len(x.variants)
		}
		x.variants = append(x.variants, liveVariant{v.ID, v.Key, v.Name, v.Changes})
	}
	for _, g := range goals {
		x.goals = append(x.goals, liveGoal{g.ID, g.Key, g.Type, g.Role == "primary", g.Config, g.WindowDays, newTerms(g.Type, g.Config)})
	}
	if len(elements) == 1 {
		x.element = elements[0].Key
	}
	for _, s := range splits {
		l := liveSplit{split: s.Split, key: s.Key, seed: engine.Seed(e.Key, s.Key), arms: s.Arms}
		if len(elements) == 1 {
			l.element = elements[0].Key
		} else {
			l.element = s.Key
		}
		for _, p := range epochs {
			if p.Split == s.Split {
				x.widest = max(x.widest, p.TrafficAllocation)
				l.epochs = append(l.epochs, newEpoch(p))
			}
		}
		x.splits = append(x.splits, l)
	}
	x.rules, err = rulesOf(e)
	x.prepare(err)
	return x
}

// prepare makes the rules ready. Rules that cannot be read let nobody in: without them, visitors would be let in whom they keep out.
func (x *live) prepare(err error) {
	if err == nil && x.broken == "" {
		x.judge, err = x.rules.compile()
	}
	if err != nil {
		x.broken = err.Error()
	}
}

func newEpoch(p db.Epoch) liveEpoch {
	w := make(engine.Weights, len(p.Weights))
	for i, n := range p.Weights {
		w[i] = int(n)
	}
	return liveEpoch{weights: w, cumulative: w.Cumulative(), opened: p.OpenedAt}
}
