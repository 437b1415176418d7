package edge

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// handParameter is the snippet's: the id with its day, when it was made, and seed, arm and epoch of what the visitor was shown; stars
	// between them.
	handParameter = "_smp"
	// handLifetime is how long after the click it is taken, handSkew how far the two clocks may be apart.
	handLifetime, handSkew = 2 * time.Minute, time.Second
	// maxHanded bounds the arms that come along.
	maxHanded = 10
)

var (
	handedTime  = regexp.MustCompile(`^[0-9a-z]{1,9}$`)
	handedEpoch = regexp.MustCompile(`^[0-9]{1,9}$`)
)

// handed is a visitor who comes from a page of a partner domain, by the rules of the snippet's part of this name.
type handed struct {
	cookie string
	arms   []held
}

// handover is who a request says has come: nil without a parameter, and for one that is no longer fresh, that came from elsewhere, or on a
// site where nobody may be remembered.
func (s *site) handover(r *http.Request, now time.Time) *handed {
	pieces := strings.SplitN(r.URL.Query().Get(handParameter), "*", 2+3*maxHanded+1)
	if len(pieces) < 2 || !visitorForm.MatchString(pieces[0]) || s.private(r) || !s.fromPartner(r) || !fresh(pieces[1], now) {
		return nil
	}
	h := &handed{cookie: pieces[0]}
	shown := pieces[2:min(len(pieces), 2+3*maxHanded)]
	for ; len(shown) >= 3; shown = shown[3:] {
		if !handedEpoch.MatchString(shown[2]) || !s.runs(shown[0], shown[1]) {
			continue
		}
		if epoch, err := strconv.Atoi(shown[2]); err == nil && indexOf(h.arms, shown[0]) < 0 {
			h.arms = append(h.arms, held{shown[0], shown[1], epoch})
		}
	}
	return h
}

// visitor is who has come, known here before by a cookie with some arms: those of somebody else are forgotten, of the same one they stay.
func (h *handed) visitor(known string, arms []held) visitor {
	v := visitor{id: h.cookie[:22], arms: arms}
	if known != h.cookie {
		v.fresh, v.arms, v.learned = h.cookie, nil, len(arms) > 0
	}
	for _, a := range h.arms {
		if indexOf(v.arms, a.seed) < 0 {
			v.arms, v.learned = append(v.arms, a), true
		}
	}
	return v
}

// fresh says whether a moment, in milliseconds to the base of 36, is of the last minutes.
func fresh(moment string, now time.Time) bool {
	if !handedTime.MatchString(moment) {
		return false
	}
	ms, err := strconv.ParseInt(moment, 36, 64)
	age := now.Sub(time.UnixMilli(ms))
	return err == nil && age > -handSkew && age < handLifetime
}

// fromPartner says whether the page before was one of another partner, with cookies of its own: others know the parameter only by copying.
func (s *site) fromPartner(r *http.Request) bool {
	from, err := url.Parse(r.Referer())
	if err != nil {
		return false
	}
	partner := s.partnerOf(from.Hostname())
	return partner != "" && partner != s.partnerOf(hostname(r.Host))
}

// partnerOf is the partner domain that a host belongs to, empty for none.
func (s *site) partnerOf(host string) string {
	for _, partner := range s.partners {
		if strings.HasSuffix("."+strings.ToLower(host), "."+partner) {
			return partner
		}
	}
	return ""
}

// hostname is a host without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// runs says whether the site has a split with an arm.
func (s *site) runs(seed, arm string) bool {
	for _, x := range s.experiments {
		for _, sp := range x.Splits {
			if sp.Seed == seed && slices.Contains(sp.Arms, arm) {
				return true
			}
		}
	}
	return false
}

// takeOut is a request without the parameter, as the snippet leaves the page's address; whatever else is in it stays letter by letter. Where
// a site has no partners the parameter is its own.
func (s *site) takeOut(r *http.Request) *http.Request {
	if len(s.partners) == 0 || !r.URL.Query().Has(handParameter) {
		return r
	}
	var rest []string
	for piece := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if name, _, _ := strings.Cut(piece, "="); piece != "" && name != handParameter {
			rest = append(rest, piece)
		}
	}
	out := r.Clone(r.Context())
	out.URL.RawQuery = strings.Join(rest, "&")
	out.RequestURI = out.URL.RequestURI()
	return out
}
