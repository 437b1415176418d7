package audit

import (
	"crypto/sha256"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Node is an inner node of the Merkle tree: at Level, the N-th from the left, over 2^Level entries. Level 0 are the entries.
type Node struct {
	Level int
	N     int64
	Hash  Hash
}

// Frontier is all that appending to a tree needs to know of it: its size, and the hashes of the perfect subtrees that it is made
// of, largest first, one for every bit set in the size.
type Frontier struct {
	Size  int64
	Peaks []Hash
}

// ParseFrontier reads what Bytes wrote.
func ParseFrontier(size int64, peaks []byte) (Frontier, error) {
	f := Frontier{Size: size}
	if size < 0 || len(peaks) != bits.OnesCount64(uint64(size))*tlog.HashSize {
		return f, fmt.Errorf("audit: a tree of %d entries has no peaks of %d bytes", size, len(peaks))
	}
	for i := 0; i < len(peaks); i += tlog.HashSize {
		f.Peaks = append(f.Peaks, Hash(peaks[i:i+tlog.HashSize]))
	}
	return f, nil
}

// Bytes are the peaks one after the other.
func (f *Frontier) Bytes() []byte {
	out := make([]byte, 0, len(f.Peaks)*tlog.HashSize)
	for _, p := range f.Peaks {
		out = append(out, p[:]...)
	}
	return out
}

// Append adds an entry's hash and returns the inner nodes that it completed.
func (f *Frontier) Append(leaf Hash) []Node {
	var made []Node
	f.add(leaf, func(n Node) { made = append(made, n) })
	return made
}

// add appends without telling anybody, unless complete is set.
func (f *Frontier) add(h Hash, complete func(Node)) {
	n := f.Size
	for level := 1; n&1 == 1; level++ { // a subtree of the same height is there already
		last := len(f.Peaks) - 1
		h = tlog.NodeHash(f.Peaks[last], h)
		f.Peaks = f.Peaks[:last]
		n >>= 1
		if complete != nil {
			complete(Node{level, n, h})
		}
	}
	f.Peaks = append(f.Peaks, h)
	f.Size++
}

// Root is the RFC 6962 hash of the tree; of an empty one the SHA-256 of nothing.
func (f *Frontier) Root() Hash {
	if len(f.Peaks) == 0 {
		return sha256.Sum256(nil)
	}
	h := f.Peaks[len(f.Peaks)-1]
	for i := len(f.Peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.Peaks[i], h)
	}
	return h
}
