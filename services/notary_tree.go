package services

import (
	"context"
	"errors"
	"fmt"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// treeCheck holds the stored tree of an account against the one that its entries make.
type treeCheck struct {
	notary *Notary
	by     Actor
	made   []audit.Node // not compared yet
	fault  *audit.Fault // the first
}

func (t *treeCheck) add(n audit.Node) { t.made = append(t.made, n) }

// compare looks at what the entries made so far once that is at least so much.
func (t *treeCheck) compare(ctx context.Context, least int) error {
	if len(t.made) < least {
		return nil
	}
	made := t.made
	t.made = t.made[:0]
	if t.fault != nil {
		return nil
	}
	return t.notary.db.InTx(ctx, t.by.Account, func(s *db.Store) error {
		stored, err := auditNodes(ctx, s, t.by.Account)(made)
		var hole missingNode
		if errors.As(err, &hole) {
			t.fault = treeFault(audit.Node(hole), "lacks a node")
			return nil
		}
		if err != nil {
			return err
		}
		for i, node := range made {
			if stored[i] != node.Hash {
				t.fault = treeFault(node, "is not that of the entries")
				return nil
			}
		}
		return nil
	})
}

func treeFault(n audit.Node, what string) *audit.Fault {
	first := n.N << n.Level
	return &audit.Fault{Code: audit.BadHash, Seq: first, Reason: fmt.Sprintf("the stored tree %s from %d on", what, first)}
}

// end compares the rest, and what the next entry would follow with the newest entry.
func (t *treeCheck) end(ctx context.Context, r audit.Report) error {
	if err := t.compare(ctx, 1); err != nil {
		return err
	}
	if t.fault != nil {
		return t.fault
	}
	return t.notary.db.InTx(ctx, t.by.Account, func(s *db.Store) error {
		head, err := s.AuditHead(ctx, t.by.Account)
		if err != nil {
			return fmt.Errorf("read audit head: %w", err)
		}
		if head.Size != r.Entries {
			return nil // it went on meanwhile
		}
		tree, err := audit.ParseFrontier(head.Size, head.Peaks)
		if err != nil || audit.Hash(head.Hash) != r.Head || tree.Root() != r.Root {
			return &audit.Fault{Code: audit.BadOrder, Seq: head.Size, Reason: fmt.Sprintf("the next entry would not follow entry %d: what is kept of it is not what it says", head.Size-1)}
		}
		return nil
	})
}
