package edge

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// visitorCookie is the snippet's: 22 characters of base64url, a point and the day of the first visit.
	visitorCookie = "_smp"
	// armsCookie holds what the visitor was served, since later weights move new visitors only.
	armsCookie = "_smp_e"
	// keep is as long as browsers keep cookies.
	keep = 400 * 24 * time.Hour
	// maxArms and maxArmsBytes bound the cookie; the oldest give way.
	maxArms      = 40
	maxArmsBytes = 3 << 10
)

var visitorForm = regexp.MustCompile(`^[A-Za-z0-9_-]{22}\.[0-9]{1,6}$`)

// visitor is who asks for a page, and what they were served before.
type visitor struct {
	id      string
	fresh   string // the cookie to set for somebody new here, else empty
	arms    []held
	learned bool // arms that the cookie does not hold
}

// held is an arm that a visitor has of a split.
type held struct {
	seed, arm string
	epoch     int
}

// who reads the visitor from the cookies, and from the address for one who comes from a partner domain. Of two ids the older one counts,
// and of one day the one that came along, as in the snippet; what somebody else was served before is nothing to that one.
func who(r *http.Request, now time.Time, came *handed) visitor {
	known := oldest(r.CookiesNamed(visitorCookie))
	var arms []held
	if c, err := r.Cookie(armsCookie); err == nil && known != "" && len(c.Value) <= maxArmsBytes {
		arms = readArms(c.Value)
	}
	switch {
	case came != nil && (known == "" || day(came.cookie) <= day(known)):
		return came.visitor(known, arms)
	case known != "":
		return visitor{id: known[:22], arms: arms}
	}
	id := newID()
	return visitor{id: id, fresh: fmt.Sprintf("%s.%d", id, now.Unix()/86400)}
}

// oldest is the first of the oldest ids, empty where none is in its form.
func oldest(cookies []*http.Cookie) (value string) {
	for _, c := range cookies {
		if visitorForm.MatchString(c.Value) && (value == "" || day(c.Value) < day(value)) {
			value = c.Value
		}
	}
	return value
}

// day is that of an id's first visit.
func day(value string) int {
	n, _ := strconv.Atoi(value[23:])
	return n
}

func newID() string {
	var bits [16]byte
	rand.Read(bits[:])
	return base64.RawURLEncoding.EncodeToString(bits[:])
}

// readArms reads seed:epoch:arm, with | between them.
func readArms(value string) (out []held) {
	for entry := range strings.SplitSeq(value, "|") {
		parts := strings.SplitN(entry, ":", 3)
		if len(parts) != 3 {
			continue
		}
		if epoch, err := strconv.Atoi(parts[1]); err == nil && epoch > 0 && len(out) < maxArms {
			out = append(out, held{parts[0], parts[2], epoch})
		}
	}
	return out
}

func writeArms(arms []held) string {
	for {
		entries := make([]string, len(arms))
		for i, h := range arms {
			entries[i] = fmt.Sprintf("%s:%d:%s", h.seed, h.epoch, h.arm)
		}
		if value := strings.Join(entries, "|"); len(arms) <= maxArms && len(value) <= maxArmsBytes {
			return value
		}
		arms = arms[1:]
	}
}

// remembered is the arm that the visitor has of a split.
func (v visitor) remembered(seed string) (held, bool) {
	i := indexOf(v.arms, seed)
	if i < 0 {
		return held{}, false
	}
	return v.arms[i], true
}

// indexOf is the place of a split's arm, -1 for none.
func indexOf(arms []held, seed string) int {
	return slices.IndexFunc(arms, func(h held) bool { return h.seed == seed })
}

// cookies are those that the answer sets: the id of somebody new here, and the arms where some are new.
func (v visitor) cookies(r *http.Request, added []held) (out []*http.Cookie) {
	cookie := func(name, value string, script bool) {
		out = append(out, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(keep / time.Second), SameSite: http.SameSiteLaxMode,
			Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https", HttpOnly: !script})
	}
	if v.fresh != "" {
		cookie(visitorCookie, v.fresh, true)
	}
	if len(added) > 0 || v.learned {
		cookie(armsCookie, writeArms(slices.Concat(v.arms, added)), false)
	}
	return out
}
