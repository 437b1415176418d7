package audit

import (
	"cmp"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Report is what a record that is in order holds.
type Report struct {
	Account         uuid.UUID
	Entries, Erased int64
	Checkpoints     int
	Root            Hash
	Head            Hash      // of the newest entry
	Last            time.Time // of the newest entry
}

// Verify reads a bundle and checks it with a Verifier. The error is a *Fault.
func Verify(bundle io.Reader, key Key, since string) (Report, error) {
	r := newReader(bundle)
	h, signed, line, f := r.head()
	if f != nil {
		return Report{}, f
	}
	if len(signed) == 0 {
		return Report{}, fault(Malformed, -1, "the record has no checkpoint")
	}
	v, f := NewVerifier(h.Account, key, signed, since)
	if f != nil {
		return Report{}, f
	}
	stop := make(chan struct{})
	defer close(stop)
	for some := range r.records(line, stop) {
		for i := range some.records {
			if f := v.Add(&some.records[i]); f != nil {
				return Report{}, f
			}
		}
		if some.fault != nil {
			return Report{}, some.fault
		}
	}
	if f := v.End(); f != nil {
		return Report{}, f
	}
	return v.Report(), nil
}

// promise is a checkpoint and what its root should have been.
type promise struct {
	Checkpoint
	text  string
	found Hash // the root of the entries; set once Size of them were read
}

// Verifier checks a record entry by entry: each against the one before it, and all against what checkpoints vouch for.
type Verifier struct {
	account  uuid.UUID
	keys     []Key // that the reader trusts
	chain    *Chain
	promised []promise // by size
	reached  int       // so many of them were
	signed   int
	size     int64 // how many entries there should be: what the newest checkpoint of the record says
}

// NewVerifier begins with the checkpoints that come with a record, oldest first. key is the public key that the reader trusts, since a
// checkpoint that the reader kept from before; it may be empty.
func NewVerifier(account uuid.UUID, key Key, signed []string, since string) (*Verifier, *Fault) {
	v := &Verifier{account: account, keys: []Key{key}, chain: NewChain(account), signed: len(signed)}
	for _, text := range signed {
		c, err := ParseCheckpoint(text)
		if err != nil {
			return nil, fault(BadSignature, -1, "a checkpoint of the record cannot be read")
		}
		if c.Size < v.size {
			return nil, fault(Malformed, -1, "the checkpoints are not in order")
		}
		v.size = c.Size
		v.promised = append(v.promised, promise{Checkpoint: c, text: text})
	}
	if since != "" {
		c, err := ParseCheckpoint(since)
		if err != nil {
			return nil, fault(BadSignature, -1, "the checkpoint to compare with cannot be read")
		}
		v.promised = append(v.promised, promise{Checkpoint: c, text: since})
	}
	slices.SortStableFunc(v.promised, func(a, b promise) int { return cmp.Compare(a.Size, b.Size) })
	for _, p := range v.promised {
		if p.Account != account {
			return nil, fault(BadSignature, -1, "the checkpoint of %d entries is of account %s, not of %s", p.Size, p.Account, account)
		}
	}
	v.reach()
	return v, nil
}

// Size is how many entries were added.
func (v *Verifier) Size() int64 { return v.chain.Size }

// Expect makes the verifier take entries that no checkpoint covers yet: there should be size of them.
func (v *Verifier) Expect(size int64) { v.size = max(v.size, size) }

// Trust adds keys that the reader trusts, too.
func (v *Verifier) Trust(keys ...Key) { v.keys = append(v.keys, keys...) }

// Nodes makes the verifier tell which inner nodes of the tree the entries complete.
func (v *Verifier) Nodes(made func(Node)) { v.chain.made = made }

// Add takes the next entry, or tells what is wrong with it.
func (v *Verifier) Add(r *Record) *Fault {
	if v.chain.Size == v.size {
		return fault(BadOrder, v.size, "there are entries after the %d that there should be", v.size)
	}
	if f := v.chain.Add(r); f != nil {
		return f
	}
	v.reach()
	return nil
}

// reach notes the root for the checkpoints of the size that was reached.
func (v *Verifier) reach() {
	for ; v.reached < len(v.promised) && v.promised[v.reached].Size == v.chain.Size; v.reached++ {
		v.promised[v.reached].found = v.chain.Root()
	}
}

// End is called after the last entry.
func (v *Verifier) End() *Fault {
	if v.chain.Size < v.size {
		return fault(BadOrder, v.chain.Size, "entry %d and what follows are missing: there should be %d", v.chain.Size, v.size)
	}
	if f := v.chain.End(); f != nil {
		return f
	}
	return v.settle()
}

// Report is about a record that passed.
func (v *Verifier) Report() Report {
	return Report{Account: v.account, Entries: v.chain.Size, Erased: v.chain.Gone(), Checkpoints: v.signed, Root: v.chain.Root(), Head: v.chain.prev,
		Last: time.UnixMicro(v.chain.micros).UTC()}
}

// settle asks who signed the checkpoints and compares them with the entries.
func (v *Verifier) settle() *Fault {
	keys := v.trusted()
	for _, p := range v.promised {
		if !signedBy(p.text, keys...) {
			return fault(BadSignature, -1, "the checkpoint of %d entries is not signed by the key", p.Size)
		}
	}
	size, good := int64(0), int64(0) // of the last checkpoint that holds, and of the last smaller one
	for _, p := range v.promised {
		if p.Size > size {
			size, good = p.Size, size
		}
		switch {
		case p.Size > v.chain.Size:
			return fault(Rollback, v.chain.Size, "a checkpoint vouches for %d entries and there are %d: the record was taken back", p.Size, v.chain.Size)
		case p.found != p.Root:
			return fault(Fork, good, "the entries are not those that the checkpoint of %d entries vouches for; those before entry %d are", p.Size, good)
		}
	}
	return nil
}

// trusted are the reader's keys and those that signing was handed over from or to, each by an entry that the old key vouched for.
func (v *Verifier) trusted() []Key {
	keys := slices.Clone(v.keys)
	for again := true; again; {
		again = false
		for _, r := range v.chain.Rotations {
			before, errOld := ParseKey(r.Old)
			after, errNew := ParseKey(r.New)
			if errOld != nil || errNew != nil || slices.Contains(keys, before) == slices.Contains(keys, after) || !v.vouched(before, r.Seq) {
				continue
			}
			if slices.Contains(keys, before) {
				keys = append(keys, after)
			} else {
				keys = append(keys, before)
			}
			again = true
		}
	}
	return keys
}

// vouched tells whether the key has signed a checkpoint that holds and covers an entry.
func (v *Verifier) vouched(key Key, seq int64) bool {
	return slices.ContainsFunc(v.promised, func(p promise) bool {
		return p.Size > seq && p.found == p.Root && signedBy(p.text, key)
	})
}
