package services

import (
	"sync"
	"time"
)

const limitWays = 8

// limitTable counts by key in memory of a fixed size. A key can be in the eight slots of one set only; a new key takes the slot
// whose key has the least counted against it, most often nothing any more. So a flood of new keys costs no memory, and pushes out
// nobody who sends a lot.
type limitTable struct {
	rate Rate
	sets []limitSet
}

type limitSet struct {
	mu    sync.Mutex
	slots [limitWays]limitSlot
}

type limitSlot struct {
	key    uint64
	due    int64 // see Rate.admit
	credit int   // requests paid for at the shared count and not made yet
}

// newLimitTable makes a table of 8 × sets keys, 25 bytes each; sets is a power of two.
func newLimitTable(rate Rate, sets int) *limitTable {
	return &limitTable{rate: rate, sets: make([]limitSet, sets)}
}

// take counts n requests under a key, which is a hash. paid says that the shared count knows of them already.
func (t *limitTable) take(key uint64, now int64, n int) (wait time.Duration, paid bool) {
	set := &t.sets[key&uint64(len(t.sets)-1)]
	set.mu.Lock()
	defer set.mu.Unlock()
	s := set.slot(key)
	if s.due, wait = t.rate.admit(s.due, now, n); wait > 0 {
		return wait, false
	}
	if s.credit >= n {
		s.credit -= n
		return 0, true
	}
	return 0, false
}

// pay adds requests that the shared count has granted.
func (t *limitTable) pay(key uint64, n int) {
	set := &t.sets[key&uint64(len(t.sets)-1)]
	set.mu.Lock()
	defer set.mu.Unlock()
	set.slot(key).credit += n
}

func (s *limitSet) slot(key uint64) *limitSlot {
	least := &s.slots[0]
	for i := range s.slots {
		x := &s.slots[i]
		if x.key == key {
			return x
		}
		if x.due < least.due {
			least = x
		}
	}
	*least = limitSlot{key: key}
	return least
}
