package services

import (
	"encoding/json"
	"regexp"
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
	mode                      string
	elements                  []liveElement
	pairs                     []Pair
	splits                    []liveSplit
	goals                     []liveGoal
	winner                    string // arms, one of each split, joined by dots; empty: none
	learning                  bool
	rules                     Rules
	redirects                 bool     // some variant is another page
	broken                    string   // what is wrong with the rules; then nobody is served
	judge                     *judge   // of the rules; nil: none
	rendered                  sync.Map // renderedKey → []byte, see Assignment.Rendered
}

type liveElement struct {
	key, name string
	variants  []liveVariant
}

type liveVariant struct {
	id        uuid.UUID
	key, name string
	changes   json.RawMessage
}

// redirects says whether the variant is another page. The text may only look so in another change, which does no harm.
func (v liveVariant) redirects() bool { return redirectAction.Match(v.changes) }

var redirectAction = regexp.MustCompile(`"action":\s*"redirect"`)

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
	split  int16
	key    string // element of independent mode, else ""
	seed   string
	arms   []string
	shown  []liveArm   // by arm
	epochs []liveEpoch // epoch n at index n-1
	winner int         // arm; -1: none
}

// liveArm is what an arm shows.
type liveArm struct {
	id      uuid.UUID // of the variant; that of a combination follows from its experiment and key
	name    string
	parts   []livePart
	changes json.RawMessage
}

// livePart is the variant of one element in an arm.
type livePart struct{ element, variant string }

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
	return x.status == "running" || x.status == "paused" || x.status == "completed" && x.winner != ""
}

func newLive(e db.Experiment, elements []db.Element, variants []db.Variant, goals []db.Goal, splits []db.Split, epochs []db.Epoch) (x *live) {
	x = &live{account: e.AccountID, id: e.ID, installation: e.InstallationID, key: e.Key, name: e.Name, url: e.Url, status: e.Status,
		traffic: e.TrafficAllocation, mode: e.Mode, winner: orEmpty(e.Winner), learning: e.Allocator != engine.Sequential}
	if e.StartedAt != nil {
		x.startedAt = *e.StartedAt
	}
	if e.CompletedAt != nil {
		x.completedAt = *e.CompletedAt
	}
	for _, el := range elements {
		x.elements = append(x.elements, liveElement{key: el.Key, name: el.Name})
	}
	for _, v := range variants {
		el := &x.elements[v.Element]
		el.variants = append(el.variants, liveVariant{v.ID, v.Key, v.Name, v.Changes})
	}
	for _, g := range goals {
		x.goals = append(x.goals, liveGoal{g.ID, g.Key, g.Type, g.Role == "primary", g.Config, g.WindowDays, newTerms(g.Type, g.Config)})
	}
	for _, s := range splits {
		l := liveSplit{split: s.Split, key: s.Key, seed: engine.Seed(e.Key, s.Key), arms: s.Arms}
		for _, p := range epochs {
			if p.Split == s.Split {
				x.widest = max(x.widest, p.TrafficAllocation)
				l.epochs = append(l.epochs, newEpoch(p))
			}
		}
		x.splits = append(x.splits, l)
	}
	var err error
	if e.ExcludedPairs != nil {
		err = json.Unmarshal(e.ExcludedPairs, &x.pairs)
	}
	if err == nil {
		x.rules, err = rulesOf(e)
	}
	x.prepare(err)
	return x
}

// prepare makes arms and rules ready. Rules that cannot be read let nobody in: without them, visitors would be let in whom they keep
// out.
func (x *live) prepare(err error) {
	x.showArms()
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
