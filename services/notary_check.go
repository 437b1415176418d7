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
		err = n.walk(ctx, by, signed, &out, progress)
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

// pinpoint looks for the entry that made the key refuse the record, where an entry did. It returns the refusal when there is none.
func (n *Notary) pinpoint(ctx context.Context, by Actor, refusal error, out *AuditCheck, progress func(done, total int64)) error {
	var refused *Error
	if !errors.As(refusal, &refused) || refused.Reason != "audit_hole" && refused.Reason != "audit_fork" {
		return refusal
	}
	st, err := n.Standing(ctx, by)
	if err != nil || st.Sealed.Size == 0 {
		return errors.Join(refusal, err)
	}
	var fault *audit.Fault
	if err := n.walk(ctx, by, st.Sealed, out, progress); errors.As(err, &fault) {
		return fault
	}
	return refusal
}

// refusedCodes say what a refusal to sign means for the record.
var refusedCodes = map[string]string{
	"audit_rollback": audit.Rollback.String(), "audit_fork": audit.Fork.String(), "audit_hole": audit.BadHash.String(), "audit_other_key": audit.BadSignature.String(),
}

func (n *Notary) walk(ctx context.Context, by Actor, signed Signed, out *AuditCheck, progress func(done, total int64)) error {
	notes, err := n.notes(ctx, by, signed.Size)
	if err != nil {
		return err
	}
	v, fault := audit.NewVerifier(by.Account, n.key.Public(), notes, signed.Note)
	if fault != nil {
		return fault
	}
	var made []audit.Node
	v.Nodes(func(node audit.Node) { made = append(made, node) })
	err = eachEntry(ctx, n.db, by.Account, signed.Size, func(r *audit.Record) error {
		if fault := v.Add(r); fault != nil {
			return fault
		}
		if len(made) < auditPage {
			return nil
		}
		err := n.compareNodes(ctx, by, made)
		made = made[:0]
		return err
	}, func(done int64) {
		if progress != nil {
			progress(done, signed.Size)
		}
	})
	if err != nil {
		return err
	}
	if err := n.compareNodes(ctx, by, made); err != nil {
		return err
	}
	if fault := v.End(); fault != nil {
		return fault
	}
	report := v.Report()
	out.Entries, out.Erased, out.Checkpoints = report.Entries, report.Erased, report.Checkpoints
	out.Around, err = n.around(ctx, by, signed.Size)
	return err
}

// compareNodes holds the stored nodes of the tree against those that the entries make.
func (n *Notary) compareNodes(ctx context.Context, by Actor, made []audit.Node) error {
	return n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		stored, err := auditNodes(ctx, s, by.Account)(made)
		if errors.Is(err, errMissingNode) {
			return &audit.Fault{Code: audit.BadHash, Seq: -1, Reason: "a node of the stored tree is missing"}
		}
		if err != nil {
			return err
		}
		for i, node := range made {
			if stored[i] != node.Hash {
				first := node.N << node.Level
				return &audit.Fault{Code: audit.BadHash, Seq: first, Reason: fmt.Sprintf("the stored tree is not that of the entries from %d on", first)}
			}
		}
		return nil
	})
}
