package services

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// AuditCheck is what a self-check found. It is the server's own word: proof is what others find with the bundle and a key of theirs.
type AuditCheck struct {
	OK          bool      `json:"ok"`
	Code        string    `json:"code,omitempty" enum:"hash,order,signature,rollback,fork,payload,malformed" doc:"What is wrong first"`
	Seq         *int64    `json:"first_bad,omitempty" doc:"The first entry that cannot be trusted"`
	Reason      string    `json:"reason,omitempty"`
	Entries     int64     `json:"entries"`
	Erased      int64     `json:"erased"`
	Checkpoints int       `json:"checkpoints"`
	Around      []string  `json:"around,omitempty" doc:"Things whose newest change is in no entry: somebody changed them around Samplit"`
	Checkpoint  string    `json:"checkpoint,omitempty"`
	At          time.Time `json:"at"`
}

// Verify reads the account's whole record and checks every entry, the stored tree, every checkpoint and what this server signed
// before. progress may be nil. Any member may. Limited: two checks are running already.
func (n *Notary) Verify(ctx context.Context, by Actor, progress func(done, total int64)) (AuditCheck, error) {
	select {
	case n.checks <- struct{}{}:
		defer func() { <-n.checks }()
	default:
		return AuditCheck{}, limited(10 * time.Second)
	}
	out := AuditCheck{At: n.clock.now()}
	signed, err := n.Checkpoint(ctx, by)
	if err == nil {
		out.Checkpoint = signed.Note
		err = n.walk(ctx, by, signed.Size, signed.Note, &out, progress)
	} else {
		err = n.pinpoint(ctx, by, err, &out, progress)
	}
	var fault *audit.Fault
	var refused *Error
	switch {
	case errors.As(err, &fault):
		out.Code, out.Reason = fault.Code.String(), fault.Reason
		if fault.Seq >= 0 {
			out.Seq = &fault.Seq
		}
	case errors.As(err, &refused) && refused.Code == CodeConflict:
		out.Code, out.Reason = refusedCodes[refused.Reason], refused.Message
		if out.Code == "" {
			return out, err
		}
	case err != nil:
		return out, err
	default:
		out.OK = len(out.Around) == 0
	}
	return out, nil
}

// pinpoint looks for the entry that made the key refuse the record, by what the key signed last. It returns the refusal when no entry
// is to blame.
func (n *Notary) pinpoint(ctx context.Context, by Actor, refusal error, out *AuditCheck, progress func(done, total int64)) error {
	var refused *Error
	if !errors.As(refusal, &refused) || refusedCodes[refused.Reason] == "" {
		return refusal
	}
	last, err := n.key.newest(by.Account)
	if err != nil {
		return fmt.Errorf("AUDIT_KEY: %w", err)
	}
	var size int64
	err = n.db.InTx(ctx, by.Account, func(s *db.Store) (err error) {
		size, err = auditSize(ctx, s, by.Account)
		return err
	})
	if err == nil {
		err = n.walk(ctx, by, size, last, out, progress)
	}
	if err == nil {
		return refusal
	}
	return err
}

// refusedCodes say what a refusal to sign means for the record.
var refusedCodes = map[string]string{
	"audit_rollback": audit.Rollback.String(), "audit_fork": audit.Fork.String(), "audit_hole": audit.BadHash.String(), "audit_other_key": audit.BadSignature.String(),
}

// walk reads the first size entries and ties them to the stored checkpoints and to the one that was signed last. Only entries that pass
// are held against the stored tree: what is wrong with both is wrong with the entries first.
func (n *Notary) walk(ctx context.Context, by Actor, size int64, last string, out *AuditCheck, progress func(done, total int64)) error {
	notes, err := n.notes(ctx, by, size)
	if err != nil {
		return err
	}
	v, fault := audit.NewVerifier(by.Account, n.key.Public(), notes, last)
	if fault != nil {
		return fault
	}
	v.Expect(size)
	v.Trust(n.key.All()...)
	tree := &treeCheck{notary: n, by: by}
	v.Nodes(tree.add)
	err = eachEntry(ctx, n.db, by.Account, size, func(r *audit.Record) error {
		if fault := v.Add(r); fault != nil {
			return fault
		}
		return tree.compare(ctx, auditPage)
	}, func(done int64) {
		if progress != nil {
			progress(done, size)
		}
	})
	if err != nil {
		return err
	}
	if fault := v.End(); fault != nil {
		return fault
	}
	report := v.Report()
	if err := tree.end(ctx, report); err != nil {
		return err
	}
	out.Entries, out.Erased, out.Checkpoints = report.Entries, report.Erased, report.Checkpoints
	out.Around, err = n.around(ctx, by, size)
	return err
}
