package services

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// maxAround bounds how many things are named.
const maxAround = 20

// around names the things whose row points to an entry that is not about them: somebody changed them around Samplit.
func (n *Notary) around(ctx context.Context, by Actor, size int64) (out []string, err error) {
	err = n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		named, err := auditedRows(ctx, s, by.Account, size)
		if err != nil {
			return err
		}
		var seqs []int64
		for _, seq := range named {
			seqs = append(seqs, seq)
		}
		objects, err := s.AuditObjects(ctx, by.Account, seqs)
		if err != nil {
			return fmt.Errorf("read audit objects: %w", err)
		}
		about := make(map[int64]string, len(objects))
		for _, o := range objects {
			about[o.Seq] = o.Object
		}
		for object, seq := range named {
			if about[seq] != object && len(out) < maxAround {
				out = append(out, object)
			}
		}
		return nil
	})
	return out, err
}

// auditedRows are the entries that rows name as their newest change, by what the entry must be about.
func auditedRows(ctx context.Context, s *db.Store, account uuid.UUID, size int64) (map[string]int64, error) {
	out := map[string]int64{}
	experiments, err := s.AuditedExperiments(ctx, account, size)
	if err != nil {
		return nil, fmt.Errorf("audited experiments: %w", err)
	}
	for _, r := range experiments {
		out[experimentObject(r.ID)] = *r.AuditSeq
	}
	sites, err := s.AuditedInstallations(ctx, account, size)
	if err != nil {
		return nil, fmt.Errorf("audited sites: %w", err)
	}
	for _, r := range sites {
		out[installationObject(r.ID)] = *r.AuditSeq
	}
	keys, err := s.AuditedKeys(ctx, account, size)
	if err != nil {
		return nil, fmt.Errorf("audited keys: %w", err)
	}
	for _, r := range keys {
		out[keyObject(r.ID)] = *r.AuditSeq
	}
	return out, nil
}
