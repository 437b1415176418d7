package services

import (
	"context"
	"errors"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// Proof is a path of hashes in the account's tree.
type Proof struct {
	Seq    *int64       `json:"seq,omitempty" doc:"The entry, of a proof of inclusion"`
	From   *int64       `json:"from,omitempty" doc:"The smaller tree, of a proof of consistency"`
	Size   int64        `json:"size" doc:"How many entries the tree has"`
	Hashes []audit.Hash `json:"hashes" doc:"RFC 6962; base64"`
}

func noSuchProof() error {
	return &Error{Code: CodeNotFound, Reason: "audit_proof", Message: "There is no such proof: seq must be below size, from between 1 and size, and size at most the number of entries."}
}

// Inclusion proves that entry seq is in the tree of the first size entries, 0 being all there are. Any member may. NotFound: there is
// no such entry or tree.
func (n *Notary) Inclusion(ctx context.Context, by Actor, seq, size int64) (Proof, error) {
	p := Proof{Seq: &seq, Size: size}
	return n.prove(ctx, by, p, func(nodes audit.Nodes, p *Proof) (err error) {
		p.Hashes, err = audit.ProveInclusion(nodes, seq, p.Size)
		return err
	})
}

// Consistency proves that the tree of the first from entries is the beginning of that of the first size, 0 being all there are. Any
// member may. NotFound: there is no such tree.
func (n *Notary) Consistency(ctx context.Context, by Actor, from, size int64) (Proof, error) {
	p := Proof{From: &from, Size: size}
	return n.prove(ctx, by, p, func(nodes audit.Nodes, p *Proof) (err error) {
		p.Hashes, err = audit.ProveConsistency(nodes, from, p.Size)
		return err
	})
}

func (n *Notary) prove(ctx context.Context, by Actor, p Proof, fn func(audit.Nodes, *Proof) error) (Proof, error) {
	err := n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		head, err := s.AuditHead(ctx, by.Account)
		if errors.Is(err, db.ErrNotFound) || err == nil && p.Size > head.Size {
			return noSuchProof()
		}
		if err != nil {
			return err
		}
		if p.Size == 0 {
			p.Size = head.Size
		}
		return fn(auditNodes(ctx, s, by.Account), &p)
	})
	if errors.Is(err, audit.ErrProofRange) {
		err = noSuchProof()
	}
	if p.Hashes == nil {
		p.Hashes = []audit.Hash{}
	}
	return p, unsound(err)
}
