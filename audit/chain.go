package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// Record is an entry as it is stored and carried: with its hash, and with what the hash of the payload is of.
type Record struct {
	Entry
	Hash          Hash
	Salt, Payload []byte // nil when erased
}

// Actions with a meaning for whoever checks.
const (
	Erased     = "payload.erased"    // {"entries":[[first,last],…]}: whose payloads are gone
	KeyRotated = "audit.key_rotated" // {"old":KEY,"new":KEY}
)

// Span is the entries from First to Last, both included.
type Span [2]int64

// Rotation hands the signing of checkpoints over, at entry Seq, which the old key has vouched for.
type Rotation struct {
	Seq      int64
	Old, New string
}

// Chain follows entries from the first one on and ties each to the one before and into the tree.
type Chain struct {
	Frontier
	account   uuid.UUID
	prev      Hash
	micros    int64
	gone      []int64 // without payload, ascending
	erasures  []Span
	Rotations []Rotation
	made      func(Node) // told of every inner node; may be nil
}

// NewChain begins before an account's first entry.
func NewChain(account uuid.UUID) *Chain { return &Chain{account: account, prev: Genesis(account)} }

// Gone is how many entries came without their payload.
func (c *Chain) Gone() int64 { return int64(len(c.gone)) }

// Add takes the next entry, or tells what is wrong with it.
func (c *Chain) Add(r *Record) *Fault {
	seq := c.Size
	r.Account = c.account
	switch {
	case r.Seq != seq:
		return fault(BadOrder, seq, "entry %d stands where entry %d belongs", r.Seq, seq)
	case r.Entry.Hash() != r.Hash:
		return fault(BadHash, seq, "entry %d is not what its hash says", seq)
	case r.Prev != c.prev:
		return fault(BadOrder, seq, "entry %d does not follow the entry before it", seq)
	case r.Micros < c.micros:
		return fault(BadOrder, seq, "entry %d is older than the entry before it", seq)
	}
	if f := c.payload(r); f != nil {
		return f
	}
	c.prev, c.micros = r.Hash, r.Micros
	c.add(r.Hash, c.made)
	return nil
}

func (c *Chain) payload(r *Record) *Fault {
	if r.Payload == nil {
		if r.Salt != nil {
			return fault(BadPayload, r.Seq, "entry %d has lost its payload", r.Seq)
		}
		c.gone = append(c.gone, r.Seq)
		return nil
	}
	if len(r.Salt) != SaltSize || !r.payloadFits() {
		return fault(BadPayload, r.Seq, "the payload of entry %d is not what its hash says", r.Seq)
	}
	switch r.Action {
	case Erased:
		c.erasure(r)
	case KeyRotated:
		c.rotation(r)
	}
	return nil
}

// payloadFits tries the bytes as they are, and then in their canonical form: a tool may have spread them out.
func (r *Record) payloadFits() bool {
	if PayloadHash(r.Salt, r.Payload) == r.PayloadHash {
		return true
	}
	v := jsontext.Value(slices.Clone(r.Payload))
	return v.Canonicalize() == nil && PayloadHash(r.Salt, v) == r.PayloadHash
}

// Compact gives the payload of a stored record its canonical form; a store may have spread it out.
func Compact(r *Record) error {
	if r.Payload == nil {
		return nil
	}
	v := jsontext.Value(r.Payload)
	if err := v.Canonicalize(); err != nil {
		return fmt.Errorf("payload of audit entry %d: %w", r.Seq, err)
	}
	r.Payload = v
	return nil
}

// erasure notes which earlier entries may lack their payload.
func (c *Chain) erasure(r *Record) {
	var p struct{ Entries []Span }
	if json.Unmarshal(r.Payload, &p) != nil {
		return // what it does not name stays unexplained
	}
	for _, s := range p.Entries {
		if s[0] <= s[1] && s[1] < r.Seq {
			c.erasures = append(c.erasures, s)
		}
	}
}

// maxRotations bounds what one record may make a reader keep.
const maxRotations = 100

func (c *Chain) rotation(r *Record) {
	var p struct{ Old, New string }
	if json.Unmarshal(r.Payload, &p) == nil && len(c.Rotations) < maxRotations {
		c.Rotations = append(c.Rotations, Rotation{r.Seq, p.Old, p.New})
	}
}

// End is called after the last entry: every missing payload needs an erasure that names it.
func (c *Chain) End() *Fault {
	slices.SortFunc(c.erasures, func(a, b Span) int { return cmp.Compare(a[0], b[0]) })
	i, covered := 0, int64(-1) // up to where the erasures read so far reach
	for _, seq := range c.gone {
		for ; i < len(c.erasures) && c.erasures[i][0] <= seq; i++ {
			covered = max(covered, c.erasures[i][1])
		}
		if seq > covered {
			return fault(BadPayload, seq, "the payload of entry %d is gone, and no erasure names it", seq)
		}
	}
	return nil
}
