package services

import (
	"context"
	"fmt"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

const (
	maxErasures      = 100 // spans in one request
	maxErasureReason = 200
)

// Erase takes away for good what the entries of the spans say beyond who did what when: their payloads. The record goes on to
// verify, and an entry says what was erased, by whom and why. Owners only. Invalid: Fields say what to fix; Conflict: nothing there
// can be erased. It returns how many payloads went.
func (n *Notary) Erase(ctx context.Context, by Actor, spans []audit.Span, reason string) (erased int64, err error) {
	if err := by.may(Owner); err != nil {
		return 0, err
	}
	err = n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		erased, err = n.erase(ctx, s, by, spans, reason)
		return err
	})
	return erased, err
}

func (n *Notary) erase(ctx context.Context, s *db.Store, by Actor, spans []audit.Span, reason string) (erased int64, err error) {
	head, err := s.LockAuditHead(ctx, by.Account)
	if err != nil {
		return 0, fmt.Errorf("lock audit head: %w", err)
	}
	if err := checkErasure(spans, reason, head.Size); err != nil {
		return 0, err
	}
	now := n.clock.now()
	named := make([]any, len(spans))
	for i, span := range spans {
		gone, err := s.EraseAuditPayloads(ctx, db.EraseAuditPayloadsParams{First: span[0], Last: span[1], Now: now})
		if err != nil {
			return 0, fmt.Errorf("erase audit payloads: %w", err)
		}
		erased += gone
		named[i] = []any{span[0], span[1]}
	}
	if erased == 0 {
		return 0, &Error{Code: CodeConflict, Reason: "audit_erased", Message: "The content of these entries is gone already, or must stay: what records an erasure is never erased."}
	}
	_, err = record(ctx, s, now, by, audit.Erased, accountObject(by.Account), map[string]any{"entries": named, "count": erased, "reason": reason})
	return erased, err
}

func checkErasure(spans []audit.Span, reason string, size int64) error {
	fields := Fields{}
	if len(spans) == 0 || len(spans) > maxErasures {
		fields.add("entries", "audit_spans", fmt.Sprintf("Name 1 to %d ranges of entries.", maxErasures))
	}
	for _, s := range spans {
		if s[0] < 0 || s[0] > s[1] || s[1] >= size {
			fields.add("entries", "audit_span", fmt.Sprintf("A range goes from one entry to the same or a later one, up to %d.", size-1))
			break
		}
	}
	if reason == "" || len(reason) > maxErasureReason {
		fields.add("reason", "audit_reason", fmt.Sprintf("Say why in 1 to %d characters; this stays.", maxErasureReason))
	}
	return fields.err()
}
