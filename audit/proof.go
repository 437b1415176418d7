package audit

import (
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// Nodes reads nodes of a tree, each of which is there.
type Nodes func([]Node) ([]Hash, error)

// ReadHashes implements tlog.HashReader.
func (read Nodes) ReadHashes(indexes []int64) ([]Hash, error) {
	nodes := make([]Node, len(indexes))
	for i, index := range indexes {
		nodes[i].Level, nodes[i].N = tlog.SplitStoredHashIndex(index)
	}
	return read(nodes)
}

// ErrProofRange tells that there is no such proof: the tree is smaller.
var ErrProofRange = errors.New("the record has fewer entries")

// ProveInclusion returns the path from entry seq to the root of the first size entries (RFC 6962, 2.1.1).
func ProveInclusion(read Nodes, seq, size int64) ([]Hash, error) {
	if seq < 0 || seq >= size {
		return nil, ErrProofRange
	}
	return tlog.ProveRecord(size, seq, read)
}

// ProveConsistency returns what shows that the first from entries are the beginning of the first to (RFC 6962, 2.1.2).
func ProveConsistency(read Nodes, from, to int64) ([]Hash, error) {
	if from < 1 || from > to {
		return nil, ErrProofRange
	}
	return tlog.ProveTree(to, from, read)
}

// CheckInclusion tells whether a path leads from an entry's hash to the checkpoint.
func CheckInclusion(path []Hash, c Checkpoint, seq int64, entry Hash) bool {
	return seq >= 0 && seq < c.Size && tlog.CheckRecord(path, c.Size, c.Root, seq, entry) == nil
}

// CheckConsistency tells whether a proof shows that the older checkpoint is the beginning of the newer.
func CheckConsistency(proof []Hash, older, newer Checkpoint) bool {
	return older.Account == newer.Account && older.Size >= 1 && older.Size <= newer.Size &&
		tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root) == nil
}

// Root computes the root of the first size entries from nodes.
func Root(read Nodes, size int64) (Hash, error) { return tlog.TreeHash(size, read) }
