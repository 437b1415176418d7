package services

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// Throttle slows tries down: each key has some free ones, then a pause that doubles with every further try.
type Throttle interface {
	// Take counts a try under key. A wait above zero refuses it, uncounted.
	Take(ctx context.Context, key string, free int) (wait time.Duration)
	// Refund takes back a try that turned out to be right.
	Refund(ctx context.Context, key string)
	// Trust remembers for trustLasts that key was right once.
	Trust(ctx context.Context, key string)
	Trusted(ctx context.Context, key string) bool
}

const (
	longestPause  = time.Minute // also for whoever is under attack: nobody is locked out for longer
	throttleQuiet = time.Hour   // without a try after which a key starts afresh
	throttleKeys  = 200_000
	trustLasts    = 30 * 24 * time.Hour
)

// MemoryThrottle is the Throttle of one process. It forgets the keys least used when it has too many.
type MemoryThrottle struct {
	clock Clock
	mu    sync.Mutex
	tries *otter.Cache[string, tries]
	trust *otter.Cache[string, time.Time]
}

type tries struct {
	n  int
	at time.Time // of the last one
}

// NewMemoryThrottle makes an empty one.
func NewMemoryThrottle(clock Clock) *MemoryThrottle {
	return &MemoryThrottle{
		clock: clock,
		tries: otter.Must(&otter.Options[string, tries]{MaximumSize: throttleKeys}),
		trust: otter.Must(&otter.Options[string, time.Time]{MaximumSize: throttleKeys}),
	}
}

// Take implements Throttle.
func (m *MemoryThrottle) Take(_ context.Context, key string, free int) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.now()
	t, _ := m.tries.GetIfPresent(key)
	if now.Sub(t.at) > throttleQuiet {
		t = tries{}
	}
	if wait := t.at.Add(pause(t.n, free)).Sub(now); wait > 0 {
		return wait
	}
	m.tries.Set(key, tries{t.n + 1, now})
	return 0
}

// Refund implements Throttle.
func (m *MemoryThrottle) Refund(_ context.Context, key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.tries.GetIfPresent(key); ok && t.n > 0 {
		m.tries.Set(key, tries{t.n - 1, t.at})
	}
}

// Trust implements Throttle.
func (m *MemoryThrottle) Trust(_ context.Context, key string) { m.trust.Set(key, m.clock.now()) }

// Trusted implements Throttle.
func (m *MemoryThrottle) Trusted(_ context.Context, key string) bool {
	at, ok := m.trust.GetIfPresent(key)
	return ok && m.clock.now().Sub(at) < trustLasts
}

// pause is how long after the n-th try the next one may come: nothing for the free ones, then 1 s, 2 s, 4 s … a minute.
func pause(n, free int) time.Duration {
	if n < free {
		return 0
	}
	return min(time.Duration(math.Exp2(float64(min(n-free, 10))))*time.Second, longestPause)
}

// RetryAfter is the cause of a CodeLimited error: when another try is worth it.
type RetryAfter time.Duration

func (r RetryAfter) Error() string { return fmt.Sprintf("retry after %d s", r.Seconds()) }

// Seconds rounds up.
func (r RetryAfter) Seconds() int { return int(math.Ceil(time.Duration(r).Seconds())) }

func limited(wait time.Duration) error {
	after := RetryAfter(max(wait, time.Second))
	return &Error{Code: CodeLimited, Reason: "too_many_tries", Err: after,
		Message: fmt.Sprintf("Too many tries. Wait %d s, then try again.", after.Seconds())}
}

// network is what an address counts as: itself, or its /64 where one subscriber has 2^64 of them.
func network(a netip.Addr) string {
	p := prefix(a)
	if p.Addr().Is6() {
		return p.String()
	}
	return p.Addr().String()
}

func prefix(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil { // the zero address
		return netip.Prefix{}
	}
	return p
}
