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
	handed    bool // by a partner domain, on this request
	decisions []decision
	added     []held
}

// private says whether nobody may be remembered on a request: only the page's script knows who has said yes.
func (s *site) private(r *http.Request) bool { return s.consent || r.Header.Get("Sec-GPC") == "1" }

// decide is what the page of a request gets, for a visitor whom nobody knows where nobody may be remembered; nil for one that passes: no
// experiment is about it and nobody is handed over, or somebody previews.
func (s *site) decide(r *http.Request, came *handed, now time.Time) *plan {
	if r.URL.Query().Has("samplit_preview") {
		return nil
	}
	p := &plan{page: address(r), handed: came != nil}
	private := s.private(r)
	if !private {
		p.visitor = who(r, now, came)
	}
	for _, x := range s.experiments {
		if x.State != "winner" && private || !proxy.MatchPage(x.URL, p.page) {
			continue
		}
		for _, sp := range x.Splits {
			p.add(x, sp, now)
		}
	}
	if len(p.decisions) == 0 && came == nil {
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
