package services

import (
	"context"
	"hash/maphash"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"time"
)

// LimitRules are how much the tracker takes from whom.
type LimitRules struct {
	Token   Rate // of each installation token
	Address Rate // of each client address; an IPv6 address counts as its /64
	// Exempt spares addresses; nil spares none.
	Exempt func(netip.Addr) bool
	// Shared makes all nodes count together; nil: each counts for itself.
	Shared *SharedLimits
}

// Limits keeps any one site or client from taking more than its part. A nil Limits lets everything pass.
type Limits struct {
	snapshot *Snapshot
	exempt   func(netip.Addr) bool
	token    *limiter
	address  *limiter
}

const (
	tokenSets   = 1 << 11 // 16,384 sites in 400 KB
	addressSets = 1 << 14 // 131,072 networks in 3.3 MB
)

// NewLimits makes the limits of one process.
func NewLimits(s *Snapshot, r LimitRules, clock Clock) *Limits {
	return &Limits{snapshot: s, exempt: r.Exempt,
		token:   newLimiter("token", r.Token, tokenSets, r.Shared, clock),
		address: newLimiter("address", r.Address, addressSets, r.Shared, clock)}
}

// Token counts n requests of a site, or returns CodeLimited. A token that no site has is not counted: it gets nothing.
func (l *Limits) Token(ctx context.Context, token string, n int) error {
	if l == nil || l.token.table == nil || l.snapshot.site(token) == nil {
		return nil
	}
	return l.token.take(ctx, maphash.String(l.token.seed, token), n, func() string { return token })
}

// Address counts a request of a client, or returns CodeLimited.
func (l *Limits) Address(ctx context.Context, from netip.Addr) error {
	if l == nil || l.address.table == nil || l.exempt != nil && l.exempt(from.Unmap()) {
		return nil
	}
	return l.address.take(ctx, maphash.Comparable(l.address.seed, prefix(from)), 1, func() string { return network(from) })
}

// Refused is how many requests each limit turned away.
func (l *Limits) Refused() (token, address int64) {
	return l.token.refused.Load(), l.address.refused.Load()
}

// limiter is one limit.
type limiter struct {
	name    string
	rate    Rate
	table   *limitTable // nil: no limit
	shared  *SharedLimits
	seed    maphash.Seed
	clock   Clock
	refused atomic.Int64
}

func newLimiter(name string, r Rate, sets int, shared *SharedLimits, clock Clock) *limiter {
	l := &limiter{name: name, rate: r, shared: shared, seed: maphash.MakeSeed(), clock: clock}
	if r.N > 0 {
		l.table = newLimitTable(r, sets)
	}
	return l
}

// take counts n requests here and, where there is one, at the shared count. That is asked for a hundredth of a burst at once, so
// that most requests cost no round trip.
func (l *limiter) take(ctx context.Context, key uint64, n int, name func() string) error {
	n = min(n, l.rate.N)
	wait, paid := l.table.take(key, l.clock.now().UnixNano(), n)
	if wait > 0 {
		return l.refuse(wait)
	}
	if paid || l.shared == nil {
		return nil
	}
	granted, wait, ok := l.shared.ask(ctx, "samplit/"+l.name+"/"+name(), l.rate, max(n, l.rate.N/100))
	switch {
	case !ok:
		return nil
	case granted < n:
		l.table.pay(key, granted)
		return l.refuse(wait)
	}
	l.table.pay(key, granted-n)
	return nil
}

func (l *limiter) refuse(wait time.Duration) error {
	l.refused.Add(1)
	// Those refused together must not all return together.
	return &Error{Code: CodeLimited, Err: RetryAfter(max(wait, time.Second) + rand.N(2*time.Second)),
		Message: "That is more than this server takes at once. Send the same again after the seconds that Retry-After names."}
}
