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

var visitorForm = regexp.MustCompile(`^([A-Za-z0-9_-]{22})\.([0-9]{1,6})$`)

// visitor is who asks for a page, and what they were served before.
type visitor struct {
	id    string
	fresh string // the cookie to set for somebody new, else empty
	arms  []held
}

// held is an arm that a visitor has of a split.
type held struct {
	seed, arm string
	epoch     int
}

// who reads the visitor from the cookies. Of two ids the older one counts, as in the snippet.
func who(r *http.Request, now time.Time) visitor {
	today := int(now.Unix() / 86400)
	v, first := visitor{}, today+1
	for _, c := range r.CookiesNamed(visitorCookie) {
		m := visitorForm.FindStringSubmatch(c.Value)
		if m == nil {
			continue
		}
		if day, _ := strconv.Atoi(m[2]); day < first {
			v.id, first = m[1], day
		}
	}
	if v.id == "" {
		v.id = newID()
		v.fresh = fmt.Sprintf("%s.%d", v.id, today)
	}
	if c, err := r.Cookie(armsCookie); err == nil && v.fresh == "" && len(c.Value) <= maxArmsBytes {
		v.arms = readArms(c.Value)
	}
	return v
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
	i := slices.IndexFunc(v.arms, func(h held) bool { return h.seed == seed })
	if i < 0 {
		return held{}, false
	}
	return v.arms[i], true
}

// cookies are those that the answer sets: the id of somebody new, and the arms where some were added.
func (v visitor) cookies(r *http.Request, added []held) (out []*http.Cookie) {
	cookie := func(name, value string, script bool) {
		out = append(out, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(keep / time.Second), SameSite: http.SameSiteLaxMode,
			Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https", HttpOnly: !script})
	}
	if v.fresh != "" {
		cookie(visitorCookie, v.fresh, true)
	}
	if len(added) > 0 {
		cookie(armsCookie, writeArms(slices.Concat(v.arms, added)), false)
	}
	return out
}
