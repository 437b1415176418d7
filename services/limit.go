package services

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is how many requests pass in a time: so many at once, and then one whenever Per/N has gone by. The zero Rate limits nothing.
type Rate struct {
	N   int
	Per time.Duration
}

const highestRate = 1_000_000

// ParseRate reads "200/s", "5000/m" or "0".
func ParseRate(text string) (Rate, error) {
	if text == "0" {
		return Rate{}, nil
	}
	number, unit, _ := strings.Cut(text, "/")
	per := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	n, err := strconv.Atoi(number)
	if err != nil || per == 0 || n < 1 || n > highestRate {
		return Rate{}, fmt.Errorf("%q is not like 200/s, 5000/m or 100000/h, up to a million, nor 0", text)
	}
	return Rate{n, per}, nil
}

// each is the time that one request takes out of the rate.
func (r Rate) each() int64 { return int64(r.Per) / int64(r.N) }

// admit says whether n requests may pass at now, by the generic cell rate algorithm (ITU-T I.371). Times are in nanoseconds. due is
// when the requests let through so far are paid for; 0 for a new key. Requests pass while that lies less than a burst ahead, and
// move it; what is refused moves nothing and is told how long to wait. More than N at once are taken for N, or they would never pass.
func (r Rate) admit(due, now int64, n int) (next int64, wait time.Duration) {
	each := r.each()
	burst := each * int64(r.N)
	due = min(max(due, now), now+burst) // a clock that is set back must not keep anybody out for longer than a burst
	next = due + each*int64(min(n, r.N))
	if early := next - burst - now; early > 0 {
		return due, time.Duration(early)
	}
	return next, 0
}
