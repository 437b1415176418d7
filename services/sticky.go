package services

import (
	"hash/maphash"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"github.com/samplit/samplit/db"
)

// held is what a visitor is known to have.
type held struct {
	arm     int16
	counted bool
	epoch   int32
	seen    int64 // when, in microseconds of the epoch; 0: not sure
}

func heldOf(a db.Assigned) held {
	h := held{arm: a.Arm, counted: a.Counted, epoch: a.Epoch}
	if !a.SeenAt.IsZero() {
		h.seen = a.SeenAt.UnixMicro()
	}
	return h
}

// cohort is where the visitor's conversions count, nil when that is not sure.
func (h held) cohort() *db.Cohort {
	if h.seen == 0 {
		return nil
	}
	return &db.Cohort{Arm: h.arm, Epoch: h.epoch, SeenAt: time.UnixMicro(h.seen).UTC(), Counted: h.counted}
}

// sticky remembers recent assignments that are stored, so that returning visitors cost no query. It is never the truth: what it
// forgets is read again. Keys are 128 bits of seeded hash, which nobody outside can make collide.
type sticky struct {
	seeds [2]maphash.Seed
	cache *otter.Cache[[2]uint64, held]
}

func newSticky(size int) *sticky {
	return &sticky{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		cache: otter.Must(&otter.Options[[2]uint64, held]{MaximumSize: size})}
}

func (s *sticky) key(experiment uuid.UUID, split int16, visitor string) (k [2]uint64) {
	for i := range k {
		var h maphash.Hash
		h.SetSeed(s.seeds[i])
		h.Write(experiment[:])
		h.WriteByte(byte(split))
		h.WriteString(visitor)
		k[i] = h.Sum64()
	}
	return k
}

func (s *sticky) get(experiment uuid.UUID, split int16, visitor string) (held, bool) {
	return s.cache.GetIfPresent(s.key(experiment, split, visitor))
}

func (s *sticky) put(experiment uuid.UUID, split int16, visitor string, h held) {
	s.cache.Set(s.key(experiment, split, visitor), h)
}

func (s *sticky) forget(experiment uuid.UUID, split int16, visitor string) {
	s.cache.Invalidate(s.key(experiment, split, visitor))
}
