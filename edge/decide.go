package edge

import (
	"net/http"
	"slices"
	"time"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/proxy"
)

// decision is what a visitor gets of a split on a page.
type decision struct {
	split      split
	arm, epoch int
	propensity float64
	winner     bool
}

// plan is what is to be done with a page.
type plan struct {
	page      string
	visitor   visitor
	decisions []decision
	added     []held
}

// decide is what a request's page gets, nil for a page as it is: no experiment is about it, somebody previews, or nobody may be
// remembered.
func (e *Edge) decide(r *http.Request) *plan {
	s := e.site.Load()
	if s == nil || r.URL.Query().Has("samplit_preview") {
		return nil
	}
	now := e.now()
	p := &plan{page: address(r), visitor: who(r, now)}
	private := s.consent || r.Header.Get("Sec-GPC") == "1"
	for _, x := range s.experiments {
		if x.State != "winner" && private || !proxy.MatchPage(x.URL, p.page) {
			continue
		}
		for _, sp := range x.Splits {
			p.add(x, sp, now)
		}
	}
	if len(p.decisions) == 0 {
		return nil
	}
	return p
}

func (p *plan) add(x experiment, s split, now time.Time) {
	d := decision{split: s, arm: -1, epoch: s.Epoch, winner: x.State == "winner"}
	known, has := p.visitor.remembered(s.Seed)
	switch {
	case d.winner:
		if s.Winner != nil {
			d.arm = *s.Winner
		}
	case has && slices.Contains(s.Arms, known.arm):
		d.arm, d.epoch = slices.Index(s.Arms, known.arm), known.epoch
	case x.State == "running" && x.takes(p.visitor.id, now):
		d.arm = engine.Choose(engine.Hash(s.Seed, p.visitor.id), s.Weights.Cumulative())
		p.added = append(p.added, held{s.Seed, s.Arms[d.arm], s.Epoch})
	}
	if d.arm < 0 || d.arm >= len(s.Arms) {
		return
	}
	d.propensity = s.Weights.Share(d.arm)
	p.decisions = append(p.decisions, d)
}

// takes says whether an experiment takes a new visitor in.
func (x experiment) takes(id string, now time.Time) bool {
	if ms := now.UnixMilli(); ms < x.Start || x.End > 0 && ms >= x.End {
		return false
	}
	for _, f := range x.In {
		n := engine.Hash(f.Seed, id)
		if !slices.ContainsFunc(f.Ranges, func(r [2]float64) bool { return r[0] <= n && n < r[1] }) {
			return false
		}
	}
	return engine.InTraffic(x.Key, id, x.Traffic)
}

// address is the page's, as its visitor sees it.
func address(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host + r.URL.RequestURI()
}
