package services

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// savedSite is a site in a snapshot's file.
type savedSite struct {
	Account    uuid.UUID `json:"account"`
	ID         uuid.UUID `json:"id"`
	Token      string    `json:"token"` // empty: archived
	URL        string    `json:"url"`
	Identifies bool      `json:"identifies,omitempty"`
	Origins    []string  `json:"origins,omitempty"`
	Scrubs     bool      `json:"scrubs,omitempty"`
	Consent    bool      `json:"consent,omitempty"`
	GA4        bool      `json:"ga4,omitempty"`
	Partners   []string  `json:"partners,omitempty"`
	Halted     bool      `json:"halted,omitempty"`
}

func saveSite(s *site) *savedSite {
	return &savedSite{s.account, s.id, s.token, s.url, s.identifies, s.origins, s.scrubs, s.consent, s.ga4, s.partners, s.halted}
}

func (s *savedSite) row() db.SnapshotInstallationsRow {
	r := db.SnapshotInstallationsRow{AccountID: s.Account, ID: s.ID, Token: s.Token, SiteUrl: s.URL, Identifies: s.Identifies, AllowedOrigins: s.Origins, Scrubs: s.Scrubs, Consent: ConsentOff, Ga4: s.GA4, Partners: s.Partners, Halted: s.Halted}
	if s.Consent {
		r.Consent = ConsentRequired
	}
	if s.Token == "" {
		r.ArchivedAt = &time.Time{}
	}
	return r
}

// savedExperiment is an experiment in a snapshot's file: every field of live that others do not follow from.
type savedExperiment struct {
	Account      uuid.UUID      `json:"account"`
	ID           uuid.UUID      `json:"id"`
	Installation uuid.UUID      `json:"installation"`
	Key          string         `json:"key"`
	Name         string         `json:"name"`
	URL          string         `json:"url"`
	Status       string         `json:"status"`
	Traffic      float64        `json:"traffic"`
	Widest       float64        `json:"widest"`
	StartedAt    time.Time      `json:"started_at"`
	CompletedAt  time.Time      `json:"completed_at"`
	Mode         string         `json:"mode"`
	Elements     []savedElement `json:"elements"`
	Pairs        []Pair         `json:"pairs,omitempty"`
	Splits       []savedSplit   `json:"splits"`
	Goals        []savedGoal    `json:"goals"`
	Winner       string         `json:"winner,omitempty"`
	Learning     bool           `json:"learning"`
	Rules        Rules          `json:"rules,omitzero"`
	Broken       string         `json:"broken,omitempty"`
}

type savedElement struct {
	Key      string         `json:"key"`
	Name     string         `json:"name"`
	Variants []savedVariant `json:"variants"`
}

type savedVariant struct {
	ID      uuid.UUID       `json:"id"`
	Key     string          `json:"key"`
	Name    string          `json:"name"`
	Changes json.RawMessage `json:"changes"`
}

type savedGoal struct {
	ID         uuid.UUID       `json:"id"`
	Key        string          `json:"key"`
	Kind       string          `json:"kind"`
	Primary    bool            `json:"primary"`
	Config     json.RawMessage `json:"config"`
	WindowDays int32           `json:"window_days"`
}

type savedSplit struct {
	Split  int16        `json:"split"`
	Key    string       `json:"key"`
	Seed   string       `json:"seed"`
	Arms   []string     `json:"arms"`
	Epochs []savedEpoch `json:"epochs"`
}

type savedEpoch struct {
	Weights engine.Weights `json:"weights"`
	Opened  time.Time      `json:"opened"`
}

func saveExperiment(x *live) *savedExperiment {
	s := &savedExperiment{Account: x.account, ID: x.id, Installation: x.installation, Key: x.key, Name: x.name, URL: x.url, Status: x.status,
		Traffic: x.traffic, Widest: x.widest, StartedAt: x.startedAt, CompletedAt: x.completedAt, Winner: x.winner, Learning: x.learning,
		Mode: x.mode, Pairs: x.pairs, Rules: x.rules, Broken: x.broken}
	for _, e := range x.elements {
		saved := savedElement{Key: e.key, Name: e.name}
		for _, v := range e.variants {
			saved.Variants = append(saved.Variants, savedVariant{v.id, v.key, v.name, v.changes})
		}
		s.Elements = append(s.Elements, saved)
	}
	for _, g := range x.goals {
		s.Goals = append(s.Goals, savedGoal{g.id, g.key, g.kind, g.primary, g.config, g.windowDays})
	}
	for _, sp := range x.splits {
		saved := savedSplit{Split: sp.split, Key: sp.key, Seed: sp.seed, Arms: sp.arms}
		for _, e := range sp.epochs {
			saved.Epochs = append(saved.Epochs, savedEpoch{e.weights, e.opened})
		}
		s.Splits = append(s.Splits, saved)
	}
	return s
}

func (s *savedExperiment) live() *live {
	x := &live{account: s.Account, id: s.ID, installation: s.Installation, key: s.Key, name: s.Name, url: s.URL, status: s.Status,
		traffic: s.Traffic, widest: s.Widest, startedAt: s.StartedAt, completedAt: s.CompletedAt, winner: s.Winner, learning: s.Learning,
		mode: s.Mode, pairs: s.Pairs, rules: s.Rules, broken: s.Broken}
	for _, e := range s.Elements {
		el := liveElement{key: e.Key, name: e.Name}
		for _, v := range e.Variants {
			el.variants = append(el.variants, liveVariant{v.ID, v.Key, v.Name, v.Changes})
		}
		x.elements = append(x.elements, el)
	}
	for _, g := range s.Goals {
		x.goals = append(x.goals, liveGoal{g.ID, g.Key, g.Kind, g.Primary, g.Config, g.WindowDays, newTerms(g.Kind, g.Config)})
	}
	for _, sp := range s.Splits {
		l := liveSplit{split: sp.Split, key: sp.Key, seed: sp.Seed, arms: sp.Arms}
		for _, e := range sp.Epochs {
			l.epochs = append(l.epochs, liveEpoch{e.Weights, e.Weights.Cumulative(), e.Opened})
		}
		x.splits = append(x.splits, l)
	}
	x.prepare(nil)
	return x
}

// check says why an experiment of a file cannot be served. What the database holds is right by its constraints.
func (x *live) check() error {
	if !x.serves() {
		return nil
	}
	for i := range x.splits {
		if err := x.splits[i].check(x.winner != ""); err != nil {
			return fmt.Errorf("experiment %s: split %d: %w", x.id, i, err)
		}
	}
	if len(x.splits) == 0 {
		return fmt.Errorf("experiment %s: no split", x.id)
	}
	return nil
}

func (s *liveSplit) check(won bool) error {
	for i, arm := range s.shown {
		if len(arm.parts) == 0 {
			return fmt.Errorf("arm %q is made of no variants", s.arms[i])
		}
	}
	if won && s.winner < 0 {
		return errors.New("the winner is none of its arms")
	}
	for _, e := range s.epochs {
		sum, outside := 0, false
		for _, units := range e.weights {
			sum += units
			outside = outside || units < 0 || units > engine.Buckets
		}
		if len(e.weights) != len(s.arms) || outside || sum != engine.Buckets {
			return fmt.Errorf("weights %v for %d arms", e.weights, len(s.arms))
		}
	}
	if len(s.epochs) == 0 {
		return errors.New("no epoch")
	}
	return nil
}
