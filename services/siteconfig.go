package services

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// siteConfig is what a site's snippet is told, made when first asked for. It holds only what a browser may know.
type siteConfig struct {
	base string
	site *site
	once sync.Once
	json []byte
	err  error
}

type browserConfig struct {
	V     int    `json:"v"`
	Token string `json:"token"`
	Base  string `json:"base"`
	// Consent: nobody may be remembered who has not said yes.
	Consent bool `json:"consent,omitempty"`
	Bridge  bool `json:"bridge,omitempty"` // to Google Analytics
	// Partners are the domains that visitors go between, the site's own host among them.
	Partners []string            `json:"partners,omitempty"`
	X        []browserExperiment `json:"x"`
}

type browserExperiment struct {
	ID      string  `json:"id"`
	Key     string  `json:"key"`
	State   string  `json:"state"`
	Traffic float64 `json:"traffic"`
	URL     string  `json:"url,omitempty"`
	// Remote: only the server can decide; what the browser can rule out by itself it need not ask.
	Remote    bool           `json:"remote,omitempty"`
	Cookies   []string       `json:"cookies,omitempty"` // which the server wants to know when it is asked
	Targeting *Targeting     `json:"targeting,omitempty"`
	Start     int64          `json:"start,omitempty"` // unix milliseconds
	End       int64          `json:"end,omitempty"`
	In        []hashFilter   `json:"in,omitempty"`
	Splits    []browserSplit `json:"splits"`
	Goals     []browserGoal  `json:"goals"`
}

type browserSplit struct {
	Key     string            `json:"key,omitempty"`
	Seed    string            `json:"seed"`
	Epoch   int32             `json:"epoch"`
	Arms    []string          `json:"arms"`
	Weights []int             `json:"weights"`
	Changes []json.RawMessage `json:"changes"`
	Winner  *int              `json:"winner,omitempty"`
}

type browserGoal struct {
	Key      string `json:"key"`
	Type     string `json:"type"`
	Selector string `json:"selector,omitempty"`
	Success  string `json:"success,omitempty"`
	URL      string `json:"url,omitempty"`
	Name     string `json:"name,omitempty"`
	Trigger  string `json:"trigger,omitempty"`
	Percent  int    `json:"percent,omitempty"`
	Seconds  int    `json:"seconds,omitempty"`
}

// bytes returns the configuration as JSON. An experiment that cannot be told is left out, and the error says which.
func (c *siteConfig) bytes() ([]byte, error) {
	c.once.Do(func() {
		out := browserConfig{V: 1, Token: c.site.token, Base: c.base, Consent: c.site.consent, Bridge: c.site.ga4, Partners: c.site.domains(), X: []browserExperiment{}}
		for _, x := range c.site.shown() {
			b, err := newBrowserExperiment(x)
			if err != nil {
				c.err = errors.Join(c.err, fmt.Errorf("configuration of experiment %s: %w", x.id, err))
				continue
			}
			out.X = append(out.X, b)
		}
		var err error
		c.json, err = json.Marshal(out)
		c.err = errors.Join(c.err, err)
	})
	return c.json, c.err
}

// domains are the site's own host and its partners; nil without partners.
func (s *site) domains() []string {
	if len(s.partners) == 0 {
		return nil
	}
	own, err := url.Parse(s.url)
	if err != nil {
		return s.partners
	}
	return append([]string{strings.TrimPrefix(own.Hostname(), "www.")}, s.partners...)
}

// shown are the experiments that pages are told of.
func (s *site) shown() []*live {
	if s.halted {
		return nil
	}
	return s.serving
}

func newBrowserExperiment(x *live) (browserExperiment, error) {
	out := browserExperiment{ID: x.id.String(), Key: x.key, State: x.status, Traffic: x.traffic, URL: x.url, Goals: []browserGoal{}}
	if x.status == "completed" {
		out.State = "winner"
	}
	out.rules(x)
	for i := range x.splits {
		s := &x.splits[i]
		if len(s.epochs) == 0 || slices.ContainsFunc(s.shown, func(a liveArm) bool { return len(a.parts) == 0 }) {
			return out, fmt.Errorf("split %d has %d epochs, and arms %q", s.split, len(s.epochs), s.arms)
		}
		b := browserSplit{Key: s.key, Seed: s.seed, Epoch: s.current(), Arms: slices.Clone(s.arms), Weights: s.epochs[len(s.epochs)-1].weights}
		for _, arm := range s.shown {
			b.Changes = append(b.Changes, arm.changes)
		}
		if s.winner >= 0 {
			b.Winner = &s.winner
		}
		out.Splits = append(out.Splits, b)
	}
	for _, g := range x.goals {
		if g.terms.server { // it takes nothing from browsers
			continue
		}
		b := browserGoal{Key: g.key, Type: g.kind}
		if err := json.Unmarshal(g.config, &b); err != nil {
			return out, fmt.Errorf("goal %s: %w", g.key, err)
		}
		b.Key, b.Type = g.key, g.kind
		out.Goals = append(out.Goals, b)
	}
	return out, nil
}

// rules adds what the browser decides; time, layer and holdout are nothing to a winner.
func (b *browserExperiment) rules(x *live) {
	if x.rules.Targeting != nil {
		b.targeting(x.rules.Targeting)
	}
	if x.status == "completed" || x.judge == nil {
		return
	}
	if s := x.rules.Schedule; s != nil {
		b.Start, b.End = milliseconds(s.Start), milliseconds(s.End)
	}
	b.In = x.judge.filters()
}

func (b *browserExperiment) targeting(t *Targeting) {
	told := &Targeting{Timezone: t.Timezone}
	for _, c := range t.Conditions {
		if c.forBrowsers() {
			told.Conditions = append(told.Conditions, c)
		}
	}
	if len(told.Conditions) > 0 {
		b.Targeting = told
	}
	if len(told.Conditions) == len(t.Conditions) {
		return
	}
	b.Remote = true
	for _, c := range t.Conditions {
		if c.Attribute == onCookie && !slices.Contains(b.Cookies, c.Name) {
			b.Cookies = append(b.Cookies, c.Name)
		}
	}
}

// milliseconds are those since 1970; 0 without a time.
func milliseconds(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMilli()
}
