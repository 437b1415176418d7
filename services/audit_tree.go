package services

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// missingNode tells that the stored tree has a hole: somebody took a row away.
type missingNode audit.Node

// Error implements error.
func (m missingNode) Error() string {
	return fmt.Sprintf("node %d of level %d is missing in the audit's tree", m.N, m.Level)
}

// auditNodes reads nodes of an account's tree within a transaction.
func auditNodes(ctx context.Context, s *db.Store, account uuid.UUID) audit.Nodes {
	type place struct {
		level int
		n     int64
	}
	return func(nodes []audit.Node) ([]audit.Hash, error) {
		found := make(map[place][]byte, len(nodes))
		var seqs, places []int64
		var levels []int16
		for _, n := range nodes {
			if n.Level == 0 {
				seqs = append(seqs, n.N)
			} else {
				levels, places = append(levels, int16(n.Level)), append(places, n.N)
			}
		}
		leaves, err := s.AuditEntryHashes(ctx, account, seqs)
		if err != nil {
			return nil, fmt.Errorf("read audit hashes: %w", err)
		}
		for _, l := range leaves {
			found[place{0, l.Seq}] = l.Hash
		}
		inner, err := s.AuditNodes(ctx, db.AuditNodesParams{AccountID: account, Levels: levels, Places: places})
		if err != nil {
			return nil, fmt.Errorf("read audit nodes: %w", err)
		}
		for _, n := range inner {
			found[place{int(n.Level), n.N}] = n.Hash
		}
		out := make([]audit.Hash, len(nodes))
		for i, n := range nodes {
			if copy(out[i][:], found[place{n.Level, n.N}]) != len(out[i]) {
				return nil, missingNode(n)
			}
		}
		return out, nil
	}
}
