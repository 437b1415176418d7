package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"
)

// Decision is which arm a visitor was given.
type Decision struct {
	Account, Experiment uuid.UUID
	Split               int
	Visitor             string
	Arm, Epoch          int
	Propensity          float32
	Micros              int64 // when
}

const (
	decisionPrefix     = "\x00samplit-decision/v1\x00"
	decisionSaltPrefix = "samplit-decision-salt/v1\x00"
)

// key is what tells the decisions of an account apart.
func (d Decision) key() []byte {
	b := append(make([]byte, 0, 64), d.Experiment[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(d.Split))
	b = binary.BigEndian.AppendUint32(b, uint32(len(d.Visitor)))
	return append(b, d.Visitor...)
}

// Salt = HMAC-SHA-256(batch, "samplit-decision-salt/v1\0" || experiment || split || lp(visitor)). Whoever is shown one of them learns
// nothing about other visitors of the batch.
func (d Decision) Salt(batch []byte) []byte {
	h := hmac.New(sha256.New, batch)
	h.Write([]byte(decisionSaltPrefix))
	h.Write(d.key())
	return h.Sum(nil)
}

// Hash is the RFC 6962 leaf hash of the decision in its batch:
//
//	SHA-256(0x00 || "samplit-decision/v1\0" || salt || account || experiment || split || lp(visitor) || arm || epoch || propensity || micros)
//
// split and arm have 16 bits, epoch 32, micros 64; propensity is an IEEE 754 single; all big-endian.
func (d Decision) Hash(salt []byte) Hash {
	b := append(make([]byte, 0, 256), decisionPrefix...)
	b = append(b, salt...)
	b = append(b, d.Account[:]...)
	b = append(b, d.key()...)
	b = binary.BigEndian.AppendUint16(b, uint16(d.Arm))
	b = binary.BigEndian.AppendUint32(b, uint32(d.Epoch))
	b = binary.BigEndian.AppendUint32(b, math.Float32bits(d.Propensity))
	b = binary.BigEndian.AppendUint64(b, uint64(d.Micros))
	return sha256.Sum256(b)
}

// Leaves are the hashes of a batch, one after the other.
type Leaves []byte

// Len is how many there are.
func (l Leaves) Len() int64 { return int64(len(l) / tlog.HashSize) }

// At is the i-th.
func (l Leaves) At(i int64) Hash { return Hash(l[i*tlog.HashSize:][:tlog.HashSize]) }

// Find is the place of a hash, -1 when it is not there.
func (l Leaves) Find(h Hash) int64 {
	for i := range l.Len() {
		if l.At(i) == h {
			return i
		}
	}
	return -1
}

// Root is the root of the tree over the leaves.
func (l Leaves) Root() Hash {
	var f Frontier
	for i := range l.Len() {
		f.add(l.At(i), nil)
	}
	return f.Root()
}

// Prove returns the path from the i-th leaf to the root.
func (l Leaves) Prove(i int64) ([]Hash, error) {
	levels := make([][]Hash, 1, 64)
	var f Frontier
	for n := range l.Len() {
		levels[0] = append(levels[0], l.At(n))
		f.add(l.At(n), func(made Node) {
			if made.Level == len(levels) {
				levels = append(levels, nil)
			}
			levels[made.Level] = append(levels[made.Level], made.Hash)
		})
	}
	return ProveInclusion(func(wanted []Node) ([]Hash, error) {
		out := make([]Hash, len(wanted))
		for i, w := range wanted {
			out[i] = levels[w.Level][w.N]
		}
		return out, nil
	}, i, l.Len())
}
