package services

import (
	"crypto/sha256"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

const (
	maxEventID   = 128
	maxEventURL  = 2048
	maxEventName = 128
	maxOrder     = 128
	eventLife    = 7 * 24 * time.Hour // an id is valid, and an event may be late, for so long
)

// Event is one thing that happened on a site, as a client reports it.
type Event struct {
	ID         string
	Type       string // exposure, conversion, pageview, custom, report
	T          time.Time
	Visitor    string
	Experiment string // id or key
	Split      string
	Arm        string
	Epoch      int32
	Goal       string
	Name       string
	Change     string // of a report
	Value      *Decimal
	Currency   string // of the value; the goal's when empty
	Order      string // counts once for a goal
	URL        string
	Props      []byte // JSON
	// Bad is what its sender's door found wrong with it already; then it is rejected.
	Bad *Problem
}

// BadValue is what is wrong with a value that is no Decimal.
var BadValue = &Problem{"bad_value", "value is a number of at most 10^9 with at most 4 decimals."}

// Rejection says which item of a batch was refused and why. The others were taken.
type Rejection struct {
	Index         int
	Code, Message string
}

// identity is where an event id is stored, so that every retry of it meets the first.
type identity struct {
	id      uuid.UUID
	day     time.Time
	dayless bool
}

// identify maps an event id to its identity. A UUIDv7 is stored under its own day, and refused when that is more than a week
// away; any other text is hashed with its site and unique over today and yesterday; an empty id gets a new one.
func identify(site uuid.UUID, id string, now time.Time) (identity, *Problem) {
	today := day(now)
	if id == "" {
		return identity{id: uuid.Must(uuid.NewV7()), day: today}, nil
	}
	if len(id) > maxEventID {
		return identity{}, &Problem{"bad_id", "An event id has at most 128 bytes."}
	}
	if u, err := uuid.Parse(id); err == nil && len(id) == 36 && u.Version() == 7 {
		sec, nsec := u.Time().UnixTime()
		at := time.Unix(sec, nsec).UTC()
		switch {
		case now.Sub(at) > eventLife:
			return identity{}, &Problem{"too_old", "The event's id is older than 7 days."}
		case at.Sub(now) > 24*time.Hour:
			return identity{}, &Problem{"future", "The event's id lies in the future: check the client's clock."}
		}
		return identity{id: u, day: day(at)}, nil
	}
	h := sha256.New()
	h.Write(site[:])
	h.Write([]byte(id))
	u := uuid.UUID(h.Sum(nil)[:16])
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80 // UUIDv8: its own meaning
	return identity{id: u, day: today, dayless: true}, nil
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// occurred places a client's time on the server's clock, within the last week.
func occurred(received, sent, t time.Time) time.Time {
	if t.IsZero() || sent.IsZero() {
		return received
	}
	at := received.Add(-sent.Sub(t))
	if at.After(received) {
		return received
	}
	if oldest := received.Add(-eventLife); at.Before(oldest) {
		return oldest
	}
	return at
}

// Decimal is an exact amount in units of 1/10,000.
type Decimal int64

const (
	decimalUnit = 10_000
	maxDecimal  = 1_000_000_000 * decimalUnit
)

// String writes the amount with the decimals that it has.
func (d Decimal) String() string {
	text := strconv.FormatFloat(math.Abs(float64(d))/decimalUnit, 'f', 4, 64) // exact: a Decimal has at most 14 digits
	text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	if d < 0 {
		return "-" + text
	}
	return text
}

// ParseDecimal reads a JSON number with at most 4 decimals and at most 10^9 in size.
func ParseDecimal(text string) (Decimal, bool) {
	var n int64
	i, negative := 0, false
	if len(text) > 0 && text[0] == '-' {
		i, negative = 1, true
	}
	digits, decimals, dot := 0, 0, false
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '.' && !dot && digits > 0:
			dot = true
			continue
		case c < '0' || c > '9':
			return 0, false
		}
		if dot {
			decimals++
		}
		if decimals > 4 {
			if c != '0' {
				return 0, false
			}
			continue
		}
		digits++
		if n > math.MaxInt64/100 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if digits == 0 || dot && decimals == 0 {
		return 0, false
	}
	for ; decimals < 4; decimals++ {
		if n > math.MaxInt64/100 {
			return 0, false
		}
		n *= 10
	}
	if negative {
		n = -n
	}
	return Decimal(n), n <= maxDecimal && n >= -maxDecimal
}

// expand turns a conversion into one row for each split it counts in; the first carries the identity.
func (in *intake) expand(base db.NewEvent, goals []counted) []db.NewEvent {
	var out []db.NewEvent
	for _, c := range goals {
		for _, s := range c.experiment.splits {
			e := base
			if h, ok := in.sticky.get(c.experiment.id, s.split, base.Visitor); ok && !in.site.identifies {
				e.Cohort = h.cohort()
			}
			e.Part, e.Experiment, e.Split, e.Goal, e.Window = int16(len(out)), c.experiment.id, s.split, c.goal.id, c.goal.windowDays
			out = append(out, e)
		}
	}
	return out
}

// counted is a goal of an experiment that a conversion may count for.
type counted struct {
	experiment *live
	goal       *liveGoal
}
